"""A whole engine with the picture commands, on a platform in memory that keeps files, and pictures to send."""

import io
import itertools
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from PIL import Image as Pillow

from botcore.errors import Unsuitable
from botcore.messages import Event, File, Image, Message, Part, Press, Quote, Text
from botcore.testing.openai_server import OfflineApi
from botcore.testing.openai_server.recording import Recorded
from tests.engine.conftest import House, Person, Room, Shown, StartHouse, start

__all__ = ["start"]

RED, GREEN, BLUE, WHITE, BLACK = (220, 20, 20), (20, 160, 40), (30, 60, 220), (255, 255, 255), (0, 0, 0)


def encoded(picture: Pillow.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def plain(colour: tuple[int, ...] = RED, size: tuple[int, int] = (320, 240), kind: str = "PNG") -> bytes:
    """A picture of one colour."""
    return encoded(Pillow.new("RGBA" if len(colour) == 4 else "RGB", size, colour), kind)


def decoded(data: bytes) -> Pillow.Image:
    picture = Pillow.open(io.BytesIO(data))
    picture.load()
    return picture


def colour_at(data: bytes, x: float = 0.5, y: float = 0.5) -> tuple[int, ...]:
    """The colour at a place, in shares of width and height."""
    picture = decoded(data).convert("RGB")
    found = picture.getpixel((int(x * (picture.width - 1)), int(y * (picture.height - 1))))
    assert isinstance(found, tuple)
    return found


class Album(Room):
    """A room that keeps what people send and what the bot shows, by reference."""

    def __init__(self) -> None:
        super().__init__(text=4000)
        self.files: dict[str, bytes] = {}
        self.fetched: list[str] = []
        self.updates = itertools.count(1)

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        self.fetched.append(ref)
        data = self.files[ref]
        if len(data) > most:
            raise Unsuitable(f"That file is too large: I take {most / 1e6:.1f} MB.")
        for at in range(0, len(data), 65_536):
            yield data[at : at + 65_536]

    def keep(self, data: bytes, **facts: Any) -> Image:
        """A picture as the platform hands it in."""
        ref = f"file-{len(self.files) + 1}"
        self.files[ref] = data
        return Image(ref=ref, size=len(data), **facts)

    def document(self, data: bytes, name: str) -> File:
        ref = f"file-{len(self.files) + 1}"
        self.files[ref] = data
        return File(ref=ref, size=len(data), name=name)

    def parts_of(self, shown: Shown) -> tuple[Part, ...]:
        """What stands in a message of the bot's, as the platform quotes it."""
        pictures = [self.keep(part.data) for part in shown.pieces[-1].attachments if part.data is not None]
        return (*pictures, Text(shown.text)) if shown.text else tuple(pictures)


class Painter:
    """Somebody who has pictures drawn; each thing done waits for its answer."""

    def __init__(self, house: House, name: str = "Ada", chat: str = "1") -> None:
        assert isinstance(house.room, Album)
        self.house = house
        self.room: Album = house.room
        self.person: Person = house.person(name, chat=chat)
        self.answers = len(self._settled())

    def _settled(self) -> list[Shown]:
        return [one for one in self.room.shown if one.chat == self.person.chat.id and one.final]

    async def answer(self) -> Shown:
        self.answers += 1
        await self.room.until(lambda: len(self._settled()) >= self.answers, timeout=30)
        return self._settled()[self.answers - 1]

    async def says(self, text: str, *sent: Part, to: Shown | Sequence[Part] | None = None) -> Shown:
        """Say something, with pictures, in reply to the bot's message or to other people's parts."""
        quote = None
        if isinstance(to, Shown):
            quote = Quote(to.id, "bot", mine=True, parts=self.room.parts_of(to))
        elif to is not None:
            quote = Quote("99", "Bert", parts=tuple(to))
        await self.begins(text, *sent, quote=quote)
        return await self.answer()

    async def begins(self, text: str, *sent: Part, quote: Quote | None = None) -> None:
        parts = (*sent, Text(text)) if text else sent
        await self.happens(Message(f"m{len(self.room.shown)}", parts, reply_to=quote))

    async def happens(self, event: Event) -> None:
        """Something that happens once, whichever engine runs."""
        await self.person.happens(event, f"update {next(self.room.updates)}")

    async def presses(self, label: str, under: Shown) -> Shown:
        """Press a button that stands under a message of the bot's."""
        [button] = [one for row in under.pieces[-1].buttons for one in row if one.label == label]
        await self.happens(Press(under.id, button.says, self.room.parts_of(under)))
        return await self.answer()


def pictures(shown: Shown) -> list[bytes]:
    """The pictures that a message shows, each one that can be opened."""
    found = [part.data or b"" for part in shown.pieces[-1].attachments if isinstance(part, Image)]
    for data in found:
        decoded(data)
    return found


def asked(api: OfflineApi, path: str) -> list[Recorded]:
    """The requests to one of the image endpoints."""
    return api.requests.to(f"/images/{path}")


def fields(request: Recorded) -> dict[str, str | None]:
    """The values of a form."""
    assert request.form is not None
    return {name: request.form.text(name) for name in request.form.names()}


async def upload(request: Recorded, name: str) -> bytes:
    """A file of a form."""
    assert request.form is not None
    return await request.form.upload(name).read()


@pytest.fixture
async def house(start: StartHouse) -> House:
    return await start(room=Album())


@pytest.fixture
async def ada(house: House) -> Painter:
    return Painter(house)
