"""The stage on which tests play: who there is, what the bot did, what goes wrong."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botcore.testing.server.clock import Clock, SystemClock
from botcore.testing.telegram_server.calls import Call, Calls
from botcore.testing.telegram_server.expectations import Bot, Settled, is_settled
from botcore.testing.telegram_server.faults import Faults
from botcore.testing.telegram_server.limits import Limits
from botcore.testing.telegram_server.model import ChatKind, Message, User
from botcore.testing.telegram_server.people import Group, Person
from botcore.testing.telegram_server.world import World

#: Obviously no secret; has the shape of a real one, because some libraries look at it.
SIMULATED_TOKEN = "7000001:simulated-bot-token-for-tests-only-"  # noqa: S105 - not a secret


class Stage:
    """Everything but HTTP. See `TelegramServer` for the parameters."""

    def __init__(
        self,
        *,
        token: str,
        bot_name: str,
        bot_username: str,
        limits: Limits | None,
        clock: Clock | None,
        record: int,
        keep: int,
    ) -> None:
        number = token.partition(":")[0]
        if not number.isdigit():
            raise ValueError("a token starts with the bot's number and a colon")
        self.token = token
        self.world = World(
            bot=User(int(number), bot_name, bot_username, is_bot=True),
            clock=clock or SystemClock(),
            limits=limits or Limits.real(),
            keep=keep,
        )
        self.bot = Bot(self.world)
        self.faults = Faults()
        self.calls = Calls(record, self.world.news)
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}

    def user(self, name: str, *, username: str | None = None, language: str | None = None) -> Person:
        """A new person. The bot knows them once they write to it or share a group with it."""
        user = self.world.add_user(name, username=username, language=language)
        person = self.people[user.id] = Person(self.world, user)
        return person

    def group(
        self,
        title: str,
        members: Sequence[Person],
        *,
        forum: bool = False,
        supergroup: bool = False,
        username: str | None = None,
    ) -> Group:
        """A group of people with the bot in it; the first member owns it. Forums and public groups are supergroups."""
        kind: ChatKind = "supergroup" if forum or supergroup or username else "group"
        chat = self.world.add_group(title, kind=kind, forum=forum, username=username)
        chat.members = {person.id: person.user for person in members}
        group = self.groups[chat.id] = Group(self.world, chat)
        owner = next(iter(chat.members.values()), self.world.bot)
        self.world.member_changed(chat, owner, "left", "member")
        return group

    async def answer_to(
        self, person: Person, *, chat: Group | None = None, timeout: float = 5, settled: Settled = is_settled
    ) -> Message:
        """The same as `telegram.bot.answers(person)`.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        return await self.bot.answers(person, chat=chat, timeout=timeout, settled=settled)

    def inject(self, update: Mapping[str, Any] | bytes, *, update_id: int | None = None) -> int:
        """Send the bot an update exactly as given, however malformed; an id is added where a mapping has none.

        Bytes are sent as they are, as one element of the answer's JSON array; in a mapping, halves of surrogate pairs
        are escaped. Returns the update's id.
        """
        queue = self.world.updates
        if isinstance(update, bytes):
            number = queue.next_id if update_id is None else update_id
            queue.push_raw(number, update)
            return number
        given = dict(update)
        number = update_id if update_id is not None else given.get("update_id", queue.next_id)
        given.setdefault("update_id", number)
        queue.push_raw(int(number), json.dumps(given).encode())
        return int(number)

    async def called(self, method: str, *, times: int = 1, timeout: float = 5) -> list[Call]:
        """Wait until the bot has called a method that often, and return those calls.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        await self.calls.wait_until(lambda calls: len(calls.of(method)) >= times, timeout)
        return self.calls.of(method)
