"""A plugin module as people write them: annotations postponed, types imported only for the type checker, locals."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Literal

from botcore.commands.registry import Registered
from botcore.plugin import Between, Bot, Settings

if TYPE_CHECKING:
    from typing import Literal as Hidden

    from botcore.plugin import Context

Size = Literal["small", "large"]


def registered_commands() -> list[Registered]:
    class DiceSettings(Settings):  # a class that only setup() knows
        sides: int = 6

    class Unit(Enum):
        CM = "cm"
        INCH = "inch"

    settings = DiceSettings()
    bot = Bot("postponed")

    @bot.command("roll")
    async def roll(ctx: Context, size: Size, count: Annotated[int, Between(1, 9)] = 1) -> str:
        return f"{size} {count} {settings.sides}"

    @bot.command("measure")
    async def measure(ctx: Context, unit: Unit) -> str:
        return f"{unit} of {Unit}"  # used in the body, so it is in the closure

    return [Registered.of(command) for command in bot.commands]


def register_lost() -> None:
    bot = Bot("postponed")

    @bot.command("lost")
    async def lost(ctx: Context, size: Hidden["a", "b"]) -> str:
        return size

    Registered.of(bot.commands[0])
