"""`python -m botcore.testing.telegram_server`: a Telegram to play with, or a child process for tests.

Prints one line of JSON with its addresses on standard output, and runs until it is interrupted.
"""

import argparse
import asyncio
import json
import signal
import sys

from botcore.testing.telegram_server.limits import Limits
from botcore.testing.telegram_server.server import TelegramServer
from botcore.testing.telegram_server.stage import SIMULATED_TOKEN


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m botcore.testing.telegram_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument("--token", default=SIMULATED_TOKEN, help="the bot's token")
    parser.add_argument("--username", default="helper_bot", help="the bot's user name")
    parser.add_argument("--no-limits", action="store_true", help="no flood control")
    parser.add_argument("--no-record", action="store_true", help="do not record calls")
    parser.add_argument("--reads-all", action="store_true", help="privacy mode off")
    parser.add_argument("--user", action="append", default=[], help="a person to start with; may be repeated")
    return parser.parse_args(arguments)


async def serve(arguments: list[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM."""
    options = _options(arguments)
    telegram = TelegramServer(
        token=options.token,
        bot_username=options.username,
        limits=Limits.none() if options.no_limits else Limits.real(),
        record=0 if options.no_record else 10_000,
        reads_all_messages=options.reads_all,
        port=options.port,
    )
    for name in options.user or ["Ada"]:
        telegram.user(name, language="en")
    over = asyncio.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(interrupt, over.set)
    async with telegram:
        told = {"url": telegram.url, "token": telegram.token, "page": f"{telegram.url}/_simulator/"}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await over.wait()


if __name__ == "__main__":
    asyncio.run(serve())
