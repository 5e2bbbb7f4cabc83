"""Telling the operator who holds the event loop up: what blocks keeps everybody waiting, and shows nowhere else."""

import asyncio
import linecache
import logging
import sys
import sysconfig
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

log = logging.getLogger(__name__)

SECONDS = 2.0
"""How long nothing else may run before it is told. Our own work on the loop takes milliseconds, a busy machine more."""

_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@contextmanager
def watched(seconds: float = SECONDS) -> Generator[None]:
    """While this lasts, a thread looks whether the running loop goes on, and logs what it stands in where it does not.

    The loop is asked once in so many seconds, which costs nothing to speak of.
    """
    loop, ended = asyncio.get_running_loop(), threading.Event()
    watcher = threading.Thread(
        target=_watch, args=(loop, threading.get_ident(), ended, seconds), name="heartbeat", daemon=True
    )
    watcher.start()
    try:
        yield
    finally:
        ended.set()


def _watch(loop: asyncio.AbstractEventLoop, thread: int, ended: threading.Event, seconds: float) -> None:
    while not ended.wait(seconds):
        beat = threading.Event()
        try:
            loop.call_soon_threadsafe(beat.set)
        except RuntimeError:  # the loop is closed
            return
        if beat.wait(seconds):
            continue
        if (place := _place(sys._current_frames().get(thread))) is not None:  # noqa: SLF001 - documented, for this use
            log.error(
                "nobody is answered: for more than %g s the bot has been standing in %s. "
                "What takes long has to be awaited: asyncio.sleep, an asynchronous library, or asyncio.to_thread",
                seconds,
                place,
            )
        while not beat.wait(seconds):
            if ended.is_set():
                return


def _place(frame: FrameType | None) -> str | None:
    """Where a thread is: the innermost line that is no library's. None: it waits for events, or is gone."""
    if frame is None or frame.f_code.co_name == "select":  # the loop would go on, had the machine time for it
        return None
    own: FrameType | None = frame
    while own is not None and own.f_code.co_filename.startswith(_LIBRARIES):
        own = own.f_back
    at = own or frame
    name, line = at.f_code.co_filename, at.f_lineno
    return f"{name}, line {line}, {at.f_code.co_name}: {linecache.getline(name, line).strip()}"
