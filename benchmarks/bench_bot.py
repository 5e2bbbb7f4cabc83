"""The whole bot and a bare one, on the same rig, in alternating rounds.

Three processes on loopback: a fast simulated Telegram (in this process), a fast model, and the bot; see
docs/performance.md for what the figures mean.

    python -m benchmarks            under 3 minutes
    python -m benchmarks --full     more rounds, 1,000 streams for the bare bot, the product's simulators: 15 minutes
    python -m benchmarks --only saturation --bot botcore --rounds 1
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.rig import simulated
from benchmarks.rig.loads import saturate, stream, trickle
from benchmarks.rig.processes import BARE, BARE_STREAMING, OURS, OURS_PROBED, Kind, model, running
from benchmarks.rig.telegram import FastTelegram

PARTS: Final = ("start", "saturation", "latency", "streams", "memory", "simulators")
OUTSTANDING: Final = 200


@dataclass(slots=True)
class Bench:
    """What is measured how often, and everything that was seen: the figures of each round by what they are."""

    bots: Sequence[str]
    rounds: int
    full: bool
    folder: Path
    telegram: FastTelegram
    seen: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    _made: int = 0

    def kinds(self, *kinds: Kind) -> list[Kind]:
        return [kind for kind in kinds if kind.name in self.bots]

    def fresh(self) -> Path:
        """A folder of its own for each start: an empty database."""
        self._made += 1
        return self.folder / f"run{self._made}"

    def note(self, kind: Kind, part: str, figures: Any) -> None:
        for name, value in (figures if isinstance(figures, dict) else asdict(figures)).items():
            self.seen[f"{part}: {name}", kind.name].append(value)
        shown = ", ".join(
            f"{name} {value:,.2f}"
            for name, value in (figures if isinstance(figures, dict) else asdict(figures)).items()
        )
        print(f"  {kind.name:8} {part}: {shown}", flush=True)
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

    # ---- the report ----

    def table(self) -> None:
        """The medians, what they varied between, and the ratio."""
        print(f"\n{'medians (min..max)':44}{'botcore':>26}{'bare':>26}{'ratio':>8}")
        for what in dict.fromkeys(what for what, _ in self.seen):
            cells: list[str] = []
            medians: list[float] = []
            for name in ("botcore", "bare"):
                values = self.seen.get((what, name))
                if not values:
                    cells.append("-")
                    continue
                medians.append(statistics.median(values))
                spread = f" ({min(values):,.4g}..{max(values):,.4g})" if len(values) > 1 else ""
                cells.append(f"{medians[-1]:,.4g}{spread}")
            ratio = f"{medians[0] / medians[1]:8.2f}" if len(medians) == 2 and medians[1] else ""
            print(f"{what:44}{cells[0]:>26}{cells[1]:>26}{ratio}")


async def _run(given: argparse.Namespace) -> None:
    begun = time.monotonic()
    load = psutil.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {psutil.cpu_count()} cores, load {load:.1f} before the run\n")
    with tempfile.TemporaryDirectory(prefix="botcore-bench-", dir=given.folder) as folder:
        async with FastTelegram() as telegram:
            bench = Bench(given.bot, given.rounds or (5 if given.full else 2), given.full, Path(folder), telegram)
            for part in given.only or (PARTS if given.full else PARTS[:-1]):
                print(part, flush=True)
                await getattr(bench, part)()
            bench.table()
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
