"""Neither tokens nor what people write get into the log, whatever its level."""

import logging
import re
from typing import Any

import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Person
from botcore_discord.discretion import redact
from tests.logs import Log

from .conftest import House

PRIVATE = "the quick brown fox has a secret"


def told(log: Log) -> str:
    """What the adapter and its library said; the engine's log is tested elsewhere."""
    return "\n".join(log.matching(r"^\w+ (discord|botcore_discord)"))


async def test_a_conversation_leaves_no_word_and_no_token_in_the_log(
    house: House, ada: Person, general: Channel
) -> None:
    await house.discord.bot.registers("help")
    await ada.dm(PRIVATE)
    await house.answer(ada)
    await ada.mentions(house.discord.bot, PRIVATE, channel=general)
    await house.answer(general)
    used = await ada.slash("help", channel=general)
    await used.answer()
    await house.idle()
    text = "\n".join(line for line in house.log.lines if not re.match(r"\w+ (aiosqlite|sqlalchemy|asyncio)", line))
    assert "fox" not in text
    assert used.token not in text
    assert house.discord.token not in text
    assert not [line for line in house.log.lines if line.startswith("DEBUG discord")]


async def test_a_rate_limited_answer_to_an_interaction_names_no_token(
    house: House, ada: Person, general: Channel, discord: DiscordServer
) -> None:
    await discord.bot.registers("help")
    discord.faults.refuse("/webhooks/", status=429, message="You are being rate limited.", retry_after=0.01)
    used = await ada.slash("help", channel=general)
    await used.answer()
    await house.idle()
    assert used.token not in "\n".join(house.log.lines)


async def test_a_refused_login_does_not_quote_the_token(
    make_adapter: Any, gateway: Any, discord: DiscordServer, log: Log
) -> None:
    discord.faults.refuse("GET /users/@me", status=500, times=1)
    await make_adapter().start(gateway)
    assert discord.token not in "\n".join(log.lines)


async def test_an_applications_own_client_reconnects_without_a_traceback_in_the_log(log: Log) -> None:
    logger = logging.getLogger("discord.client")
    log.expects("Attempting a reconnect")
    broken = OSError("GET /interactions/123/aW50ZXJhY3Rpb246abc/callback")
    logger.error("Attempting a reconnect in %.2fs", 1.0, exc_info=broken)
    (line,) = log.matching("Attempting a reconnect")
    assert "Traceback" not in line
    assert "aW50ZXJ" not in line


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (
            "POST https://discord.com/api/v10/webhooks/12/aW50ZXJhY3Rpb24/messages/@original",
            "/webhooks/12/<token>/mess",
        ),
        ("https://discord.com/api/v10/interactions/12/aW50ZXJh/callback", "/interactions/12/<token>/callback"),
        (f"Authorization: Bot {'M' * 24}.G{'x' * 5}.{'z' * 30}", "Bot <token>"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_tokens_are_replaced(text: str, left: str) -> None:
    assert left in redact(text)
