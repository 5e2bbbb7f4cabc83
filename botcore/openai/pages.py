"""Lists that come page by page, read as one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from botcore.openai import reading
from botcore.openai.call import Call
from botcore.openai.codec import JsonObject
from botcore.openai.limits import RateLimits
from botcore.openai.transport import Transport

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One answer's items, and the cursor for the next page; None at the end."""

    items: tuple[Item, ...]
    cursor: str | None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None


class Pages(Generic[Item]):
    """An async iterable of the items of all pages; each page is asked for when it is needed.

    Every iteration begins anew. Iterating raises `ApiError`.
    """

    def __init__(self, fetch: Callable[[str | None], Awaitable[Page[Item]]], *, after: str | None = None) -> None:
        self._fetch = fetch
        self._after = after

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Give every item."""
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[Page[Item]]:
        """Give page after page. A server that repeats a cursor, or gives a page without items, is at its end."""
        cursor = self._after
        seen: set[str] = set()
        while True:
            page = await self._fetch(cursor)
            yield page
            cursor = page.cursor
            if cursor is None or not page.items or cursor in seen:
                return
            seen.add(cursor)

    async def first(self) -> Page[Item]:
        """Give the first page alone."""
        return await self._fetch(self._after)


def paged(transport: Transport, call: Call, read: Callable[[JsonObject], Item], *, after: str | None) -> Pages[Item]:
    """Give the pages of a list endpoint: `{"data": [...], "has_more": true}`, continued with `after=<last id>`."""

    async def fetch(cursor: str | None) -> Page[Item]:
        query = (*call.query, ("after", cursor)) if cursor else call.query
        reply = await transport.send(Call(call.endpoint, item=call.item, query=query))
        raw = transport.expect(reply, "data")
        entries = reading.objects(raw["data"])
        if entries is None or not all(reading.text(entry, "id") for entry in entries if raw.get("has_more")):
            raise reply.bad("data that is no list of objects with ids")
        last = (reading.text(raw, "last_id") or reading.text(entries[-1], "id")) if entries else ""
        cursor = last if raw.get("has_more") and last else None
        return Page(tuple(map(read, entries)), cursor, reply.limits, reply.request_id)

    return Pages(fetch, after=after)
