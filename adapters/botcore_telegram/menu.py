"""The menu of commands in Telegram's apps, in every language that the plugins speak."""

import asyncio
import inspect
import logging
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from telegram.error import TelegramError

from botcore.plugin import Command
from botcore_telegram.api import Api
from botcore_telegram.network import FloodWait, told

log = logging.getLogger(__name__)

_MOST: Final = 100
_LONGEST: Final = 256
_NAME: Final = re.compile(r"[a-z0-9_]{1,32}")
"""https://core.telegram.org/bots/api#setmycommands, #botcommand."""
_LANGUAGE: Final = re.compile(r"[a-z]{2}(?=$|[-_])")
"""The two letters of ISO 639-1 that Telegram wants, at the start of a BCP 47 tag."""

_ATTEMPTS: Final = 3
_PAUSE_S: Final = 30.0

Menu = list[dict[str, str]]


def menus_of(commands: Iterable[Command]) -> dict[str, Menu]:
    """The menu for each language; '' is everybody else's. Commands for a few people only are left out."""
    shown = [
        command
        for command in commands
        if command.command and not command.hidden and command.permission == "user" and _NAME.fullmatch(command.name)
    ]
    languages = {_language(tag) for command in shown for tag in command.descriptions} - {""}
    return {language: _menu(shown, language) for language in ("", *sorted(languages))}


def _menu(commands: Sequence[Command], language: str) -> Menu:
    return [{"command": one.name, "description": _description(one, language)} for one in commands[:_MOST]]


def _description(command: Command, language: str) -> str:
    told = next((text for tag, text in command.descriptions.items() if language and _language(tag) == language), "")
    text = " ".join((told or (inspect.getdoc(command.handler) or "").partition("\n\n")[0]).split())
    return (text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…") or command.name


def _language(tag: str) -> str:
    found = _LANGUAGE.match(tag.lower())
    return found.group() if found else ""


async def keep_menu(bot: Api, commands: Sequence[Command]) -> None:
    """Set the menus that differ from what Telegram shows. One that cannot be set is logged; the bot works without."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            for language, menu in menus_of(commands).items():
                await _set(bot, language, menu)
        except TelegramError as error:
            log.warning("the menu of commands is not set (attempt %d of %d): %s", attempt, _ATTEMPTS, told(error))
            await asyncio.sleep(error.seconds if isinstance(error, FloodWait) else _PAUSE_S)
        else:
            return


async def _set(bot: Api, language: str, menu: Menu) -> None:
    scope: dict[str, Any] = {"language_code": language} if language else {}
    shown = await bot.call("getMyCommands", dict(scope))
    if [(one.get("command"), one.get("description")) for one in shown] != [tuple(one.values()) for one in menu]:
        await bot.call("setMyCommands", {"commands": menu, **scope})
        log.info("the menu of commands%s is up to date: %d", f" ({language})" if language else "", len(menu))
