"""Faults on demand: what may go wrong with an API, as values, and the queue in which they wait for a request.

server.faults.next(Status(503), path="/chat/completions", times=2)
server.faults.next(CutStream(after_chunks=3))
server.faults.always(Status(404), path="/moderations")
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from botcore.testing.openai_server.recording import Recorded


@dataclass(frozen=True, slots=True)
class Status:
    """An HTTP status with an error in the API's shape.

    `code` and `kind` are its `code` and `type`; left out, they are what the public API sends with that status.
    `retry_after` is in seconds. `body` replaces the error object altogether.
    """

    status: int
    code: str | None = None
    message: str | None = None
    kind: str | None = None
    retry_after: float | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class SlowHeaders:
    """The response headers come late: after `seconds`, or when `until` is set. Then the answer is a normal one."""

    seconds: float | None = None
    until: asyncio.Event | None = None


@dataclass(frozen=True, slots=True)
class Hang:
    """The request is taken and never answered; the connection stays open."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (RST) before anything is answered."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect to another address."""

    url: str
    status: int = 307


@dataclass(frozen=True, slots=True)
class NotJson:
    """A body that is no JSON, labelled as JSON: a proxy's error page, for example."""

    body: str = "<html><body><h1>It works!</h1></body></html>"
    status: int = 200


@dataclass(frozen=True, slots=True)
class HugeBody:
    """A valid JSON body of `size` bytes, made on the fly."""

    size: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CutStream:
    """The connection closes after that many text chunks of a stream, or in the middle of a plain answer."""

    after_chunks: int = 1


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing more comes after that many text chunks, or half a plain answer; the connection stays open."""

    after_chunks: int = 1


@dataclass(frozen=True, slots=True)
class MalformedSse:
    """After that many text chunks comes an event whose data is no JSON. A plain answer is half its JSON."""

    after_chunks: int = 1


@dataclass(frozen=True, slots=True)
class ErrorInStream:
    """After that many text chunks comes an error object, and the end. A plain answer becomes a 500."""

    code: str | None = "server_error"
    message: str = "The server had an error while processing your request."
    after_chunks: int = 1


@dataclass(frozen=True, slots=True)
class MissingDone:
    """A stream that ends properly, only without its `data: [DONE]`."""


@dataclass(frozen=True, slots=True)
class InvalidUtf8:
    """Bytes that are not UTF-8 inside the first text of the answer."""


@dataclass(frozen=True, slots=True)
class WrongContentType:
    """The right body under another content type."""

    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Noise:
    """A lawful but unusual stream: byte order mark, comments, CRLF, other fields, no space after `data:`."""


@dataclass(frozen=True, slots=True)
class Dribble:
    """The answer's bytes arrive in pieces of `size`, cut wherever they fall, characters included."""

    size: int = 1


InPlaceOfAnswer = Status | Hang | Reset | Redirect | NotJson | HugeBody
OfAnswer = (
    CutStream | Stall | MalformedSse | ErrorInStream | MissingDone | InvalidUtf8 | WrongContentType | Noise | Dribble
)
Fault = InPlaceOfAnswer | SlowHeaders | OfAnswer

_KINDS: tuple[type[Fault], ...] = (
    Status, SlowHeaders, Hang, Reset, Redirect, NotJson, HugeBody, CutStream, Stall, MalformedSse, ErrorInStream,
    MissingDone, InvalidUtf8, WrongContentType, Noise, Dribble,
)  # fmt: skip


def fault_name(kind: type[Fault]) -> str:
    """The name of a fault over the control endpoint: `CutStream` is `cut_stream`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


FAULTS: Mapping[str, type[Fault]] = MappingProxyType({fault_name(kind): kind for kind in _KINDS})


def make_fault(name: str, values: Mapping[str, Any]) -> Fault:
    """A fault from its name and fields, as they come over the control endpoint.

    Raises:
        ValueError: there is no such fault, or a field is unknown or missing; the message says which.
    """
    kind = FAULTS.get(name)
    if kind is None:
        raise ValueError(f"unknown fault {name!r}; there are: {', '.join(sorted(FAULTS))}")
    known = {field.name for field in fields(kind)} - {"until"}
    if unknown := values.keys() - known:
        raise ValueError(
            f"fault {name!r} has no {', '.join(sorted(unknown))}; it has: {', '.join(sorted(known)) or 'none'}"
        )
    try:
        return kind(**values)
    except TypeError as missing:
        raise ValueError(f"fault {name!r}: {missing}") from None


@dataclass(frozen=True, slots=True)
class _Waiting:
    fault: Fault
    path: str | None
    times: int | None  # None: for ever
    skip: int
    when: Callable[[Recorded], bool] | None


class Faults:
    """The faults that wait for requests. Of several that fit a request, the one that was set first happens."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def next(
        self,
        fault: Fault,
        *,
        path: str | None = None,
        times: int = 1,
        skip: int = 0,
        when: Callable[[Recorded], bool] | None = None,
    ) -> None:
        """Let `fault` happen to the next `times` requests, after `skip` that fit and pass unharmed.

        `path` (below the prefix, such as `/chat/completions`) and `when` limit which requests fit.
        """
        self._waiting.append(_Waiting(fault, path, times, skip, when))

    def always(self, fault: Fault, *, path: str | None = None) -> None:
        """Let `fault` happen to every request (to `path`) until `clear`."""
        self._waiting.append(_Waiting(fault, path, None, 0, None))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._waiting.clear()

    def take(self, request: Recorded) -> Fault | None:
        """The fault that happens to this request, if any (called by the server)."""
        for index, waiting in enumerate(self._waiting):
            if waiting.path not in {None, request.path} or not (waiting.when is None or waiting.when(request)):
                continue
            if waiting.skip:
                self._waiting[index] = replace(waiting, skip=waiting.skip - 1)
                continue
            if waiting.times is not None:
                self._waiting[index : index + 1] = (
                    [replace(waiting, times=waiting.times - 1)] if waiting.times > 1 else []
                )
            return waiting.fault
        return None
