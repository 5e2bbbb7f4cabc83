"""What a test needs of the machine."""

import os
from typing import NoReturn

import pytest


def missing(what: str, required_by: str) -> NoReturn:
    """Skip, or fail where the environment says that it must be there."""
    if os.environ.get(required_by) == "1":
        pytest.fail(f"{what} ({required_by}=1)")
    pytest.skip(what)
