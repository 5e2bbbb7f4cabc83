"""The gateway's sessions: which events reach the bot, in which order, and what a resumed session is sent again.

https://discord.com/developers/docs/events/gateway
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from typing import Protocol

import orjson

from botcore.testing.discord_server.model import Json
from botcore.testing.server.clock import Clock
from botcore.testing.server.news import News

RESUME_WINDOW = 120.0  # seconds that a session outlives its connection
_REPLAY = 5_000  # events that a session keeps for a resume
_SHARD_BITS = 22  # a guild belongs to shard (id >> 22) % number of shards

RECONNECT, INVALID_SESSION, HEARTBEAT = 7, 9, 1


class Intent(IntFlag):
    """Which events a session wants: https://discord.com/developers/docs/events/gateway#gateway-intents."""

    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_MESSAGE_REACTIONS = 1 << 10
    GUILD_MESSAGE_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_MESSAGE_REACTIONS = 1 << 13
    DIRECT_MESSAGE_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15


PRIVILEGED = Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT
ALL_INTENTS = (1 << 26) - 1  # every bit that the API knows or knew

_MESSAGES = (Intent.GUILD_MESSAGES, Intent.DIRECT_MESSAGES)
_REACTIONS = (Intent.GUILD_MESSAGE_REACTIONS, Intent.DIRECT_MESSAGE_REACTIONS)
_IN_GUILDS = (Intent.GUILDS, Intent.GUILDS)
_MEMBERS = (Intent.GUILD_MEMBERS, Intent.GUILD_MEMBERS)
_ALWAYS = (Intent(0), Intent(0))

#: What an event needs when it happens in a guild, and in a private conversation.
EVENTS: Mapping[str, tuple[Intent, Intent]] = {
    "MESSAGE_CREATE": _MESSAGES,
    "MESSAGE_UPDATE": _MESSAGES,
    "MESSAGE_DELETE": _MESSAGES,
    "MESSAGE_DELETE_BULK": _MESSAGES,
    "MESSAGE_REACTION_ADD": _REACTIONS,
    "MESSAGE_REACTION_REMOVE": _REACTIONS,
    "MESSAGE_REACTION_REMOVE_ALL": _REACTIONS,
    "MESSAGE_REACTION_REMOVE_EMOJI": _REACTIONS,
    "TYPING_START": (Intent.GUILD_MESSAGE_TYPING, Intent.DIRECT_MESSAGE_TYPING),
    "GUILD_CREATE": _IN_GUILDS,
    "GUILD_DELETE": _IN_GUILDS,
    "GUILD_ROLE_CREATE": _IN_GUILDS,
    "GUILD_ROLE_UPDATE": _IN_GUILDS,
    "CHANNEL_CREATE": _IN_GUILDS,
    "CHANNEL_UPDATE": _IN_GUILDS,
    "CHANNEL_DELETE": _IN_GUILDS,
    "THREAD_CREATE": _IN_GUILDS,
    "THREAD_UPDATE": _IN_GUILDS,
    "THREAD_DELETE": _IN_GUILDS,
    "THREAD_MEMBERS_UPDATE": _IN_GUILDS,
    "GUILD_MEMBER_ADD": _MEMBERS,
    "GUILD_MEMBER_UPDATE": _MEMBERS,
    "GUILD_MEMBER_REMOVE": _MEMBERS,
    "INTERACTION_CREATE": _ALWAYS,
}


class Line(Protocol):
    """The connection that a session speaks through."""

    def send(self, frame: bytes) -> None:
        """Queue a payload."""
        ...

    def close(self, code: int) -> None:
        """Close with a code, after what is queued."""
        ...

    def drop(self) -> None:
        """Break the connection."""
        ...

    def mute(self) -> None:
        """Stay open and say nothing any more."""
        ...


@dataclass(eq=False, slots=True)
class Session:
    """What one IDENTIFY started. Without a `line` it waits for a resume, and remembers what it would have sent."""

    id: str
    intents: int
    shard: tuple[int, int]
    line: Line | None = None
    left_at: float = 0.0
    sequence: int = 0
    sent: deque[tuple[int, bytes]] = field(default_factory=lambda: deque[tuple[int, bytes]](maxlen=_REPLAY))

    def send(self, event: str, data: bytes) -> None:
        """Dispatch an event whose data is JSON already."""
        self.sequence += 1
        frame = b'{"t":"%s","s":%d,"op":0,"d":%s}' % (event.encode(), self.sequence, data)
        self.sent.append((self.sequence, frame))
        if self.line is not None:
            self.line.send(frame)

    def missed(self, sequence: int) -> list[bytes] | None:
        """What came after `sequence`, or None where that is no longer known."""
        known = not self.sent or self.sent[0][0] <= sequence + 1
        return [frame for number, frame in self.sent if number > sequence] if known else None

    def covers(self, guild_id: int | None) -> bool:
        """Whether events of a guild (None: private conversations) belong to this shard."""
        number, count = self.shard
        return (0 if guild_id is None else (guild_id >> _SHARD_BITS) % count) == number


class Gateway:
    """All sessions, and the ways in which a test disturbs them."""

    def __init__(self, clock: Clock) -> None:
        self.sessions: dict[str, Session] = {}
        self.news = News()
        self.identified = 0
        self.resumed = 0
        self.on_event: Callable[[str, Json], None] | None = None
        self._clock = clock

    @property
    def is_connected(self) -> bool:
        """Whether the bot is online."""
        return any(session.line is not None for session in self.sessions.values())

    async def connected(self, timeout: float = 5) -> None:
        """Wait until the bot is online.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        await self.news.wait_for(lambda: self.is_connected, timeout)

    async def disconnected(self, timeout: float = 5) -> None:
        """Wait until the bot is offline.

        Raises:
            TimeoutError: after `timeout` seconds.
        """
        await self.news.wait_for(lambda: not self.is_connected, timeout)

    def open(self, intents: int, shard: tuple[int, int], line: Line) -> Session:
        """A new session."""
        session = Session(secrets.token_hex(16), intents, shard, line)
        self.sessions[session.id] = session
        self.identified += 1
        self.news.tell()
        return session

    def resume(self, session: Session, line: Line) -> None:
        """Give a session a new connection; an old one is closed."""
        if session.line is not None:
            session.line.close(4000)
        session.line = line
        self.resumed += 1
        self.news.tell()

    def leave(self, session: Session, line: Line, *, for_good: bool) -> None:
        """A connection ended; for good when the client closed it with 1000 or 1001."""
        if session.line is line:
            session.line = None
            session.left_at = self._clock.now()
            if for_good:
                self.sessions.pop(session.id, None)
        self.news.tell()

    def find(self, session_id: str) -> Session | None:
        """The session of that id, while it can be resumed."""
        session = self.sessions.get(session_id)
        return None if session is None or self._is_over(session) else session

    def dispatch(
        self, event: str, data: Json, *, guild_id: int | None, redacted: Json | None = None, always: bool = False
    ) -> None:
        """Send an event to all sessions that want it, or with `always` to all.

        `redacted` is for those without the message content intent.
        """
        if not self.sessions:
            return
        if self.on_event is not None:
            self.on_event(event, data)
        in_guild, in_private = EVENTS[event]
        needed = Intent(0) if always else in_private if guild_id is None else in_guild
        full = hidden = b""
        for session in list(self.sessions.values()):
            if session.line is None and self._is_over(session):
                del self.sessions[session.id]
            elif session.intents & needed == needed and session.covers(guild_id):
                if redacted is not None and not session.intents & Intent.MESSAGE_CONTENT:
                    hidden = hidden or orjson.dumps(redacted)
                    session.send(event, hidden)
                else:
                    full = full or orjson.dumps(data)
                    session.send(event, full)

    def inject(self, event: str, data: Json | bytes) -> None:
        """Send an event as it is, however malformed, whatever the intents are; bytes are taken for JSON."""
        for session in self.sessions.values():
            session.send(event, data if isinstance(data, bytes) else orjson.dumps(data))

    def asks_to_reconnect(self) -> None:
        """Opcode 7: clients reconnect and resume."""
        self._tell(b'{"t":null,"s":null,"op":7,"d":null}')

    def asks_for_heartbeat(self) -> None:
        """Opcode 1: clients send a heartbeat at once."""
        self._tell(b'{"t":null,"s":null,"op":1,"d":null}')

    def invalidates(self, *, resumable: bool = False) -> None:
        """Opcode 9: clients resume, or start a new session where it is not resumable."""
        self._tell(b'{"t":null,"s":null,"op":9,"d":%s}' % (b"true" if resumable else b"false"))
        if not resumable:
            self.sessions.clear()

    def closes(self, code: int = 4000) -> None:
        """Close all connections with a code; those over 4003 but 4007 to 4009 tell a client to stay away."""
        for line in self._lines():
            line.close(code)

    def drops(self) -> None:
        """Break all connections without a word."""
        for line in self._lines():
            line.drop()

    def goes_silent(self) -> None:
        """Make zombies of the present connections: they stay open, and nothing comes, not even a heartbeat's answer."""
        for line in self._lines():
            line.mute()

    def _tell(self, frame: bytes) -> None:
        for line in self._lines():
            line.send(frame)

    def _lines(self) -> list[Line]:
        return [session.line for session in self.sessions.values() if session.line is not None]

    def _is_over(self, session: Session) -> bool:
        return session.line is None and self._clock.now() - session.left_at > RESUME_WINDOW
