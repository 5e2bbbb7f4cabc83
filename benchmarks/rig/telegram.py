"""Telegram as the benchmarks need it: a Bot API server on raw asyncio, and people who write and look at their chats.

It lives in the process that measures. A question is answered when the text of a message of its chat ends with `END`; it
is not matched with anything else, so one chat has one question open at a time.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Self
from urllib.parse import parse_qsl

import orjson

from benchmarks.rig.api import END
from benchmarks.rig.http import Exchange, listen

TOKEN: Final = f"123456789:{'A' * 35}"  # the shape of one, and nobody's
"""Of the shape that libraries check; no bot's."""

_ME: Final = {"id": 123456789, "is_bot": True, "first_name": "Bench", "username": "bench_bot", "can_join_groups": True}
_MOST: Final = 100  # updates in one answer (https://core.telegram.org/bots/api#getupdates)


@dataclass(slots=True)
class Question:
    """What one person wrote, and when (monotonic seconds) which part of its answer was seen."""

    chat: int
    number: int
    asked: float
    done: asyncio.Future[None]
    token_at: float = 0.0
    first_at: float = 0.0
    answered: float = 0.0
    states: int = 0


@dataclass(slots=True)
class Poll:
    """A waiting getUpdates."""

    exchange: Exchange
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class FastTelegram:
    """The server. `async with FastTelegram() as telegram:` runs it."""

    url: str = ""
    calls: int = 0
    wrong: list[str] = field(default_factory=list[str])
    """What should not have happened: an answer to nothing, or to another question."""
    first_poll: asyncio.Event = field(default_factory=asyncio.Event)
    first_poll_at: float = 0.0
    _updates: deque[tuple[int, bytes]] = field(default_factory=deque[tuple[int, bytes]])
    _poll: Poll | None = None
    _open: dict[int, Question] = field(default_factory=dict[int, Question])
    _number: int = 0
    _message_id: int = 0
    _server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server, self.url = await listen(self._handle)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    async def met(self) -> None:
        """Wait for the first getUpdates."""
        await self.first_poll.wait()

    # ---- people ----

    def ask(self, chat: int) -> Question:
        """Let a person write; their question's `done` is set when the whole answer is visible."""
        self._number += 1
        self._message_id += 1
        question = Question(chat, self._number, time.monotonic(), asyncio.get_running_loop().create_future())
        self._open[chat] = question
        person = {"id": chat, "first_name": f"Person {chat}", "language_code": "en"}
        message = {
            "message_id": self._message_id,
            "from": {**person, "is_bot": False},
            "chat": {**person, "type": "private"},
            "date": 1770000000,
            "text": f"What do you think of number {self._number}",
        }
        self._updates.append((self._number, orjson.dumps({"update_id": self._number, "message": message})))
        self._give()
        return question

    def forget(self) -> None:
        """A new bot comes: nothing is waiting, nobody has polled."""
        self._updates.clear()
        self._open.clear()
        self._poll = None
        self.first_poll.clear()
        self.calls = 0
        self.wrong.clear()

    def _seen(self, chat: int, text: str, *, new: bool) -> None:
        question = self._open.get(chat)
        if question is None:  # an edit may follow that shows the same, with its links and bold words
            if new and text.endswith(END):
                self.wrong.append(f"a second answer in chat {chat}: {text[:60]!r}")
            return
        question.states += 1
        if not question.first_at and text.startswith("t=") and " " in text:
            question.first_at = time.monotonic()
            question.token_at = float(text[2:].split(" ", 1)[0])
        if text.endswith(END):
            if f" re={question.number} " not in text:
                if new:
                    self.wrong.append(f"chat {chat}, question {question.number}: {text[:60]!r}")
                return  # an edit of the answer before, as above
            del self._open[chat]
            question.answered = time.monotonic()
            question.done.set_result(None)

    # ---- the Bot API ----

    def _handle(self, exchange: Exchange) -> None:
        self.calls += 1
        method = exchange.path.rsplit("/", 1)[-1].lower()
        known: dict[str, Callable[[Exchange], None]] = {
            "getupdates": self._get_updates,
            "sendmessage": self._send,
            "editmessagetext": self._edit,
        }
        if method in known:
            known[method](exchange)
        elif method == "getme":
            _ok(exchange, _ME)
        else:  # deleteWebhook, setMyCommands, sendChatAction, ...
            _ok(exchange, result=True)

    def _get_updates(self, exchange: Exchange) -> None:
        if not self.first_poll.is_set():
            self.first_poll_at = time.monotonic()
            self.first_poll.set()
        given = _parameters(exchange)
        offset = int(given.get("offset") or 0)
        while self._updates and self._updates[0][0] < offset:
            self._updates.popleft()
        poll = self._poll = Poll(exchange)
        self._give()
        if self._poll is poll:
            wait = float(given.get("timeout") or 0)
            poll.timer = asyncio.get_running_loop().call_later(wait, self._give_up, poll)

    def _give(self) -> None:
        if self._poll is None or not self._updates:
            return
        poll, self._poll = self._poll, None
        if poll.timer is not None:
            poll.timer.cancel()
        updates = [update for _, update in list(self._updates)[:_MOST]]
        poll.exchange.answer(b'{"ok":true,"result":[%b]}' % b",".join(updates))

    def _give_up(self, poll: Poll) -> None:
        if self._poll is poll:
            self._poll = None
            poll.exchange.answer(b'{"ok":true,"result":[]}')

    def _send(self, exchange: Exchange) -> None:
        self._message_id += 1
        self._show(exchange, _parameters(exchange), self._message_id, new=True)

    def _edit(self, exchange: Exchange) -> None:
        given = _parameters(exchange)
        self._show(exchange, given, int(given["message_id"]), new=False)

    def _show(self, exchange: Exchange, given: dict[str, Any], message_id: int, *, new: bool) -> None:
        chat, text = int(given["chat_id"]), str(given["text"])
        message = {
            "message_id": message_id,
            "from": _ME,
            "chat": {"id": chat, "first_name": f"Person {chat}", "type": "private"},
            "date": 1770000000,
            "text": text,
        }
        _ok(exchange, message)
        self._seen(chat, text, new=new)


def _parameters(exchange: Exchange) -> dict[str, Any]:
    if exchange.form:
        return dict(parse_qsl(exchange.body.decode()))
    parameters: dict[str, Any] = orjson.loads(exchange.body) if exchange.body else {}
    return parameters


def _ok(exchange: Exchange, result: object) -> None:
    exchange.answer(orjson.dumps({"ok": True, "result": result}))
