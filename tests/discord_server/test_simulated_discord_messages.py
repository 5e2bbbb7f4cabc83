"""What Discord takes and refuses: messages, edits, embeds, components, references, permissions, nonces."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord as library
import pytest

from botcore.testing.discord_server import (
    Channel,
    DiscordServer,
    Limits,
    ManualClock,
    Permission,
    Person,
    Server,
    discord_server,
)

Starter = Callable[..., Awaitable[Any]]
Caller = Callable[..., Awaitable[Any]]


def button(label: str = "Go", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": label, "custom_id": label, **more}


def row(*components: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(components)}


def select(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "pick", "options": [{"label": "A", "value": "a"}], **more}


@pytest.mark.parametrize(
    ("body", "where", "code"),
    [
        ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
        ({"content": 12}, "content", "STRING_TYPE_CONVERT"),
        ({"content": "x", "tts": "loud"}, "tts", "BOOLEAN_TYPE_CONVERT"),
        ({"content": "x", "flags": "many"}, "flags", "NUMBER_TYPE_COERCE"),
        ({"content": "x", "nonce": "n" * 26, "enforce_nonce": True}, "nonce", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4000}, {"description": "x" * 2001}]}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
        ({"embeds": [{}]}, "embeds.0.description", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"title": "x", "url": "nonsense"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL"),
        ({"embeds": [{"title": "x", "url": "ftp://x"}]}, "embeds.0.url", "URL_TYPE_INVALID_SCHEME"),
        ({"embeds": [{"fields": [{"name": "x"}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
        ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name", "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"title": "x", "color": 0x1000000}]}, "embeds.0.color", "NUMBER_TYPE_MAX"),
        ({"embeds": "no list"}, "embeds", "LIST_TYPE_CONVERT"),
        ({"embeds": ["no embed"]}, "embeds.0", "MODEL_TYPE_CONVERT"),
        ({"content": "x", "components": [row(button())] * 6}, "components", "BASE_TYPE_MAX_LENGTH"),
        ({"components": [row(*[button(str(n)) for n in range(6)])]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [row()]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
        ({"components": [button()]}, "components.0.type", "BASE_TYPE_CHOICES"),
        (
            {"components": [row(button(), button())]},
            "components.0.components.1.custom_id",
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            {"components": [row(button("x" * 81, custom_id="a"))]},
            "components.0.components.0.label",
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            {"components": [row(button("", custom_id="a"))]},
            "components.0.components.0",
            "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED",
        ),
        (
            {"components": [row({"type": 2, "style": 5, "label": "x"})]},
            "components.0.components.0.url",
            "BASE_TYPE_REQUIRED",
        ),
        (
            {"components": [row(button(style=5, url="https://x.org"))]},
            "components.0.components.0.custom_id",
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
        ),
        ({"components": [row(select(), button())]}, "components.0.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        ({"components": [row(select(options=[]))]}, "components.0.components.0.options", "BASE_TYPE_BAD_LENGTH"),
        (
            {"components": [row(select(options=[{"label": "A", "value": "a"}] * 2))]},
            "components.0.components.0.options.1.value",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
        ),
        ({"components": [row(select(max_values=26))]}, "components.0.components.0.max_values", "NUMBER_TYPE_MAX"),
        (
            {"content": "x", "flags": 1 << 15, "components": [{"type": 10, "content": "y"}]},
            "content",
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
        ),
        (
            {"flags": 1 << 15, "components": [{"type": 10, "content": "y" * 3000}] * 2},
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
        ),
        ({"content": "x", "attachments": [{"id": "0"}]}, "attachments.0", "ATTACHMENT_NOT_FOUND"),
        (
            {"content": "x", "message_reference": {"message_id": "1"}},
            "message_reference",
            "MESSAGE_REFERENCE_UNKNOWN_MESSAGE",
        ),
        (
            {"content": "x", "message_reference": {"message_id": "abc"}},
            "message_reference.message_id",
            "NUMBER_TYPE_COERCE",
        ),
        (
            {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        ({"content": "x", "allowed_mentions": {"parse": ["cats"]}}, "allowed_mentions.parse", "BASE_TYPE_CHOICES"),
    ],
)
async def test_a_body_that_breaks_the_rules(
    discord: DiscordServer, call: Caller, general: Channel, body: Any, where: str, code: str
) -> None:
    status, refused = await call("POST", f"/channels/{general.id}/messages", body)
    assert (status, refused["code"], refused["message"]) == (400, 50035, "Invalid Form Body")
    inner = refused["errors"]
    for part in where.split("."):
        inner = inner[part]
    assert code in [error["code"] for error in inner["_errors"]]
    assert general.transcript() == []


async def test_several_mistakes_are_told_at_once(call: Caller, general: Channel) -> None:
    body = {"content": "x" * 2001, "embeds": [{"title": "x" * 300, "footer": {}}]}
    _, refused = await call("POST", f"/channels/{general.id}/messages", body)
    assert set(refused["errors"]) == {"content", "embeds"}
    assert set(refused["errors"]["embeds"]["0"]) == {"title", "footer", "description"}


@pytest.mark.parametrize("content", ["", "   ", "\0", None])
async def test_an_empty_message(call: Caller, general: Channel, content: str | None) -> None:
    status, refused = await call("POST", f"/channels/{general.id}/messages", {"content": content})
    assert (status, refused) == (400, {"message": "Cannot send an empty message", "code": 50006})


async def test_bodies_that_cannot_be_read(discord: DiscordServer, call: Caller, general: Channel) -> None:
    path = f"/channels/{general.id}/messages"
    status, refused = await call("POST", path, [1, 2])
    assert (status, refused["errors"]["_errors"][0]["code"]) == (400, "MODEL_TYPE_CONVERT")
    headers = {"Authorization": f"Bot {discord.token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as session:
        for raw in (b"{", b'{"content": "\\ud800"}', b"\xff"):
            async with session.post(discord.url + path, data=raw) as answer:
                assert (answer.status, (await answer.json())["code"]) == (400, 50109)
        async with session.post(discord.url + path, data=b"hi", headers={"Content-Type": "text/plain"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, 50035)
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        async with session.post(discord.url + path, data=b"not a form", headers=form) as answer:
            assert answer.status == 400
    assert general.transcript() == []


async def test_what_does_not_exist_and_what_is_not_allowed(
    discord: DiscordServer, call: Caller, ada: Person, friends: Server, general: Channel
) -> None:
    said = await ada.says("mine", channel=general)
    path = f"/channels/{general.id}/messages"
    for method, where, answer in (
        ("GET", "/channels/1", (404, 10003)),
        ("GET", "/channels/abc", (400, 50035)),
        ("GET", f"{path}/1", (404, 10008)),
        ("GET", "/guilds/1", (404, 10004)),
        ("GET", "/users/1", (404, 10013)),
        ("GET", f"/guilds/{friends.id}/members/1", (404, 10013)),
        ("GET", "/nowhere", (404, 0)),
        ("PUT", path, (405, 0)),
        ("PATCH", f"{path}/{said.id}", (403, 50005)),
        ("DELETE", f"{path}/{said.id}", (403, 50013)),
        ("PUT", f"{path}/{said.id}/reactions/x/@me", (404, 10014)),
    ):
        status, refused = await call(method, where, {"content": "x"} if method == "PATCH" else None)
        assert (status, refused["code"]) == answer, (method, where)
    assert (await call("GET", "/users/@me", token="wrong")) == (401, {"message": "401: Unauthorized", "code": 0})

    friends.forbids(discord.bot, Permission.SEND_MESSAGES, channel=general)
    assert (await call("POST", path, {"content": "x"})) == (403, {"message": "Missing Permissions", "code": 50013})
    friends.forbids(discord.bot, Permission.READ_MESSAGE_HISTORY, channel=general)
    assert await call("GET", path) == (200, [])
    assert (await call("GET", f"{path}/{said.id}"))[1]["code"] == 50013
    friends.forbids(friends.everyone, Permission.VIEW_CHANNEL, channel=general)
    assert (await call("POST", path, {"content": "x"})) == (403, {"message": "Missing Access", "code": 50001})
    friends.permits(discord.bot, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES, channel=general)
    assert (await call("POST", path, {"content": "x"}))[0] == 200
    reply = {"content": "x", "message_reference": {"message_id": str(said.id)}}
    assert (await call("POST", path, reply))[1]["code"] == 160002
    await friends.deletes(general)
    assert (await call("POST", path, {"content": "x"}))[1]["code"] == 10003
    forum, heading = friends.forum("forum"), friends.category("heading")
    assert (await call("POST", f"/channels/{forum.id}/messages", {"content": "x"}))[1]["code"] == 40058
    assert (await call("POST", f"/channels/{heading.id}/messages", {"content": "x"}))[1]["code"] == 50008
    assert (await call("POST", "/users/@me/channels", {"recipient_id": "1"}))[1]["code"] == 50033
    await friends.kicks(discord.bot)
    assert (await call("GET", f"/guilds/{friends.id}"))[1]["code"] == 50001
    assert discord.invalid_requests > 5


async def test_permissions_by_role_owner_and_overwrite(
    discord: DiscordServer, call: Caller, ada: Person, friends: Server, general: Channel
) -> None:
    said = await ada.says("one", channel=general)
    friends.gives(discord.bot, friends.role("Moderators", permissions=Permission.MANAGE_MESSAGES))
    assert (await call("DELETE", f"/channels/{general.id}/messages/{said.id}"))[0] == 204
    friends.gives(discord.bot, friends.role("Chief", permissions=Permission.ADMINISTRATOR))
    friends.forbids(friends.everyone, Permission.VIEW_CHANNEL, channel=general)
    assert (await call("POST", f"/channels/{general.id}/messages", {"content": "over everything"}))[0] == 200
    assert general.lines() == ["Helper: over everything"]
    _status, mine = await call("GET", "/users/@me/guilds")
    assert mine[0]["permissions"] == str((1 << 53) - 1)


async def test_replies_and_their_failures(
    discord: DiscordServer, start: Starter, ada: Person, general: Channel
) -> None:
    client = await start()
    said = await ada.says("hello", channel=general)
    channel = client.get_channel(general.id)
    partial = channel.get_partial_message(said.id)
    sent = await partial.reply("hi")
    assert sent.reference.resolved.content == "hello"
    await ada.deletes(said)
    with pytest.raises(library.HTTPException, match="Unknown message"):
        await partial.reply("too late")
    lenient = library.MessageReference(message_id=said.id, channel_id=general.id, fail_if_not_exists=False)
    assert (await channel.send("all the same", reference=lenient)).reference is None
    gone = await channel.fetch_message(sent.id)
    assert isinstance(gone.reference.resolved, library.DeletedReferencedMessage)


async def test_a_nonce_sends_only_once_for_a_few_minutes() -> None:
    clock = ManualClock()
    async with discord_server(limits=Limits.none(), clock=clock) as discord:
        ada = discord.user("Ada")
        general = discord.guild("Friends", [ada]).text_channel("general")
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {discord.token}"}) as session:

            async def send(**body: Any) -> Any:
                async with session.post(f"{discord.url}/channels/{general.id}/messages", json=body) as answer:
                    assert answer.status == 200
                    return await answer.json()

            first = await send(content="once", nonce="abc", enforce_nonce=True)
            again = await send(content="changed", nonce="abc", enforce_nonce=True)
            assert (again["id"], again["content"], again["nonce"]) == (first["id"], "once", "abc")
            other = await send(content="other", nonce="abd", enforce_nonce=True)
            free = await send(content="not enforced", nonce="abc")
            clock.advance(301)
            late = await send(content="much later", nonce="abd", enforce_nonce=True)
            assert len({first["id"], other["id"], free["id"], late["id"]}) == 4
            general.messages[int(late["id"])].deleted = True
            anew = await send(content="deleted before", nonce="abd", enforce_nonce=True)
            assert anew["id"] != late["id"]
            assert len(general.transcript()) == 4


async def test_history_before_after_and_around(
    discord: DiscordServer, call: Caller, ada: Person, general: Channel
) -> None:
    said = [await ada.says(str(number), channel=general) for number in range(120)]

    async def texts(**query: Any) -> list[str]:
        status, found = await call("GET", f"/channels/{general.id}/messages", params=query)
        assert status == 200
        return [message["content"] for message in found]

    assert await texts() == [str(number) for number in range(119, 69, -1)]
    assert await texts(limit=2, before=said[10].id) == ["9", "8"]
    assert await texts(limit=2, after=said[10].id) == ["12", "11"]
    assert await texts(limit=3, around=said[10].id) == ["11", "10", "9"]
    assert await texts(limit=1, around=said[10].id) == ["10"]
    assert len(await texts(limit=100)) == 100
    await ada.deletes(said[119])
    assert (await texts(limit=1)) == ["118"]
    _status, refused = await call("GET", f"/channels/{general.id}/messages", params={"limit": 101})
    assert refused["errors"]["limit"]["_errors"][0]["code"] == "NUMBER_TYPE_MAX"


async def test_edits_keep_what_is_not_named(discord: DiscordServer, call: Caller, general: Channel) -> None:
    path = f"/channels/{general.id}/messages"
    body = {"content": "text", "embeds": [{"title": "card"}], "components": [row(button())]}
    status, sent = await call("POST", path, body)
    status, edited = await call("PATCH", f"{path}/{sent['id']}", {"content": "new text"})
    assert (edited["content"], edited["embeds"][0]["title"], len(edited["components"])) == ("new text", "card", 1)
    assert edited["edited_timestamp"] is not None
    status, edited = await call("PATCH", f"{path}/{sent['id']}", {"content": None, "components": []})
    assert (edited["content"], edited["components"]) == ("", [])
    status, refused = await call("PATCH", f"{path}/{sent['id']}", {"embeds": []})
    assert (status, refused["code"]) == (400, 50006)
    status, edited = await call("PATCH", f"{path}/{sent['id']}", {"flags": 4})
    assert edited["flags"] == 4
    assert general.transcript()[0].history == ["text", "new text", ""]


async def test_layout_components(discord: DiscordServer, start: Starter, ada: Person, general: Channel) -> None:
    client = await start()

    class Panel(library.ui.LayoutView):
        def __init__(self) -> None:
            super().__init__(timeout=None)
            box: Any = library.ui.Container(accent_colour=0xFF0000)
            box.add_item(library.ui.TextDisplay("Choose"))
            box.add_item(library.ui.Separator())
            press: Any = library.ui.Button(label="This", custom_id="this")
            box.add_item(library.ui.Section("or", "rather", accessory=press))
            self.add_item(box)

    await client.get_channel(general.id).send(view=Panel())
    panel = await discord.bot.answers(general)
    assert panel.text == "Choose\nor\nrather"
    used = await ada.presses("This", on=panel)
    assert used.data["custom_id"] == "this"


async def test_bulk_delete_and_clearing_reactions(
    discord: DiscordServer, start: Starter, ada: Person, friends: Server, general: Channel
) -> None:
    client = await start()
    said = [await ada.says(str(number), channel=general) for number in range(3)]
    channel = client.get_channel(general.id)
    with pytest.raises(library.Forbidden):
        await channel.delete_messages([library.Object(one.id) for one in said[:2]])
    friends.gives(discord.bot, friends.role("Moderators", permissions=Permission.MANAGE_MESSAGES))
    await channel.delete_messages([library.Object(one.id) for one in said[:2]])
    assert general.lines() == ["Ada: 2"]
    await ada.reacts("👍", said[2])
    await ada.reacts("👎", said[2])
    partial = channel.get_partial_message(said[2].id)
    await partial.clear_reaction("👎")
    assert list(said[2].reactions) == ["👍"]
    fetched = await channel.fetch_message(said[2].id)
    assert [user.display_name async for user in fetched.reactions[0].users()] == ["Ada"]
    await partial.remove_reaction("👍", library.Object(ada.id))
    await partial.add_reaction("🎉")
    await partial.remove_reaction("🎉", client.user)
    await partial.clear_reactions()
    assert said[2].reactions == {}
    assert client.get_guild(friends.id) is not None
    await client.get_guild(friends.id).me.edit(nick="Robot")
    assert friends.guild.members[discord.bot.id].nick == "Robot"
