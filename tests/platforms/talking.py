"""Talking to the bot, whatever the platform: what a person can do there, and what they see."""

from __future__ import annotations

import asyncio
import io
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PIL import Image as Pillow

from tests.e2e.surroundings import PATIENCE


@dataclass(frozen=True)
class Seen:
    """One message of the bot's as the person sees it now.

    `text` is what can be read, `pictures` are the files behind what is shown, `buttons` the labels below. `growing`: it
    is not the last word yet. `handle` is the platform's own message.
    """

    id: str
    text: str
    pictures: tuple[bytes, ...] = ()
    buttons: tuple[str, ...] = ()
    growing: bool = False
    handle: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Recording:
    """Speech: a WAV file, the same as Ogg/Opus, the words, and the length in seconds."""

    wav: Path
    ogg: Path
    words: str
    seconds: float


class Talker(Protocol):
    """Somebody at a platform, in one chat with the bot."""

    @property
    def env(self) -> Mapping[str, str]:
        """How the bot finds the platform: its environment."""
        ...

    async def meets(self) -> None:
        """Wait until a bot that was started is there to be talked to."""
        ...

    async def says(self, text: str) -> None:
        """Write a message."""
        ...

    async def uses(self, command: str, **options: str) -> None:
        """Use a command as the platform has it: a slash command with options, or a text with what they say."""
        ...

    async def replies(self, to: Seen, text: str) -> None:
        """Reply to a message of the bot's."""
        ...

    async def speaks(self) -> None:
        """Send what was recorded as a voice message."""
        ...

    async def presses(self, label: str, on: Seen) -> None:
        """Press a button below a message of the bot's."""
        ...

    async def seen(self) -> Sequence[Seen]:
        """The messages of the bot's in the chat, oldest first, without places that the platform may leave behind."""
        ...

    async def loses_touch(self) -> None:
        """The connection breaks, between the bot and the platform or the person and the page, and is made anew."""
        ...

    def check(self) -> None:
        """What must hold of everything that was said: the traffic is as the platform's description has it."""
        ...


@dataclass(frozen=True)
class Answer:
    """What came in answer to one thing that was said: usually one message."""

    messages: tuple[Seen, ...]

    @property
    def text(self) -> str:
        """What can be read."""
        return "\n".join(message.text for message in self.messages if message.text)

    @property
    def pictures(self) -> list[bytes]:
        """The pictures of all messages."""
        return [picture for message in self.messages for picture in message.pictures]

    @property
    def buttons(self) -> list[str]:
        """The labels of all buttons."""
        return [label for message in self.messages for label in message.buttons]

    def holding(self, label: str) -> Seen:
        """The message that has a button."""
        return next(message for message in self.messages if label in message.buttons)

    @property
    def pictured(self) -> Seen:
        """The message with the first picture."""
        return next(message for message in self.messages if message.pictures)


class Conversation:
    """A talker, and what was answered so far. `folder` holds the bot's database."""

    def __init__(self, talker: Talker, folder: Path) -> None:
        self.talker = talker
        self._database = folder / "bot.db"
        self._read: set[str] = set()

    async def answer(self) -> Answer:
        """The next answer, in its final form. Raises TimeoutError with what is seen instead."""

        async def new() -> list[Seen]:
            return [one for one in await self.talker.seen() if one.id not in self._read]

        async def settled() -> bool:
            fresh = await new()
            return bool(fresh) and not any(one.growing for one in fresh) and not self._open()

        try:
            await until(settled)
        except TimeoutError:
            shown = "\n".join(str(one) for one in await self.talker.seen())
            raise TimeoutError(f"no answer; the chat shows:\n{shown}") from None
        found = await new()
        self._read |= {one.id for one in found}
        return Answer(tuple(found))

    async def growing(self) -> Seen:
        """The answer that can be stopped now."""
        found: list[Seen] = []

        async def grows() -> bool:
            found[:] = [one for one in await self.talker.seen() if one.growing and "Stop" in one.buttons]
            return bool(found)

        await until(grows)
        return found[0]

    async def texts(self) -> list[str]:
        """All that the bot says in the chat, as it is seen now."""
        return [one.text for one in await self.talker.seen()]

    async def reads(self, *texts: str) -> None:
        """Wait until the bot's messages read exactly so. Raises TimeoutError with what is seen instead."""

        async def so() -> bool:
            shown = await self.talker.seen()
            return [one.text for one in shown] == list(texts) and not any(one.growing for one in shown)

        try:
            await until(so)
        except TimeoutError:
            raise TimeoutError(f"the chat shows {await self.texts()}") from None

    def _open(self) -> int:
        """How many accepted messages the bot is not done with."""
        with closing(sqlite3.connect(self._database)) as database:
            (count,) = database.execute("select count(*) from inbox where is_open").fetchone()
        return int(count)


async def until(condition: Callable[[], Awaitable[bool]], timeout: float = PATIENCE) -> None:
    """Wait for something that nobody tells."""
    async with asyncio.timeout(timeout):
        while not await condition():
            await asyncio.sleep(0.02)


def mean_colour(picture: bytes) -> tuple[float, float, float]:
    """The mean red, green and blue of a picture."""
    small = Pillow.open(io.BytesIO(picture)).convert("RGB").resize((1, 1), Pillow.Resampling.BOX)
    found = small.getpixel((0, 0))
    assert isinstance(found, tuple)
    red, green, blue = found
    return red, green, blue
