"""From an HTTP request to one call of the API: path ids, query, JSON body and uploaded files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

import orjson
from aiohttp import BodyPartReader, web

from botcore.testing.discord_server.files import MAX_REQUEST
from botcore.testing.discord_server.refusals import Json, Refused

_FILE_FIELD = re.compile(r"files?(?:\[(\d+)\])?")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a multipart body; `number` is the n of `files[n]`."""

    number: int
    name: str
    content: bytes
    media_type: str


@dataclass(slots=True)
class Request:
    """One call. `route` is its template ("POST /channels/{channel_id}/messages"), `ids` what stands in the braces."""

    route: str
    path: str
    ids: Mapping[str, int] = field(default_factory=dict[str, int])
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, str] = field(default_factory=dict[str, str])
    body: Any = None
    files: tuple[Upload, ...] = ()

    @property
    def object(self) -> Json:
        """The body where an object is expected; an absent one is empty, another kind of JSON is left to `Form`."""
        body: Json = {} if self.body is None else self.body
        return body

    def flag(self, name: str) -> bool:
        """A boolean of the query: https://discord.com/developers/docs/reference#boolean-query-strings."""
        return self.query.get(name, "").lower() in {"true", "1"}


def read_query(raw: str) -> dict[str, str]:
    """The query of an address."""
    return dict(parse_qsl(raw, keep_blank_values=True)) if raw else {}


async def read_body(request: web.BaseRequest) -> tuple[Any, tuple[Upload, ...]]:
    """The JSON body (None where there is none) and the uploaded files.

    Raises:
        Refused: 400 for what cannot be read, 413 for more than 25 MiB.
    """
    if not request.can_read_body:
        return None, ()
    if (request.content_length or 0) > MAX_REQUEST:
        await _refuse_size(request)
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("multipart/form-data"):
        return await _multipart(request)
    body = await request.content.read()
    if not body:
        return None, ()
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode("utf-8", "replace"))), ()
    if not kind.startswith("application/json"):
        words = 'Expected "Content-Type" header to be one of {"application/json"}.'
        errors = {"_errors": [{"code": "CONTENT_TYPE_INVALID", "message": words}]}
        raise Refused(400, 50035, "Invalid Form Body", errors=errors)
    return _json(body), ()


async def _refuse_size(request: web.BaseRequest) -> NoReturn:
    """Say so once everything was sent: a caller that is still writing would see a broken connection instead."""
    while await request.content.readany():
        pass
    raise Refused(413, 40005, "Request entity too large")


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None


async def _multipart(request: web.BaseRequest) -> tuple[Any, tuple[Upload, ...]]:
    body: Any = None
    loose: Json = {}
    files: list[Upload] = []
    total = 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                continue
            content = bytes(await part.read())
            total += len(content)
            if total > MAX_REQUEST:
                await _refuse_size(request)
            found = _FILE_FIELD.fullmatch(part.name)
            if part.name == "payload_json":
                body = _json(content)
            elif part.filename is not None and found:
                name, kind = unquote(part.filename), part.headers.get("Content-Type", "")
                files.append(Upload(int(found[1] or len(files)), name, content, kind))
            else:
                loose[part.name] = content.decode("utf-8", "replace")
    except (ValueError, AssertionError):
        raise Refused(400, 50109, "The request body contains an invalid multipart form.") from None
    return (loose or None) if body is None else body, tuple(files)
