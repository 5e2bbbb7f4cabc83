"""The real process, killed in the middle: every message that can be read again gets exactly one answer, in order."""

import asyncio
import os
import random
import re
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Message, Person
from botcore.testing.openai_server import OfflineApi

from .conftest import environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

_KEPT = ("PATH", "HOME", "VIRTUAL_ENV", "PYTHONPATH", "LANG", "TMPDIR")
_LONG = 90.0  # seconds


@asynccontextmanager
async def bot(folder: Path, discord: DiscordServer, api: OfflineApi) -> AsyncGenerator[asyncio.subprocess.Process]:
    """`botcore run`, connected; killed at the end without warning."""
    # a word about the queue is no answer, and may be left over
    env = environment(folder, discord, api, {"delivery__busy_notice_at": "20"})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "botcore", "run"),
        env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **env},
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await discord.gateway.disconnected(_LONG)
        await discord.bot.comes_online(_LONG)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


def sums(channel: Channel, of: Person | None = None) -> list[int]:
    """The numbers that the bot answered with, in order; what is no answer stands for itself as -1."""
    said = [message for message in channel.transcript(of) if message.from_bot]
    return [int(found[0]) if (found := re.search(r"\d+", message.text)) else -1 for message in said]


def asked(channel: Channel) -> list[int]:
    """The numbers that people asked for."""

    def wanted(message: Message) -> int:
        return 2 * int(re.findall(r"\d+ \+ (\d+)", message.text)[0])

    return [wanted(message) for message in channel.transcript() if not message.from_bot and "+" in message.text]


async def answered(place: Channel, count: int | None = None, *, within: float = _LONG) -> None:
    """Wait until there are so many answers, or one for each question. Raises TimeoutError."""

    def enough(_: list[Message]) -> bool:
        return sums(place) == asked(place) if count is None else len(sums(place)) >= count

    await place.wait_for(enough, timeout=within)


async def test_killed_again_and_again_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, discord: DiscordServer, api: OfflineApi, ada: Person, ben: Person, general: Channel
) -> None:
    chance = random.Random(7)
    number = 0
    thread = await ada.opens_thread("Numbers", channel=general)
    places = [ada.dms, ben.dms, general, thread]

    async def ask(place: Channel) -> None:
        nonlocal number
        number += 1
        person = ben if place is ben.dms else ada
        text = f"What is {number} + {number}?"
        if place.guild is None:
            await person.says(text, channel=place)
        else:
            await person.mentions(discord.bot, text, channel=place)

    async with bot(tmp_path, discord, api):
        for place in places:
            await ask(place)
            await answered(place)
    for _ in range(4):
        async with bot(tmp_path, discord, api):
            for place in chance.choices(places, k=8):
                await ask(place)
            busy = chance.choice(places)
            enough = len(sums(busy)) + chance.randint(0, 2)
            with suppress(TimeoutError):
                await answered(busy, enough, within=2)
        for place in chance.choices(places, k=4):
            await ask(place)  # while it is away
    async with bot(tmp_path, discord, api):
        for place in places:
            await answered(place)
    assert number == 4 + 4 * 12
    assert [sums(place) for place in places] == [asked(place) for place in places]
