"""`--since`, as people write it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from botcore.cli.finetune_export import moment
from botcore.errors import ConfigError

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("12h", NOW - timedelta(hours=12)),
        ("30d", NOW - timedelta(days=30)),
        (" 4w ", NOW - timedelta(weeks=4)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T08:30", datetime(2026, 11, 1, 8, 30, tzinfo=UTC)),
        ("2026-11-01T08:30+02:00", datetime(2026, 11, 1, 8, 30, tzinfo=timezone(timedelta(hours=2)))),
    ],
)
def test_a_moment(text: str, means: datetime) -> None:
    found = moment(text, now=lambda: NOW)
    assert found == means
    assert found.tzinfo is not None


@pytest.mark.parametrize("text", ["", "soon", "30", "d", "-3d", "2026-13-01", "3y"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a date"):
        moment(text)
