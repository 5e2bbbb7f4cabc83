"""`POST /embeddings`."""

import asyncio
import base64
import binascii
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from botcore import errors
from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_result import Usage
from botcore.openai.codec import JSON
from botcore.openai.exchange import Reply
from botcore.openai.limits import RateLimits
from botcore.openai.transport import Transport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMBEDDINGS = Endpoint("embeddings", "POST", "/embeddings")
FORMAT_OPTION = "encoding_format"
Encoding = Literal["base64", "float"]


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors of one model: one row for each input, float32, as long as the server sent them."""

    vectors: "NDArray[np.float32]" = field(repr=False)
    model: str
    usage: Usage | None = None
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """The answer's fields beside the vectors."""

    @property
    def dimensions(self) -> int:
        """Length of a vector. Vectors of different models are never compared, whatever their length."""
        return int(self.vectors.shape[1])


class Embedder:
    """Vectors for texts. The answers are read into numpy, which is imported with the first call, off the event loop."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(
        self,
        content: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]],
        *,
        model: str,
        dimensions: int | None = None,
        encoding: Encoding = "base64",
        user: str | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> Embeddings:
        """Embed one text or token list, or several; at most 2,048 inputs of 8,192 tokens at OpenAI.

        `base64` is half the bytes and a tenth of the parsing; a server that refuses to be asked for it is remembered
        and asked without, and what comes is read either way. `extra` is sent as it is. Raises `ApiError`.
        """
        named = {"model": model, "input": content, "dimensions": dimensions, "user": user}
        given = {name: value for name, value in named.items() if value is not None} | dict(extra or {})
        if not self._transport.capabilities.lacks(EMBEDDINGS, FORMAT_OPTION):
            given = {FORMAT_OPTION: encoding, **given}
        payload = Payload.json(given)
        count = _count(content)
        del content, named, given  # tracebacks may show local variables
        if "numpy" not in sys.modules:  # 100 ms and more, during which the loop would stand still
            await asyncio.to_thread(importlib.import_module, "numpy")
        reply = await self._ask(payload)
        raw = self._transport.expect(reply, "data")
        return Embeddings(
            vectors=_matrix(reply, raw["data"], count),
            model=str(raw.get("model") or model),
            usage=Usage.of(raw.get("usage")),
            headers=reply.limits,
            request_id=reply.request_id,
            raw={name: value for name, value in raw.items() if name != "data"},
        )

    async def _ask(self, payload: Payload) -> Reply:
        """Ask, and again without the format if the server refuses to be told one."""
        capabilities = self._transport.capabilities
        try:
            return await self._transport.send(Call(EMBEDDINGS, payload))
        except errors.BadRequest as refusal:
            if capabilities.lacks(EMBEDDINGS, FORMAT_OPTION) or not capabilities.refused(
                EMBEDDINGS, FORMAT_OPTION, refusal
            ):
                raise
        return await self._transport.send(Call(EMBEDDINGS, _plain(payload)))


def _plain(payload: Payload) -> Payload:
    return Payload.json({name: value for name, value in payload.decoded().items() if name != FORMAT_OPTION})


def _count(content: str | Sequence[Any]) -> int:
    """How many vectors are asked for: a text is one, and so is a list of token numbers."""
    return 1 if isinstance(content, str) or (content and isinstance(content[0], int)) else len(content)


def _matrix(reply: Reply, data: object, count: int) -> "NDArray[np.float32]":
    """Give the vectors in the order of their `index`. Raises `BadResponse` if they do not make a matrix."""
    import numpy as np  # noqa: PLC0415 - costs a start that does not need it 100 ms

    if not isinstance(data, list) or len(data) != count:
        raise reply.bad(f"data that is not one vector for each of {count} inputs")
    rows: list[NDArray[np.float32] | None] = [None] * count
    for place, entry in enumerate(data):
        if not isinstance(entry, dict):
            raise reply.bad("an embedding that is no object")
        index = entry.get("index", place)
        row = _row(entry.get("embedding"))
        if row is None or type(index) is not int or not 0 <= index < count or rows[index] is not None:
            raise reply.bad("an embedding without a vector or a place of its own")
        rows[index] = row
    found = [row for row in rows if row is not None]
    if len({len(row) for row in found}) > 1 or not all(np.isfinite(row).all() for row in found):
        raise reply.bad("vectors of different lengths, or with values that are no numbers")
    return np.stack(found) if found else np.empty((0, 0), dtype=np.float32)


def _row(value: object) -> "NDArray[np.float32] | None":
    """Read base64 of little-endian float32, or a list of numbers; None for anything else, or nothing."""
    import numpy as np  # noqa: PLC0415 - as above

    try:
        if isinstance(value, str):
            return (
                np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4").astype(np.float32) if value else None
            )
        return np.asarray(value, dtype=np.float32) if isinstance(value, list) and value else None
    except (binascii.Error, ValueError, TypeError):
        return None
