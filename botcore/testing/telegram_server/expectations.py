"""What a test expects of the bot: `answer = await telegram.bot.answers(ada)`."""

from collections.abc import Callable

from botcore.testing.server.answer import is_placeholder, next_answer
from botcore.testing.telegram_server.model import Action, Chat, Draft, Json, Message, Topic
from botcore.testing.telegram_server.people import Group, Person
from botcore.testing.telegram_server.world import World

Settled = Callable[[Message], bool]


def is_settled(message: Message) -> bool:
    """Whether a message is more than a placeholder that waits to be edited."""
    return message.media is not None or not is_placeholder(message.text)


class Bot:
    """The bot, seen from outside."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def id(self) -> int:
        """Its user id."""
        return self._world.bot.id

    @property
    def username(self) -> str:
        """Its name for mentions, without the @."""
        return self._world.bot.username or ""

    @property
    def mention(self) -> str:
        """@username, as people write it in groups."""
        return f"@{self.username}"

    async def answers(
        self,
        person: Person,
        *,
        chat: Group | None = None,
        thread: Topic | int | None = None,
        timeout: float = 5,
        settled: Settled = is_settled,
    ) -> Message:
        """The bot's next message in the person's private chat (or in a group), once it is `settled`.

        Each message is returned once, in order. A message that starts as a placeholder and is edited counts from the
        edit on; pass `settled` to wait for more than that (`lambda m: m.text.endswith("done.")`).

        Raises:
            TimeoutError: after `timeout` seconds, with what is to be seen in the chat.
        """
        place = person.chat if chat is None else chat.chat
        number = thread.id if isinstance(thread, Topic) else thread

        def fits(message: Message) -> bool:
            return (number is None or message.thread == number) and settled(message)

        def complaint() -> str:
            shown = "\n".join(place.lines()) or "(nothing)"
            return f"no answer to {person.name} within {timeout} s; the chat shows:\n{shown}"

        return await next_answer(place.unread, place.news, fits, timeout, complaint)

    async def acts(self, person: Person, action: str = "typing", *, chat: Group | None = None) -> Action:
        """Wait (5 s) for a chat action such as typing; returns the first one of that kind.

        Raises:
            TimeoutError: where none comes.
        """
        place = person.chat if chat is None else chat.chat
        return await place.news.wait_for(lambda: next((a for a in place.actions if a.action == action), None), 5)

    async def drafts(self, person: Person, contains: str = "", *, timeout: float = 5) -> Draft:
        """Wait for a draft (sendMessageDraft) whose text contains something.

        Raises:
            TimeoutError: where none comes.
        """
        place = person.chat
        return await place.news.wait_for(lambda: next((d for d in place.drafts if contains in d.text), None), timeout)

    def commands(self, scope: str = "default", language: str = "") -> list[Json]:
        """The command menu last set for a scope ("default", "all_private_chats", "chat/<id>", ...) and language."""
        return self._world.commands.get((scope, language), [])

    def menu_for(self, person: Person, *, chat: Group | None = None) -> list[Json]:
        """The menu that a person sees: the most special scope and language win, as documented for BotCommandScope."""
        place: Chat = person.chat if chat is None else chat.chat
        general = "all_group_chats" if place.is_group else "all_private_chats"
        scopes = [f"chat_member/{place.id}/{person.id}", f"chat/{place.id}", general, "default"]
        for scope in scopes:
            for language in (person.language or "", ""):
                if commands := self._world.commands.get((scope, language)):
                    return commands
        return []
