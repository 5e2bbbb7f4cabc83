"""An engine around a room in which recordings can be sent, with the stand-in's ear behind it."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from botcore.adapter import Limits
from botcore.messages import Attachment, Audio, Part, Quote, Reply, Text
from botcore.openai import JSON
from botcore.testing.openai_server import OfflineApi
from botcore.testing.openai_server.recording import Recorded
from tests.engine.conftest import House, Person, Room, house_with

TRANSCRIBE = "/audio/transcriptions"
TRANSLATE = "/audio/translations"
CHAT = "/chat/completions"


class VoiceRoom(Room):
    """A room whose files are what people put there; `fetches` counts how often each was fetched."""

    def __init__(self) -> None:
        super().__init__(text=100_000)
        self.limits = Limits(100_000, edits=True, idempotent=False, typing_seconds=4.0,
                             upload_bytes=50 << 20, fetch_bytes=20 << 20)  # fmt: skip
        self.files: dict[str, bytes] = {}
        self.fetches: dict[str, int] = {}
        self.replies: list[Reply] = []
        self.people: dict[tuple[str, str], Person] = {}
        self._numbers = itertools.count(1)

    def split(self, reply: Reply) -> Any:
        self.replies.append(reply)
        return super().split(reply)

    def put(self, data: bytes) -> str:
        """A file that can be fetched by what is returned."""
        ref = f"file-{next(self._numbers)}"
        self.files[ref] = data
        return ref

    async def fetch(self, ref: str, *, most: int) -> AsyncIterator[bytes]:
        self.fetches[ref] = self.fetches.get(ref, 0) + 1
        data = self.files[ref]
        for at in range(0, len(data), 65_536):
            yield data[at : at + 65_536]

    def voice(self, data: bytes, **fields: Any) -> Audio:
        """A voice message."""
        return Audio(ref=self.put(data), size=len(data), voice=True, **fields)

    def sent(self) -> Reply:
        """The last thing that was answered, as the engine gave it."""
        return self.replies[-1]


class VoiceHouse(House):
    """What is behind `house.room` is a room for recordings."""

    room: VoiceRoom  # pyright: ignore[reportIncompatibleVariableOverride]

    def person(self, name: str = "Ada", *, chat: str = "1", group: bool = False, trusted: bool = True) -> Person:
        """Somebody; the same one for the same name and chat."""
        known = self.room.people.get((name, chat))
        if known is None:
            known = super().person(name, chat=chat, group=group, trusted=trusted)
            self.room.people[name, chat] = known
        return known

    def asked(self) -> str:
        """What the model was asked last."""
        content: JSON = self.api.requests.to(CHAT)[-1].json["messages"][-1]["content"]
        assert isinstance(content, str)
        return content

    def heard(self, path: str = TRANSCRIBE) -> list[Recorded]:
        """The recordings that were sent to be heard."""
        return self.api.requests.to(path)

    async def says_and_reads(self, person: Person, *parts: Part, timeout: float = 100) -> str:
        """Send something and read the answer."""
        before = len([shown for shown in self.room.shown if shown.final])
        await person.sends(*parts)
        await self.room.until(lambda: len([one for one in self.room.shown if one.final]) > before, timeout)
        await self.engine.runner.idle()
        return [one for one in self.room.shown if one.final][-1].text


OpenHouse = Callable[..., Awaitable[VoiceHouse]]


def field(request: Recorded, name: str) -> str:
    """A field of the form of a request."""
    assert request.form is not None
    values = request.form.values()
    return str(values.get(name, ""))


def quote(*parts: Part, text: str = "") -> Quote:
    return Quote("9", "Bob", parts=(*parts, *((Text(text),) if text else ())))


def attachments(reply: Reply) -> list[Attachment]:
    return [part for part in reply.parts if isinstance(part, Attachment)]


async def until(condition: Any, timeout: float = 20) -> None:
    """Wait for what no event tells."""
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where recordings lie while they are worked on."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
async def open_house(tmp_path: Path, scratch: Path) -> AsyncIterator[OpenHouse]:
    """Start engines; what they leave on disk fails the test."""
    async with AsyncExitStack() as stack:

        async def begin(*, api: OfflineApi | None = None, room: VoiceRoom | None = None, **settings: Any) -> VoiceHouse:
            chosen: dict[str, Any] = {"plugins__voice__folder": str(scratch), **settings}
            found = await stack.enter_async_context(house_with(tmp_path, room=room or VoiceRoom(), api=api, **chosen))
            return VoiceHouse(found.engine, found.room, found.api)

        yield begin
    assert list(scratch.iterdir()) == []


@pytest.fixture
async def house(open_house: OpenHouse) -> VoiceHouse:
    """One with the default settings."""
    return await open_house()
