"""Whether a bot's event loop and memory bear media: 20 voice messages and 20 pictures at the same moment.

20 people send a minute of speech on Telegram (half of them in a format that has to be converted first), and 20 send a
photograph of 12 million pixels to be changed. Telegram is the product's own simulator, in this process; the API answers
at once, so that all the time is the bot's.

    python -m benchmarks.bench_media [--rounds 3] [--bot botcore]
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.rig import simulated
from benchmarks.rig.api import END
from benchmarks.rig.media import MINUTE_S, photograph, recordings
from benchmarks.rig.processes import BARE_WITH_MEDIA, OURS_WITH_MEDIA, BotProcess, Kind, idle_loop, model, running
from benchmarks.rig.report import Report
from benchmarks.rig.rounds import compare
from botcore.testing.telegram_server import Attachment, Message, Person, TelegramServer

EACH: Final = 20
_SAMPLE_S: Final = 0.05
_SETTLED_S: Final = 2.0
_PATIENCE_S: Final = 90.0
_CHANGE: Final = "/image make the sky purple"


@dataclass(frozen=True, slots=True)
class Figures:
    """`lag`: how much later than asked a sleep of 10 ms ended, by the clock: it counts waiting for a core, too.

    `idle_lag`: the same in a loop beside it that has nothing to do: that much is the machine's.
    `busy_max_ms`: the longest single callback of the loop by the processor's time, `blocked` those above 50 ms.
    `rss_more_mb`, `family_more_mb`: the highest memory of the bot, and of the bot with the programs that it ran, above
    what it was when idle (`idle_mb` for the bot).
    """

    seconds: float
    answered: int
    lag_p99_ms: float
    lag_max_ms: float
    idle_lag_p99_ms: float
    idle_lag_max_ms: float
    busy_max_ms: float
    blocked: int
    idle_mb: float
    rss_more_mb: float
    family_more_mb: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Sent:
    """The files that people send."""

    voice: bytes
    audio: bytes
    photo: bytes


@dataclass(slots=True)
class Peaks:
    """The highest memory seen, in MB."""

    rss: float = 0.0
    family: float = 0.0
    _task: asyncio.Task[None] | None = field(default=None, repr=False)

    @contextlib.asynccontextmanager
    async def of(self, bot: BotProcess) -> AsyncGenerator[None]:
        """Watch a bot for as long as the block lasts."""
        self._task = asyncio.create_task(self._watch(bot))
        try:
            yield
        finally:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self, bot: BotProcess) -> None:
        while True:
            self.rss, self.family = max(self.rss, bot.rss()), max(self.family, bot.family_mb())
            await asyncio.sleep(_SAMPLE_S)


async def measure(report: Report, kinds: list[Kind], folder: Path, rounds: int) -> None:
    """Both bots in turn, so often."""
    sent = Sent(*await asyncio.to_thread(recordings), await asyncio.to_thread(photograph))
    async with model(module="benchmarks.rig.media_api") as asked:
        for turn in range(rounds):
            for kind in kinds:
                async with simulated.telegram() as server:
                    stage = simulated.SimulatedTelegram(server)
                    own = folder / f"media-{kind.name}-{turn}"
                    async with running(kind, stage, asked.url, own) as bot, idle_loop(own) as idle:
                        figures, blocked = await _load(server, bot, idle, sent)
                report.note(kind.name, "media", asdict(figures))
                for one in blocked[:5]:
                    print(f"  {kind.name:8} blocked: {one}", flush=True)


async def _load(server: TelegramServer, bot: BotProcess, beside: BotProcess, sent: Sent) -> tuple[Figures, list[str]]:
    people = [server.user(f"Person {number}") for number in range(2 * EACH)]
    async with asyncio.timeout(_PATIENCE_S):  # one of each before: what is imported late belongs to nobody's answer
        await asyncio.gather(*(_ask(server, server.user(f"First {kind}"), kind, sent) for kind in range(4)))
    await asyncio.sleep(_SETTLED_S)
    peaks, idle, idle_family, cpu = Peaks(), bot.rss(), bot.family_mb(), bot.cpu()
    _ = await asyncio.gather(bot.lag(), beside.lag())
    begun = time.monotonic()
    async with peaks.of(bot):
        asked = [_ask(server, person, number, sent) for number, person in enumerate(people)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
    seconds = time.monotonic() - begun
    wrong = [one for one in answers if isinstance(one, BaseException)]
    for one in wrong[:3]:
        print(f"  WRONG: {one!r}"[:300], flush=True)
    lag, idle_lag = await asyncio.gather(bot.lag(), beside.lag())
    figures = Figures(
        seconds=seconds,
        answered=len(answers) - len(wrong),
        lag_p99_ms=lag["p99"],
        lag_max_ms=lag["max"],
        idle_lag_p99_ms=idle_lag["p99"],
        idle_lag_max_ms=idle_lag["max"],
        busy_max_ms=lag["busy_max"],
        blocked=len(lag["blocked"]),
        idle_mb=idle,
        rss_more_mb=peaks.rss - idle,
        family_more_mb=peaks.family - idle_family,
        cpu_s=bot.cpu() - cpu,
    )
    return figures, lag["blocked"]


async def _ask(server: TelegramServer, person: Person, number: int, sent: Sent) -> Message:
    """Send a voice message, a recording to be converted, or a photograph (every second one), and see the answer."""
    if number % 2:
        _ = await person.sends_document(sent.photo, "photo.jpg", _CHANGE, media_type="image/jpeg")
        return await server.bot.answers(person, settled=_is_picture, timeout=_PATIENCE_S)
    if number % 4:
        _ = await person.sends_voice(sent.voice, MINUTE_S)
    else:
        _ = await person.sends(Attachment("audio", sent.audio, "note.aac", "audio/aac", MINUTE_S))
    return await server.bot.answers(person, settled=_is_answer, timeout=_PATIENCE_S)


def _is_picture(message: Message) -> bool:
    return message.media is not None


def _is_answer(message: Message) -> bool:
    return message.text.endswith(END)


if __name__ == "__main__":
    compare(__doc__, (OURS_WITH_MEDIA, BARE_WITH_MEDIA), measure)
