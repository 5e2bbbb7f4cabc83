"""The requests that the server received, for tests to look at: a bounded list that can be waited on."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from botcore.testing.openai_server.form import Form

RequestState = Literal["open", "answered", "cut", "disconnected"]


@dataclass(slots=True)
class Recorded:
    """One received request and what became of it.

    `path` is the path below the API's prefix, `raw_path` the path and query as they came. Header names match in any
    case. A multipart form is in `form` and not in `body`; of its uploads only those up to 1 MiB are still there when
    the request is answered. `received_at` and `finished_at` are event-loop seconds, as is `first_chunk_at` (when the
    first text of a stream was sent). `state` ends as "answered", "cut" (by a fault) or "disconnected" (the
    client went away, or the server was stopped).
    """

    request_id: str
    method: str
    path: str
    raw_path: str
    headers: Mapping[str, str]
    received_at: float
    body: bytes = b""
    form: Form | None = None
    state: RequestState = "open"
    status: int | None = None
    fault: str | None = None
    chunks_sent: int = 0
    first_chunk_at: float | None = None
    finished_at: float | None = None
    _json: Any = field(default=None, repr=False)

    @property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        if self._json is None and self.body:
            try:
                self._json = orjson.loads(self.body)
            except orjson.JSONDecodeError:
                return None
        return self._json

    @property
    def key(self) -> str | None:
        """The API key that was sent."""
        scheme, _, key = self.headers.get("authorization", "").partition(" ")
        return key if scheme.lower() == "bearer" and key else None

    def shown(self) -> dict[str, Any]:
        """As JSON for the control endpoint; the key is masked."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        if "authorization" in headers:
            headers["authorization"] = "***"
        return {
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
            "raw_path": self.raw_path,
            "headers": headers,
            "json": self.json,
            "body_bytes": len(self.body),
            "form": None if self.form is None else self.form.shown(),
            "state": self.state,
            "status": self.status,
            "fault": self.fault,
            "chunks_sent": self.chunks_sent,
        }


class RequestLog:
    """The latest requests, oldest first. Reads like a sequence."""

    def __init__(self, limit: int) -> None:
        self._kept: deque[Recorded] = deque(maxlen=limit)
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, index: int) -> Recorded:
        return self._kept[index]

    def __iter__(self) -> Iterator[Recorded]:
        return iter(tuple(self._kept))

    def to(self, path: str) -> list[Recorded]:
        """The requests to one path below the prefix, such as `/chat/completions`."""
        return [kept for kept in self._kept if kept.path == path]

    def add(self, recorded: Recorded) -> None:
        """Keep one more; the oldest goes when the limit is reached."""
        self._kept.append(recorded)
        self.touch()

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()

    def touch(self) -> None:
        """Wake those who wait: something changed."""
        self._changed.set()
        self._changed.clear()

    async def wait_until(self, condition: Callable[["RequestLog"], bool], within: float = 5.0) -> None:
        """Wait until `condition` holds of this log.

        Raises:
            TimeoutError: it did not within `within` seconds.
        """
        async with asyncio.timeout(within):
            while not condition(self):
                await self._changed.wait()

    async def wait_for(self, count: int, path: str | None = None, within: float = 5.0) -> list[Recorded]:
        """Wait until `count` requests (to `path`, if given) have come, and return them.

        Raises:
            TimeoutError: they did not within `within` seconds.
        """

        def chosen() -> list[Recorded]:
            return list(self._kept) if path is None else self.to(path)

        await self.wait_until(lambda _: len(chosen()) >= count, within)
        return chosen()
