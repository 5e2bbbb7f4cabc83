"""A function that blocks is named in the log while it does."""

import asyncio
import logging
import threading

from botcore.heartbeat import watched


class Told(logging.Handler):
    """Keeps what is logged, and sets an event."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
        self.event.set()


def hold_up(told: threading.Event) -> bool:
    return told.wait(30)


async def test_who_holds_the_loop_up_is_named_once() -> None:
    told = Told()
    logger = logging.getLogger("botcore.heartbeat")
    logger.addHandler(told)
    try:
        with watched(0.05):
            assert hold_up(told.event), "it was told while nothing else could run"
            await asyncio.sleep(0)
    finally:
        logger.removeHandler(told)
    [message] = told.messages
    assert f"{__file__}, line " in message
    assert "hold_up: return told.wait(30)" in message, "the plugin's line, not the library's that it called"
