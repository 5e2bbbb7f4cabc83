"""Requests to Discord through discord.py's HTTP client, without its patience.

The library keeps the rate limits of each route, and that is what it is used for. But it also repeats on its own: it
sleeps through a 429 and tries a 5xx five times, for up to half a minute, while a frame that nobody needs any more
holds up the final edit behind it. And the request that takes the last place of a rate limit comes back only when the
limit is over. So every answer is looked at as it arrives: what it says is known at once, and the engine decides what is
repeated.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final, cast

import aiohttp

from botcore_discord.library import Route, discord

PATIENCE_S: Final = 30.0
"""Seconds for Discord to answer."""

UPLOAD_PATIENCE_S: Final = 180.0
"""The same where files travel with the request."""

_TIDY_S: Final = 10.0
"""Seconds between two looks for rate limits that can be forgotten."""


class Declined(Exception):
    """Discord answered with an error. `body` is its JSON; empty where something before Discord answered."""

    def __init__(self, status: int, body: dict[str, Any], retry_after: float | None) -> None:
        self.status = status
        self.body = body
        self.code = int(body.get("code") or 0)
        self.retry_after = retry_after
        super().__init__(f"{status} {body.get('message', 'no JSON')} ({self.code}){_places(body.get('errors'))}")

    @property
    def is_global(self) -> bool:
        """Whether a 429 is about all requests of the bot."""
        return bool(self.body.get("global"))

    @property
    def fields(self) -> frozenset[str]:
        """The fields of the request's body that are wrong."""
        errors = self.body.get("errors")
        return frozenset(cast("dict[str, Any]", errors)) if isinstance(errors, dict) else frozenset()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that travels with a request."""

    name: str
    data: bytes


class Departure:
    """Told by the library each time that a request is about to leave, whatever waited before. `has_left`: it was."""

    def __init__(self, streams: Sequence[BytesIO] = ()) -> None:
        self.has_left = False
        self._streams = streams

    def reset(self, *, seek: int | bool = True) -> None:
        """Called before each try; a repeated one sends its files from their beginning."""
        self.has_left = True
        if seek:
            for stream in self._streams:
                stream.seek(0)


class Wire:
    """Calls Discord on one client's connections and within its rate limits."""

    def __init__(self, client: discord.Client) -> None:
        self._http = client.http
        _tidy_rarely(self._http)
        self._running: set[asyncio.Task[Any]] = set()

    async def call(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        files: Sequence[Upload] = (),
        query: dict[str, str] | None = None,
        patience: float | None = None,
        departure: Departure | None = None,
        **ids: Any,
    ) -> Any:
        """Call a route and return the answer's JSON, None where it has none.

        Raises Declined, discord.RateLimited where the library would wait for too long, and what aiohttp raises.
        """
        landed: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        streams = [BytesIO(file.data) for file in files]
        leaving = departure or Departure(streams)
        options: dict[str, Any] = {"files": [leaving]}
        if files:
            options["form"] = _form(body or {}, files, streams)
        elif body is not None:
            options["json"] = body
        if query:
            options["params"] = query
        seconds = patience or (UPLOAD_PATIENCE_S if files else PATIENCE_S)
        request = self._http.request(
            Route(method, path, **ids),
            raise_for_status=_judge(landed),
            timeout=aiohttp.ClientTimeout(total=seconds),
            **options,
        )
        task = asyncio.create_task(request, name=f"{method} {path}")
        self._running.add(task)
        task.add_done_callback(lambda done: self._finished(done, landed))
        try:
            return await landed
        except asyncio.CancelledError:
            task.cancel()
            raise

    def _finished(self, task: asyncio.Task[Any], landed: asyncio.Future[Any]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if landed.done():
            return
        if task.cancelled():
            landed.cancel()
        elif error is not None:
            landed.set_exception(error)
        else:
            landed.set_result(task.result())

    def has_room(self, method: str, path: str, **ids: Any) -> bool:
        """Whether the route's rate limit has a place now, and another one for whatever is more urgent."""
        route = Route(method, path, **ids)
        http = self._http
        key = http._bucket_hashes.get(route.key, route.key)  # noqa: SLF001 - the library tells nobody of its limits
        bucket = http._buckets.get(f"{key}:{route.major_parameters}")  # noqa: SLF001
        if bucket is None or bucket.is_expired():
            return True
        return bucket.remaining > (1 if bucket.limit > 1 else 0)

    async def close(self) -> None:
        """End what only waits for a rate limit to be over."""
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _tidy_rarely(http: Any) -> None:
    """Let the library look for forgotten rate limits now and then, not whenever it meets a new one.

    Each interaction has one of its own, which is kept for five minutes. At 100 commands a second 30,000 are known, and
    to look through them 100 times a second takes longer than a second.
    """
    tidy, due = http._try_clear_expired_ratelimits, 0.0  # noqa: SLF001 - it has no setting for it

    def now_and_then() -> None:
        nonlocal due
        if (now := time.monotonic()) >= due:
            due = now + _TIDY_S
            tidy()

    http._try_clear_expired_ratelimits = now_and_then  # noqa: SLF001 - as above


def _judge(landed: asyncio.Future[Any]) -> Callable[[aiohttp.ClientResponse], Any]:
    """Look at an answer before the library does."""

    async def judge(response: aiohttp.ClientResponse) -> None:
        text = await response.text(encoding="utf-8", errors="replace")
        if response.status >= 400:
            body = _object(text)
            raise Declined(response.status, body, _retry_after(response, body))
        if not landed.done():
            landed.set_result(json.loads(text) if text else None)

    return judge


def _form(body: dict[str, Any], files: Sequence[Upload], streams: Sequence[BytesIO]) -> list[dict[str, Any]]:
    """The parts of multipart/form-data (https://discord.com/developers/docs/reference#uploading-files)."""
    parts: list[dict[str, Any]] = [{"name": "payload_json", "value": json.dumps(body)}]
    for index, (file, stream) in enumerate(zip(files, streams, strict=True)):
        kind = "application/octet-stream"
        parts.append({"name": f"files[{index}]", "value": stream, "filename": file.name, "content_type": kind})
    return parts


def _object(text: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def _retry_after(response: aiohttp.ClientResponse, body: dict[str, Any]) -> float | None:
    for told in (body.get("retry_after"), response.headers.get("Retry-After")):
        try:
            return max(0.0, float(cast("Any", told)))
        except (TypeError, ValueError):
            continue
    return None


def _places(errors: Any, path: str = "") -> str:
    """Where in a request Discord found something wrong, and its word for it."""
    if not isinstance(errors, dict):
        return ""
    told = ""
    for name, value in cast("dict[str, Any]", errors).items():
        if name == "_errors" and isinstance(value, list):
            told += "".join(f"; {path}: {one.get('code')}" for one in cast("list[dict[str, Any]]", value))
        else:
            told += _places(value, f"{path}.{name}" if path else name)
    return told
