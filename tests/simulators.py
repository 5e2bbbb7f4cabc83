"""The simulated Telegram and Discord from outside: their control endpoint, and as processes of their own."""

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

Control = Callable[..., Coroutine[Any, Any, Any]]


@asynccontextmanager
async def driven(root: str) -> AsyncGenerator[Control]:
    """The control endpoint of the server at `root`: GET a name, or POST it where there is a body."""
    async with aiohttp.ClientSession(f"{root}/_simulator/") as session:

        async def ask(name: str, body: Any = None, *, status: int = 200, **query: Any) -> Any:
            method = "GET" if body is None else "POST"
            async with session.request(method, name, params=query, json=body) as answer:
                told = await answer.json()
                assert answer.status == status, told
                return told

        yield ask


async def check_refusals(root: str) -> None:
    """What a foreign page may send is refused, and nothing lies elsewhere."""
    async with aiohttp.ClientSession(root) as session:
        async with session.post("/_simulator/users", data='{"name": "Eve"}') as answer:  # a form can send that
            assert answer.status == 415
        async with session.get("/elsewhere") as answer:
            assert answer.status == 404


@asynccontextmanager
async def running(module: str, *options: str) -> AsyncGenerator[dict[str, str]]:
    """A server as a process of its own, and what it tells of itself; it has to end well."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *options, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[1]
    )
    try:
        assert child.stdout is not None
        yield json.loads(await asyncio.wait_for(child.stdout.readline(), 30))
    finally:
        child.terminate()
        assert await asyncio.wait_for(child.wait(), 10) == 0
