"""The queue of updates and how a bot fetches them: offsets, long polling, and 409 for the loser of two pollers."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request, conflict

KINDS = frozenset(
    [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "business_connection",
        "business_message",
        "edited_business_message",
        "deleted_business_messages",
        "guest_message",
        "message_reaction",
        "message_reaction_count",
        "inline_query",
        "chosen_inline_result",
        "callback_query",
        "shipping_query",
        "pre_checkout_query",
        "purchased_paid_media",
        "poll",
        "poll_answer",
        "my_chat_member",
        "chat_member",
        "chat_join_request",
        "chat_boost",
        "removed_chat_boost",
        "managed_bot",
    ]
)
#: https://core.telegram.org/bots/api#getupdates: an empty list means all kinds but these
_ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_MAX_TIMEOUT = 50  # seconds; the real server answers a longer poll after that
_MAX_LIMIT = 100
_FUTURE = 10  # an offset this far beyond the end counts as wrong and is ignored (TDLib TQueue)


@dataclass(frozen=True, slots=True)
class Update:
    """One update as it goes out: its number and its JSON."""

    id: int
    kind: str
    body: bytes


class Updates:
    """Updates that the bot has not confirmed yet."""

    def __init__(self, first_id: int) -> None:
        self._next = first_id
        self._queue: deque[Update] = deque()
        self._poll: asyncio.Future[None] | None = None
        self.allowed: frozenset[str] = KINDS - _ON_REQUEST
        self.chosen: Sequence[str] | None = None
        self.on_update: Callable[[Update, Json], None] | None = None
        self.webhook_active = False
        self.wake_webhook: Callable[[], None] | None = None

    @property
    def pending(self) -> list[Update]:
        """What waits to be fetched or confirmed."""
        return list(self._queue)

    def push(self, kind: str, payload: Json) -> int | None:
        """Queue an update; returns its number, or None where the bot has not asked for that kind."""
        if kind not in self.allowed:
            return None
        number, self._next = self._next, self._next + 1
        update = Update(number, kind, orjson.dumps({"update_id": number, kind: payload}))
        if self.on_update is not None:
            self.on_update(update, {"update_id": number, kind: payload})
        self._append(update)
        return number

    def push_raw(self, number: int, body: bytes) -> None:
        """Queue an update exactly as given; for updates that are malformed on purpose."""
        self._next = max(self._next, number + 1)
        self._append(Update(number, "", body))

    @property
    def next_id(self) -> int:
        """The number of the next update."""
        return self._next

    def _append(self, update: Update) -> None:
        self._queue.append(update)
        self.wake_poll()
        if self.wake_webhook is not None:
            self.wake_webhook()

    def allow(self, params: Params) -> None:
        """Take `allowed_updates` of a call into account; without it the last choice stays."""
        if not params.has("allowed_updates"):
            return
        chosen = params.json("allowed_updates", "allowed_updates")
        if chosen is None:
            return
        if not isinstance(chosen, list):
            raise bad_request("can't parse allowed updates JSON object")
        names = [name.lower() for name in chosen if isinstance(name, str)]
        known = KINDS.intersection(names)
        self.allowed = known or KINDS - _ON_REQUEST
        self.chosen = sorted(known) or None

    def drop(self) -> None:
        """Forget all pending updates."""
        self._queue.clear()

    def confirm(self, update: Update) -> None:
        """Forget one update that was delivered to the webhook."""
        if self._queue and self._queue[0] is update:
            self._queue.popleft()

    def end_poll(self, reason: str = "terminated by setWebhook request") -> None:
        """Answer a waiting long poll with 409."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(conflict(reason))

    def wake_poll(self) -> None:
        """Answer a waiting long poll now, with what there is."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    async def fetch(self, params: Params) -> bytes:
        """Answer one getUpdates call: the JSON array of updates.

        Raises:
            Refused: 409 while a webhook is set, or when another poll takes over.
        """
        if self.webhook_active:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        offset = params.integer("offset")
        limit = params.number("limit", _MAX_LIMIT, 1, _MAX_LIMIT)
        timeout = params.number("timeout", 0, 0, _MAX_TIMEOUT)
        self.allow(params)
        self._forget_before(offset)
        if not self._queue and timeout:
            await self._wait(timeout)
        return b"[" + b",".join(self._queue[i].body for i in range(min(limit, len(self._queue)))) + b"]"

    def _forget_before(self, offset: int) -> None:
        if offset < 0:
            while len(self._queue) > -offset:
                self._queue.popleft()
        elif 0 < offset <= self._next + _FUTURE:
            while self._queue and self._queue[0].id < offset:
                self._queue.popleft()

    async def _wait(self, timeout: int) -> None:
        self.end_poll("terminated by other getUpdates request; make sure that only one bot instance is running")
        self._poll = poll = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(timeout):
                await poll
        except TimeoutError:
            return
        finally:
            if self._poll is poll:
                self._poll = None
