"""Autocompletion: what the bot suggests while somebody types."""

from collections.abc import Mapping
from typing import Any

from botcore.testing.discord_server.interactions import AUTOCOMPLETE
from botcore.testing.discord_server.invoking import invoke
from botcore.testing.discord_server.model import Channel, Json, User
from botcore.testing.discord_server.slash import fill
from botcore.testing.discord_server.world import World


async def suggestions(
    world: World, user: User, channel: Channel, command: str, option: str, values: Mapping[str, Any], timeout: float
) -> list[Json]:
    """Ask the bot, and wait for its answer.

    Raises:
        TimeoutError: where none comes within `timeout` seconds.
        NotSent: for options that have no suggestions.
    """
    data, types = fill(world, user, channel, command, values, focused=option)
    interaction = invoke(world, AUTOCOMPLETE, user, channel, command, data, types=types)
    try:
        return (await interaction.acknowledged(timeout)).choices
    except TimeoutError:
        raise TimeoutError(f"/{command}: no suggestions for {option} within {timeout} s") from None
