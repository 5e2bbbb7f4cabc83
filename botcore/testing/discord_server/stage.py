"""The stage on which tests play: who there is, what the bot did, what goes wrong."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from botcore.testing.discord_server.calls import Call, Calls
from botcore.testing.discord_server.expectations import Bot
from botcore.testing.discord_server.faults import Faults
from botcore.testing.discord_server.gateway import Gateway, Intent
from botcore.testing.discord_server.guilds import Server
from botcore.testing.discord_server.limits import Limits
from botcore.testing.discord_server.model import Channel, Member, User
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.permissions import NO_MORE, Permission
from botcore.testing.discord_server.world import World
from botcore.testing.server.clock import Clock, SystemClock

#: Obviously no secret; its first part is the bot's id, as in real ones, because some libraries look at it.
SIMULATED_TOKEN = "NzAwMDAwMDAwMDAwMDAwMDAx.simulated.bot-token-for-tests-only"  # noqa: S105 - not a secret
_BOT_ID = 700_000_000_000_000_001


class Stage:
    """Everything but HTTP. See `DiscordServer` for the parameters."""

    def __init__(
        self,
        *,
        token: str,
        bot_name: str,
        limits: Limits | None,
        clock: Clock | None,
        record: int,
        keep: int,
        privileged: Intent,
        max_file: int,
    ) -> None:
        self.token = token
        self.world = World(
            bot=User(_bot_id(token), bot_name, bot_name.lower().replace(" ", "_"), bot=True),
            clock=clock or SystemClock(),
            limits=limits or Limits.real(),
            keep=keep,
            max_file=max_file,
            privileged=privileged,
        )
        self.bot = Bot(self.world)
        self.faults = Faults()
        self.calls = Calls(record, self.world.news)
        self.people: dict[int, Person] = {}
        self.guilds: dict[int, Server] = {}

    @property
    def gateway(self) -> Gateway:
        """The gateway's sessions, and the ways to disturb them."""
        return self.world.gateway

    @property
    def invalid_requests(self) -> int:
        """How many answers were 401, 403 or 429; too many of them shut a bot out."""
        return self.world.limiter.invalid_requests

    def user(self, name: str, *, locale: str = "en-US") -> Person:
        """A new person; `locale` is the language of their app."""
        user = self.world.add_user(name, locale=locale)
        person = self.people[user.id] = Person(self.world, user)
        return person

    def guild(
        self,
        name: str,
        members: Sequence[Person] = (),
        *,
        locale: str = "en-US",
        bot: bool = True,
        bot_permissions: Permission = NO_MORE,
    ) -> Server:
        """A new guild; the first member owns it. The bot is in it, with the given permissions on top of everybody's."""
        owner = members[0] if members else self.user(f"{name} owner")
        guild = self.world.add_guild(name, owner.user, locale=locale)
        server = self.guilds[guild.id] = Server(self.world, guild)
        for one in members[1:]:
            guild.members[one.id] = Member(one.user, self.world.clock.now())
        if bot:
            server.invites_bot(bot_permissions)
        return server

    def private_conversation(self, *people: Person) -> Channel:
        """A conversation of people without the bot: apps that they have installed for themselves can be used there."""
        return self.world.add_private(tuple(one.user for one in people))

    def inject(self, event: str, data: Mapping[str, Any] | bytes) -> None:
        """Send the bot an event exactly as given, however malformed; bytes are sent verbatim as its data."""
        self.gateway.inject(event, data if isinstance(data, bytes) else dict(data))

    async def called(self, route: str, *, times: int = 1, timeout: float = 5) -> list[Call]:
        """Wait until the bot has called a route (or all that contain something) that often, and return those calls.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        await self.calls.wait_until(lambda calls: len(calls.of(route)) >= times, timeout)
        return self.calls.of(route)


def _bot_id(token: str) -> int:
    """The id that a token starts with, or a fixed one."""
    first = token.partition(".")[0]
    try:
        decoded = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return _BOT_ID
    return int(decoded) if decoded.isascii() and decoded.isdecimal() else _BOT_ID
