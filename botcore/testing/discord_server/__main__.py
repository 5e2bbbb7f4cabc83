"""`python -m botcore.testing.discord_server`: a Discord to play with, or a child process for tests.

Prints one line of JSON with its addresses on standard output, and runs until it is interrupted.
"""

import argparse
import asyncio
import json
import signal
import sys

from botcore.testing.discord_server.gateway import PRIVILEGED, Intent
from botcore.testing.discord_server.limits import Limits
from botcore.testing.discord_server.server import DiscordServer
from botcore.testing.discord_server.stage import SIMULATED_TOKEN


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m botcore.testing.discord_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 (default) takes a free one")
    parser.add_argument("--token", default=SIMULATED_TOKEN, help="the bot's token")
    parser.add_argument("--name", default="Helper", help="the bot's name")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    parser.add_argument("--no-record", action="store_true", help="do not record calls")
    parser.add_argument("--no-message-content", action="store_true", help="the privileged intent is not switched on")
    parser.add_argument("--user", action="append", default=[], help="a person to start with; may be repeated")
    parser.add_argument("--guild", default="Friends", help="the guild that they are in")
    return parser.parse_args(arguments)


async def serve(arguments: list[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM."""
    options = _options(arguments)
    discord = DiscordServer(
        token=options.token,
        bot_name=options.name,
        limits=Limits.none() if options.no_limits else Limits.real(),
        record=0 if options.no_record else 10_000,
        privileged_intents=PRIVILEGED & ~Intent.MESSAGE_CONTENT if options.no_message_content else PRIVILEGED,
        port=options.port,
    )
    people = [discord.user(name) for name in options.user or ["Ada"]]
    discord.guild(options.guild, people).text_channel("general")
    over = asyncio.Event()
    for interrupt in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(interrupt, over.set)
    async with discord:
        told = {
            "url": discord.url,
            "gateway_url": discord.gateway_url,
            "token": discord.token,
            "page": f"{discord.root}/_simulator/",
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await over.wait()


if __name__ == "__main__":
    asyncio.run(serve())
