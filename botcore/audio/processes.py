"""Other programs, run off the event loop, under limits, and gone when they are not waited for any more."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal, cast

if sys.platform != "win32":
    import resource

MIB = 1024 * 1024
_MOST_TOLD = 64 * 1024  # bytes of what a program says on its error output that are kept: the first
_MOST_SHOWN = 4096  # and of those, what an error shows: the last
_BLOCK = 64 * 1024


class ProcessFailed(RuntimeError):
    """The program failed, was too slow or used too much. The message holds the end of what it said."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use: bytes of address space, seconds of processor time, and seconds altogether.

    Memory and processor time are limited where the system can do that to a running process (Linux).
    """

    memory: int = 1024 * MIB
    cpu: int = 60
    seconds: float = 120.0


@asynccontextmanager
async def running(
    command: Sequence[str], limits: Limits, *, feed: bool = False, errors: Literal["kept", "dropped"] = "kept"
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """A program for the length of a `with` block, at whose end it is killed if it still runs.

    It sees nothing of this process's environment but the search path.

    Raises:
        ProcessFailed: it cannot be started.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE if feed else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE if errors == "kept" else asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR") if name in os.environ},
        )
    except OSError as wrong:
        raise ProcessFailed(f"{command[0]} cannot be started: {wrong.strerror}") from None
    try:
        _limit(process.pid, limits)
        yield process
    finally:
        with suppress(ProcessLookupError):
            if process.returncode is None:
                process.kill()
        await _ended(process)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for its end. What it said is read first: asyncio waits for its pipes, too, and stops reading full ones."""
    for pipe in (process.stdout, process.stderr):
        while pipe is not None and await pipe.read(_BLOCK):
            pass
    await process.wait()


@dataclass(frozen=True, slots=True)
class Output:
    """What a program said: on its output, and on its error output (the beginning of it)."""

    out: bytes
    told: str


async def run(command: Sequence[str], limits: Limits, stdin: bytes | None = None) -> bytes:
    """Run a program to its end and return its output (all of it: only for programs that say little).

    Raises:
        ProcessFailed: it cannot be started, fails, or goes beyond a limit.
    """
    return (await run_to_end(command, limits, stdin)).out


async def run_to_end(command: Sequence[str], limits: Limits, stdin: bytes | None = None) -> Output:
    """Run a program to its end and return what it said.

    Raises:
        ProcessFailed: it cannot be started, fails, or goes beyond a limit.
    """
    async with running(command, limits, feed=stdin is not None) as process:
        saying, complaining = cast("asyncio.StreamReader", process.stdout), cast("asyncio.StreamReader", process.stderr)
        try:
            async with asyncio.timeout(limits.seconds):
                out, told, _ = await asyncio.gather(saying.read(), _beginning(complaining), _fed(process.stdin, stdin))
                code = await process.wait()
        except TimeoutError:
            raise ProcessFailed(f"it took longer than {limits.seconds:g} seconds") from None
    if code:
        raise ProcessFailed(_reason(code, told))
    return Output(out, told.decode(errors="replace"))


async def _beginning(pipe: asyncio.StreamReader) -> bytes:
    """Read all and keep the first of it: a hostile file can make a decoder complain without end."""
    kept = bytearray()
    while block := await pipe.read(_BLOCK):
        kept += block[: _MOST_TOLD - len(kept)]
    return bytes(kept)


async def _fed(pipe: asyncio.StreamWriter | None, data: bytes | None) -> None:
    if pipe is None or data is None:
        return
    with suppress(ConnectionError):  # it ended without reading all: its status tells
        pipe.write(data)
        await pipe.drain()
        pipe.close()
        await pipe.wait_closed()


def _reason(code: int, told: bytes) -> str:
    said = told[-_MOST_SHOWN:].decode(errors="replace").strip()
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}. {said}".strip()
    return said or f"it ended with status {code}"


def _limit(pid: int, limits: Limits) -> None:
    """Set the limits from outside: doing it in the child needs a slower kind of fork, and Python code between."""
    if sys.platform != "linux":
        return
    with suppress(ProcessLookupError, PermissionError):  # it has ended already
        resource.prlimit(pid, resource.RLIMIT_AS, (limits.memory, limits.memory))
        resource.prlimit(pid, resource.RLIMIT_CPU, (limits.cpu, limits.cpu + 1))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
