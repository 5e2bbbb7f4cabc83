"""`botcore chat`: a whole bot whose only platform is this terminal."""

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from rich.console import Console

from botcore.app import Engine
from botcore.cli.folder import Folder
from botcore.cli.terminal import Terminal
from botcore.config import Config
from botcore.heartbeat import watched


async def talk(config: Config, *, files: Path | None = None) -> int:
    """Converse until /exit, the end of the input, or Ctrl-C at the prompt. Raises ConfigError, StoreError.

    What the bot sends is kept in the folder `files`; without, in `chat` below `store.folder`.
    """
    console = Console()
    folder = Folder(files or Path(config.store.folder, "chat"))
    terminal = Terminal(console, placeholder=config.delivery.placeholder, folder=folder, read=_reader())
    with _terminal_restored():
        async with Engine(config, adapters=[terminal]):
            _interruptible(terminal)
            if config.offline:
                console.print("A stand-in answers, since there is no OPENAI_API_KEY.", style="yellow")
            hint = "Ctrl-C stops an answer, Ctrl-D or /exit leaves, /help tells the rest.\n"
            console.print(hint, style="dim", highlight=False)
            with watched():
                await terminal.converse()
    return 0


def _reader() -> Callable[[], str]:
    """How lines are read: with editing and a prompt at a terminal, plainly from a pipe."""
    if not sys.stdin.isatty():
        return input
    with suppress(ImportError):  # some builds of Python lack it
        importlib.import_module("readline")  # which gives input() its editing and history
    return partial(input, "> ")


@contextmanager
def _terminal_restored() -> Generator[None]:
    """Whoever leaves in the middle of a line leaves line editing's raw mode on; the shell wants the old one back."""
    if not sys.stdin.isatty():
        yield
        return
    import termios

    before = termios.tcgetattr(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _interruptible(terminal: Terminal) -> None:
    tasks: set[asyncio.Task[None]] = set()  # the loop itself keeps only weak references

    def interrupt() -> None:
        task = asyncio.ensure_future(terminal.interrupt())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, interrupt)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, terminal.leave)
