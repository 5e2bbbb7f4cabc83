"""When a message may be sent: Telegram's flood limits, kept before Telegram has to enforce them.

Two kinds of calls count: *finals*, which are never dropped and wait for their turn (`final`), and *frames*, the
intermediate states of a growing answer, which go only where there is room to spare (`try_frame`, `next_frame`). Edits
count like messages. Frames never keep a final waiting: they leave it a reserve, and stand back while one waits.

The limits (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this): about one message a second
in one chat with short bursts allowed, 20 a minute in one group, about 30 a second overall. Streaming bots that edited
every 0.6 s were held up for 200 s; one edit a second is borne.

All times are seconds of `clock`. Every call takes constant time; a quiet chat is forgotten.
"""

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from botcore_telegram.budget import Bucket, Window


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


@dataclass(slots=True, eq=False)
class _Chat:
    bucket: Bucket
    window: Window
    frame_interval: float
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    finals: int = 0  # that wait or have the turn
    next_frame: float = -math.inf
    held_until: float = -math.inf

    def free_at(self, now: float, *, frame: bool, settings: PacingSettings) -> float:
        """The earliest time for the next message, `now` or later."""
        bucket = self.bucket.free_at(now, settings.chat_reserve if frame else 0)
        window = self.window.free_at(now, settings.group_reserve if frame else 0)
        return max(bucket, window, self.held_until, self.next_frame if frame else now)

    def is_quiet(self, now: float) -> bool:
        return (
            not self.finals
            and self.held_until <= now
            and self.next_frame <= now
            and self.bucket.is_full(now)
            and self.window.is_empty(now)
        )


class Pacing:
    """The send scheduler of one bot. For one event loop; not for threads.

    A chat is known by its numeric id; negative ids are groups and channels
    (https://core.telegram.org/bots/api#chat; in this range they are all held to the group limit).
    """

    def __init__(
        self,
        settings: PacingSettings | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._settings = settings or PacingSettings()
        self._clock = clock
        self._sleep = sleep
        self._chats: OrderedDict[int, _Chat] = OrderedDict()
        self._overall = Window(self._settings.overall_per_second, 1.0)
        self._overall_held_until = -math.inf
        self._frame_turn = asyncio.Lock()
        self._refusals: deque[tuple[float, int]] = deque(maxlen=max(1, self._settings.flood_chats))

    @property
    def known_chats(self) -> int:
        """How many chats are remembered."""
        return len(self._chats)

    async def final(self, chat_id: int, messages: int = 1) -> None:
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
                    if chat.free_at(now, frame=False, settings=self._settings) <= now:
                        break  # else: a refusal came while waiting for the overall limit
                for _ in range(messages):
                    self._record(chat, now)
        finally:
            chat.finals -= 1

    def try_frame(self, chat_id: int) -> bool:
        """Take a place for an intermediate frame if there is one right now; never waits. False: drop the frame."""
        chat = self._chat(chat_id)
        now = self._clock()
        if self._frame_at(chat, now) > now:
            return False
        self._overall.take(now)
        self._record(chat, now)
        chat.next_frame = now + chat.frame_interval
        return True

    def frame_in(self, chat_id: int) -> float:
        """Seconds until a frame may have a place, by what is known now; 0: now, infinity: after the waiting finals."""
        chat = self._chat(chat_id)
        now = self._clock()
        return self._frame_at(chat, now) - now

    async def next_frame(self, chat_id: int) -> None:
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

    def hold(self, chat_id: int, retry_after: float) -> None:
        """Telegram refused a message to this chat with 429: nothing goes there for `retry_after` seconds.

        Where many chats are refused at once, the overall limit is meant, and all of them wait.
        """
        chat = self._chat(chat_id)
        now = self._clock()
        chat.held_until = max(chat.held_until, now + retry_after)
        self._refusals.append((now, chat_id))
        recent = {other for at, other in self._refusals if now - at <= self._settings.flood_window}
        if self._settings.flood_chats and len(recent) >= self._settings.flood_chats:
            self._overall_held_until = max(self._overall_held_until, now + retry_after)
            self._refusals.clear()

    def held_for(self, chat_id: int) -> float:
        """Seconds for which Telegram wants nothing for this chat; 0: it is free."""
        chat = self._chats.get(chat_id)
        until = max(self._overall_held_until, chat.held_until if chat else -math.inf)
        return max(0.0, until - self._clock())

    def _frame_at(self, chat: _Chat, now: float) -> float:
        if chat.finals:
            return math.inf
        return max(chat.free_at(now, frame=True, settings=self._settings), self._overall_frame_at(now))

    def _overall_frame_at(self, now: float) -> float:
        return max(self._overall.free_at(now, self._settings.overall_reserve), self._overall_held_until)

    async def _chat_turn(self, chat: _Chat, *, frame: bool) -> None:
        while True:
            now = self._clock()
            wait = chat.free_at(now, frame=frame, settings=self._settings) - now
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

    def _chat(self, chat_id: int) -> _Chat:
        chat = self._chats.get(chat_id)
        if chat is None:
            self._forget_quiet()
            settings = self._settings
            group = chat_id < 0
            chat = self._chats[chat_id] = _Chat(
                Bucket(settings.chat_interval, settings.chat_burst),
                Window(settings.group_per_minute if group else 0, 60.0),
                settings.group_frame_interval if group else settings.private_frame_interval,
            )
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
