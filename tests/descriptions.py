"""The machine-readable descriptions of the APIs, where they lie next to the checkout or where BOTCORE_SHARED says."""

import os
from functools import cache
from pathlib import Path

import pytest

from botcore.testing.openapi import Description
from botcore.testing.telegram_server import BotApi
from tests.requirements import missing

SPECS = Path(os.environ.get("BOTCORE_SHARED", Path(__file__).parents[2] / "shared")) / "reference" / "specs"
_REQUIRED = "BOTCORE_REQUIRE_SHARED"


def specs() -> Path:
    """The folder of the descriptions; a test that cannot do without is skipped where there is none."""
    if not SPECS.is_dir():
        missing(f"no API descriptions at {SPECS}: set BOTCORE_SHARED", _REQUIRED)
    return SPECS


@cache
def bot_api() -> BotApi | None:
    """The Bot API's description, if it is there."""
    found = _newest("telegram-bot-api-*.json")
    return None if found is None else BotApi.load(found)


@cache
def discord_api() -> Description | None:
    """The description of Discord's API, if it is there."""
    found = _newest("discord-v10-*.json")
    return None if found is None else Description.load(found)


def _newest(pattern: str) -> Path | None:
    found = sorted(SPECS.glob(pattern))
    if not found and os.environ.get(_REQUIRED) == "1":
        pytest.fail(f"no {pattern} in {SPECS} ({_REQUIRED}=1)")
    return found[-1] if found else None
