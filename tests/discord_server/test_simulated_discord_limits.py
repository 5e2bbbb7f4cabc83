"""Rate limits on a clock that the test moves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Limits, ManualClock, Person, Rate, discord_server

Ask = Callable[..., Awaitable[tuple[int, dict[str, str], Any]]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def discord(clock: ManualClock) -> AsyncIterator[DiscordServer]:
    async with discord_server(clock=clock, limits=Limits.real()) as server:
        yield server


@pytest.fixture
async def ask(discord: DiscordServer) -> AsyncIterator[Ask]:
    async with aiohttp.ClientSession() as session:

        async def send(method: str, path: str, body: Any = None, token: str = "") -> tuple[int, dict[str, str], Any]:
            headers = {"Authorization": f"Bot {token or discord.token}"}
            async with session.request(method, discord.url + path, json=body, headers=headers) as answer:
                kind = answer.headers["Content-Type"]
                told = await answer.json() if kind.startswith("application/json") else await answer.text()
                return answer.status, {k.lower(): v for k, v in answer.headers.items()}, told

        yield send


async def test_five_messages_in_five_seconds_in_one_channel(
    discord: DiscordServer, ask: Ask, general: Channel, ada: Person, clock: ManualClock
) -> None:
    path = f"/channels/{general.id}/messages"
    for left in (4, 3, 2, 1, 0):
        status, headers, _ = await ask("POST", path, {"content": "x"})
        assert (status, headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == (200, "5", str(left))
        assert headers["x-ratelimit-reset-after"] == "5.000"
    clock.advance(2)
    status, headers, refused = await ask("POST", path, {"content": "too much"})
    assert (status, refused["retry_after"], refused["global"]) == (429, 3, False)
    assert refused["message"] == "You are being rate limited."
    assert (headers["retry-after"], headers["x-ratelimit-scope"], headers["x-ratelimit-remaining"]) == (
        "3",
        "user",
        "0",
    )
    assert "via" in headers  # otherwise the library takes it for a ban
    await ada.dm("hi")
    status, other, _ = await ask("POST", f"/channels/{ada.dms.id}/messages", {"content": "another channel"})
    assert (status, other["x-ratelimit-bucket"]) == (200, headers["x-ratelimit-bucket"])
    clock.advance(3)
    assert (await ask("POST", path, {"content": "in time"}))[0] == 200
    assert general.lines()[-1] == "Helper: in time"
    assert len(general.transcript()) == 6


async def test_fifty_in_a_second_over_all_routes_but_not_interactions(
    discord: DiscordServer, ask: Ask, general: Channel, ada: Person, clock: ManualClock
) -> None:
    discord.world.limiter.limits = Limits({}, None, Rate(50, 1), None, None, None, None)
    for _ in range(50):
        assert (await ask("GET", "/users/@me"))[0] == 200
    status, headers, refused = await ask("GET", f"/channels/{general.id}")
    assert (status, refused["global"], headers["x-ratelimit-scope"]) == (429, True, "global")
    assert headers["x-ratelimit-global"] == "true"
    assert (await ask("POST", "/interactions/1/x/callback", {"type": 4}))[0] == 404  # not 429
    clock.advance(1)
    assert (await ask("GET", "/users/@me"))[0] == 200


async def test_too_many_invalid_requests_shut_the_bot_out(discord: DiscordServer, ask: Ask, clock: ManualClock) -> None:
    discord.world.limiter.limits = Limits({}, None, None, Rate(5, 600), None, None, None)
    for _ in range(5):
        assert (await ask("GET", "/users/@me", token="wrong"))[0] == 401
    status, headers, told = await ask("GET", "/users/@me")
    assert (status, told, "via" in headers) == (429, "error code: 1015", False)
    assert discord.invalid_requests == 5
    clock.advance(600)
    assert (await ask("GET", "/users/@me"))[0] == 200


async def test_the_figures_are_real(discord: DiscordServer, ask: Ask, general: Channel, ada: Person) -> None:
    said = await ada.says("hi", channel=general)
    status, headers, _ = await ask("PUT", f"/channels/{general.id}/messages/{said.id}/reactions/%F0%9F%91%8D/@me")
    assert (status, headers["x-ratelimit-reset-after"]) == (204, "0.250")
    assert (await ask("PUT", f"/channels/{general.id}/messages/{said.id}/reactions/%F0%9F%91%8E/@me"))[0] == 429
    status, headers, _ = await ask("GET", "/gateway/bot")
    assert (status, headers["x-ratelimit-limit"]) == (200, "10")


async def test_without_limits_a_million_is_promised(discord: DiscordServer, ask: Ask, general: Channel) -> None:
    discord.world.limiter.limits = Limits.none()
    for number in range(20):
        status, headers, _ = await ask("POST", f"/channels/{general.id}/messages", {"content": str(number)})
        assert (status, headers["x-ratelimit-remaining"]) == (200, "999999")


async def test_old_windows_are_forgotten(discord: DiscordServer, clock: ManualClock) -> None:
    limiter = discord.world.limiter
    for number in range(20_005):
        limiter.spend("POST /webhooks/{application_id}/{token}", str(number))
        clock.advance(0.001)
    assert len(limiter._windows) < 10_000
