"""A running stand-in and a plain HTTP client that talks to it, for tests that read as conversations."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import aiohttp
import pytest

from botcore.testing.openai_server import OfflineApi, OfflineSettings, offline_api
from botcore.testing.openapi import Description


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = self.json["error"]
        return found

    @property
    def message(self) -> dict[str, Any]:
        assert self.status == 200, self.body
        found: dict[str, Any] = self.json["choices"][0]["message"]
        return found

    @property
    def text(self) -> str:
        found: str = self.message["content"]
        return found

    @property
    def calls(self) -> list[tuple[str, Any]]:
        """The tool calls as (name, arguments)."""
        given = self.message.get("tool_calls") or []
        return [(one["function"]["name"], json.loads(one["function"]["arguments"])) for one in given]


@dataclass(frozen=True)
class Stream:
    """A streamed answer, read whole."""

    status: int
    data: list[str]  # of each event, [DONE] included

    @property
    def chunks(self) -> list[dict[str, Any]]:
        return [json.loads(one) for one in self.data if one != "[DONE]"]

    @property
    def deltas(self) -> list[dict[str, Any]]:
        return [chunk["choices"][0]["delta"] for chunk in self.chunks if chunk["choices"]]

    @property
    def text(self) -> str:
        return "".join(delta.get("content") or "" for delta in self.deltas)

    @property
    def finish(self) -> str | None:
        found = [chunk["choices"][0]["finish_reason"] for chunk in self.chunks if chunk["choices"]]
        return found[-1] if found else None


@dataclass
class Client:
    """Talks to one server; `history` grows with `say`."""

    server: OfflineApi
    http: aiohttp.ClientSession
    model: str = "gpt-4o"
    history: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        """One request to a path below the base URL."""
        payload = {"data": body} if isinstance(body, bytes) else {"json": body} if body is not None else {}
        async with self.http.request(method, self.server.url + path, **payload, **options) as response:
            return Reply(response.status, response.headers, await response.read())

    async def upload(self, path: str, *files: tuple[str, BinaryIO, str, str], **fields: Any) -> Reply:
        """One multipart request; a file is (field, content, file name, media type)."""
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in fields.items():
            form.add_field(name, str(value))
        for name, content, filename, media_type in files:
            form.add_field(name, content, filename=filename, content_type=media_type)
        async with self.http.post(self.server.url + path, data=form) as response:
            return Reply(response.status, response.headers, await response.read())

    async def control(self, method: str, path: str, body: Any = None, **options: Any) -> Reply:
        """One request to the control endpoint."""
        async with self.http.request(method, self.server.control_url + path, json=body, **options) as response:
            return Reply(response.status, response.headers, await response.read())

    async def chat(self, *messages: Any, **fields: Any) -> Reply:
        """One chat completion; strings are user messages."""
        return await self.send("POST", "/chat/completions", self.payload(*messages, **fields))

    async def stream(self, *messages: Any, **fields: Any) -> Stream:
        """One streamed chat completion."""
        body = self.payload(*messages, **{"stream": True, **fields})
        async with self.http.post(self.server.url + "/chat/completions", json=body) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), await response.text()
            text = (await response.read()).decode()
        return Stream(response.status, [event.removeprefix("data: ") for event in text.split("\n\n") if event])

    def payload(self, *messages: Any, **fields: Any) -> dict[str, Any]:
        """The request body for `chat`."""
        listed = [{"role": "user", "content": one} if isinstance(one, str) else one for one in messages]
        return {"model": self.model, "messages": listed, **fields}

    async def say(self, text: str, **fields: Any) -> str:
        """One turn of a conversation: remembers what was said and answered."""
        self.history.append({"role": "user", "content": text})
        reply = await self.chat(*self.history, **fields)
        message = {key: value for key, value in reply.message.items() if key in {"role", "content", "tool_calls"}}
        self.history.append(message)
        said: str = message["content"] or ""
        return said


@pytest.fixture
def settings() -> OfflineSettings:
    """Without the introduction, so that answers can be compared whole; override for other settings."""
    return OfflineSettings(introduce=False)


@pytest.fixture
async def server(settings: OfflineSettings) -> AsyncIterator[OfflineApi]:
    """A running stand-in."""
    async with offline_api(settings) as running:
        yield running


@pytest.fixture
async def client(server: OfflineApi) -> AsyncIterator[Client]:
    """A client of it."""
    async with aiohttp.ClientSession() as http:
        yield Client(server, http)


@pytest.fixture(scope="session")
def description(shared_specs: Path) -> Description:
    """The public description of the API."""
    return Description.load(shared_specs / "openai-2.3.0.yaml")


@pytest.fixture
def weather() -> dict[str, Any]:
    """A tool to offer."""
    city, unit = {"type": "string"}, {"type": "string", "enum": ["celsius", "fahrenheit"]}
    parameters = {"type": "object", "properties": {"city": city, "unit": unit}, "required": ["city"]}
    described = {"name": "weather", "description": "Tell the weather at a place.", "parameters": parameters}
    return {"type": "function", "function": described}
