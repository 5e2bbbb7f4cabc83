"""The real command in a process of its own, started and watched as an operator would."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .surroundings import PATIENCE

_KEPT = ("PATH", "HOME", "VIRTUAL_ENV", "PYTHONPATH", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    output: str
    errors: str


def command(*arguments: str) -> list[str]:
    """The command line of `botcore`, by this interpreter."""
    return [sys.executable, "-m", "botcore", *arguments]


def surrounded(env: Mapping[str, str]) -> dict[str, str]:
    """What a process needs of the real environment, and nothing that is set by chance."""
    return {**{name: os.environ[name] for name in _KEPT if name in os.environ}, **env}


async def botcore(folder: Path, env: Mapping[str, str], *arguments: str, stdin: str | None = None) -> Done:
    """Run `botcore` to its end."""
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        env=surrounded(env),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(2 * PATIENCE):
            output, errors = await process.communicate(stdin.encode() if stdin is not None else None)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Done(process.returncode, output.decode(), errors.decode())


@dataclass
class Running:
    """A command that runs. What it writes to standard error is kept."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list[str])
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def log(self) -> str:
        """All that it wrote so far."""
        return "\n".join(self.lines)

    async def says(self, words: str, *, timeout: float = PATIENCE) -> str:
        """Wait for a line with these words. Raises TimeoutError with what was said instead."""

        def found() -> str | None:
            return next((line for line in self.lines if words in line), None)

        try:
            async with asyncio.timeout(timeout), self._news:
                await self._news.wait_for(lambda: found() is not None or self.process.returncode is not None)
        except TimeoutError:
            raise TimeoutError(f"nothing about {words!r} in:\n{self.log}") from None
        line = found()
        assert line is not None, f"it ended with {self.process.returncode}:\n{self.log}"
        return line

    async def ends(self, *, by: signal.Signals | None = signal.SIGTERM) -> int:
        """Tell it to end (or, with None, wait for it); its exit code."""
        if by is not None and self.process.returncode is None:
            self.process.send_signal(by)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def listen(self) -> None:
        """Keep what it writes, to its end."""
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            async with self._news:
                self.lines.append(line.decode().rstrip("\n"))
                self._news.notify_all()
        await self.process.wait()
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def running(folder: Path, env: Mapping[str, str], arguments: Sequence[str] = ("run",)) -> AsyncGenerator[Running]:
    """`botcore run`, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *command(*arguments),
        env=surrounded(env),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=2**24,
    )
    bot = Running(process)
    listening = asyncio.create_task(bot.listen())
    try:
        yield bot
    finally:
        if process.returncode is None:
            process.kill()
        await listening
        print(bot.log)  # pytest shows it where a test fails


@asynccontextmanager
async def serving(folder: Path, *arguments: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A Python program that says on standard output where it listens, told to end at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=surrounded({}), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE):
            await process.wait()


async def first_line(process: asyncio.subprocess.Process) -> str:
    """The first line that a program writes."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        return (await process.stdout.readline()).decode()
