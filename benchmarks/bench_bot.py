"""The whole bot and a bare one, on the same rig, in alternating rounds.

Three processes on loopback: a fast simulated Telegram (in this process), a fast model, and the bot; see
docs/performance.md for what the figures mean.

    python -m benchmarks            under 3 minutes
    python -m benchmarks --full     more rounds, 1,000 streams for the bare bot, and the parts below: 25 minutes
    python -m benchmarks --only saturation --bot botcore --rounds 1

In the full form, or by name: `simulators` (the same saturation against the product's simulators), `interactions` (slash
commands on Discord beside streams, bench_interactions.py), `media` (voice messages and pictures, bench_media.py).
"""

import argparse
import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks import bench_interactions, bench_media
from benchmarks.rig import simulated
from benchmarks.rig.loads import saturate, stream, trickle
from benchmarks.rig.processes import (
    BARE,
    BARE_ON_DISCORD,
    BARE_STREAMING,
    BARE_WITH_MEDIA,
    OURS,
    OURS_ON_DISCORD,
    OURS_PROBED,
    OURS_WITH_MEDIA,
    Kind,
    model,
    running,
)
from benchmarks.rig.report import Report
from benchmarks.rig.telegram import FastTelegram

SHORT: Final = ("start", "saturation", "latency", "streams", "memory")
PARTS: Final = (*SHORT, "simulators", "interactions", "media")
OUTSTANDING: Final = 200


@dataclass(slots=True)
class Bench:
    """What is measured how often, and what was seen."""

    bots: Sequence[str]
    rounds: int
    full: bool
    folder: Path
    telegram: FastTelegram
    report: Report = field(default_factory=Report)
    _made: int = 0

    def kinds(self, *kinds: Kind) -> list[Kind]:
        return [kind for kind in kinds if kind.name in self.bots]

    def fresh(self) -> Path:
        """A folder of its own for each start: an empty database."""
        self._made += 1
        return self.folder / f"run{self._made}"

    def note(self, kind: Kind, part: str, figures: Any) -> None:
        self.report.note(kind.name, part, figures if isinstance(figures, dict) else asdict(figures))
        for wrong in self.telegram.wrong[:3]:
            print(f"  {kind.name:8} WRONG: {wrong}", flush=True)
        self.telegram.wrong.clear()

    # ---- the parts ----

    async def start(self) -> None:
        """From the start of the process to the first getUpdates: with an empty database, and with one that is there."""
        async with model() as asked:
            for _ in range(self.rounds):
                for kind in self.kinds(OURS, BARE):
                    folder = self.fresh()
                    for temper in ("new database", "known database"):
                        async with running(kind, self.telegram, asked.url, folder) as bot:
                            seconds = self.telegram.first_poll_at - bot.started
                            self.note(
                                kind, f"start, {temper}", {"seconds": seconds, "cpu_s": bot.cpu(), "rss_mb": bot.rss()}
                            )

    async def saturation(self) -> None:
        async with model() as asked:
            for _ in range(self.rounds):
                for kind in self.kinds(OURS, BARE):
                    slow = kind is BARE
                    async with running(kind, self.telegram, asked.url, self.fresh()) as bot:
                        used = asked.cpu()
                        many = 600 if slow else 3000
                        figures = await saturate(
                            self.telegram,
                            bot,
                            messages=many,
                            outstanding=OUTSTANDING,
                            people=2 * OUTSTANDING,
                            warm_up=200,
                        )
                        model_ms = (asked.cpu() - used) / (many + 200) * 1e3
                        self.note(kind, "saturation", {**asdict(figures), "model_cpu_ms": model_ms})

    async def latency(self) -> None:
        async with model() as asked:
            for _ in range(self.rounds):
                for kind in self.kinds(OURS, BARE):
                    async with running(kind, self.telegram, asked.url, self.fresh()) as bot:
                        await trickle(self.telegram, bot, per_second=50, seconds=1, people=100)
                        figures = await trickle(self.telegram, bot, per_second=50, seconds=6, people=200)
                        self.note(kind, "50 messages/s", figures)

    async def streams(self) -> None:
        async with model("--chunks", "50", "--gap", "0.02", "--first", "0.3") as asked:
            for kind in self.kinds(OURS_PROBED, BARE_STREAMING):
                async with running(kind, self.telegram, asked.url, self.fresh()) as bot:
                    await stream(self.telegram, bot, streams=10)
                    self.note(kind, "20 streams/s", await stream(self.telegram, bot, streams=60, gap=0.05))
            for count in (100, 1000):
                for _ in range(self.rounds if self.full and count == 100 else 1):
                    for kind in self.kinds(OURS_PROBED, BARE_STREAMING):
                        if kind is BARE_STREAMING and count == 1000 and not self.full:
                            continue
                        async with running(kind, self.telegram, asked.url, self.fresh()) as bot:
                            await stream(self.telegram, bot, streams=10)
                            self.note(kind, f"{count} streams", await stream(self.telegram, bot, streams=count))

    async def memory(self) -> None:
        """RSS after 10,000 people have written (the bare bot: 1,000 in the short form, it takes its time)."""
        async with model() as asked:
            for kind in self.kinds(OURS, BARE):
                people = 10_000 if kind is OURS or self.full else 1_000
                async with running(kind, self.telegram, asked.url, self.fresh()) as bot:
                    figures = await saturate(
                        self.telegram, bot, messages=people, outstanding=OUTSTANDING, people=people
                    )
                    self.note(kind, f"{people:,} people", {"rss_mb": figures.rss_mb})

    async def simulators(self) -> None:
        """The same saturation against the product's simulators, which check what they are sent."""
        async with model(module="benchmarks.rig.simulated") as asked, simulated.telegram() as server:
            stage = simulated.SimulatedTelegram(server)
            for kind in self.kinds(OURS, BARE):
                many = 300 if kind is BARE else 1000
                async with running(kind, stage, asked.url, self.fresh()) as bot:
                    used = asked.cpu()
                    figures = await simulated.saturate(
                        stage, bot, messages=many, outstanding=OUTSTANDING, warm_up=OUTSTANDING
                    )
                    model_ms = (asked.cpu() - used) / (many + OUTSTANDING) * 1e3
                    self.note(kind, "simulators", {**figures, "model_cpu_ms": model_ms})

    async def interactions(self) -> None:
        kinds = self.kinds(OURS_ON_DISCORD, BARE_ON_DISCORD)
        await bench_interactions.measure(self.report, kinds, self.folder, min(self.rounds, 3))

    async def media(self) -> None:
        kinds = self.kinds(OURS_WITH_MEDIA, BARE_WITH_MEDIA)
        await bench_media.measure(self.report, kinds, self.folder, min(self.rounds, 3))


async def _run(given: argparse.Namespace) -> None:
    begun = time.monotonic()
    load = psutil.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {psutil.cpu_count()} cores, load {load:.1f} before the run\n")
    with tempfile.TemporaryDirectory(prefix="botcore-bench-", dir=given.folder) as folder:
        async with FastTelegram() as telegram:
            bench = Bench(given.bot, given.rounds or (5 if given.full else 2), given.full, Path(folder), telegram)
            for part in given.only or (PARTS if given.full else SHORT):
                print(part, flush=True)
                await getattr(bench, part)()
            bench.report.table()
    print(f"\n{time.monotonic() - begun:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="more rounds, and what takes long")
    parser.add_argument("--rounds", type=int, help="rounds of each part")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="only these parts")
    parser.add_argument("--bot", nargs="+", choices=("botcore", "bare"), default=("botcore", "bare"))
    parser.add_argument("--folder", help="where the databases lie: the disk counts. Default: the system's")
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    asyncio.run(_run(given))


if __name__ == "__main__":
    main()
