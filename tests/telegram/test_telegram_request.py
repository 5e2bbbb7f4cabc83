"""The real python-telegram-bot on the aiohttp request class, against a server on loopback."""

import asyncio
import io
import logging
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack

import pytest
from aiohttp import web
from telegram import Bot, InputFile, MessageEntity
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    NetworkError,
    TelegramError,
    TimedOut,
)

from botcore_telegram.network import (
    BadAnswer,
    FloodWait,
    NotSent,
    NotSentInTime,
    Unanswered,
    UnansweredInTime,
    may_have_landed,
)
from botcore_telegram.redaction import REDACTED, redact, token_in
from botcore_telegram.request import AiohttpRequest, Timeouts

TOKEN = "1234567:fake-token-for-tests-0123456789ab"
MESSAGE = {"message_id": 7, "date": 1, "chat": {"id": 11, "type": "private"}, "text": "hi"}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers as `handler` says, and remembers what came."""

    def __init__(self) -> None:
        self.handler: Handler = self.succeed
        self.seen: list[dict[str, object]] = []
        self.files: dict[str, tuple[str | None, bytes, str]] = {}
        self.content_types: list[str] = []
        self.peers: set[object] = set()
        self.url = ""

    async def dispatch(self, request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert transport is not None
        self.peers.add(transport.get_extra_info("peername"))
        return await self.handler(request)

    async def succeed(self, request: web.Request) -> web.StreamResponse:
        self.content_types.append(request.content_type)
        if request.content_type == "application/json":
            self.seen.append(await request.json())
        elif request.content_type.startswith("multipart/"):
            fields = await request.post()
            for name, field in fields.items():
                if isinstance(field, web.FileField):
                    self.files[name] = (field.filename, field.file.read(), field.content_type)
            self.seen.append({name: field for name, field in fields.items() if isinstance(field, str)})
        return web.json_response({"ok": True, "result": MESSAGE})

    def answers(self, status: int, body: str | bytes) -> None:
        async def answer(request: web.Request) -> web.StreamResponse:
            await request.read()
            return web.Response(status=status, body=body.encode() if isinstance(body, str) else body)

        self.handler = answer


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    told = Server()
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", told.dispatch)
    runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    told.url = f"http://{host}:{port}"
    yield told
    await runner.cleanup()


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Awaitable[Bot]]]:
    """A bot at a server, on a request class of its own."""
    async with AsyncExitStack() as opened:

        async def open_bot(url: str, request: AiohttpRequest | None = None) -> Bot:
            request = request or AiohttpRequest()
            await opened.enter_async_context(request)
            return Bot(TOKEN, base_url=f"{url}/bot", base_file_url=f"{url}/file/bot", request=request)

        yield open_bot


Connect = Callable[..., Awaitable[Bot]]


async def failure_of(call: Awaitable[object]) -> TelegramError:
    """What the call fails with; its text and traceback are searched for the token at once."""
    with pytest.raises(TelegramError) as caught:
        await call
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(caught.value)
    chained: BaseException | None = caught.value
    while chained is not None:
        told += repr(chained) + str(chained)
        chained = chained.__cause__ or chained.__context__
    assert TOKEN not in told
    assert "fake-token" not in told
    return caught.value


async def test_a_message_goes_out_as_json_and_comes_back_as_an_object(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    message = await bot.send_message(11, "привет 👋", entities=[MessageEntity("bold", 0, 6)], disable_notification=True)
    assert message.message_id == 7
    assert server.content_types == ["application/json"]
    (seen,) = server.seen
    assert seen["chat_id"] == 11
    assert seen["text"] == "привет 👋"
    assert seen["entities"] == [{"type": "bold", "offset": 0, "length": 6}]
    assert seen["disable_notification"] is True


async def test_text_that_utf8_cannot_carry_does_not_break_the_request(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    await bot.send_message(11, "half a pair: \ud800")
    assert server.seen[0]["text"] == "half a pair: ?"


async def test_a_file_goes_out_with_its_name_type_and_bytes(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    data = bytes(range(256)) * 8192  # 2 MiB
    await bot.send_document(11, data, filename="отчёт 1.pdf", caption="цифры")
    assert server.files["document"] == ("отчёт 1.pdf", data, "application/pdf")
    assert server.seen[0]["caption"] == "цифры"
    assert server.seen[0]["chat_id"] == "11"


async def test_a_file_name_cannot_forge_a_header(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    await bot.send_document(11, b"x", filename='a"; evil="1\r\nX-Evil: 1\ud800.txt')
    assert server.files["document"][0] == "a_; evil=_1__X-Evil: 1?.txt"


async def test_an_open_file_is_read_while_it_is_sent(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    handle = io.BytesIO(b"sound" * 1000)
    await bot.send_voice(11, InputFile(handle, filename="v.ogg", read_file_handle=False))
    assert server.files["voice"][1] == b"sound" * 1000


async def test_a_file_is_fetched_as_bytes(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    server.answers(200, b"\x00\xff not json")
    assert await bot.request.retrieve(f"{server.url}/file/bot{TOKEN}/photos/1.jpg") == b"\x00\xff not json"


async def test_one_connection_serves_one_request_after_another(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    for _ in range(10):
        await bot.send_message(11, "again")
    assert len(server.peers) == 1


async def test_more_than_a_hundred_requests_are_on_their_way_at_once(server: Server, connect: Connect) -> None:
    bot = await connect(server.url)
    everybody = asyncio.Barrier(150)

    async def wait_for_all(request: web.Request) -> web.StreamResponse:
        async with asyncio.timeout(5):
            await everybody.wait()
        return await server.succeed(request)

    server.handler = wait_for_all
    await asyncio.gather(*(bot.send_message(11, "one of many", read_timeout=10) for _ in range(150)))
    assert len(server.seen) == 150


async def test_nobody_listening_means_not_sent(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = await failure_of((await connect(f"http://127.0.0.1:{port}")).send_message(11, "hello"))
    assert isinstance(failure, NotSent)
    assert not may_have_landed(failure)


async def test_no_connection_in_time_means_not_sent(connect: Connect) -> None:
    with socket.socket() as deaf, ExitStack() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):  # more than the queue of connections takes: the next one gets no answer
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        bot = await connect(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        failure = await failure_of(bot.send_message(11, "hello", connect_timeout=0.1))
    assert isinstance(failure, NotSentInTime)
    assert isinstance(failure, TimedOut)
    assert not may_have_landed(failure)


async def test_no_answer_in_time_may_have_landed(server: Server, connect: Connect) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def keep_silent(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await never.wait()
        return web.Response()

    server.handler = keep_silent
    failure = await failure_of((await connect(server.url)).send_message(11, "hello", read_timeout=0.1))
    assert arrived.is_set()
    assert isinstance(failure, UnansweredInTime)
    assert isinstance(failure, TimedOut)
    assert may_have_landed(failure)


async def test_a_connection_that_breaks_before_the_answer_may_have_landed(server: Server, connect: Connect) -> None:
    async def hang_up(request: web.Request) -> web.StreamResponse:
        await request.read()
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    server.handler = hang_up
    failure = await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert isinstance(failure, Unanswered)
    assert not isinstance(failure, TimedOut)
    assert may_have_landed(failure)


async def test_an_answer_cut_in_the_middle_may_have_landed(server: Server, connect: Connect) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"ok": true, ')
        assert request.transport is not None
        request.transport.abort()
        return response

    server.handler = cut
    failure = await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert isinstance(failure, Unanswered)


async def test_an_upload_that_nobody_takes_ends_in_time(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unread:
        bot = await connect(f"http://127.0.0.1:{unread.getsockname()[1]}")
        failure = await failure_of(bot.send_document(11, bytes(40_000_000), write_timeout=0.1, read_timeout=30))
    assert isinstance(failure, UnansweredInTime)


async def test_a_full_pool_means_not_sent(server: Server, connect: Connect) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await go_on.wait()
        return await server.succeed(request)

    server.handler = wait
    bot = await connect(server.url, AiohttpRequest(connections=1))
    first = asyncio.create_task(bot.send_message(11, "first", read_timeout=10))
    await arrived.wait()
    failure = await failure_of(bot.send_message(11, "second", pool_timeout=0.05))
    assert isinstance(failure, NotSentInTime)
    go_on.set()
    assert (await first).message_id == 7
    assert (await bot.send_message(11, "third", pool_timeout=0.05)).message_id == 7


async def test_a_cancelled_request_gives_its_place_back(server: Server, connect: Connect) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def keep_silent(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await never.wait()
        return web.Response()

    server.handler = keep_silent
    bot = await connect(server.url, AiohttpRequest(connections=1))
    stopped = asyncio.create_task(bot.send_message(11, "stop me"))
    await arrived.wait()
    assert stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    server.handler = server.succeed
    assert (await bot.send_message(11, "next", pool_timeout=0.5)).message_id == 7


@pytest.mark.parametrize(
    ("status", "body", "expected", "landed"),
    [
        (400, '{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}', BadRequest, False),
        (403, '{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}', Forbidden, False),
        (
            409,
            '{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates"}',
            Conflict,
            False,
        ),
        (429, '{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":5}}', FloodWait, False),
        (
            400,
            '{"ok":false,"description":"group upgraded","parameters":{"migrate_to_chat_id":-100}}',
            ChatMigrated,
            False,
        ),
        (500, '{"ok":false,"error_code":500,"description":"Internal Server Error"}', NetworkError, True),
        (502, "<html>502 Bad Gateway</html>", NetworkError, True),
        (413, "<html>413 Request Entity Too Large</html>", BadRequest, False),
        (200, '{"ok":false,"error_code":400,"description":"Bad Request: odd server"}', BadRequest, False),
        (200, "<html>log in to the hotel network</html>", BadAnswer, True),
        (200, "[]", BadAnswer, True),
        (200, "{}", BadAnswer, True),
        (200, b"\xff\xfe", BadAnswer, True),
        (200, "[" * 100_000, BadAnswer, True),
        (302, "", NetworkError, True),
    ],
)
async def test_refusals_and_odd_answers(
    server: Server, connect: Connect, status: int, body: str | bytes, expected: type[TelegramError], landed: bool
) -> None:
    server.answers(status, body)
    failure = await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert type(failure) is expected
    assert may_have_landed(failure) is landed


@pytest.mark.parametrize(
    ("body", "seconds"), [('{"ok":false,"parameters":{"retry_after":17}}', 17), ("<html>slow down", 5)]
)
async def test_flood_control_says_how_long_to_wait(server: Server, connect: Connect, body: str, seconds: float) -> None:
    server.answers(429, body)
    failure = await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert isinstance(failure, FloodWait)
    assert failure.seconds == seconds


async def test_a_page_that_quotes_the_url_does_not_carry_the_token_on(
    server: Server, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers(503, f"<html>cannot reach /bot{TOKEN}/sendMessage</html>")
    with caplog.at_level(logging.DEBUG):
        failure = await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert REDACTED in str(failure)
    # the library itself tells its URLs at DEBUG; the log filter of the whole bot sees to those
    ours = [record.getMessage() for record in caplog.records if record.name != "telegram.Bot"]
    assert not any(TOKEN in line for line in ours)


async def test_a_text_cut_inside_a_character_is_still_read(server: Server, connect: Connect) -> None:
    server.answers(
        200, b'{"ok":true,"result":{"message_id":7,"date":1,"chat":{"id":11,"type":"private"},"text":"a\xd0"}}'
    )
    assert (await (await connect(server.url)).send_message(11, "hello")).text == "a\ufffd"


async def test_a_redirect_is_not_followed(server: Server, connect: Connect) -> None:
    paths: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        paths.append(request.path)
        raise web.HTTPTemporaryRedirect("/elsewhere")

    server.handler = elsewhere
    await failure_of((await connect(server.url)).send_message(11, "hello"))
    assert len(paths) == 1


async def test_a_proxy_is_used(server: Server, connect: Connect) -> None:
    bot = await connect("http://bot-api.invalid", AiohttpRequest(proxy=server.url))
    assert (await bot.send_message(11, "through")).message_id == 7


async def test_it_can_be_opened_again_and_closing_twice_is_fine(server: Server) -> None:
    request = AiohttpRequest(timeouts=Timeouts(read=3))
    assert request.read_timeout == 3
    for _ in range(2):
        await request.initialize()
        await request.initialize()
        assert await request.post(f"{server.url}/bot{TOKEN}/getMe") == MESSAGE
        await request.shutdown()
        await request.shutdown()
    with pytest.raises(NetworkError, match="not initialized"):
        await request.post(f"{server.url}/bot{TOKEN}/getMe")


def test_tokens_are_redacted_wherever_they_stand() -> None:
    assert (
        redact(f"GET https://api.example/bot{TOKEN}/getMe failed")
        == f"GET https://api.example/bot{REDACTED}/getMe failed"
    )
    assert redact("see 987654321:AAabcdefghijklmnopqrstuvwxyz012345678 here") == f"see {REDACTED} here"
    assert redact("bot1234567%3Afake-token-for-tests-0123456789ab/") == f"bot{REDACTED}/"
    assert redact("short one 1:abc", "1:abc") == f"short one {REDACTED}"
    assert redact("at 10:30 nothing is secret") == "at 10:30 nothing is secret"


def test_the_token_is_found_in_both_kinds_of_urls() -> None:
    assert token_in(f"https://api.example/bot{TOKEN}/getMe") == TOKEN
    assert token_in(f"https://api.example/file/bot{TOKEN}/a/b.jpg") == TOKEN
    assert token_in("https://api.example/") is None
