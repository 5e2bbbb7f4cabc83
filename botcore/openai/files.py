"""`POST /files`, `GET /files`, `GET /files/{id}`, `GET /files/{id}/content`, `DELETE /files/{id}`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from botcore.openai import reading
from botcore.openai.byte_stream import ByteStream
from botcore.openai.call import Call, Endpoint
from botcore.openai.codec import JSON
from botcore.openai.form import Form
from botcore.openai.limits import RateLimits
from botcore.openai.outgoing import Progress
from botcore.openai.pages import Pages, paged
from botcore.openai.transport import Transport
from botcore.openai.upload import FileLike, Upload

UPLOAD = Endpoint("files.upload", "POST", "/files")
LIST = Endpoint("files.list", "GET", "/files")
GET = Endpoint("files.get", "GET", "/files/{}")
CONTENT = Endpoint("files.content", "GET", "/files/{}/content")
DELETE = Endpoint("files.delete", "DELETE", "/files/{}")
MOST_BYTES = 1024**3
"""Largest file taken from the server: twice what OpenAI stores (API reference, "Files")."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that the server keeps. `size` is in bytes, times in seconds since 1970, None where it is not said.

    `purpose` and `status` (uploaded, processed, error) are the server's words.
    """

    id: str
    filename: str = ""
    purpose: str = ""
    size: int | None = None
    created_at: int | None = None
    expires_at: int | None = None
    status: str = ""
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class Files:
    """Files at the server: training data and what else the API works on."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def upload(
        self,
        source: FileLike,
        *,
        purpose: str = "fine-tune",
        name: str | None = None,
        expires_after: int | None = None,
        progress: Progress | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> StoredFile:
        """Send a file, piece by piece; `expires_after` is in seconds after its creation (3,600 to 2,592,000 at OpenAI).

        Repeated after a failure unless the source can be read only once. Raises `ApiError`, among it `BadRequest` if
        the file cannot be read; what a source of chunks or `progress` raises comes through.
        """
        expiry = {"anchor": "created_at", "seconds": expires_after} if expires_after is not None else None
        values = {"purpose": purpose, "expires_after": expiry} | dict(extra or {})
        form = Form(values, [("file", Upload.of(source, name=name))], progress=progress)
        del source  # tracebacks may show local variables
        reply = await self._transport.send(Call(UPLOAD, form))
        return stored_file(self._transport.expect(reply, "id"), reply.limits, reply.request_id)

    def list(
        self,
        *,
        purpose: str | None = None,
        limit: int | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
    ) -> Pages[StoredFile]:
        """Give all files, to be iterated over; `limit` is the size of a page. Iterating raises `ApiError`."""
        options = {"purpose": purpose, "limit": limit, "order": order}
        query = [(name, value) for name, value in options.items() if value is not None]
        return paged(self._transport, Call(LIST, query=query), stored_file, after=after)

    async def get(self, file: str) -> StoredFile:
        """Give what the server knows of one file. Raises `NotFound`, or another `ApiError`."""
        reply = await self._transport.send(Call(GET, item=file))
        return stored_file(self._transport.expect(reply, "id"), reply.limits, reply.request_id)

    def content(self, file: str, *, most: int = MOST_BYTES, progress: Progress | None = None) -> ByteStream:
        """Read a file: `async with api.files.content(id) as chunks: async for chunk in chunks: ...`.

        `most` bytes are taken, more are a `BadResponse`. Entering raises `NotFound` or another `ApiError`.
        """
        call = Call(CONTENT, item=file, accept="*/*", most=most)
        seconds = self._transport.settings.transfer_deadline
        return ByteStream(self._transport, call, check=_no_web_page, seconds=seconds, progress=progress)

    async def delete(self, file: str) -> bool:
        """Delete a file; whether the server says that it is deleted. Raises `NotFound`, or another `ApiError`."""
        reply = await self._transport.send(Call(DELETE, item=file))
        return bool(self._transport.expect(reply, "deleted")["deleted"])


def stored_file(raw: Mapping[str, Any], headers: RateLimits | None = None, request_id: str | None = None) -> StoredFile:
    """Read a `file` object."""
    return StoredFile(
        id=reading.text(raw, "id"),
        filename=reading.text(raw, "filename"),
        purpose=reading.text(raw, "purpose"),
        size=reading.count(raw, "bytes"),
        created_at=reading.count(raw, "created_at"),
        expires_at=reading.count(raw, "expires_at"),
        status=reading.text(raw, "status"),
        headers=headers or RateLimits(),
        request_id=request_id,
        raw=raw,
    )


def _no_web_page(media_type: str) -> str:
    """A proxy's page with status 200 is no file."""
    return "a web page instead of the file" if media_type == "text/html" else ""
