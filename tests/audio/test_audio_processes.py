"""Other programs: under limits, and gone when nobody waits for them any more."""

import asyncio
import os
import sys
from pathlib import Path

import psutil
import pytest

from botcore.audio.processes import MIB, Limits, ProcessFailed, run, run_to_end, running

PYTHON = (sys.executable, "-I", "-S", "-c")
_LIMITED = "import resource, time\nwhile resource.getrlimit(resource.RLIMIT_AS)[0] < 0: time.sleep(0.01)"
"""Waits until the limit is set, which happens from outside."""
linux = pytest.mark.skipif(sys.platform != "linux", reason="limits of running processes are Linux's")


async def test_what_a_program_says() -> None:
    told = await run_to_end([*PYTHON, "import sys; print('out'); print('told', file=sys.stderr)"], Limits())
    assert (told.out, told.told) == (b"out\n", "told\n")
    assert await run([*PYTHON, "import sys; print(sys.stdin.read().upper())"], Limits(), b"word") == b"WORD\n"


async def test_one_that_does_not_read_what_it_is_given() -> None:
    assert await run([*PYTHON, "print(1)"], Limits(), b"x" * 4 * MIB) == b"1\n"


async def test_one_that_complains_without_end_is_not_kept_in_memory() -> None:
    chatter = "import sys\nfor _ in range(400): sys.stderr.write('x' * 65536)"
    assert len((await run_to_end([*PYTHON, chatter], Limits())).told) == 64 * 1024


@linux
async def test_one_that_wants_too_much_memory() -> None:
    with pytest.raises(ProcessFailed, match="MemoryError"):
        await run([*PYTHON, f"{_LIMITED}\nbytearray(600 << 20)"], Limits(memory=300 * MIB))


@linux
async def test_one_that_computes_too_long() -> None:
    with pytest.raises(ProcessFailed, match=r"SIGXCPU|SIGKILL"):
        await run([*PYTHON, "while True: pass"], Limits(cpu=1))


async def test_one_that_waits_too_long(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(ProcessFailed, match="longer than 1 seconds"):
        await run([*PYTHON, program], Limits(seconds=1))
    assert not psutil.pid_exists(int(note.read_text()))


async def test_it_sees_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    said = await run([*PYTHON, "import os; print(sorted(os.environ))"], Limits())
    assert b"OPENAI" not in said
    assert os.environ["OPENAI_API_KEY"] == "sk-secret"


async def test_one_that_is_not_there() -> None:
    with pytest.raises(ProcessFailed, match="cannot be started"):
        await run(["/nonexistent/program"], Limits())


async def test_cancelled_while_it_runs(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(run([*PYTHON, program], Limits()))
    async with asyncio.timeout(10):
        while not (note.exists() and note.read_text()):
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(int(note.read_text()))


async def test_one_that_says_more_than_anybody_reads(tmp_path: Path) -> None:
    """asyncio holds 128 KiB that nobody reads and then looks at the pipe no more, not even for its end."""
    note, most = tmp_path / "said", (128 + 64) * 1024 + 4096  # what asyncio holds, what the pipe does, and one block
    program = (
        f"import os\nsaid = 0\nwhile True: said += os.write(1, b'x' * 4096); open({str(note)!r}, 'w').write(str(said))"
    )
    async with asyncio.timeout(30):
        async with running([*PYTHON, program], Limits()) as process:
            while not note.exists() or int(note.read_text() or 0) < most:
                await asyncio.sleep(0.01)
    assert not psutil.pid_exists(process.pid)
