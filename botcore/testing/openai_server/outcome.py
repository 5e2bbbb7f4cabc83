"""What an endpoint hands back: a whole body, one in blocks, or a stream of server-sent events. Faults worsen them."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import orjson

JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"
DONE = b"data: [DONE]\n\n"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Ending(Enum):
    """How the bytes of an answer end."""

    WHOLE = "whole"
    CUT = "cut"  # the connection is closed before the declared end
    STALL = "stall"  # nothing more comes, and the connection stays open


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. With `ending` CUT or STALL only its first half is sent, under the full declared length."""

    body: bytes
    status: int = 200
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    ending: Ending = Ending.WHOLE


@dataclass(frozen=True, slots=True)
class Events:
    """A streamed answer.

    `lead` goes out with the first chunk, each of `chunks` is one paced event, `tail` follows the last one.
    `dribble` cuts the bytes on the wire into pieces of that size, wherever they fall.
    """

    lead: bytes
    chunks: tuple[bytes, ...]
    tail: bytes
    content_type: str = EVENTS
    ending: Ending = Ending.WHOLE
    dribble: int | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """An answer whose bytes are read or made while they are sent: a download, speech.

    `size` in bytes is declared where it is known. With `ending` CUT or STALL only `most` blocks are sent.
    """

    blocks: AsyncGenerator[bytes]
    content_type: str = "application/octet-stream"
    size: int | None = None
    headers: Mapping[str, str] = field(default_factory=lambda: _NO_HEADERS)
    ending: Ending = Ending.WHOLE
    most: int | None = None


Outcome = Answer | Body | Events


def json_answer(payload: object, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Answer:
    """`payload` as a JSON answer."""
    return Answer(orjson.dumps(payload), status, headers=headers)


def event(payload: object) -> bytes:
    """One server-sent event that carries `payload` as JSON."""
    return b"data: " + orjson.dumps(payload) + b"\n\n"
