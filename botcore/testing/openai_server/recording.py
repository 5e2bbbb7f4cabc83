"""The requests that the server received, for tests to look at: a bounded list that can be waited on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from botcore.testing.openai_server.form import Form
from botcore.testing.server.record import Record

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


class RequestLog(Record[Recorded]):
    """The latest requests, oldest first."""

    def to(self, path: str) -> list[Recorded]:
        """The requests to one path below the prefix, such as `/chat/completions`."""
        return [kept for kept in self if kept.path == path]

    async def wait_for(self, count: int, path: str | None = None, within: float = 5.0) -> list[Recorded]:
        """Wait until `count` requests (to `path`, if given) have come, and return them.

        Raises:
            TimeoutError: they did not within `within` seconds.
        """

        def chosen() -> list[Recorded]:
            return list(self) if path is None else self.to(path)

        await self.wait_until(lambda _: len(chosen()) >= count, within)
        return chosen()
