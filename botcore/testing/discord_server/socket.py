"""One connection to the gateway: hello, identify or resume, heartbeats, and what the bot asks for.

https://discord.com/developers/docs/events/gateway#connection-lifecycle
"""

import asyncio
from collections import deque
from typing import Any

import orjson
from aiohttp import WSMsgType, web

from botcore.testing.discord_server.compression import Compressor, compressor
from botcore.testing.discord_server.forms import as_snowflake
from botcore.testing.discord_server.gateway import ALL_INTENTS, Intent, Session
from botcore.testing.discord_server.limits import Window
from botcore.testing.discord_server.model import Guild, Json, Member
from botcore.testing.discord_server.routes.account import application_flags
from botcore.testing.discord_server.world import World

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED, ALREADY_AUTHENTICATED = range(4001, 4006)
INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT, INVALID_SHARD = 4007, 4008, 4009, 4010
INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4012, 4013, 4014
_HEARTBEAT, _IDENTIFY, _PRESENCE, _VOICE, _RESUME, _MEMBERS = 1, 2, 3, 4, 6, 8
_NOT_RESUMABLE = b'{"t":null,"s":null,"op":9,"d":false}'
_ACK = b'{"t":null,"s":null,"op":11,"d":null}'
_ON_THE_WAY_S = 0.05
"""Seconds that an acknowledgement takes: discord.py notes a heartbeat after it was sent, and one that is acknowledged
before that, as only loopback can, looks to it as if it had taken the whole interval."""
_MAX_PAYLOAD = 4096  # bytes that a client may send at once
_CHUNK = 1000  # members in one GUILD_MEMBERS_CHUNK


class Connection:
    """Speaks for at most one session. Everything goes out in order through one writer."""

    def __init__(self, world: World, token: str, heartbeat_interval: float, request: web.BaseRequest) -> None:
        self._world = world
        self._token = token
        self._interval = heartbeat_interval
        self._request = request
        self._socket = web.WebSocketResponse(max_msg_size=0, compress=False, autoping=True)
        self._compress: Compressor | None = None
        self._session: Session | None = None
        self._outbox: deque[bytes | int] = deque()
        self._wake = asyncio.Event()
        self._muted = False
        self._is_closing = False
        rate = world.limiter.limits.gateway
        self._window = Window(rate) if rate is not None else None

    def send(self, frame: bytes) -> None:
        """Queue a payload."""
        if not self._muted:
            self._outbox.append(frame)
            self._wake.set()

    def close(self, code: int) -> None:
        """Close with a code, after what is queued."""
        self._outbox.append(code)
        self._wake.set()

    def drop(self) -> None:
        """Break the connection."""
        transport: Any = self._request.transport
        if transport is not None:
            transport.abort()

    def mute(self) -> None:
        """Stay open and say nothing any more."""
        self._muted = True

    async def run(self, query: dict[str, str]) -> web.StreamResponse:
        """Serve the connection until it ends."""
        await self._socket.prepare(self._request)
        writer = asyncio.create_task(self._write())
        try:
            self._greet(query)
            async for message in self._socket:
                if message.type in {WSMsgType.TEXT, WSMsgType.BINARY}:
                    self._receive(message.data)
            if self._is_closing:
                await writer  # the close frame is still to be sent
        finally:
            writer.cancel()
            if self._session is not None:
                left = self._socket.close_code in {1000, 1001} and not self._is_closing
                self._world.gateway.leave(self._session, self, for_good=left)
        return self._socket

    def _greet(self, query: dict[str, str]) -> None:
        if query.get("v", "10") not in {"9", "10"}:
            return self.close(INVALID_VERSION)
        try:
            self._compress = compressor(query.get("compress", ""))
        except LookupError:
            return self.close(DECODE_ERROR)
        if query.get("encoding", "json") != "json":
            return self.close(DECODE_ERROR)
        return self.send(b'{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":%d}}' % int(self._interval * 1000))

    async def _write(self) -> None:
        socket = self._socket
        while not socket.closed:
            await self._wake.wait()
            self._wake.clear()
            while self._outbox:
                item = self._outbox.popleft()
                if isinstance(item, int):
                    self._is_closing = True
                    await socket.close(code=item)
                    return
                if self._compress is None:
                    await socket.send_frame(item, WSMsgType.TEXT)
                else:
                    await socket.send_frame(self._compress(item), WSMsgType.BINARY)

    def _receive(self, raw: str | bytes) -> None:
        if len(raw) > _MAX_PAYLOAD:
            return self.close(DECODE_ERROR)
        if self._is_too_fast():
            return self.close(RATE_LIMITED)
        try:
            payload = orjson.loads(raw)
            operation, data = payload["op"], payload.get("d")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return self.close(DECODE_ERROR)
        if operation == _HEARTBEAT:
            asyncio.get_running_loop().call_later(_ON_THE_WAY_S, self.send, _ACK)
            return None
        return self._obey(operation, data)

    def _obey(self, operation: Any, data: Any) -> None:
        if operation in {_IDENTIFY, _RESUME}:
            if self._session is not None:
                return self.close(ALREADY_AUTHENTICATED)
            if not isinstance(data, dict):
                return self.close(DECODE_ERROR)
            return self._identify(data) if operation == _IDENTIFY else self._resume(data)
        if operation not in {_PRESENCE, _VOICE, _MEMBERS}:
            return self.close(UNKNOWN_OPCODE)
        if self._session is None:
            return self.close(NOT_AUTHENTICATED)
        if operation == _MEMBERS and isinstance(data, dict):
            self._send_members(self._session, data)
        return None

    def _is_too_fast(self) -> bool:
        if self._window is None:
            return False
        now = self._world.clock.now()
        if self._window.wait(now) > 0:
            return True
        self._window.take(now)
        return False

    def _identify(self, data: Json) -> None:
        if data.get("token") not in {self._token, f"Bot {self._token}"}:
            return self.close(AUTHENTICATION_FAILED)
        intents = data.get("intents")
        if not isinstance(intents, int) or isinstance(intents, bool) or not 0 <= intents <= ALL_INTENTS:
            return self.close(INVALID_INTENTS)
        if intents & _PRIVILEGED & ~int(self._world.privileged):
            return self.close(DISALLOWED_INTENTS)
        shard = data.get("shard", [0, 1])
        if not isinstance(shard, list) or len(shard) != 2 or not 0 <= shard[0] < shard[1]:
            return self.close(INVALID_SHARD)
        if not self._world.limiter.identify():
            return self.send(_NOT_RESUMABLE)
        session = self._session = self._world.gateway.open(intents, (shard[0], shard[1]), self)
        return self._make_ready(session)

    def _make_ready(self, session: Session) -> None:
        world = self._world
        guilds = [g for g in world.guilds.values() if world.bot.id in g.members and session.covers(g.id)]
        ready: Json = {
            "v": 10,
            "user": {**world.bot.data, "mfa_enabled": False, "verified": True, "email": None},
            "user_settings": {},
            "session_type": "normal",
            "session_id": session.id,
            "resume_gateway_url": world.files.root.replace("http://", "ws://", 1) + "/gateway",
            "shard": list(session.shard),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "private_channels": [],
            "application": {"id": str(world.bot.id), "flags": application_flags(world)},
        }
        session.send("READY", orjson.dumps(ready))
        if session.intents & Intent.GUILDS:
            everybody = bool(session.intents & Intent.GUILD_PRESENCES)
            for guild in guilds:
                session.send("GUILD_CREATE", orjson.dumps(world.renderer.available_guild(guild, everybody=everybody)))

    def _resume(self, data: Json) -> None:
        if data.get("token") not in {self._token, f"Bot {self._token}"}:
            return self.close(AUTHENTICATION_FAILED)
        session = self._world.gateway.find(str(data.get("session_id")))
        sequence = data.get("seq")
        if session is None:
            return self.send(_NOT_RESUMABLE)
        if not isinstance(sequence, int) or sequence > session.sequence:
            return self.close(INVALID_SEQUENCE)
        missed = session.missed(sequence)
        if missed is None:
            return self.send(_NOT_RESUMABLE)
        self._session = session
        self._world.gateway.resume(session, self)
        for frame in missed:
            self.send(frame)
        return session.send("RESUMED", b'{"_trace":[]}')

    def _send_members(self, session: Session, data: Json) -> None:
        """Answer opcode 8: all members, those whose names begin with something, or those of the given ids."""
        given = data.get("guild_id")
        number = as_snowflake(given[0] if isinstance(given, list) and given else given)
        guild = None if number is None else self._world.guilds.get(number)
        if guild is None or self._world.bot.id not in guild.members:
            return
        found, missing = _asked_for(guild, data)
        chunks = [found[at : at + _CHUNK] for at in range(0, len(found), _CHUNK)] or [[]]
        for index, chunk in enumerate(chunks):
            answer: Json = {
                "guild_id": str(guild.id),
                "members": [member.as_json() for member in chunk],
                "chunk_index": index,
                "chunk_count": len(chunks),
                "not_found": missing,
            }
            if data.get("nonce"):
                answer["nonce"] = data["nonce"]
            if data.get("presences"):
                answer["presences"] = []
            session.send("GUILD_MEMBERS_CHUNK", orjson.dumps(answer))


def _asked_for(guild: Guild, data: Json) -> tuple[list[Member], list[str]]:
    wanted = data.get("user_ids")
    if wanted is not None:
        ids = [str(one) for one in (wanted if isinstance(wanted, list) else [wanted])]
        members = {str(number): member for number, member in guild.members.items()}
        return [members[one] for one in ids if one in members], [one for one in ids if one not in members]
    query, limit = str(data.get("query") or "").lower(), int(data.get("limit") or 0)
    found = [m for m in guild.members.values() if (m.nick or m.user.name).lower().startswith(query)]
    return found[:limit] if limit else found, []


_PRIVILEGED = int(Intent.GUILD_MEMBERS | Intent.GUILD_PRESENCES | Intent.MESSAGE_CONTENT)
