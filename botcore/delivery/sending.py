"""Sending with patience: what may be repeated is repeated, with growing pauses, until the platform answers."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from botcore.errors import SendLater, SendUnknown

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

LONGEST_PAUSE = 60.0  # seconds: an outage of hours must not be followed by hours of silence


async def patiently(send: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `send` until it succeeds. For calls whose repetition shows nothing twice (edits, keyed sends, places).

    Raises SendFailed and MessageGone, which no repetition mends.
    """
    pause = 0.5
    while True:
        try:
            return await send(*args, **kwargs)
        except SendLater as error:
            log.info("sending is held back for %.1f s: %s", error.retry_after, error)
            await asyncio.sleep(error.retry_after)
        except SendUnknown as error:
            log.warning("a send was not confirmed and is repeated in %.1f s: %s", pause, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)
