"""Whose command it is: names, clashes, unloading, and which command a line means."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from botcore.commands.registry import Found, Registry, Unknown
from botcore.errors import NameTaken, PluginError
from botcore.messages import Audio, File, Image, Part, Text
from botcore.plugin import Bot, Context, Permission


async def nothing(ctx: Context) -> None: ...
async def for_part(ctx: Context, part: Part) -> None: ...
async def wrap(ctx: Context, call_next: Callable[[], Awaitable[Any]]) -> None: ...
async def contribute(ctx: Context) -> str: ...  # type: ignore[empty-body] # never called
async def export(user: str) -> None: ...
async def erase(user: str) -> int: ...  # type: ignore[empty-body] # never called
async def tick() -> None: ...
async def bad(ctx: Context, what: dict[str, str]) -> None: ...


def images() -> Bot:
    bot = Bot("images")
    bot.command("image", tool=True, aliases=("draw", "img"))(nothing)
    bot.command("purge", tool=True, changes=True, permission="admin")(nothing)
    bot.command("debug", hidden=True)(nothing)
    bot.tool("lookup")(nothing)
    bot.tool("forget", changes=True)(nothing)
    bot.on(Image, File)(for_part)
    bot.middleware(wrap)
    bot.context(contribute)
    bot.exports(export)
    bot.erases(erase)
    bot.every(timedelta(hours=1))(tick)
    return bot


def loaded(*bots: Bot) -> Registry:
    registry = Registry()
    for bot in bots:
        registry.add(bot)
    return registry


@pytest.mark.parametrize(
    ("line", "name", "text", "target"),
    [
        ("/image", "image", "", None),
        ("/image a red fox", "image", "a red fox", None),
        ("/IMAGE a red fox", "image", "a red fox", None),
        ("  /image a", "image", "a", None),
        ("/draw a", "image", "a", None),
        ("/image@MyBot  a", "image", "a", "MyBot"),
        ("/image\nfirst\nsecond", "image", "first\nsecond", None),
        ("/image@MyBot", "image", "", "MyBot"),
    ],
)
def test_a_command_line_is_found(line: str, name: str, text: str, target: str | None) -> None:
    found = loaded(images()).find(line)
    assert isinstance(found, Found)
    assert (found.registered.command.name, found.text, found.target) == (name, text, target)


@pytest.mark.parametrize(
    "text", ["", "image", "/", "/ image", "a /image", "/usr/bin/env", "//", "/image: a", "/😀", "/a-b"]
)
def test_other_text_is_no_command_line(text: str) -> None:
    assert loaded(images()).find(text) is None


def test_an_unknown_command_gets_a_suggestion() -> None:
    registry = loaded(images())
    assert registry.find("/imgae a fox") == Unknown("imgae", None, "image")
    assert registry.find("/xyzzy@Other a") == Unknown("xyzzy", "Other", None)
    assert registry.find("/prge") == Unknown("prge", None, None)  # nor is one for admins
    assert registry.find("/debgu") == Unknown("debgu", None, None)  # a hidden one is not given away
    assert registry.find("/lookup x") == Unknown("lookup", None, None)  # a tool is no command
    assert registry.find("/помощь") == Unknown("помощь", None, None)


def test_a_clash_names_the_holder_and_loads_nothing() -> None:
    registry = loaded(images())
    other = Bot("painter")
    other.command("paint")(nothing)
    other.command("sketch", aliases=("draw",))(nothing)
    with pytest.raises(NameTaken) as caught:
        registry.add(other)
    assert str(caught.value) == "plugin 'painter': command /draw is already taken by plugin 'images'"
    assert caught.value.holder == "images"
    assert registry.find("/paint x") == Unknown("paint", None, None)
    assert registry.plugins == ("images",)


def test_tools_clash_among_themselves() -> None:
    registry = loaded(images())
    other = Bot("other")
    other.tool("image")(nothing)
    with pytest.raises(NameTaken, match="plugin 'other': tool image is already taken by plugin 'images'"):
        registry.add(other)
    apart = Bot("apart")
    apart.tool("draw")(nothing)  # an alias is no tool
    apart.command("lookup")(nothing)  # and a tool no command
    registry.add(apart)
    assert registry.tool("draw") is not None


def test_a_plugin_can_clash_with_itself_and_with_its_own_name() -> None:
    twice = Bot("twice")
    twice.command("one")(nothing)
    twice.command("two", aliases=("one",))(nothing)
    with pytest.raises(NameTaken, match="plugin 'twice': command /one is already taken by this very plugin"):
        Registry().add(twice)
    with pytest.raises(NameTaken, match="plugin 'images': the name images is already taken"):
        loaded(images()).add(Bot("images"))


def test_unloading_takes_everything_away() -> None:
    registry = loaded(images())
    everything = (registry.middlewares, registry.contexts, registry.exporters, registry.erasers, registry.jobs)
    assert all([owned.plugin for owned in those()] == ["images"] for those in everything)
    assert registry.remove("images")
    assert not registry.remove("images")
    assert not any(those() for those in everything)
    assert (registry.commands(), registry.tools(), registry.handlers([Image()])) == ((), (), [])
    assert registry.find("/image a") == Unknown("image", None, None)
    registry.add(images())  # and it may come back
    assert registry.command("/Draw") is registry.command("image")


@pytest.mark.parametrize(
    ("role", "names"), [("user", ["image"]), ("admin", ["image", "purge"]), ("owner", ["image", "purge"])]
)
def test_people_see_what_they_may_use(role: Permission, names: list[str]) -> None:
    assert [known.command.name for known in loaded(images()).commands(role)] == names


def test_tools_that_change_something_are_invisible_until_granted() -> None:
    registry = loaded(images())

    def seen(*granted: str, role: Permission = "user", disabled: tuple[str, ...] = ()) -> list[str]:
        return [known.command.name for known in registry.tools(granted, role, disabled)]

    assert seen() == ["image", "lookup"]
    assert seen("forget") == ["forget", "image", "lookup"]
    assert seen("purge") == ["image", "lookup"]  # granted, but not for everybody
    assert seen("purge", role="admin") == ["image", "lookup", "purge"]
    assert seen(disabled=("image",)) == ["lookup"]


def test_handlers_go_by_the_kind_of_part() -> None:
    listener = Bot("listener")
    listener.on(Audio, unaddressed=True)(for_part)
    registry = loaded(images(), listener)
    picture, sound = Image(ref="1"), Audio(ref="2")
    found = registry.handlers([Text("look"), sound, picture, Image(ref="3")])
    assert [(handler.plugin, part) for handler, part in found] == [("images", picture), ("listener", sound)]
    assert [handler.plugin for handler, _ in registry.handlers([sound, picture], addressed=False)] == ["listener"]
    assert registry.handlers([Text("hello")]) == []


def test_a_handler_may_be_for_some_parts_of_a_kind() -> None:
    listener = Bot("listener")
    listener.on(File, when=lambda file: file.name.endswith(".oga"), timeout=900)(for_part)
    registry = loaded(listener)
    song, page = File(name="song.oga"), File(name="page.pdf")
    assert [part for _, part in registry.handlers([page, song])] == [song]
    assert registry.handlers([page]) == []
    assert registry.longest == 900
    assert refused(lambda bot: bot.on(File, timeout=0)(for_part)) == "on(File): its timeout is 0 s; it must be over 0"


def refused(register: Callable[[Bot], object]) -> str:
    bot = Bot("tester")
    register(bot)
    registry = Registry()
    with pytest.raises(PluginError) as caught:
        registry.add(bot)
    assert registry.plugins == ()
    return str(caught.value).removeprefix("plugin 'tester': ")


def not_async() -> None: ...


def test_a_decorator_without_its_parentheses_is_refused() -> None:
    bot: Any = Bot("tester")  # what a type checker would not let pass
    for decorator, says in (
        (bot.command, 'bot.command takes a name: write @bot.command("nothing") above nothing'),
        (bot.tool, 'bot.tool takes a name: write @bot.tool("nothing") above nothing'),
        (bot.on, "bot.on takes the classes of parts"),
        (bot.every, "bot.every takes a timedelta"),
    ):
        with pytest.raises(PluginError, match=re.escape(says)):
            decorator(nothing)
    with pytest.raises(PluginError, match=r"bot\.on takes the classes of parts"):
        bot.on()


def test_what_cannot_be_called_is_refused_at_registration() -> None:
    assert refused(lambda bot: bot.command("Image")(nothing)).endswith("'Image' is not 1 to 32 of a-z, 0-9 and _")
    assert refused(lambda bot: bot.command("a", aliases=["a-b"])(nothing)).startswith("command /a: 'a-b' is not")
    assert refused(lambda bot: bot.command("x" * 33)(nothing)).endswith("is not 1 to 32 of a-z, 0-9 and _")
    assert (
        refused(lambda bot: bot.command("a", timeout=0)(nothing)) == "command /a: its timeout is 0 s; it must be over 0"
    )
    assert "permission is one of user, admin, owner" in refused(
        lambda bot: bot.command("a", permission="root")(nothing)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    )
    assert refused(lambda bot: bot.command("a")(bad)).startswith("command /a, parameter 'what'")
    assert refused(lambda bot: bot.on(Image)(nothing)) == "on(Image): nothing must take 2 arguments"
    assert refused(lambda bot: bot.on(str)(for_part)).startswith("on(str): not a class of message parts")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert refused(lambda bot: bot.middleware(nothing)) == "middleware: nothing must take 2 arguments"  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert refused(lambda bot: bot.context(tick)) == "context: tick must take 1 argument"  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    assert refused(lambda bot: bot.every(timedelta(0))(tick)) == "every: the period of 'tick' is not over 0"
    assert "must be an `async def`" in refused(
        lambda bot: bot.every(timedelta(1))(not_async)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    )
