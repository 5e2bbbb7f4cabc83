"""From an HTTP request to the parameters of a call, in all four ways that the real server accepts."""

from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import BodyPartReader, web

from botcore.testing.telegram_server.files import MAX_UPLOAD
from botcore.testing.telegram_server.params import Params, Upload
from botcore.testing.telegram_server.refusals import Refused, bad_request

_SLACK = 1 << 20  # form fields and boundaries around the file
_MAX_FIELDS = 1000


async def read_params(request: web.BaseRequest, query: str) -> Params:
    """Read query and body.

    Raises:
        Refused: 400 for what cannot be read, 413 for uploads over 50 MB.
    """
    values: dict[str, Any] = _pairs(query) if query else {}
    if not request.can_read_body:
        return Params(values)
    if (request.content_length or 0) > MAX_UPLOAD + _SLACK:
        raise Refused(413, "Request Entity Too Large")
    kind = request.headers.get("Content-Type", "")
    if kind.startswith("multipart/form-data"):
        return await _multipart(request, values)
    body = await request.content.read()
    if kind.startswith("application/json"):
        return Params(values | _json(body))
    if not kind or kind.startswith("application/x-www-form-urlencoded"):
        try:
            return Params(values | _pairs(body.decode()))
        except UnicodeDecodeError:
            raise bad_request("Strings must be encoded in UTF-8") from None
    return Params(values)


def _pairs(text: str) -> dict[str, Any]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS))
    except UnicodeDecodeError:
        raise bad_request("Strings must be encoded in UTF-8") from None
    except ValueError:
        raise bad_request("too many parameters") from None


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        raise bad_request("can't parse JSON object") from None
    if not isinstance(value, dict):
        raise bad_request("JSON object expected")
    return value


async def _multipart(request: web.BaseRequest, values: dict[str, Any]) -> Params:
    uploads: dict[str, Upload] = {}
    total = 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or not part.name:
                continue
            content = bytes(await part.read())
            total += len(content)
            if total > MAX_UPLOAD:
                raise Refused(413, "Request Entity Too Large")
            if part.filename is None:
                values[part.name] = content.decode()
            else:
                media_type = part.headers.get("Content-Type", "")
                uploads[part.name] = Upload(part.filename, content, media_type)
    except (ValueError, AssertionError) as wrong:
        raise bad_request(f"can't parse the multipart body: {wrong}") from None
    return Params(values, uploads)
