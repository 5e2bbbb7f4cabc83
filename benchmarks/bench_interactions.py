"""How soon a bot on Discord answers a slash command while it streams to many people.

200 people have long answers streamed to them in private (a chunk every 20 ms); meanwhile a guild uses a slash command
100 times a second. Discord is the product's own simulator, in this process, with its rate limits as Discord has them.

    python -m benchmarks.bench_interactions [--rounds 3] [--bot botcore]
"""

import asyncio
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks.rig.api import END
from benchmarks.rig.processes import BARE_ON_DISCORD, OURS_ON_DISCORD, BotProcess, Kind, idle_loop, model, running
from benchmarks.rig.report import Report
from benchmarks.rig.rounds import compare
from benchmarks.rig.simulated import own_cpu
from botcore.testing.discord_server import Channel, DiscordServer, Interaction, Limits, Person

STREAMS: Final = 200
PER_SECOND: Final = 100
_SECONDS: Final = 10.0
_ALONE_S: Final = 3.0  # commands without streams and streams without commands, to know what each costs
_STARTS_PER_S: Final = 25.0  # half of what Discord takes in a second goes to the placeholders
_CHUNKS: Final = 1400
"""Of one letter: 28 s, longer than the start of all streams, the time alone and the commands together, and yet one
message of 2,000 characters. Longer answers are several, and so many at once are more than Discord takes."""
_CHANNELS: Final = 100
_PEOPLE: Final = 400
_PATIENCE_S: Final = 120.0
_USE_PATIENCE_S: Final = 15.0  # for the answer to a command


@dataclass(frozen=True, slots=True)
class Figures:
    """Times from INTERACTION_CREATE to the callback (defer) and to the text (final), in ms.

    `cpu_ms` is the bot's CPU for one command, before there are streams; `streams_cpu` the share of a core that the
    streams take, before there are commands; `both_cpu` that of both, and `rig_cpu` that of the simulated Discord then.
    `too_late`: not deferred within three seconds.
    `lag`: how late the bot's event loop is, by the clock; `idle_lag`: a loop beside it that has nothing to do.
    `refused`: requests that were answered with 401, 403 or 429. `streams`: whole answers.
    """

    defer_p50_ms: float
    defer_p99_ms: float
    defer_max_ms: float
    final_p50_ms: float
    final_p99_ms: float
    too_late: int
    unanswered: int
    cpu_ms: float
    streams_cpu: float
    both_cpu: float
    lag_p99_ms: float
    lag_max_ms: float
    idle_lag_p99_ms: float
    idle_lag_max_ms: float
    rss_mb: float
    rig_cpu: float
    refused: int
    streams: int


class SimulatedDiscord:
    """As the rig sees it; `server` is running."""

    def __init__(self, server: DiscordServer) -> None:
        self.server = server

    @property
    def url(self) -> str:
        return self.server.url

    async def met(self) -> None:
        """Wait for the commands."""
        await self.server.bot.registers("repeat", timeout=_PATIENCE_S)
        await self.server.bot.comes_online(timeout=_PATIENCE_S)

    def forget(self) -> None:
        """Each bot has a server of its own."""


async def measure(report: Report, kinds: list[Kind], folder: Path, rounds: int) -> None:
    """Both bots in turn, so often; a database of its own for each."""
    async with model("--chunks", str(_CHUNKS), "--gap", "0.02", "--first", "0.3", "--letters", "1") as asked:
        for turn in range(rounds):
            for kind in kinds:
                async with DiscordServer(limits=Limits.real(), record=1, keep=100) as server:
                    own = folder / f"interactions-{kind.name}-{turn}"
                    async with running(kind, SimulatedDiscord(server), asked.url, own) as bot, idle_loop(own) as idle:
                        report.note(kind.name, "interactions", asdict(await _load(server, bot, idle)))


async def _load(server: DiscordServer, bot: BotProcess, beside: BotProcess) -> Figures:
    people = [server.user(f"Person {number}") for number in range(_PEOPLE)]
    guild = server.guild("Club", people)
    channels = [guild.text_channel(f"room-{number}") for number in range(_CHANNELS)]
    _ = await _use(people, channels, count=PER_SECOND // 2)
    cpu, few = bot.cpu(), await _use(people, channels, count=int(PER_SECOND * _ALONE_S))
    cpu_ms = (bot.cpu() - cpu) / len(few) * 1e3
    listeners = [server.user(f"Listener {number}") for number in range(STREAMS)]
    streams = [asyncio.create_task(_stream(server, person)) for person in await _started(listeners)]
    cpu, begun = bot.cpu(), time.monotonic()
    await asyncio.sleep(_ALONE_S)
    streams_cpu = (bot.cpu() - cpu) / (time.monotonic() - begun)
    _ = await asyncio.gather(bot.lag(), beside.lag())
    cpu, own, begun = bot.cpu(), own_cpu(), time.monotonic()
    used = await _use(people, channels, count=int(PER_SECOND * _SECONDS))
    seconds = time.monotonic() - begun
    bot_cpu, rig_cpu = bot.cpu() - cpu, own_cpu() - own
    rss = bot.rss()
    lag, idle_lag = await asyncio.gather(bot.lag(), beside.lag())
    if over := sum(task.done() for task in streams):
        print(f"  {over} of the streams were over before the commands were", flush=True)
    whole = await asyncio.gather(*streams)
    defers = sorted(one.defer for one in used if one.defer is not None) or [float("nan")]
    finals = sorted(one.final for one in used if one.final is not None) or [float("nan")]
    return Figures(
        defer_p50_ms=_at(defers, 50),
        defer_p99_ms=_at(defers, 99),
        defer_max_ms=defers[-1] * 1e3,
        final_p50_ms=_at(finals, 50),
        final_p99_ms=_at(finals, 99),
        too_late=sum(one.defer is None for one in used),
        unanswered=sum(one.final is None for one in used),
        cpu_ms=cpu_ms,
        streams_cpu=streams_cpu,
        both_cpu=bot_cpu / seconds,
        lag_p99_ms=lag["p99"],
        lag_max_ms=lag["max"],
        idle_lag_p99_ms=idle_lag["p99"],
        idle_lag_max_ms=idle_lag["max"],
        rss_mb=rss,
        rig_cpu=rig_cpu / seconds,
        refused=server.invalid_requests,
        streams=sum(whole),
    )


def _at(values: list[float], percent: int) -> float:
    return values[len(values) * percent // 100] * 1e3


async def _started(listeners: list[Person]) -> list[Person]:
    """Let everybody ask, and wait until the last one sees an answer begin."""
    begun = time.monotonic()
    for number, person in enumerate(listeners):
        await asyncio.sleep(max(0.0, begun + number / _STARTS_PER_S - time.monotonic()))
        _ = await person.dm(f"Tell me a long story about number {number}")
    for person in listeners:
        await person.dms.wait_for(lambda seen: len(seen) > 1, timeout=_PATIENCE_S)
    return listeners


async def _stream(server: DiscordServer, person: Person) -> bool:
    """Whether the whole answer was shown at last."""
    try:
        _ = await server.bot.answers(person, settled=lambda shown: shown.text.endswith(END), timeout=_PATIENCE_S)
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Use:
    """Seconds until one command was deferred, and until its answer was there; None where they never were."""

    defer: float | None
    final: float | None


async def _use(people: list[Person], channels: list[Channel], *, count: int) -> list[Use]:
    """Use the command at a fixed rate, whatever the bot does."""
    begun = time.monotonic()
    tasks: list[asyncio.Task[Use]] = []
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        person, channel = people[number % len(people)], channels[number % len(channels)]
        at = time.monotonic()
        used = await person.slash("repeat", channel=channel, text=f"number {number}")
        tasks.append(asyncio.create_task(_answered(used, at, f"You said: number {number}")))
    return await asyncio.gather(*tasks)


async def _answered(used: Interaction, at: float, text: str) -> Use:
    try:
        answer = await used.answer(timeout=_USE_PATIENCE_S)
    except TimeoutError:
        return Use(used.acknowledged_after, None)
    final = time.monotonic() - at
    if answer.text != text:
        print(f"  WRONG: {answer.text[:80]!r} for {text!r}", flush=True)
        return Use(used.acknowledged_after, None)
    return Use(used.acknowledged_after, final)


if __name__ == "__main__":
    compare(__doc__, (OURS_ON_DISCORD, BARE_ON_DISCORD), measure)
