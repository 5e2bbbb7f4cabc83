"""A benchmark as a program: both bots in turn, in rounds, and a table of what was seen."""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from benchmarks.rig.processes import Kind
from benchmarks.rig.report import Report

Measure = Callable[[Report, list[Kind], Path, int], Awaitable[None]]


def compare(description: str | None, kinds: Sequence[Kind], measure: Measure) -> None:
    """Read the options, let `measure` note every round in the report, and print the table."""
    names = tuple(kind.name for kind in kinds)
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bot", nargs="+", choices=names, default=names)
    given = parser.parse_args()
    asyncio.run(_run([kind for kind in kinds if kind.name in given.bot], measure, given.rounds))


async def _run(kinds: list[Kind], measure: Measure, rounds: int) -> None:
    print(f"{psutil.cpu_count()} cores, load {psutil.getloadavg()[0]:.1f} before the run")
    report = Report()
    with tempfile.TemporaryDirectory(prefix="botcore-bench-") as folder:
        await measure(report, kinds, Path(folder), rounds)
    report.table()
