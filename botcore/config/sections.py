"""The sections of botcore.toml, as types: every setting with its default and, below it, a line of why.

These docstrings are the text of the default file (`botcore config --defaults`): edit them here, nowhere else.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, field_validator

from botcore.plugin import ModelFor, Settings

Count: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[int, Field(ge=1)]
Seconds: TypeAlias = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Warmth: TypeAlias = Annotated[float, Field(ge=0, le=2)]
Level: TypeAlias = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(lambda level: str(level).upper())
]
Strictness: TypeAlias = Literal["off", "warn", "block"]

_HOST = re.compile(r"(?=.*[a-zA-Z])[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*\.?")
_ID = re.compile(r"-?\d+|[a-z][a-z0-9_]*:\S+")


def _id(value: object) -> object:
    """An id as text; TOML lets people write the bare number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and not _ID.fullmatch(text):
        raise ValueError(
            "expected a numeric id or platform:id, which /whoami tells; names change hands and do not count"
        )
    return text


PersonId: TypeAlias = Annotated[str, BeforeValidator(_id)]


class ChatSettings(Settings):
    """How the bot talks."""

    model: Annotated[str, ModelFor("chat")] = Field(default="gpt-5-mini", min_length=1)
    """Any chat model of the endpoint; `botcore doctor` lists what the endpoint offers."""
    persona: str = "assistant"
    """The persona of new conversations, one of [personas]; people change theirs with /persona."""
    context_tokens: int = Field(default=16_000, ge=500)
    """Tokens of prompt and history sent for one answer: more remembers more and costs more, with every message."""
    answer_tokens: Positive | None = Field(default=None, examples=[1000])
    """Longest answer in tokens. Sent only when set: reasoning models spend part of it on thinking, and stop early."""
    temperature: Warmth | None = Field(default=None, examples=[0.7])
    """0 is sober, 2 is wild. Sent only when set: newer models refuse it."""
    history_turns: Count = 50
    """Questions (with their answers) that are looked at for the prompt; older ones stay stored and are not sent."""
    tool_steps: Count = 8
    """Rounds of tool calls in one answer, so that a model that calls tools in circles comes to an end."""
    prefixes: tuple[str, ...] = ()
    """Words that address the bot at the start of a group message, beside mentions, replies and commands."""
    timeout: Seconds = 300.0
    """Seconds for one whole answer with all its tool calls; then the person is told that it took too long."""
    stream: bool = True
    """Show answers while they grow. Off for endpoints that cannot stream."""


class Persona(Settings):
    """One character the bot can play; the name of the table is what people type after /persona."""

    prompt: str
    """What the model is told about itself. An empty prompt takes the persona off the list."""
    description: str = ""
    """One line for the list that /persona shows."""
    model: Annotated[str | None, ModelFor("persona")] = None
    """Another model than chat.model for this persona."""
    temperature: Warmth | None = None
    """Another temperature than chat.temperature for this persona."""


class HistorySettings(Settings):
    """What the bot remembers."""

    scope: Literal["user", "chat"] = "user"
    """Whose history it is in a group: user keeps each person's own, chat lets everybody share one."""


class AccessSettings(Settings):
    """Who may talk to the bot. Ids are numeric (people or chats), optionally with a platform: telegram:12345."""

    mode: Literal["pairing", "allowlist", "open"] = "pairing"
    """pairing: strangers get a code that the owner approves; allowlist: only `allow`; open: everybody, at your cost."""
    allow: tuple[PersonId, ...] = ()
    """Ids of people and chats that may talk without pairing; a chat's id lets all its members in."""
    owners: tuple[PersonId, ...] = ()
    """Ids that may do everything, beside those set by `botcore access owner`."""
    admins: tuple[PersonId, ...] = ()
    """Ids that may use administrators' commands."""
    messages_per_minute: Count = 20
    """Messages one person may send in a minute, so that one cannot use up what is for all. 0: no limit."""


class Price(Settings):
    """What a model costs, in US dollars per million tokens, as its provider's price list says."""

    input: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens read."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens written."""


class BudgetSettings(Settings):
    """What one person may use up in a day (UTC)."""

    tokens_per_day: Count = 0
    """Tokens in and out, per person and day. 0: no limit."""
    usd_per_day: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """US dollars per person and day, counted by `prices`. 0: no limit."""
    prices: Mapping[str, Price] = {}
    """Price of each model, per million tokens: "gpt-5-mini" = { input = 0.25, output = 2.0 }. Prices change: check."""


class ChatModeration(Settings):
    """Moderation of one chat; what is not set is as in [moderation]."""

    input: Strictness | None = None
    """What people write in this chat."""
    output: Strictness | None = None
    """What the model writes in this chat."""


class ModerationSettings(Settings):
    """Check of texts by the endpoint's moderation, which costs one more request each."""

    input: Strictness = "off"
    """What people write. warn: answered, with a notice and a line in the log; block: refused."""
    output: Strictness = "off"
    """What the model writes. block holds an answer back until it was checked, so it is not streamed."""
    model: Annotated[str | None, ModelFor("moderation")] = Field(default=None, examples=["omni-moderation-latest"])
    """The moderation model; the endpoint's own default when not set."""
    chats: Mapping[str, ChatModeration] = {}
    """Other rules for single chats: "telegram:-100123" = { input = "block", output = "off" }."""

    @field_validator("chats")
    @classmethod
    def _named_by_platform(cls, chats: Mapping[str, ChatModeration]) -> Mapping[str, ChatModeration]:
        for name in chats:
            if ":" not in name:
                raise ValueError(f"a chat is named platform:id, as in telegram:{name}")
        return chats

    def rules(self, chat: str) -> tuple[Strictness, Strictness]:
        """What holds in a chat (`platform:id`): the rule for input and the rule for output."""
        own = self.chats.get(chat)
        if own is None:
            return self.input, self.output
        return own.input or self.input, own.output or self.output


class ToolSettings(Settings):
    """Functions of plugins that the model may call by itself."""

    enabled: bool = True
    """Offer tools to the model at all. Off for models that cannot call tools."""
    granted: tuple[str, ...] = ()
    """Tools that change something and may be called all the same; without this they are invisible to the model."""
    disabled: tuple[str, ...] = ()
    """Tools that are never offered."""


class DeliverySettings(Settings):
    """How messages are kept, queued and sent, so that each gets exactly one answer."""

    open_per_conversation: Positive = 20
    """Unanswered messages of one conversation; above that the person is asked to wait."""
    open_total: Positive = 5000
    """Unanswered messages of all; above that no more are fetched from the platforms, which keep them meanwhile."""
    attempts: Positive = 4
    """How often a message is tried again when the program died over it, before its sender gets an honest notice."""
    busy_notice_at: Positive = 3
    """From so many waiting messages on, a person is told how many are before theirs."""
    placeholder: str = Field(default="…", min_length=1, max_length=200)
    """What reserves the place of an answer until its first words are there."""
    plain_sends: Literal["at-least-once", "at-most-once"] = "at-least-once"
    """A message whose send broke, where no place was reserved: send it again and maybe twice, or maybe never."""
    join_seconds: float = Field(default=0.6, ge=0, le=10)
    """Messages that come within this time of each other are one: long pastes and albums arrive in pieces."""
    drain_seconds: float = Field(default=20.0, ge=0, allow_inf_nan=False)
    """Seconds for answers to finish when the program is told to stop; the rest is answered after the next start."""
    keep_days: Count = 30
    """Days that finished work (not the history) stays in the database for looking into. 0: for ever."""


class StoreSettings(Settings):
    """The database."""

    url: str = Field(default="sqlite:///data/botcore.db", repr=False)
    """sqlite:///relative/path, sqlite:////absolute/path or postgresql://...; DATABASE_URL in the environment wins."""
    folder: str = Field(default="data", min_length=1)
    """Where files lie that the database does not hold: those of the browser chat, those of the stand-in."""
    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """SQLite: FULL survives a power cut with nothing lost, NORMAL writes faster and may lose the last moments."""
    threads: int = Field(default=4, ge=1, le=64)
    """Threads (PostgreSQL: and connections) for reading; writes to SQLite go through one of their own."""

    @field_validator("url")
    @classmethod
    def _known_kind(cls, url: str) -> str:
        scheme = urlsplit(url).scheme.partition("+")[0]
        if scheme not in {"sqlite", "postgresql", "postgres"}:
            raise ValueError("expected sqlite:///path or postgresql://user:password@host/database")
        return url


class EndpointSettings(Settings):
    """The OpenAI-style API."""

    base_url: str = Field(default="https://api.openai.com/v1", repr=False)
    """Where the API is; OPENAI_BASE_URL in the environment wins. Any endpoint that speaks the same language will do."""
    connect_seconds: Seconds = 10.0
    """Seconds to get a connection."""
    read_seconds: Seconds = 120.0
    """Seconds of silence before an answer is given up; reasoning models are silent for a while at first."""
    attempts: Positive = 4
    """How often a request is tried when the service is busy or down; never after the first word of an answer."""
    deadline: Seconds = 180.0
    """Seconds for a request with all its repetitions; for a streamed answer, until its first word."""
    max_body_mb: Positive = 64
    """Largest answer that is read, in megabytes, so that a faulty server cannot fill the memory."""
    offline: bool | None = Field(default=None, examples=[True])
    """Use the built-in stand-in. Not set: when there is neither OPENAI_API_KEY nor another base_url."""
    offline_port: int = Field(default=0, ge=0, le=65_535)
    """Port of the stand-in on 127.0.0.1. 0: any free one."""

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("expected an address such as http://127.0.0.1:11434/v1")
        return url.rstrip("/")


class FetchSettings(Settings):
    """Fetching of URLs that people, the model or answers of the API supply, such as a drawn picture's.

    The API's own address, as it is set above, may be http and private.
    """

    allow_http: bool = False
    """Follow http:// as well; anybody on the way can then read and change what comes."""
    allow_private: tuple[str, ...] = ()
    """Host names, addresses and networks that may be private: "files.intern", "10.1.2.0/24". Others never are."""
    seconds: Seconds = 30.0
    """Seconds for a whole download with its redirects."""
    silence_seconds: Seconds = 10.0
    """Seconds to be answered, and for each silence after that."""
    redirects: int = Field(default=3, ge=0, le=20)
    """Redirects that are followed, each checked like the first URL."""

    @field_validator("allow_private")
    @classmethod
    def _places(cls, places: tuple[str, ...]) -> tuple[str, ...]:
        for place in places:
            if not _HOST.fullmatch(place):
                try:
                    ip_network(place, strict=False)
                except ValueError:
                    raise ValueError(f"{place!r} is no host name, address or network such as 10.1.2.0/24") from None
        return places


class LogSettings(Settings):
    """What is written to standard error."""

    level: Level = "INFO"
    """The least severe events that are written."""
    format: Literal["auto", "text", "json"] = "auto"
    """auto: text for people on a terminal, one JSON object a line everywhere else."""
    message_text: bool = False
    """Write what people and the model say into the log. Off: only how long it was."""


class PluginSettings(Settings):
    """Which plugins are loaded. The settings of a plugin stand in a table of its own, [plugins.NAME]."""

    folder: str = "my_plugins"
    """Your own plugins: modules and packages in this folder are loaded at start. Skipped where it does not exist."""
    disabled: tuple[str, ...] = ()
    """Names of plugins that are not loaded."""


PERSONAS: Mapping[str, Persona] = {
    "assistant": Persona(
        description="Helpful, friendly, to the point",
        prompt=(
            "You are a helpful, friendly assistant in a chat. Answer in the language of the question. Be concise: say "
            "what matters first, use Markdown where it helps, and say so when you do not know something."
        ),
    ),
    "developer": Persona(
        description="A senior engineer who reviews and writes code",
        prompt=(
            "You are a senior software engineer. Give working code in fenced blocks with the language named, mention "
            "the edge cases that matter, and prefer the simplest thing that works. Ask when a requirement is unclear."
        ),
    ),
    "tutor": Persona(
        description="Teaches by asking",
        prompt=(
            "You are a patient tutor. Find out what the learner already knows, lead with questions and small hints, "
            "and give the whole solution only when asked for it. Check understanding with one short exercise."
        ),
    ),
    "editor": Persona(
        description="Improves your text and says why",
        prompt=(
            "You are a careful editor. Return the improved text first, keeping the author's voice and language, then "
            "up to five short notes on what you changed and why. Never invent facts."
        ),
    ),
    "translator": Persona(
        description="Translates to and from English",
        prompt=(
            "You are a translator. Translate English into the language the person asked for last (German if none), and "
            "any other language into English. Return the translation only; add a note only where a pun or an idiom "
            "is lost."
        ),
    ),
    "chef": Persona(
        description="Cooks with what is in your fridge",
        prompt=(
            "You are a cheerful chef. Suggest dishes from what the person has at home, with quantities, times and one "
            "trick of the trade. Ask about allergies before the first recipe."
        ),
    ),
    "storyteller": Persona(
        description="Plays an adventure in which you decide",
        prompt=(
            "You are the narrator of a text adventure. Describe each scene vividly in at most 120 words, remember what "
            "the player carries and has done, and end with a choice. Let failure be interesting."
        ),
    ),
    "pirate": Persona(
        description="Answers everything, arr",
        prompt="You are a pirate captain who answers questions correctly and completely, in a pirate's voice.",
    ),
}
"""The personas that come with the bot."""
