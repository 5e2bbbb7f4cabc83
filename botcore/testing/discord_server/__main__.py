"""`python -m botcore.testing.discord_server`: a Discord to play with, or a child process for tests.

Prints one line of JSON with its addresses on standard output, and runs until it is interrupted.
"""

import asyncio

from botcore.testing.discord_server.gateway import PRIVILEGED, Intent
from botcore.testing.discord_server.limits import Limits
from botcore.testing.discord_server.server import DiscordServer
from botcore.testing.discord_server.stage import SIMULATED_TOKEN
from botcore.testing.server import program
from botcore.testing.server.control import PREFIX


async def serve(arguments: list[str] | None = None) -> None:
    """Run until SIGINT or SIGTERM."""
    parser = program.options("botcore.testing.discord_server", __doc__, SIMULATED_TOKEN)
    parser.add_argument("--name", default="Helper", help="the bot's name")
    parser.add_argument("--no-message-content", action="store_true", help="the privileged intent is not switched on")
    parser.add_argument("--guild", default="Friends", help="the guild that they are in")
    options = parser.parse_args(arguments)
    discord = DiscordServer(
        token=options.token,
        bot_name=options.name,
        limits=Limits.none() if options.no_limits else Limits.real(),
        record=options.record,
        privileged_intents=PRIVILEGED & ~Intent.MESSAGE_CONTENT if options.no_message_content else PRIVILEGED,
        port=options.port,
    )
    people = [discord.user(name) for name in options.user or ["Ada"]]
    discord.guild(options.guild, people).text_channel("general")
    await program.run(
        discord,
        lambda: {
            "url": discord.url,
            "gateway_url": discord.gateway_url,
            "token": discord.token,
            "page": f"{discord.root}{PREFIX}/",
        },
    )


if __name__ == "__main__":
    asyncio.run(serve())
