"""When a message may be sent: a platform's flood limits, kept before the platform has to enforce them.

Two kinds of calls count: *finals*, which are never dropped and wait for their turn (`final`), and *frames*, the
intermediate states of a growing answer, which go only where there is room to spare (`try_frame`, `next_frame`). Frames
never keep a final waiting: they leave it a reserve, and stand back while one waits.

What the limits are, and what a chat is to them, is the adapter's to say. All times are seconds of `clock`. Every call
takes constant time; a quiet chat is forgotten.
"""

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from botcore.rates import Bucket, Window

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Pace:
    """The limits of one chat. A limit of 0 is off.

    interval, burst: seconds between messages in the long run, and how many at once after a pause.
    reserve: of these, how many frames leave to finals.
    per_minute, minute_reserve: messages a minute, and how many of them frames leave to finals.
    frame_interval: seconds between two frames.
    """

    interval: float = 1.0
    burst: int = 1
    reserve: int = 0
    per_minute: int = 0
    minute_reserve: int = 0
    frame_interval: float = 1.0


@dataclass(frozen=True, slots=True)
class Overall:
    """The limits of all chats together. A limit of 0 is off.

    per_second, reserve: messages a second, and how many of them frames leave to finals.
    flood_chats, flood_window: refusals from so many different chats within so many seconds hold up all chats.
    """

    per_second: int = 0
    reserve: int = 0
    flood_chats: int = 0
    flood_window: float = 5.0


@dataclass(slots=True, eq=False)
class _Chat:
    pace: Pace
    bucket: Bucket
    window: Window
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    finals: int = 0  # that wait or have the turn
    next_frame: float = -math.inf
    held_until: float = -math.inf

    def free_at(self, now: float, *, frame: bool) -> float:
        """The earliest time for the next message, `now` or later."""
        bucket = self.bucket.free_at(now, self.pace.reserve if frame else 0)
        window = self.window.free_at(now, self.pace.minute_reserve if frame else 0)
        return max(bucket, window, self.held_until, self.next_frame if frame else now)

    def is_quiet(self, now: float) -> bool:
        return (
            not self.finals
            and self.held_until <= now
            and self.next_frame <= now
            and self.bucket.is_full(now)
            and self.window.is_empty(now)
        )


class Pacing(Generic[K]):
    """The send scheduler of one bot. For one event loop; not for threads.

    A chat is known by whatever the adapter calls it; `pace_of` tells its limits, once for each chat that is met.
    """

    def __init__(
        self,
        pace_of: Callable[[K], Pace],
        overall: Overall,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._pace_of = pace_of
        self._limits = overall
        self._clock = clock
        self._sleep = sleep
        self._chats: OrderedDict[K, _Chat] = OrderedDict()
        self._overall = Window(overall.per_second, 1.0)
        self._overall_held_until = -math.inf
        self._frame_turn = asyncio.Lock()
        self._refusals: deque[tuple[float, K]] = deque(maxlen=max(1, overall.flood_chats))

    @property
    def known_chats(self) -> int:
        """How many chats are remembered."""
        return len(self._chats)

    async def final(self, chat_id: K, messages: int = 1) -> None:
        """Wait until a message or a last edit may go to this chat; finals of one chat go in the order of their calls.

        The place is taken when this returns: send at once. A cancelled wait takes none in the chat. An album goes as
        soon as one of its `messages` may; what comes next waits for all of them.
        """
        chat = self._chat(chat_id)
        chat.finals += 1
        try:
            async with chat.turn:
                while True:
                    await self._chat_turn(chat, frame=False)
                    await self._overall_turn()
                    now = self._clock()
                    if chat.free_at(now, frame=False) <= now:
                        break  # else: a refusal came while waiting for the overall limit
                for _ in range(messages):
                    self._record(chat, now)
        finally:
            chat.finals -= 1

    def try_frame(self, chat_id: K) -> bool:
        """Take a place for an intermediate frame if there is one right now; never waits. False: drop the frame."""
        chat = self._chat(chat_id)
        now = self._clock()
        if self._frame_at(chat, now) > now:
            return False
        self._overall.take(now)
        self._record(chat, now)
        chat.next_frame = now + chat.pace.frame_interval
        return True

    def frame_in(self, chat_id: K) -> float:
        """Seconds until a frame may have a place, by what is known now; 0: now, infinity: after the waiting finals."""
        chat = self._chat(chat_id)
        now = self._clock()
        return self._frame_at(chat, now) - now

    async def next_frame(self, chat_id: K) -> None:
        """Wait for a place for an intermediate frame, and take it. Chats get theirs in the order in which they ask."""
        while True:
            chat = self._chat(chat_id)
            if chat.finals:
                async with chat.turn:  # behind them
                    pass
            await self._chat_turn(chat, frame=True)
            async with self._frame_turn:  # one waits for the overall limit, the others behind it: no stampede
                while (wait := self._overall_frame_at(now := self._clock()) - now) > 0:
                    await self._sleep(wait)
                if self.try_frame(chat_id):
                    return

    def hold(self, chat_id: K, retry_after: float) -> None:
        """The platform refused a message to this chat (429): nothing goes there for `retry_after` seconds.

        Where many chats are refused at once, the overall limit is meant, and all of them wait.
        """
        chat = self._chat(chat_id)
        now = self._clock()
        chat.held_until = max(chat.held_until, now + retry_after)
        self._refusals.append((now, chat_id))
        recent = {other for at, other in self._refusals if now - at <= self._limits.flood_window}
        if self._limits.flood_chats and len(recent) >= self._limits.flood_chats:
            self.hold_all(retry_after)
            self._refusals.clear()

    def hold_all(self, retry_after: float) -> None:
        """The platform wants nothing at all for `retry_after` seconds."""
        self._overall_held_until = max(self._overall_held_until, self._clock() + retry_after)

    def has_finals(self, chat_id: K) -> bool:
        """Whether a final waits for its turn, or has it."""
        chat = self._chats.get(chat_id)
        return chat is not None and chat.finals > 0

    def held_for(self, chat_id: K) -> float:
        """Seconds for which the platform wants nothing for this chat; 0: it is free."""
        chat = self._chats.get(chat_id)
        until = max(self._overall_held_until, chat.held_until if chat else -math.inf)
        return max(0.0, until - self._clock())

    def _frame_at(self, chat: _Chat, now: float) -> float:
        if chat.finals:
            return math.inf
        return max(chat.free_at(now, frame=True), self._overall_frame_at(now))

    def _overall_frame_at(self, now: float) -> float:
        return max(self._overall.free_at(now, self._limits.reserve), self._overall_held_until)

    async def _chat_turn(self, chat: _Chat, *, frame: bool) -> None:
        while True:
            now = self._clock()
            wait = chat.free_at(now, frame=frame) - now
            if wait <= 0:
                return
            await self._sleep(wait)

    async def _overall_turn(self) -> None:
        """Take a place in the overall limit and wait for it. Places are given in the order of the calls."""
        while True:
            now = self._clock()
            at = max(self._overall.free_at(now), self._overall_held_until)
            self._overall.take(at)
            while at > (now := self._clock()):
                await self._sleep(at - now)
            if self._overall_held_until <= now:
                return

    def _record(self, chat: _Chat, now: float) -> None:
        chat.bucket.take(now)
        chat.window.take(now)

    def _chat(self, chat_id: K) -> _Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            self._forget_quiet()
            pace = self._pace_of(chat_id)
            bucket, window = Bucket(pace.interval, pace.burst), Window(pace.per_minute, 60.0)
            chat = self._chats[chat_id] = _Chat(pace, bucket, window)
        else:
            self._chats.move_to_end(chat_id)
        return chat

    def _forget_quiet(self) -> None:
        """Drop up to two quiet chats, of those unused for longest. Called for each new one: they go as they come."""
        now = self._clock()
        for _ in range(min(2, len(self._chats))):
            chat_id = next(iter(self._chats))
            if self._chats[chat_id].is_quiet(now):
                del self._chats[chat_id]
            else:
                self._chats.move_to_end(chat_id)
