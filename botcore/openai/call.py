"""One request as the transport takes it: which endpoint, which item of it, and the bytes to send."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self
from urllib.parse import quote, urlencode

from botcore.errors import BadRequest
from botcore.openai import codec
from botcore.openai.outgoing import Joined, Progress
from botcore.openai.upload import open_bytes


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of the API. `name` is what the capability table shows ("chat.completions")."""

    name: str
    method: str
    path: str
    """Below the root, with a leading slash; `{}` stands for the id of an item."""

    @property
    def of_item(self) -> bool:
        """Whether the path names one item, so that a 404 may mean that item and not the endpoint."""
        return "{}" in self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path.replace('{}', '{id}')}"


class Body(Protocol):
    """What a request carries."""

    @property
    def media_type(self) -> str:
        """As the header says it."""
        ...

    @property
    def progress(self) -> Progress | None:
        """Who is told how far the upload is."""
        ...

    @property
    def repeatable(self) -> bool:
        """Whether it can be sent now: not if it is read from something that was already read."""
        ...

    @property
    def small(self) -> bool:
        """Whether it is sent within the time that any request takes."""
        ...

    @property
    def immense(self) -> bool:
        """Whether it is too large to see whether a server's message quotes it."""
        ...

    def decoded(self) -> Any:
        """Give the texts in it, as JSON has them, to keep them out of errors."""
        ...

    async def open(self) -> Joined:
        """Make it ready to leave, once. Raises `BadRequest` if it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Payload:
    """A request body. Its repr shows the size alone: the content is what a person wrote."""

    content: bytes = field(repr=False)
    media_type: str = "application/json"

    @classmethod
    def json(cls, value: object) -> Self:
        """Write a JSON body. Raises `BadRequest` for what JSON cannot express."""
        try:
            return cls(codec.encode(value))
        except ValueError as error:
            raise BadRequest(f"our own request is at fault: {error}") from None

    def decoded(self) -> Any:
        """Give the JSON value back, or None for a body of another type."""
        return codec.decode(self.content) if self.media_type == "application/json" else None

    @property
    def progress(self) -> None:
        """Nobody watches a body that is in memory."""

    @property
    def repeatable(self) -> bool:
        """Always."""
        return True

    @property
    def small(self) -> bool:
        """Always: a text or two."""
        return True

    @property
    def immense(self) -> bool:
        """Never: what is too long is seen when it is decoded."""
        return False

    async def open(self) -> Joined:
        """Make it ready to leave in pieces."""
        return Joined([open_bytes(self.content)], len(self.content))

    def __repr__(self) -> str:
        return f"Payload({len(self.content)} bytes of {self.media_type})"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: an endpoint, the id of an item where the endpoint has one, and a body where it takes one."""

    endpoint: Endpoint
    payload: Body | None = None
    item: str | None = None
    stream: bool = False
    """Whether server-sent events are asked for."""
    query: Sequence[tuple[str, str | int]] = ()
    accept: str = "application/json"
    most: int | None = None
    """Bytes that the answer may have, where that is not `ApiSettings.max_body_bytes`."""

    @property
    def path(self) -> str:
        """The path below the root; an id is escaped, slashes included.

        Raises `BadRequest` for an id that would name something else: an empty one or a dot segment, which URL
        libraries resolve (`DELETE /models/..`).
        """
        if not self.endpoint.of_item:
            return self.endpoint.path
        if not self.item or self.item.strip() in {"", ".", ".."}:
            raise BadRequest(f"{self.endpoint}: {self.item!r} is not an id")
        return self.endpoint.path.format(quote(self.item, safe="", errors="replace"))

    @property
    def search(self) -> str:
        """The query, encoded, without the question mark."""
        return urlencode(self.query, errors="replace")
