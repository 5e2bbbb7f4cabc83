"""Other programs, run off the event loop, under limits, and gone when they are not waited for any more."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Literal

if sys.platform != "win32":
    import resource

MIB = 1024 * 1024
_MOST_TOLD = 4096  # bytes of what a program says on its error output that are kept


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
        await process.wait()


async def run(command: Sequence[str], limits: Limits, stdin: bytes | None = None) -> bytes:
    """Run a program to its end and return its output (all of it: only for programs that say little).

    Raises:
        ProcessFailed: it cannot be started, fails, or goes beyond a limit.
    """
    async with running(command, limits, feed=stdin is not None) as process:
        try:
            async with asyncio.timeout(limits.seconds):
                out, told = await process.communicate(stdin)
        except TimeoutError:
            raise ProcessFailed(f"it took longer than {limits.seconds:g} seconds") from None
    if process.returncode:
        raise ProcessFailed(_reason(process.returncode, told))
    return out


def _reason(code: int, told: bytes) -> str:
    said = told[-_MOST_TOLD:].decode(errors="replace").strip()
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
