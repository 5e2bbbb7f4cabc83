"""Discord's rate limits, kept before Discord has to enforce them.

Bots see 5 messages and 5 edits in 5 s for each channel, and 50 requests a second over all
(https://discord.com/developers/docs/topics/rate-limits); answers to interactions have limits of their own and do not
count in the 50. The library keeps the limits of each route as Discord tells them; here frames are kept from using them
up, so that a final edit finds a place at once.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from botcore.pacing import Overall, Pace, Pacing

Lane: TypeAlias = tuple[Literal["sends", "edits", "typing", "interaction"], str]
"""What shares a limit: what is sent to a channel, edited or typed in one, what belongs to one interaction."""


@dataclass(frozen=True, slots=True)
class PacingSettings:
    """The limits. A limit of 0 is off.

    interval, burst: seconds between messages (and, of themselves, edits) of a channel in the long run, and how many at
    once after a pause. reserve: of these, how many frames leave to finals. frame_interval: seconds between two frames
    of a channel. per_second, overall_reserve: requests a second over all, and how many of them frames leave to finals.
    """

    interval: float = 1.0
    burst: int = 5
    reserve: int = 2
    frame_interval: float = 1.2
    per_second: int = 45  # of 50: commands and what an application does itself are not counted here
    overall_reserve: int = 15


class Paces:
    """The send scheduler of one bot."""

    def __init__(
        self,
        settings: PacingSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        limits = settings or PacingSettings()
        pace = Pace(limits.interval, limits.burst, limits.reserve, frame_interval=limits.frame_interval)
        overall = Overall(limits.per_second, limits.overall_reserve)
        self._channels: Pacing[Lane] = Pacing(lambda _: pace, overall, clock=clock, sleep=sleep)
        self._interactions: Pacing[Lane] = Pacing(lambda _: pace, Overall(), clock=clock, sleep=sleep)

    async def final(self, lane: Lane) -> None:
        """Wait until what must not be dropped may go."""
        await self._of(lane).final(lane)

    async def next_frame(self, lane: Lane) -> None:
        """Wait until another state of a growing answer may be shown."""
        await self._of(lane).next_frame(lane)

    def try_frame(self, lane: Lane) -> bool:
        """Take a place for what may be dropped, if there is one right now."""
        return self._of(lane).try_frame(lane)

    def is_free(self, lane: Lane) -> bool:
        """Whether Discord wants no pause, and nothing that must not be dropped waits."""
        pacing = self._of(lane)
        return not pacing.held_for(lane) and not pacing.has_finals(lane)

    def hold(self, lane: Lane, retry_after: float, *, everything: bool) -> None:
        """Discord answered 429: nothing goes there, or nothing at all, for so many seconds."""
        self._of(lane).hold(lane, retry_after)
        if everything:
            self._channels.hold_all(retry_after)

    def _of(self, lane: Lane) -> Pacing[Lane]:
        return self._interactions if lane[0] == "interaction" else self._channels
