"""Processes of their own that are there at once: forked from one that has imported what they need.

A fresh interpreter spends a second or two on imports before it does anything; tests that start hundreds of bots or
commands cannot. What runs has its own environment, folder, output and death all the same.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "PIL.ImageFont",
        "alembic.command",
        "botcore.app",
        "botcore.cli.commands",
        "botcore.logs",
        "botcore.store.schema",
        "botcore.testing.openai_server",
        "botcore_api",
        "botcore_basics",
        "botcore_discord.connection",
        "botcore_images",
        "botcore_telegram.connection",
        "botcore_voice",
        "botcore_web.adapter",
        "numpy",
        "rich.markdown",
    ]
)  # what cannot be imported is passed over, and imported by whoever needs it


@dataclass
class Forked:
    """A process that was started. What it writes goes into files."""

    process: ForkServerProcess
    _word: Connection

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.exitcode is None

    def told(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is gone."""
        if self.process.pid is not None and self.alive:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.process.pid, number)

    async def ready(self) -> bool:
        """Wait until it says that it is ready; False where it is gone instead."""
        await _readable(self._word.fileno())
        try:
            self._word.recv()
        except EOFError:
            return False
        return True

    async def ended(self) -> int:
        """Wait for its end; its exit code, negative where a signal killed it."""
        await _readable(self.process.sentinel)
        self.process.join()
        self._word.close()
        assert self.process.exitcode is not None
        return self.process.exitcode


async def _readable(number: int) -> None:
    """Wait until there is something to read, or nobody to write any more."""
    loop, found = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(number, found.set)
    try:
        await found.wait()
    finally:
        loop.remove_reader(number)


def fork(
    program: Callable[[Callable[[], None], Sequence[str]], object],
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    folder: Path,
    out: Path,
    err: Path,
    said: str = "",
) -> Forked:
    """Run `program(ready, arguments)` in a process of its own, with `said` on its standard input.

    `program` is a function of a module; it calls `ready` whenever it is.
    """
    heard, word = _FORKS.Pipe(duplex=False)
    source = out.with_name(f"{out.name}.in")
    source.write_text(said)
    where = (str(folder), str(source), str(out), str(err))
    process = _FORKS.Process(target=_live, args=(program, tuple(arguments), dict(env), where, word))
    process.start()
    word.close()
    return Forked(process, heard)


def _live(
    program: Callable[[Callable[[], None], Sequence[str]], object],
    arguments: Sequence[str],
    env: Mapping[str, str],
    where: tuple[str, str, str, str],
    word: Connection,
) -> None:
    folder, source, out, err = where
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    for number, path, flags in (
        (0, source, os.O_RDONLY),
        (1, out, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        (2, err, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
    ):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
    program(lambda: word.send("ready"), arguments)
