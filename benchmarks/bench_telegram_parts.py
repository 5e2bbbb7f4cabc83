"""What the building blocks of the Telegram adapter cost: `python benchmarks/bench_telegram_parts.py` (about 15 s).

The request classes talk to a server in a process of its own on loopback; the figures are the client's CPU time, so that
the server's share of the machine does not count.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection

from aiohttp import web
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from botcore_telegram.entities import Formatted
from botcore_telegram.markdown import from_markdown
from botcore_telegram.pacing import Pacing, PacingSettings
from botcore_telegram.request import AiohttpRequest
from botcore_telegram.split import split

ANSWER = (
    "## Section\n\nSome **bold**, *italic* and `code` text with [a link](https://example.org), to be read at ease. " * 2
    + "\n\n- item one\n- item **two**\n  - nested\n\n```python\nfor n in range(10):\n    print(n)\n```\n\n"
    + "| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted words of some length\n\n"
)


def milliseconds(run: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(5):
        started = time.thread_time()
        run()
        best = min(best, time.thread_time() - started)
    return best * 1000


def texts() -> None:
    for size in (1_000, 4_000, 30_000):
        markdown = (ANSWER * (size // len(ANSWER) + 1))[:size]
        rendered = from_markdown(markdown)
        convert, cut = milliseconds(partial(from_markdown, markdown)), milliseconds(partial(split, rendered))
        print(
            f"{size:>9,} characters of dense Markdown: convert {convert:6.2f} ms, split {cut:6.2f} ms,"
            f" {len(rendered.entities)} entities"
        )
    for size in (100_000, 1_000_000):
        plain = Formatted(("Words in a row, and a full stop. слово 👋\n" * (size // 40 + 1))[:size])
        print(f"{size:>9,} characters of plain text: split {milliseconds(partial(split, plain)):6.2f} ms")


async def pacing() -> None:
    many = 100_000
    paced = Pacing(PacingSettings(chat_interval=0, overall_per_second=0))
    started = time.thread_time()
    for chat in range(many):
        await paced.final(chat % 10_000 + 1)
    final = (time.thread_time() - started) / many * 1e6
    paced = Pacing()
    started = time.thread_time()
    for chat in range(many):
        paced.try_frame(chat % 10_000 + 1)
    frame = (time.thread_time() - started) / many * 1e6
    print(f"pacing: a final that need not wait {final:.1f} us, try_frame {frame:.1f} us")


def serve(told: Connection) -> None:
    body = b'{"ok":true,"result":{"message_id":7,"date":1,"chat":{"id":11,"type":"private"},"text":"hi"}}'

    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        return web.Response(body=body, content_type="application/json")

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def requests(name: str, request: BaseRequest, port: int, *, outstanding: int, many: int) -> None:
    async with request:
        bot = Bot("1:x", base_url=f"http://127.0.0.1:{port}/bot", request=request)
        left = iter(range(many))

        async def sender() -> None:
            for _ in left:
                await bot.send_message(11, "привет, " * 20, read_timeout=60, pool_timeout=60)

        await asyncio.gather(*(sender() for _ in range(outstanding)))  # connections open, caches warm
        left = iter(range(many))
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(sender() for _ in range(outstanding)))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name}, {outstanding} outstanding: {many / wall:7.0f} requests/s, {cpu / many * 1000:.2f} ms CPU each")


def main() -> None:
    texts()
    asyncio.run(pacing())
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    asyncio.run(requests("aiohttp", AiohttpRequest(), port, outstanding=1, many=1_000))
    asyncio.run(requests("httpx  ", HTTPXRequest(), port, outstanding=1, many=300))
    asyncio.run(requests("aiohttp", AiohttpRequest(), port, outstanding=200, many=4_000))
    asyncio.run(requests("httpx  ", HTTPXRequest(), port, outstanding=200, many=400))
    server.terminate()


if __name__ == "__main__":
    main()
