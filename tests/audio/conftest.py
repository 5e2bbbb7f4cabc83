"""Sounds that the tests of the audio engine share."""

from pathlib import Path

import pytest

from tests.sounds import every_format


@pytest.fixture(scope="session")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what is said as `plain.wav` and in every format, and a short sentence as `brief.wav`."""
    return every_format(tmp_path_factory.mktemp("sounds"))
