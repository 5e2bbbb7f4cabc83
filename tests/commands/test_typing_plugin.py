"""The decorators of the plugin API as type checkers see them: checked by mypy and pyright, run as well."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, assert_type

from botcore.messages import Audio, Reply
from botcore.plugin import Between, Bot, Context, Conversation, Prompt, Rest, Result
from tests.commands.memory import MemoryContext, MemoryConversation

bot = Bot("typed")


@bot.command("image", tool=True)
async def image(ctx: Context, prompt: Annotated[str, Rest()], count: Annotated[int, Between(1, 4)] = 1) -> Reply:
    return Reply.of(prompt * count)


@bot.tool("lookup")
async def lookup(ctx: Context, query: str) -> str:
    return query


@bot.on(Audio)
async def hear(ctx: Context, sound: Audio) -> Prompt:
    return Prompt((sound,))


@bot.middleware
async def wrap(ctx: Context, call_next: Callable[[], Awaitable[Result]]) -> Result:
    return await call_next()


@bot.every(timedelta(hours=1))
async def tick() -> None: ...


async def test_a_decorated_handler_keeps_its_signature() -> None:
    ctx = MemoryContext()
    assert_type(await image(ctx, "fox", count=2), Result)
    assert_type(await lookup(ctx, query="fox"), Result)
    await_wrongly: list[Callable[[], Awaitable[Result]]] = [
        lambda: image(ctx, 5),  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
        lambda: image(ctx, "fox", cuont=2),  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
        lambda: lookup(ctx),  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    ]
    assert len(await_wrongly) == 3
    assert await image(ctx, "fox", count=2) == Reply.of("foxfox")


def test_what_is_no_handler_does_not_type() -> None:
    def not_async(ctx: Context) -> str:
        return ""

    async def wrong_result(ctx: Context) -> int:
        return 5

    bot.command("a")(not_async)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    bot.command("b")(wrong_result)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert [command.name for command in bot.commands[-2:]] == ["a", "b"]


def test_the_engine_of_the_tests_is_an_engine() -> None:
    context: Context = MemoryContext()
    conversation: Conversation = MemoryConversation()
    assert context.conversation.key == conversation.key
