"""Checking the traffic against Discord's own description."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from botcore.testing.discord_server import Channel, DiscordServer, Limits, Person, discord_server
from botcore.testing.discord_server.description import Checker
from botcore.testing.discord_server.requests import Request
from botcore.testing.discord_server.routes import ROUTES
from botcore.testing.openapi import Description

Caller = Callable[..., Awaitable[Any]]


def test_every_route_is_in_the_description(described: Description) -> None:
    for route in ROUTES:
        method, _, path = route.partition(" ")
        filled = path.replace("{token}", "t").replace("{emoji}", "e")
        for name in ("application", "guild", "channel", "message", "command", "interaction", "user"):
            filled = filled.replace(f"{{{name}_id}}", "1")
        with pytest.raises((AssertionError, LookupError)) as found:
            described.check_response(method, filled, 418, {"neither": "code nor message"})
        assert "the description has no" not in str(found.value), route


async def test_what_does_not_fit_is_collected(described: Description) -> None:
    async with discord_server(limits=Limits.none(), description=described) as discord:
        ada = discord.user("Ada")
        general = discord.guild("Friends", [ada]).text_channel("general")
        headers = {"Authorization": f"Bot {discord.token}"}
        async with aiohttp.ClientSession(headers=headers) as session:

            async def send(body: Any) -> int:
                async with session.post(f"{discord.url}/channels/{general.id}/messages", json=body) as answer:
                    return answer.status

            assert await send({"content": "fine"}) == 200
            assert discord.violations == []
            assert await send({"content": "odd", "sticker_ids": "none"}) == 200
            assert len(discord.violations) == 1
            assert "sticker_ids" in discord.violations[0]
            assert await send({"content": 12}) == 400  # refused, so its body is not held against anybody
            discord.world.bot.data["username"] = None
            assert await send({"content": "the answer is wrong"}) == 200
            assert "answer 200 does not fit" in discord.violations[1]
            assert "username" in discord.violations[1]


def test_events_and_ids_are_understood(described: Description) -> None:
    checker = Checker(described)
    checker.event("MESSAGE_CREATE", {"id": "1"})
    checker.event("TYPING_START", {"what": "ever"})
    assert len(checker.problems) == 1
    mentions = {"content": "x", "allowed_mentions": {"users": [12, 13]}, "message_reference": {"message_id": 7}}
    checker.call("POST", Request("", "/channels/1/messages", body=mentions), 200, None)
    assert len(checker.problems) == 1


async def test_without_a_description_nothing_is_checked(ada: Person, general: Channel) -> None:
    async with discord_server(limits=Limits.none()) as discord:
        assert discord.violations == []


async def test_every_kind_of_answer_fits(
    discord: DiscordServer, call: Caller, ada: Person, general: Channel, described: Description
) -> None:
    """The fixture fails where one of them does not."""
    guild = general.guild
    assert guild is not None
    said = await ada.says("hi", channel=general)
    await ada.reacts("👍", said)
    thread = await ada.opens_thread("Talk", on=said)
    forum = discord.guilds[guild.id].forum("help")
    voice = discord.guilds[guild.id].voice_channel("loud")
    embed = {"title": "t", "author": {"name": "a"}, "footer": {"text": "f"}, "image": {"url": "https://x.org/a.png"}}
    menus = [{"type": kind, "custom_id": str(kind)} for kind in (5, 6, 7, 8)]
    body = {"content": "x", "embeds": [embed], "components": [{"type": 1, "components": [one]} for one in menus]}
    assert (await call("POST", f"/channels/{general.id}/messages", body))[0] == 200
    media = {"url": "https://x.org/a.png"}
    layout = [
        {"type": 12, "items": [{"media": media}]},
        {"type": 13, "file": {"url": "attachment://a.txt"}},
        {"type": 9, "components": [{"type": 10, "content": "x"}], "accessory": {"type": 11, "media": media}},
    ]
    assert (await call("POST", f"/channels/{general.id}/messages", {"flags": 1 << 15, "components": layout}))[0] == 200
    for path in (
        "/users/@me",
        f"/users/{ada.id}",
        "/users/@me/guilds",
        "/applications/@me",
        "/oauth2/applications/@me",
        f"/guilds/{guild.id}?with_counts=true",
        f"/guilds/{guild.id}/channels",
        f"/guilds/{guild.id}/roles",
        f"/guilds/{guild.id}/members?limit=10",
        f"/guilds/{guild.id}/members/{ada.id}",
        f"/guilds/{guild.id}/threads/active",
        f"/channels/{general.id}",
        f"/channels/{thread.id}",
        f"/channels/{forum.id}",
        f"/channels/{voice.id}",
        f"/channels/{ada.dms.id}",
        f"/channels/{general.id}/messages",
        f"/channels/{thread.id}/messages",
        f"/channels/{thread.id}/thread-members",
        f"/channels/{thread.id}/thread-members/{ada.id}",
        f"/channels/{general.id}/threads/archived/public",
        f"/channels/{general.id}/messages/{said.id}/reactions/%F0%9F%91%8D",
    ):
        assert (await call("GET", path))[0] == 200, path
    post = {"name": "Post", "message": {"content": "first"}}
    assert (await call("POST", f"/channels/{forum.id}/threads", post))[0] == 201
    assert (await call("POST", f"/channels/{forum.id}/threads", {"name": "Post"}))[0] == 400
    assert (await call("POST", "/users/@me/channels", {"recipient_id": str(ada.id)}))[0] == 200
    assert (await call("DELETE", f"/users/@me/guilds/{guild.id}"))[0] == 204
