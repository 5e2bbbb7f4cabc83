"""What people do with commands, buttons and menus, and what the bot makes of it.

An interaction must be answered within 3 seconds; its token works for 15 minutes.
https://discord.com/developers/docs/interactions/receiving-and-responding
"""

import secrets
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from botcore.testing.discord_server.messages import Message
from botcore.testing.discord_server.model import Channel, Json, User
from botcore.testing.discord_server.refusals import Refused, unknown
from botcore.testing.discord_server.snowflakes import Snowflakes
from botcore.testing.server.clock import Clock

ANSWER_WITHIN = 3.0  # seconds
TOKEN_LIFE = 900.0  # seconds
MAX_FOLLOWUPS = 5  # of an app that is installed to the user alone
_MOST = 50_000  # interactions remembered
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5  # interaction types
PONG, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9  # callback types


@dataclass(eq=False, slots=True)
class Interaction:
    """One use of a command, button, menu or dialogue.

    `response` is the type of the bot's first answer (None so far), `original` the message it shows or changes,
    `followups` those that came later, `choices` what it suggested, `modal` the dialogue that it opened; `owned` says
    for which installations it is meant, `target` is the message whose menu it was chosen from.
    """

    id: int
    token: str
    kind: int
    user: User
    channel: Channel
    name: str
    data: Json
    created_at: float
    clock: Clock
    source: Message | None = None
    target: Message | None = None
    owned: Json = field(default_factory=dict[str, object])
    response: int | None = None
    answered_at: float | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    choices: list[Json] = field(default_factory=list[Json])
    modal: Json | None = None

    @property
    def only_user_installed(self) -> bool:
        """Whether the app is here only because the person has installed it for themself."""
        return set(self.owned) == {"1"}

    @property
    def is_acknowledged(self) -> bool:
        """Whether the bot answered in time."""
        return self.response is not None

    @property
    def has_failed(self) -> bool:
        """Whether the person reads "The application did not respond"."""
        return not self.is_acknowledged and self.clock.now() - self.created_at > ANSWER_WITHIN

    @property
    def acknowledged_after(self) -> float | None:
        """Seconds until the first answer; None while there is none."""
        return None if self.answered_at is None else self.answered_at - self.created_at

    @property
    def messages(self) -> list[Message]:
        """Everything that it brought into the channel and is still there."""
        own = [] if self.original is None or self.original is self.source else [self.original]
        return [message for message in [*own, *self.followups] if not message.deleted]

    async def acknowledged(self, timeout: float = 5) -> "Interaction":
        """Wait until the bot has answered somehow, if only that it thinks.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        return await self.channel.news.wait_for(lambda: self if self.is_acknowledged else None, timeout)

    async def answer(self, timeout: float = 5) -> Message:
        """Wait for the message that answers: the first one that says something, or the changed message of a button.

        Raises:
            TimeoutError: after `timeout` seconds.
        """

        def look() -> Message | None:
            shown = self.original if self.response in {MESSAGE, DEFERRED_MESSAGE, UPDATE} else None
            candidates = [*([shown] if shown else []), *self.followups]
            return next((one for one in candidates if not one.is_loading and not one.deleted), None)

        try:
            return await self.channel.news.wait_for(look, timeout)
        except TimeoutError:
            state = "acknowledged" if self.is_acknowledged else "not even acknowledged"
            shown = "\n".join(self.channel.lines(self.user)) or "(nothing)"
            words = f"{self.name}: no answer within {timeout} s ({state}); the channel shows:\n{shown}"
            raise TimeoutError(words) from None


class Interactions:
    """All interactions whose tokens may still be used."""

    def __init__(self, clock: Clock, ids: Snowflakes) -> None:
        self._clock = clock
        self._ids = ids
        self._by_token: OrderedDict[str, Interaction] = OrderedDict()

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Interaction]:
        return iter(list(self._by_token.values()))

    def open(
        self,
        kind: int,
        user: User,
        channel: Channel,
        name: str,
        data: Json,
        *,
        owned: Json,
        source: Message | None = None,
    ) -> Interaction:
        """A new interaction with a fresh token; forgets those whose tokens are over for long."""
        now = self._clock.now()
        while self._by_token and self._is_old(next(iter(self._by_token.values())), now):
            self._by_token.popitem(last=False)
        token = f"aW50ZXJhY3Rpb246{secrets.token_urlsafe(48)}"
        made = Interaction(self._ids.next(), token, kind, user, channel, name, data, now, self._clock, source)
        made.owned = owned
        self._by_token[token] = made
        return made

    def _is_old(self, interaction: Interaction, now: float) -> bool:
        return len(self._by_token) >= _MOST or now - interaction.created_at > 2 * TOKEN_LIFE

    def to_answer(self, number: int, token: str) -> Interaction:
        """The interaction that waits for its first answer.

        Raises:
            Refused: 404 with 10062 where there is none or its 3 seconds are over, 400 with 40060 where it had one.
        """
        found = self._by_token.get(token)
        if found is None or found.id != number:
            raise unknown("interaction")
        if found.is_acknowledged:
            raise Refused(400, 40060, "Interaction has already been acknowledged.")
        if found.has_failed:
            raise unknown("interaction")
        return found

    def by_token(self, token: str) -> Interaction:
        """The interaction to follow up on.

        Raises:
            Refused: 404 with 10015 where there is none or it was never answered, 401 with 50027 after 15 minutes.
        """
        found = self._by_token.get(token)
        if found is None:
            raise unknown("Webhook")
        if self._clock.now() - found.created_at > TOKEN_LIFE:
            raise Refused(401, 50027, "Invalid Webhook Token")
        if not found.is_acknowledged:
            raise unknown("Webhook")
        return found
