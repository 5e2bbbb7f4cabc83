"""A simulated server as a program: its options, and running until it is interrupted."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

RECORDED = 10_000  # calls


def options(package: str, description: str | None, token: str) -> argparse.ArgumentParser:
    """The options that all of them have; `token` is the bot's where none is given."""
    parser = argparse.ArgumentParser(prog=f"python -m {package}", description=description)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument("--token", default=token, help="the bot's token")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    parser.add_argument(
        "--no-record", dest="record", action="store_const", const=0, default=RECORDED, help="do not record calls"
    )
    parser.add_argument("--user", action="append", default=[], help="a person to start with; may be repeated")
    return parser


async def run(server: AbstractAsyncContextManager[object], addresses: Callable[[], Mapping[str, str]]) -> None:
    """Serve until SIGINT or SIGTERM; once it listens, its addresses are one line of JSON on standard output."""
    over = asyncio.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(interrupt, over.set)
    async with server:
        sys.stdout.write(json.dumps(addresses()) + "\n")
        sys.stdout.flush()
        await over.wait()
