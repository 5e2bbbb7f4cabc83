"""Patience: what may be repeated is repeated, with growing pauses, until the platform or the database answers."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

from sqlalchemy import Connection

from botcore.adapter import Outlet
from botcore.delivery.outbox import QUEUE, QUEUE_PART, Place
from botcore.delivery.work import Database
from botcore.errors import SendLater, SendUnknown, StoreUnavailable
from botcore.messages import Address

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

SHORTEST_PAUSE = 0.5  # seconds: before the first repetition of a send
LONGEST_PAUSE = 60.0  # seconds: an outage of hours must not be followed by hours of silence
LONGEST_STORE_PAUSE = 5.0  # seconds: the database is near, and somebody waits for an answer that is already there


async def in_turn(send: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `send` until the platform takes it: one that is held back has shown nothing. Raises DeliveryError."""
    while True:
        try:
            return await send(*args, **kwargs)
        except SendLater as error:
            log.info("sending is held back for %.1f s: %s", error.retry_after, error)
            await asyncio.sleep(error.retry_after)


async def patiently(send: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `send` until it succeeds. For calls whose repetition shows nothing twice (edits, keyed sends, places).

    Raises SendFailed and MessageGone, which no repetition mends.
    """
    pause = SHORTEST_PAUSE
    while True:
        try:
            return await in_turn(send, *args, **kwargs)
        except SendUnknown as error:
            log.warning("a send was not confirmed and is repeated in %.1f s: %s", pause, error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter, not a secret
            pause = min(pause * 2, LONGEST_PAUSE)


async def whereabouts(outlet: Outlet, address: Address, inbox_id: int, place: Place) -> str | None:
    """The platform's id of a place. One that may have been sent and was not recorded is found by its key again.

    None where there is no such place. Raises SendFailed and MessageGone.
    """
    if place.external_id is not None or place.piece is None or not outlet.limits.idempotent:
        return place.external_id
    key = f"{inbox_id}/{QUEUE if place.part == QUEUE_PART else place.part}"
    return await patiently(outlet.send, address, place.piece, key=key)


async def steadily(database: Database, unit: Callable[[Connection], T]) -> T:
    """Run a unit of work until the database takes it: what it holds cost something to get.

    A server that broke off in the very commit may have stored it, so `unit` changes nothing when it runs again.
    """
    pause = 0.1
    while True:
        try:
            return await database.run(unit)
        except StoreUnavailable as error:
            log.error("the database is away; what is done is kept and tried again: %s", error)  # noqa: TRY400 - one line
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_STORE_PAUSE)
