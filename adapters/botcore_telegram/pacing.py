"""Telegram's flood limits, kept before Telegram has to enforce them. Edits count like messages.

The limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one message a second
in one chat with short bursts allowed, 20 a minute in one group, about 30 a second overall. Streaming bots that edited
every 0.6 s were held up for 200 s; one edit a second is borne.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from botcore import pacing
from botcore.pacing import Overall, Pace


@dataclass(frozen=True, slots=True)
class PacingSettings:
    """The limits. A limit of 0 is off.

    chat_interval, chat_burst: seconds between messages in one chat in the long run, and how many at once after a pause.
    chat_reserve: of these, how many frames leave to finals.
    group_per_minute, group_reserve: messages a minute in one group, and how many of them frames leave to finals.
    private_frame_interval, group_frame_interval: seconds between two frames in one chat.
    overall_per_second, overall_reserve: messages a second over all chats, and how many of them frames leave to finals.
    flood_chats, flood_window: refusals (429) from so many different chats within so many seconds hold up all chats.
    """

    chat_interval: float = 1.0
    chat_burst: int = 3
    chat_reserve: int = 1
    group_per_minute: int = 20
    group_reserve: int = 6
    private_frame_interval: float = 1.0
    group_frame_interval: float = 3.0
    overall_per_second: int = 30
    overall_reserve: int = 10
    flood_chats: int = 3
    flood_window: float = 5.0

    def without_overall(self) -> "PacingSettings":
        """The same for a server of one's own, which knows no overall limit."""
        return replace(self, overall_per_second=0)

    def pace_of(self, chat_id: int) -> Pace:
        """The limits of one chat. Negative ids are groups and channels (https://core.telegram.org/bots/api#chat)."""
        pace = Pace(self.chat_interval, self.chat_burst, self.chat_reserve)
        if chat_id >= 0:
            return replace(pace, frame_interval=self.private_frame_interval)
        return replace(
            pace,
            per_minute=self.group_per_minute,
            minute_reserve=self.group_reserve,
            frame_interval=self.group_frame_interval,
        )


class Pacing(pacing.Pacing[int]):
    """The send scheduler of one bot; chats are known by their numeric ids."""

    def __init__(
        self,
        settings: PacingSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        limits = settings or PacingSettings()
        overall = Overall(limits.overall_per_second, limits.overall_reserve, limits.flood_chats, limits.flood_window)
        super().__init__(limits.pace_of, overall, clock=clock, sleep=sleep)
