"""The processes of the rig: the bots that are measured, and the model they ask."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import psutil

from benchmarks.rig.lag import VARIABLE, WATCH_VARIABLE
from benchmarks.rig.telegram import TOKEN
from botcore.testing.discord_server import SIMULATED_TOKEN

ROOT: Final = Path(__file__).resolve().parents[2]
_START_S: Final = 60.0
_STOP_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to run one of the bots. `command` and `environment` are given {platform}, {model} and {database}."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]


_BOTCORE_ENVIRONMENT: Final = {
    "OPENAI_API_KEY": "sk-not-a-key",
    "OPENAI_BASE_URL": "{model}",
    "DATABASE_URL": "sqlite:///{database}",
    "BOTCORE_ACCESS__MODE": "open",
    "BOTCORE_ACCESS__MESSAGES_PER_MINUTE": "0",
    "BOTCORE_WEB__ENABLED": "false",
    "BOTCORE_LOGS__LEVEL": "WARNING",
}
ON_TELEGRAM: Final = {
    **_BOTCORE_ENVIRONMENT,
    "TELEGRAM_BOT_TOKEN": TOKEN,
    "TELEGRAM_API_URL": "{platform}",
    "BOTCORE_TELEGRAM__PACE": "false",
    "BOTCORE_TELEGRAM__MESSAGES_PER_SECOND": "0",
}
ON_DISCORD: Final = {
    **_BOTCORE_ENVIRONMENT,
    "DISCORD_BOT_TOKEN": SIMULATED_TOKEN,
    "DISCORD_API_URL": "{platform}",
    "BOTCORE_PLUGINS__FOLDER": str(ROOT / "benchmarks" / "plugins"),
}
PROBED: Final = (sys.executable, "-m", "benchmarks.probed_bot")
_BARE: Final = (sys.executable, "-m", "benchmarks.bare_bot", TOKEN, "{platform}", "{model}", "{database}")
_BARE_DISCORD: Final = (sys.executable, "-m", "benchmarks.bare_discord_bot", SIMULATED_TOKEN, "{platform}", "{model}")
_BARE_MEDIA: Final = (sys.executable, "-m", "benchmarks.bare_media_bot", TOKEN, "{platform}", "{model}")

OURS: Final = Kind("botcore", (str(Path(sys.executable).with_name("botcore")), "run"), ON_TELEGRAM)
OURS_PROBED: Final = Kind("botcore", PROBED, ON_TELEGRAM)
OURS_ON_DISCORD: Final = Kind("botcore", PROBED, ON_DISCORD)
OURS_WITH_MEDIA: Final = Kind("botcore", PROBED, {**ON_TELEGRAM, WATCH_VARIABLE: "1"})
BARE: Final = Kind("bare", _BARE, {})
BARE_STREAMING: Final = Kind("bare", (*_BARE, "--stream"), {})
BARE_ON_DISCORD: Final = Kind("bare", _BARE_DISCORD, {})
BARE_WITH_MEDIA: Final = Kind("bare", _BARE_MEDIA, {WATCH_VARIABLE: "1"})


class Stage(Protocol):
    """What a bot is started against."""

    @property
    def url(self) -> str:
        """Root of the platform's API."""
        ...

    async def met(self) -> None:
        """Wait until the bot is there: it has asked for updates, or registered its commands."""
        ...

    def forget(self) -> None:
        """A new bot comes."""
        ...


class BotProcess:
    """A running bot, seen from outside."""

    def __init__(self, process: asyncio.subprocess.Process, started: float, lag_file: Path) -> None:
        self._process = process
        self._watched = psutil.Process(process.pid)
        self._lag_file = lag_file
        self.started = started

    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, all threads."""
        times = self._watched.cpu_times()
        return times.user + times.system

    def rss(self) -> float:
        """Resident memory in MB."""
        return self._watched.memory_info().rss / 1e6

    def family_mb(self) -> float:
        """Memory in MB of the bot and the programs it runs; a page that several of them share counts once."""
        own, *others = _family(self._process.pid)
        # until a new process has become its program, it is the bot itself by another number
        programs = [pid for pid in others if _command(pid) != _command(own)]
        return sum(map(_proportional, (own, *programs))) / 1e6

    async def lag(self) -> dict[str, Any]:
        """How late its event loop was since the last call, in ms (a probed bot's)."""
        self._lag_file.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        async with asyncio.timeout(10):
            while not self._lag_file.exists():  # noqa: ASYNC110 - the other process tells nobody
                await asyncio.sleep(0.01)
        found: dict[str, Any] = json.loads(self._lag_file.read_text())
        return found

    async def stop(self) -> None:
        if self._process.returncode is not None:
            raise RuntimeError(f"the bot ended by itself with {self._process.returncode}")
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_S)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def idle_loop(folder: Path) -> AsyncGenerator[BotProcess]:
    """A loop without work, whose `lag` is the machine's own."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    lag_file = folder / "idle.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.rig.lag"),
        cwd=ROOT,
        env={**os.environ, VARIABLE: str(lag_file)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    _ = await asyncio.wait_for(process.stdout.readline(), _START_S)
    idle = BotProcess(process, time.monotonic(), lag_file)
    try:
        yield idle
    finally:
        await idle.stop()


@asynccontextmanager
async def running(kind: Kind, stage: Stage, model: str, folder: Path) -> AsyncGenerator[BotProcess]:
    """Start a bot in `folder`, wait until the stage has met it, and stop it at the end."""
    folder.mkdir(exist_ok=True)  # noqa: ASYNC240 - nothing else runs yet
    stage.forget()
    facts = {"platform": stage.url, "model": model, "database": str(folder / "bot.db")}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    lag_file = folder / "lag.json"
    environment = {
        **kept,
        **{name: value.format(**facts) for name, value in kind.environment.items()},
        VARIABLE: str(lag_file),
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "adapters", "plugins")),  # this very checkout
    }
    command = [part.format(**facts) for part in kind.command]
    with (folder / "bot.log").open("ab") as log:
        started = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment, stdout=log, stderr=log, stdin=asyncio.subprocess.DEVNULL
        )
    bot = BotProcess(process, started, lag_file)
    try:
        await _met(stage, process, folder / "bot.log")
        yield bot
    finally:
        with contextlib.suppress(ProcessLookupError):
            await bot.stop()


async def _met(stage: Stage, process: asyncio.subprocess.Process, log: Path) -> None:
    met, ended = asyncio.create_task(stage.met()), asyncio.create_task(process.wait())
    done, waiting = await asyncio.wait({met, ended}, timeout=_START_S, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    if met not in done:
        raise RuntimeError(f"the bot did not start:\n{_tail(log)}")


def _tail(log: Path) -> str:
    return log.read_text()[-2000:]


def _family(pid: int) -> Iterator[int]:
    """The process and its children, theirs too. Asks the kernel: psutil would look at every process of the machine."""
    yield pid
    for tasks in Path("/proc", str(pid), "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in tasks.read_text().split():
                yield from _family(int(child))


def _command(pid: int) -> bytes:
    """How it was started; nothing where it has ended."""
    try:
        return Path("/proc", str(pid), "cmdline").read_bytes()
    except OSError:
        return b""


def _proportional(pid: int) -> int:
    """Bytes that are its own, and its share of those that others have, too (proc(5), Pss); 0 where it has ended."""
    try:
        lines = Path("/proc", str(pid), "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


class ModelProcess:
    """The model of the rig, and what it costs."""

    def __init__(self, url: str, pid: int) -> None:
        self.url = url
        self._watched = psutil.Process(pid)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        times = self._watched.cpu_times()
        return times.user + times.system


@asynccontextmanager
async def model(*arguments: str, module: str = "benchmarks.rig.api") -> AsyncGenerator[ModelProcess]:
    """Start the model; see `rig/api.py` for the arguments."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    url = (await asyncio.wait_for(process.stdout.readline(), _START_S)).decode().strip()
    try:
        yield ModelProcess(f"{url}/v1", process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
