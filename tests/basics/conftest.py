"""A room in which the basic commands are said to a bot that has nothing else."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from botcore.commands.gate import Call, Gate
from botcore.commands.registry import Found, Registry
from botcore.messages import Reply
from botcore.openai import Api, ApiSettings
from botcore.plugin import Bot, Prompt
from botcore_basics import BasicsSettings, plugin
from tests.commands.memory import MemoryContext


class Room:
    """One person and the bot. `ctx` is the person's context; `models` is what the endpoint lists, None: no list;
    `status` is what it answers with.
    """

    def __init__(self) -> None:
        self.models: list[str] | None = ["large", "medium", "small"]
        self.status = 200
        self.settings = BasicsSettings()
        self.ctx = MemoryContext()

    async def says(self, line: str) -> Reply | Prompt | None:
        """Send a line through the gate, as the engine does."""
        found = self.load().find(line)
        assert isinstance(found, Found)
        return await Gate(self.ctx.registry).invoke(Call(found.registered, found.text), self.ctx)

    async def reads(self, line: str) -> str:
        """Say something and read the answer."""
        answer = await self.says(line)
        assert isinstance(answer, Reply)
        return answer.text

    async def buttons(self, line: str) -> list[list[str]]:
        """Say something and look at what the answer's buttons say."""
        answer = await self.says(line)
        assert isinstance(answer, Reply)
        return [[button.says for button in row] for row in answer.buttons]

    def load(self) -> Registry:
        """The plugin with the settings of this room."""
        bot = Bot(plugin.name)
        plugin.setup(bot, self.settings)
        self.ctx.registry.remove(plugin.name)
        self.ctx.registry.add(bot)
        return self.ctx.registry

    async def list_models(self, request: web.Request) -> web.Response:
        """`GET /v1/models` of the endpoint."""
        if self.status != 200:
            return web.json_response({"error": {"message": "not now"}}, status=self.status)
        if self.models is None:
            return web.json_response({"error": {"message": "no such route"}}, status=404)
        data = [{"id": name, "object": "model", "created": 0, "owned_by": "test"} for name in self.models]
        return web.json_response({"object": "list", "data": data})


@pytest.fixture
async def room() -> AsyncIterator[Room]:
    room = Room()
    app = web.Application()
    app.router.add_get("/v1/models", room.list_models)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    async with Api(ApiSettings(base_url=f"http://{host}:{port}/v1", max_attempts=1)) as api:
        room.ctx.api = api
        yield room
    await runner.cleanup()
