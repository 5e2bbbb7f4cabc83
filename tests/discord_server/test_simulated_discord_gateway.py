"""Sessions: logging in, being refused, resuming, being thrown out, and what an intent lets through."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import discord as library
import pytest
from discord.http import Route

from botcore.testing.discord_server import (
    PRIVILEGED,
    Channel,
    DiscordServer,
    Intent,
    Limits,
    ManualClock,
    Permission,
    Person,
    Rate,
    Server,
    discord_server,
    pointing_discord_at,
)
from botcore.testing.discord_server.compression import compressor

Starter = Callable[..., Awaitable[Any]]
ALL = library.Intents.all().value


class Wire:
    """A gateway connection by hand."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.sequence = 0
        self.session = ""

    async def receive(self) -> Any:
        payload = await self.socket.receive_json(timeout=5)
        self.sequence = payload["s"] or self.sequence
        return payload

    async def until(self, event: str) -> Any:
        while (payload := await self.receive())["t"] != event:
            pass
        return payload["d"]

    async def send(self, op: Any, data: Any = None) -> None:
        await self.socket.send_str(json.dumps({"op": op, "d": data}))

    async def identify(self, token: str, intents: int = ALL, **more: Any) -> Any:
        assert (await self.receive())["op"] == 10
        await self.send(2, {"token": token, "intents": intents, "properties": {}, **more})
        ready = await self.until("READY")
        self.session = ready["session_id"]
        return ready

    async def closed(self) -> int | None:
        while not self.socket.closed:
            await self.socket.receive(timeout=5)
        return self.socket.close_code


@pytest.fixture
async def connect(discord: DiscordServer) -> AsyncIterator[Callable[..., Awaitable[Wire]]]:
    async with aiohttp.ClientSession() as session:

        async def open_one(query: str = "v=10&encoding=json") -> Wire:
            return Wire(await session.ws_connect(f"{discord.gateway_url}?{query}"))

        yield open_one


Connect = Callable[..., Awaitable[Wire]]


async def test_hello_heartbeat_ready_and_guilds(discord: DiscordServer, connect: Connect, general: Channel) -> None:
    wire = await connect()
    ready = await wire.identify(discord.token)
    assert ready["user"]["id"] == str(discord.bot.id)
    assert [guild["unavailable"] for guild in ready["guilds"]] == [True]
    guild = await wire.until("GUILD_CREATE")
    assert [channel["name"] for channel in guild["channels"]] == ["general"]
    await wire.send(1, wire.sequence)
    assert (await wire.receive())["op"] == 11
    discord.gateway.asks_for_heartbeat()
    assert (await wire.receive())["op"] == 1
    assert discord.bot.is_online


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
        ({"op": 2, "d": {"token": "T", "intents": -1}}, 4013),
        ({"op": 2, "d": {"token": "T"}}, 4013),
        ({"op": 2, "d": {"token": "T", "intents": 1, "shard": [1, 1]}}, 4010),
        ({"op": 2, "d": None}, 4002),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 99}, 4001),
        ({"d": {}}, 4002),
        ([1, 2], 4002),
    ],
)
async def test_what_closes_a_connection(discord: DiscordServer, connect: Connect, payload: Any, code: int) -> None:
    wire = await connect()
    await wire.receive()
    await wire.socket.send_str(json.dumps(payload).replace('"T"', f'"{discord.token}"'))
    assert await wire.closed() == code


async def test_more_that_closes_a_connection(discord: DiscordServer, connect: Connect) -> None:
    assert await (await connect("v=6")).closed() == 4012
    assert await (await connect("v=10&encoding=etf")).closed() == 4002
    assert await (await connect("v=10&compress=brotli-stream")).closed() == 4002
    broken, long, twice, late = [await connect() for _ in range(4)]
    await broken.socket.send_str("{")
    assert await broken.closed() == 4002
    await long.send(1, "x" * 5000)
    assert await long.closed() == 4002
    await twice.identify(discord.token)
    await twice.send(2, {"token": discord.token, "intents": 1})
    assert await twice.closed() == 4005
    await late.identify(discord.token)
    other = await connect()
    await other.receive()
    await other.send(6, {"token": discord.token, "session_id": late.session, "seq": 10_000})
    assert await other.closed() == 4007
    async with aiohttp.ClientSession() as session, session.get(f"{discord.root}/gateway") as answer:
        assert answer.status == 426


async def test_a_wrong_token_and_an_intent_that_is_not_switched_on(discord: DiscordServer) -> None:
    with pointing_discord_at(discord):
        client = library.Client(intents=library.Intents.default())
        with pytest.raises(library.LoginFailure):
            await client.login("wrong.simulated.token")
        await client.close()
    discord.world.privileged = PRIVILEGED & ~Intent.MESSAGE_CONTENT
    with pointing_discord_at(discord):
        client = library.Client(intents=library.Intents.all())
        await client.login(discord.token)
        with pytest.raises(library.PrivilegedIntentsRequired):
            await client.connect()
        assert client.application_flags.gateway_message_content_limited is False
        assert client.application_flags.gateway_guild_members_limited is True
        await client.close()
    assert Route.BASE == "https://discord.com/api/v10"


@pytest.mark.parametrize("how", ["drops", "asks_to_reconnect", "closes", "invalidates_resumable"])
async def test_a_lost_connection_is_resumed_and_nothing_is_missed(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel, how: str
) -> None:
    async def on_message(message: library.Message) -> None:
        if not message.author.bot:
            await message.channel.send(f"got {message.content}")

    await start(on_message=on_message)
    assert discord.gateway.resumed == 0
    gateway = discord.gateway
    disturb: dict[str, Callable[[], None]] = {
        "drops": gateway.drops,
        "asks_to_reconnect": gateway.asks_to_reconnect,
        "closes": lambda: gateway.closes(4000),
        "invalidates_resumable": lambda: gateway.invalidates(resumable=True),
    }
    disturb[how]()
    if how == "drops":
        await gateway.disconnected()
    await ada.says("one", channel=general)
    await gateway.news.wait_for(lambda: gateway.resumed == 1, 10)
    await ada.says("two", channel=general)
    assert [(await discord.bot.answers(general)).text for _ in range(2)] == ["got one", "got two"]
    assert gateway.identified == 1


async def test_an_invalid_session_starts_anew(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    async def on_message(message: library.Message) -> None:
        if not message.author.bot:
            await message.channel.send("here")

    await start(on_message=on_message)
    discord.gateway.invalidates()
    await discord.gateway.news.wait_for(lambda: discord.gateway.identified == 2, 10)
    await ada.says("still there?", channel=general)
    assert (await discord.bot.answers(general)).text == "here"


async def test_a_zombie_is_noticed(discord: DiscordServer, ada: Person, general: Channel) -> None:
    async with discord_server(limits=Limits.none(), heartbeat_interval=0.05) as server:
        with pointing_discord_at(server):
            client = library.Client(intents=library.Intents.default(), heartbeat_timeout=0.2, guild_ready_timeout=0.02)
            await client.login(server.token)
            task = asyncio.create_task(client.connect())
            await server.bot.comes_online()
            server.gateway.goes_silent()
            await server.gateway.news.wait_for(lambda: server.gateway.resumed == 1, 5)
            await client.close()
            await task


async def test_what_a_resume_repeats_and_when_it_is_too_late(ada: Person) -> None:
    clock = ManualClock()
    async with discord_server(limits=Limits.none(), clock=clock) as server, aiohttp.ClientSession() as session:
        bea = server.user("Bea")
        wire = Wire(await session.ws_connect(server.gateway_url))
        await wire.identify(server.token)
        seen = wire.sequence
        await bea.dm("one")
        await wire.until("MESSAGE_CREATE")
        await wire.socket.close(code=4000)
        await server.gateway.disconnected()
        await bea.dm("two")
        again = Wire(await session.ws_connect(server.gateway_url))
        await again.receive()
        await again.send(6, {"token": server.token, "session_id": wire.session, "seq": seen})
        assert [(await again.until("MESSAGE_CREATE"))["content"] for _ in range(2)] == ["one", "two"]
        assert (await again.receive())["t"] == "RESUMED"
        await again.socket.close(code=4000)
        await server.gateway.disconnected()
        clock.advance(121)
        late = Wire(await session.ws_connect(server.gateway_url))
        await late.receive()
        await late.send(6, {"token": server.token, "session_id": wire.session, "seq": again.sequence})
        assert (await late.receive()) == {"t": None, "s": None, "op": 9, "d": False}
        await late.socket.close(code=1000)
        await bea.dm("nobody hears this")
        assert server.gateway.sessions == {}


async def test_a_clean_goodbye_ends_the_session(discord: DiscordServer, connect: Connect) -> None:
    staying, leaving = await connect(), await connect()
    await staying.identify(discord.token)
    await leaving.identify(discord.token)
    await leaving.socket.close(code=1000)
    await discord.gateway.news.wait_for(lambda: len(discord.gateway.sessions) == 1, 5)
    await staying.socket.close(code=4000)
    await discord.gateway.disconnected()
    assert list(discord.gateway.sessions) == [staying.session]  # can be resumed


async def test_what_a_bot_reads_without_the_message_content_intent(
    discord: DiscordServer, connect: Connect, ada: Person, friends: Server, general: Channel, call: Any
) -> None:
    modest, curious = await connect(), await connect()
    await modest.identify(discord.token, ALL & ~int(Intent.MESSAGE_CONTENT))
    await curious.identify(discord.token)

    async def both() -> tuple[str, str]:
        return (await modest.until("MESSAGE_CREATE"))["content"], (await curious.until("MESSAGE_CREATE"))["content"]

    secret = await ada.says("between us", channel=general)
    assert await both() == ("", "between us")
    role = next(role for role in friends.guild.roles.values() if role.managed_by)
    await ada.says(f"{role.mention} hey", channel=general)
    assert (await both())[0] == ""  # its role is not the bot
    said = await ada.mentions(discord.bot, "hello", channel=general)
    assert await both() == (said.text, said.text)
    await ada.dm("in private")
    assert await both() == ("in private", "in private")
    status, own = await call("POST", f"/channels/{general.id}/messages", {"content": "mine"})
    assert await both() == ("mine", "mine")
    mine = general.messages[int(own["id"])]
    await ada.says("a loud reply", channel=general, reply_to=mine)
    assert (await both())[0] == "a loud reply"
    await ada.says("a silent reply", channel=general, reply_to=mine, ping=False)
    assert (await both())[0] == ""
    await ada.mentions(discord.bot, "look at that", channel=general, reply_to=secret)
    event = await modest.until("MESSAGE_CREATE")
    assert event["content"].endswith("look at that")
    assert event["referenced_message"]["content"] == ""
    assert event["guild_id"] == str(friends.id)

    status, found = await call("GET", f"/channels/{general.id}/messages/{secret.id}")
    assert (status, found["content"]) == (200, "between us")  # HTTP goes by what the app is allowed
    discord.world.privileged = PRIVILEGED & ~Intent.MESSAGE_CONTENT
    status, found = await call("GET", f"/channels/{general.id}/messages/{secret.id}")
    assert found["content"] == ""


async def test_intents_and_permissions_choose_the_events(
    discord: DiscordServer, connect: Connect, ada: Person, friends: Server, general: Channel
) -> None:
    wire = await connect()
    await wire.identify(discord.token, int(Intent.GUILDS | Intent.DIRECT_MESSAGES))
    await wire.until("GUILD_CREATE")
    hidden = friends.text_channel("hidden")
    assert (await wire.receive())["t"] == "CHANNEL_CREATE"
    await ada.says("not for this session", channel=general)
    await ada.dm("but this is")
    assert (await wire.receive())["d"]["content"] == "but this is"
    full = await connect()
    await full.identify(discord.token)
    friends.forbids(discord.bot, Permission.VIEW_CHANNEL, channel=hidden)
    await ada.says("behind its back", channel=hidden)
    await ada.says("to its face", channel=general)
    assert (await full.until("MESSAGE_CREATE"))["content"] == "to its face"


async def test_shards_share_the_guilds(discord: DiscordServer, connect: Connect, ada: Person) -> None:
    guilds = [discord.guild(f"G{number}", [ada]) for number in range(6)]
    wires = [await connect() for _ in range(2)]
    readies = [await wire.identify(discord.token, shard=[number, 2]) for number, wire in enumerate(wires)]
    seen = [{int(guild["id"]) for guild in ready["guilds"]} for ready in readies]
    assert seen[0] | seen[1] == {guild.id for guild in guilds}
    assert not seen[0] & seen[1]
    assert all((guild >> 22) % 2 == 1 for guild in seen[1])
    await ada.dm("to the first")
    assert (await wires[0].until("MESSAGE_CREATE"))["content"] == "to the first"


async def test_members_are_told_on_request(discord: DiscordServer, start: Starter, ada: Person) -> None:
    people = [ada, *(discord.user(name) for name in ("Bob", "Bea", "Carl"))]
    club = discord.guild("Club", people)
    client = await start()
    guild = client.get_guild(club.id)
    assert {member.display_name for member in guild.members} == {"Ada", "Bob", "Bea", "Carl", "helper"}
    assert [m.display_name for m in await guild.query_members("b", limit=5)] == ["Bob", "Bea"]
    assert [m.id for m in await guild.query_members(user_ids=[ada.id, 1])] == [ada.id]


async def test_too_many_payloads_and_too_many_sessions(discord: DiscordServer, connect: Connect) -> None:
    none = Limits.none()
    discord.world.limiter.limits = Limits(
        none.routes, None, None, None, None, gateway=Rate(2, 60), identifies=Rate(1, 86_400)
    )
    first = await connect()
    await first.identify(discord.token)
    for _ in range(2):
        await first.send(1, None)
    assert await first.closed() == 4008
    second = await connect()
    await second.receive()
    await second.send(2, {"token": discord.token, "intents": ALL})
    assert (await second.receive())["op"] == 9


async def test_compression_and_malformed_events(discord: DiscordServer, connect: Connect) -> None:
    wire = await connect("v=10&encoding=json&compress=zlib-stream")
    context = zlib.decompressobj()

    async def receive() -> Any:
        frame = await wire.socket.receive_bytes(timeout=5)
        assert frame.endswith(b"\x00\x00\xff\xff")
        return json.loads(context.decompress(frame))

    assert (await receive())["op"] == 10
    await wire.send(2, {"token": discord.token, "intents": 0})
    assert (await receive())["t"] == "READY"
    discord.inject("MESSAGE_CREATE", {"id": "no message"})
    assert (await receive())["d"] == {"id": "no message"}
    discord.inject("NEVER_HEARD_OF", b'{"x": [1, 2')
    with pytest.raises(json.JSONDecodeError):
        await receive()


def test_zstd_is_used_where_it_is_installed() -> None:
    zstandard = pytest.importorskip("zstandard")
    compress = compressor("zstd-stream")
    assert compress is not None
    context = zstandard.ZstdDecompressor().decompressobj()
    assert [context.decompress(compress(text)) for text in (b"one", b"two")] == [b"one", b"two"]


async def test_the_address_of_the_gateway(discord: DiscordServer, call: Any) -> None:
    status, told = await call("GET", "/gateway/bot")
    assert (status, told["url"], told["shards"]) == (200, discord.gateway_url, 1)
    assert told["session_start_limit"]["remaining"] == 1000
    assert (await call("GET", "/gateway"))[1] == {"url": discord.gateway_url}
