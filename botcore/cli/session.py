"""What the commands that use the API work with: the API, and the terminal."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from botcore import logs
from botcore.app import opened_api
from botcore.cli.terminal import harmless
from botcore.config import Config
from botcore.errors import Unsuitable
from botcore.openai import Api, Upload
from botcore.openai import Progress as Transfer

STDIN = "-"
"""What stands for standard input where a text or a file is expected."""


class Options(Protocol):
    """What holds for every command; see `botcore.cli.commands.Options`."""

    @property
    def debug(self) -> bool:
        """Whether --debug was given."""
        ...

    def load(self) -> Config:
        """The settings. Raises ConfigError."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """One command. Answers go to standard output, everything about them to standard error. `as_json`: --json."""

    config: Config
    api: Api
    as_json: bool = False
    console: Console = field(default_factory=lambda: Console(stderr=True, highlight=False, soft_wrap=True))

    def say(self, text: str, *, end: str = "\n") -> None:
        """Write to standard output, at once. A terminal gets no control characters: models can be talked into them."""
        sys.stdout.write((harmless(text) if sys.stdout.isatty() else text) + end)
        sys.stdout.flush()

    def tell(self, value: Any) -> None:
        """Write a value as JSON: indented for people, on one line for programs."""
        option = orjson.OPT_INDENT_2 if sys.stdout.isatty() else None
        self.say(orjson.dumps(value, option=option, default=str).decode())

    def note(self, text: str) -> None:
        """Write a word about the answer, beside it."""
        self.console.print(text, style="dim", markup=False)

    @contextmanager
    def transfer(self, what: str) -> Generator[Transfer]:
        """A progress bar for an upload or a download; only on a terminal."""
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        with self.bar(*columns) as progress:
            task = progress.add_task(what, total=None)

            def told(done: int, size: int | None) -> None:
                progress.update(task, completed=done, total=size)

            yield told

    @contextmanager
    def count(self, what: str, total: int | None) -> Generator[Callable[[int], None]]:
        """A progress bar for things that are counted; it is told how many are done."""
        with self.bar(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}")) as progress:
            task: TaskID = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    def bar(self, *columns: Any) -> Progress:
        """A progress display that vanishes when it is done."""
        return Progress(
            *columns,
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
            redirect_stdout=sys.stdout.isatty(),  # else what is meant for a file would be drawn on the terminal
        )


def perform(options: Options, work: Callable[[Session], Awaitable[int | None]], *, as_json: bool = False) -> int:
    """Do a command's work; its exit code. Ctrl-C cancels what is being asked.

    Raises ConfigError, ApiError and what else the work raises.
    """
    config = options.load()
    level = "DEBUG" if options.debug else "ERROR"  # the terminal is for the answer
    logs.configure(config.logs.model_copy(update={"level": level}), config.secret_values())

    async def run() -> int:
        async with opened(config, as_json=as_json) as session:
            return await work(session) or 0

    return asyncio.run(run())


@asynccontextmanager
async def opened(config: Config, *, as_json: bool = False) -> AsyncGenerator[Session]:
    """The API for one command; without a key the stand-in, which is said."""
    async with opened_api(config) as api:
        session = Session(config, api, as_json)
        if config.offline:
            session.note("A stand-in answers, since there is no OPENAI_API_KEY.")
        yield session


async def text_of(argument: str) -> str:
    """The text that an argument means: itself, or with `-` standard input. Raises Unsuitable for an empty one."""
    text = await asyncio.to_thread(sys.stdin.read) if argument == STDIN else argument
    if not text.strip():
        raise Unsuitable("the text is empty; give it as an argument, or - to read standard input")
    return text


async def upload_of(argument: str, *, name: str | None = None) -> Upload:
    """The file that an argument means; with `-` standard input. Raises Unsuitable where it cannot be read."""
    if argument == STDIN:
        data = await asyncio.to_thread(sys.stdin.buffer.read)
        if not data:
            raise Unsuitable("standard input is empty")
        return Upload.of(data, name=name)
    if not await asyncio.to_thread(os.path.isfile, argument):
        raise Unsuitable(f"{argument}: there is no such file")
    return Upload.of(Path(argument), name=name)
