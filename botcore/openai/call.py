"""One request as the transport takes it: which endpoint, which item of it, and the bytes to send."""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

from botcore.errors import BadRequest
from botcore.openai import codec


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

    def __repr__(self) -> str:
        return f"Payload({len(self.content)} bytes of {self.media_type})"


@dataclass(frozen=True, slots=True)
class Call:
    """One request: an endpoint, the id of an item where the endpoint has one, and a body where it takes one."""

    endpoint: Endpoint
    payload: Payload | None = None
    item: str | None = None
    stream: bool = False

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
