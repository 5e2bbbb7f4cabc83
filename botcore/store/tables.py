"""The tables, declared with SQLModel.

Times are UTC with zone, money is integer micro-dollars, JSON is text written by `botcore.codec` or `json`. The hot
path (delivery, history) uses the Core tables (`Inbox.__table__`, exported below in lower case), not entities: an ORM
session costs about 6 ms of CPU a message, the same statements run together in one thread hop 0.1 to 0.4 ms.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from sqlalchemy import BigInteger, DateTime, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; SQLite, which has no zones, gives it back aware as well."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware in, UTC out. Raises ValueError for a naive time."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored: give it a zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Always aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite gives rowids only to a column declared INTEGER; PostgreSQL runs out of them at 2 billion.
BigKey = BigInteger().with_variant(Integer, "sqlite")


class Base(SQLModel):
    """Root of the tables; its metadata names every constraint, so that migrations can drop them."""

    metadata: ClassVar[MetaData] = MetaData(  # pyright: ignore[reportIncompatibleVariableOverride] - SQLModel's own way
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Keys that are remembered elsewhere (fences, caches, `history_from`) must not come back after a deletion, as SQLite's
# rowids do: a stale holder would write into somebody else's row. PostgreSQL's sequences never give one twice.
_NEVER_REUSED = {"sqlite_autoincrement": True}


def _now() -> datetime:
    return datetime.now(UTC)


def _key() -> Any:
    return Field(default=None, primary_key=True, sa_type=cast("Any", BigKey))


def _ref(target: str, *, nullable: bool = False, index: bool = False, kept: bool = False) -> Any:
    """A reference. The row goes with its target, or (`kept`) stays without the reference."""
    return Field(
        default=None,
        foreign_key=target,
        nullable=nullable,
        index=index,
        ondelete="SET NULL" if kept else "CASCADE",
        sa_type=cast("Any", BigKey),
    )


def _time(*, nullable: bool = False) -> Any:
    if nullable:
        return Field(default=None, nullable=True, sa_type=cast("Any", UtcDateTime))
    return Field(default_factory=_now, nullable=False, sa_type=cast("Any", UtcDateTime))


def _json() -> Any:
    return Field(default="{}", sa_type=cast("Any", Text))


class UserAccount(Base, table=True):
    """A person, on whatever platforms."""

    __tablename__: ClassVar[Any] = "user_account"
    __table_args__: ClassVar[Any] = (_NEVER_REUSED,)
    id: int | None = _key()
    locale: str | None = None
    settings: str = _json()
    created_at: datetime = _time()


class Identity(Base, table=True):
    """A person's account on one platform, and whether they may use the bot.

    `access`: '' (never asked), 'waiting' (has a code), 'approved', 'refused'. `role`: user, admin, owner.
    """

    __tablename__: ClassVar[Any] = "identity"
    __table_args__: ClassVar[Any] = (UniqueConstraint("platform", "external_id"), _NEVER_REUSED)
    id: int | None = _key()
    user_id: int = _ref("user_account.id", index=True)
    platform: str
    external_id: str
    display_name: str = ""
    access: str = ""
    role: str = "user"
    code: str | None = Field(default=None, index=True, unique=True)
    asked_at: datetime | None = _time(nullable=True)


class Conversation(Base, table=True):
    """One history. `user_ref` is '' where a chat shares its history.

    `settings`: JSON with what was chosen here (model, persona). `history_from`: messages up to this id are forgotten.
    """

    __tablename__: ClassVar[Any] = "conversation"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("platform", "chat_id", "thread_id", "user_ref"),
        Index("ix_conversation_platform_user_ref", "platform", "user_ref"),
        _NEVER_REUSED,
    )
    id: int | None = _key()
    platform: str
    chat_id: str
    thread_id: str = ""
    user_ref: str = ""
    kind: str = "private"
    scope: str = "user"
    settings: str = _json()
    history_from: int = Field(default=0, sa_type=cast("Any", BigInteger))
    summary: str = Field(default="", sa_type=cast("Any", Text))
    summary_upto: int = Field(default=0, sa_type=cast("Any", BigInteger))
    created_at: datetime = _time()


class Message(Base, table=True):
    """One message of a history. `content` is JSON in the form of the chat completions API, without `role`.

    `meta`: JSON (author's name, how it ended). All messages of one turn carry its `inbox_id`.
    """

    __tablename__: ClassVar[Any] = "message"
    __table_args__: ClassVar[Any] = (
        Index("ix_message_conversation_id_id", "conversation_id", "id"),
        _NEVER_REUSED,
    )
    id: int | None = _key()
    conversation_id: int = _ref("conversation.id")
    user_id: int | None = _ref("user_account.id", nullable=True, index=True)
    inbox_id: int | None = _ref("inbox.id", nullable=True, index=True, kept=True)
    role: str
    external_id: str | None = None
    content: str = Field(sa_type=cast("Any", Text))
    tokens: int = 0
    meta: str = _json()
    created_at: datetime = _time()


class Attachment(Base, table=True):
    """A file that came with a message: by the platform's reference, with its transcript where it is speech."""

    __tablename__: ClassVar[Any] = "attachment"
    id: int | None = _key()
    message_id: int = _ref("message.id", index=True)
    kind: str
    media_type: str | None = None
    bytes: int | None = Field(default=None, sa_type=cast("Any", BigInteger))
    sha256: str | None = None
    ref: str | None = None
    transcript: str | None = Field(default=None, sa_type=cast("Any", Text))


class Usage(Base, table=True):
    """What one call of the API used. It outlives the chat (a budget is not refilled by deleting) and the person."""

    __tablename__: ClassVar[Any] = "usage"
    __table_args__: ClassVar[Any] = (
        Index("ix_usage_user_id_created_at", "user_id", "created_at"),
        Index("ix_usage_conversation_id_created_at", "conversation_id", "created_at"),
        UniqueConstraint("inbox_id", "step"),
    )
    id: int | None = _key()
    user_id: int | None = _ref("user_account.id", nullable=True, kept=True)
    conversation_id: int | None = _ref("conversation.id", nullable=True, kept=True)
    inbox_id: int | None = _ref("inbox.id", nullable=True, kept=True)
    step: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microusd: int = Field(default=0, sa_type=cast("Any", BigInteger))
    created_at: datetime = _time()


class Memory(Base, table=True):
    """A remembered text with its vector (int8, times `scale`), of one model and one scope: never compared across."""

    __tablename__: ClassVar[Any] = "memory"
    __table_args__: ClassVar[Any] = (Index("ix_memory_user_id_scope_model", "user_id", "scope", "model"),)
    id: int | None = _key()
    user_id: int = _ref("user_account.id")
    scope: str
    model: str
    dim: int
    scale: float
    embedding: bytes = Field(sa_type=cast("Any", LargeBinary))
    text: str = Field(sa_type=cast("Any", Text))
    source_message_id: int | None = Field(default=None, sa_type=cast("Any", BigInteger))
    created_at: datetime = _time()


class Inbox(Base, table=True):
    """One accepted incoming. `is_open`: it still needs work.

    `state`: open, claimed, waiting (a handler asked the person something), done, failed, ignored. `lane` 1 overtakes.
    `attempt` counts claims; every later write is conditional on it (fencing). `owner` names the claiming process.
    `joins`: consecutive rows with the same value are one message. `external_id` is the platform's message id.
    """

    __tablename__: ClassVar[Any] = "inbox"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("platform", "bot_id", "update_id"),
        Index(
            "ix_inbox_open",
            "conversation_id",
            "lane",
            "id",
            postgresql_where=text("is_open"),
            sqlite_where=text("is_open = 1"),
        ),
        Index(
            "ix_inbox_waiting",
            "conversation_id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_inbox_conversation_id_id", "conversation_id", "id"),
        _NEVER_REUSED,
    )
    id: int | None = _key()
    platform: str
    bot_id: str
    update_id: str
    conversation_id: int = _ref("conversation.id")
    user_id: int | None = _ref("user_account.id", nullable=True)
    lane: int = 0
    payload: str = Field(sa_type=cast("Any", Text))
    external_id: str = ""
    joins: str | None = None
    is_open: bool = True
    state: str = "open"
    attempt: int = 0
    owner: str | None = None
    error: str | None = Field(default=None, sa_type=cast("Any", Text))
    received_at: datetime = _time()
    closed_at: datetime | None = _time(nullable=True)


class TurnStep(Base, table=True):
    """A finished step of a turn: a restarted turn takes the result instead of repeating it."""

    __tablename__: ClassVar[Any] = "turn_step"
    __table_args__: ClassVar[Any] = (UniqueConstraint("inbox_id", "step"),)
    id: int | None = _key()
    inbox_id: int = _ref("inbox.id")
    step: str
    state: str = "done"
    result: str = Field(default="null", sa_type=cast("Any", Text))
    created_at: datetime = _time()


class Outbox(Base, table=True):
    """One message of an answer.

    `state`: reserved (its place is sent, the text is not known), ready (committed, to be sent), sending (a plain send
    was begun), sent, unknown (may have landed), failed. `body` is a Piece as JSON. `kind`: answer, notice, question.
    """

    __tablename__: ClassVar[Any] = "outbox"
    __table_args__: ClassVar[Any] = (UniqueConstraint("inbox_id", "part"),)
    id: int | None = _key()
    inbox_id: int = _ref("inbox.id")
    part: int = 0
    kind: str = "answer"
    body: str = Field(default="", sa_type=cast("Any", Text))
    state: str = "reserved"
    attempt: int = 0
    external_id: str | None = Field(default=None, index=True)
    created_at: datetime = _time()


class Rating(Base, table=True):
    """What the person who asked thinks of an answer: `value` is 1 (good) or -1 (bad). It goes with the message."""

    __tablename__: ClassVar[Any] = "rating"
    __table_args__: ClassVar[Any] = (UniqueConstraint("inbox_id", "user_id"),)
    id: int | None = _key()
    inbox_id: int = _ref("inbox.id")
    user_id: int = _ref("user_account.id", index=True)
    value: int
    created_at: datetime = _time()


class Fact(Base, table=True):
    """Small things worth keeping: a counter's calibration, an adapter's last position. `value` is JSON."""

    __tablename__: ClassVar[Any] = "fact"
    key: str = Field(primary_key=True)
    value: str = Field(default="null", sa_type=cast("Any", Text))


def _table(model: type[SQLModel]) -> Table:
    return cast("Table", cast("Any", model).__table__)


metadata = Base.metadata
user_account = _table(UserAccount)
identity = _table(Identity)
conversation = _table(Conversation)
message = _table(Message)
attachment = _table(Attachment)
usage = _table(Usage)
memory = _table(Memory)
inbox = _table(Inbox)
turn_step = _table(TurnStep)
outbox = _table(Outbox)
rating = _table(Rating)
fact = _table(Fact)
