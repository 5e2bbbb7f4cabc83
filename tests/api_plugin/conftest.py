"""A room in which the API's commands are said, with the stand-in behind them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from botcore.commands.gate import Call, Gate
from botcore.commands.registry import Found
from botcore.messages import Attachment, Message, Part, Quote, Reply, Text
from botcore.openai import Api, ApiSettings
from botcore.plugin import Bot, Permission
from botcore.testing.openai_server import OfflineApi, OfflineSettings, TuningPace, offline_api
from botcore_api import ApiCommandSettings, plugin
from tests.commands.memory import MemoryContext


class Room:
    """One person, the bot and the stand-in. `ctx` is the person's context in the last thing said."""

    def __init__(self, server: OfflineApi, api: Api) -> None:
        self.server = server
        self.api = api
        self.settings = ApiCommandSettings()
        self.ctx = MemoryContext(api=api)
        self.role: Permission = "user"
        self.agreed = False
        self.model = "gpt-4o-mini"

    async def says(
        self,
        line: str,
        *sent: Part,
        reply_to: str = "",
        answers: tuple[str, ...] = (),
        files: dict[str, bytes] | None = None,
    ) -> Reply:
        """Send a line through the gate, as the engine does; `answers` are given where the bot asks back."""
        quote = Quote("9", "Bob", parts=(Text(reply_to),)) if reply_to else None
        event = Message("1", (*sent, Text(line)), reply_to=quote)
        ctx = MemoryContext(api=self.api, role=self.role, event=event, answers=answers, files=files)
        ctx.consents = self.agreed
        ctx.conversation.default_model = self.model
        self.ctx = ctx
        bot = Bot(plugin.name)
        plugin.setup(bot, self.settings)
        ctx.registry.add(bot)
        found = ctx.registry.find(line)
        assert isinstance(found, Found)
        answer = await Gate(ctx.registry).invoke(Call(found.registered, found.text), ctx)
        self.agreed = ctx.consents
        assert isinstance(answer, Reply)
        return answer

    async def reads(self, line: str, **more: str) -> str:
        """Say something and read the answer."""
        return (await self.says(line, **more)).text  # type: ignore[arg-type]  # reply_to alone is text

    def asked(self, path: str) -> list[object]:
        """The bodies of what was asked of an endpoint."""
        return [request.json for request in self.server.requests if request.path.endswith(path)]


def attachment(reply: Reply) -> Attachment:
    """The one file of an answer."""
    [found] = [part for part in reply.parts if isinstance(part, Attachment)]
    return found


Enter = Callable[..., Awaitable[Room]]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """Open a room whose stand-in is set as wanted."""
    async with AsyncExitStack() as stack:

        async def begin(**settings: object) -> Room:
            quick = {"introduce": False, "tuning": TuningPace(0, 0, 0), **settings}
            server = await stack.enter_async_context(offline_api(OfflineSettings(**quick)))  # type: ignore[arg-type]
            api = await stack.enter_async_context(Api(ApiSettings(base_url=server.url, max_attempts=1)))
            return Room(server, api)

        yield begin


@pytest.fixture
async def room(enter: Enter) -> Room:
    return await enter()
