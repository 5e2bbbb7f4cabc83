"""`python -m botcore.testing.telegram_server`: a Telegram to play with, or a child process for tests.

Prints one line of JSON with its addresses on standard output, and runs until it is interrupted.
"""

import asyncio

from botcore.testing.server import program
from botcore.testing.server.control import PREFIX
from botcore.testing.telegram_server.limits import Limits
from botcore.testing.telegram_server.server import TelegramServer
from botcore.testing.telegram_server.stage import SIMULATED_TOKEN


async def serve(arguments: list[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM."""
    parser = program.options("botcore.testing.telegram_server", __doc__, SIMULATED_TOKEN)
    parser.add_argument("--username", default="helper_bot", help="the bot's user name")
    parser.add_argument("--reads-all", action="store_true", help="privacy mode off")
    options = parser.parse_args(arguments)
    telegram = TelegramServer(
        token=options.token,
        bot_username=options.username,
        limits=Limits.none() if options.no_limits else Limits.real(),
        record=options.record,
        reads_all_messages=options.reads_all,
        port=options.port,
    )
    for name in options.user or ["Ada"]:
        telegram.user(name, language="en")
    await program.run(
        telegram,
        lambda: {"url": telegram.url, "token": telegram.token, "page": f"{telegram.url}{PREFIX}/"},
    )


if __name__ == "__main__":
    asyncio.run(serve())
