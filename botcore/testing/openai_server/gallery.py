"""Drawn pictures that were answered as URLs: kept in memory under names that cannot be guessed, until they expire."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.outcome import Answer, Outcome

_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hung:
    """A picture and when it expires (seconds of the gallery's clock)."""

    data: bytes
    media_type: str
    until: float


class Gallery:
    """The pictures. Each lives for `life` seconds; above 64 MiB the oldest go earlier."""

    def __init__(self, life: float, clock: Callable[[], float]) -> None:
        self._life = life
        self._clock = clock
        self._hung: dict[str, Hung] = {}
        self._bytes = 0

    def hang(self, data: bytes, extension: str) -> str:
        """Keep a picture; returns its name."""
        self._drop_expired()
        while self._hung and self._bytes + len(data) > _MOST_BYTES:
            self._drop(next(iter(self._hung)))
        name = f"{secrets.token_urlsafe(24)}.{extension}"
        self._hung[name] = Hung(data, f"image/{extension}", self._clock() + self._life)
        self._bytes += len(data)
        return name

    def find(self, name: str) -> Hung | None:
        """The picture of that name; None where there is none or it has expired."""
        self._drop_expired()
        return self._hung.get(name)

    def show(self, name: str) -> Outcome:
        """The picture as an answer.

        Raises:
            ApiRefusal: 404, there is none, or it has expired.
        """
        found = self.find(name)
        if found is None:
            raise ApiRefusal(404, "There is no such picture, or its URL has expired.", code="not_found")
        return Answer(found.data, content_type=found.media_type, headers={"cache-control": "private, max-age=600"})

    def _drop_expired(self) -> None:
        now = self._clock()
        for name in [name for name, hung in self._hung.items() if hung.until <= now]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._bytes -= len(self._hung.pop(name).data)
