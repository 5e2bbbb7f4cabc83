"""Context menus: which command stands in that of a message or of a person, under which name, and what it is given."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from botcore import codec
from botcore.commands.gate import Call, Gate, is_quiet
from botcore.commands.menus import menu_name, menu_schema
from botcore.commands.registry import Registry
from botcore.errors import UsageError
from botcore.messages import (
    Audio,
    Channel,
    Event,
    File,
    Image,
    Invocation,
    Message,
    Part,
    Press,
    Quote,
    Reply,
    Text,
    User,
    Video,
    quote_of,
    quoted_text,
)
from botcore.plugin import Bot, Command, Context
from tests.commands.memory import MemoryContext, registered

MESSAGE, PERSON = 3, 2
EVERYTHING: tuple[Part, ...] = (
    *(kind(ref=str(n)) for kind in (Image, Audio, Video, File) for n in range(6)),
    Text("hi"),
)


async def hear(ctx: Context, recording: Audio | Video | File, *, language: str = "") -> str:
    """Write down what is said."""
    return f"heard {recording.ref}"


async def vary(ctx: Context, which: int = 1, *, pictures: list[Image] | None = None) -> str:
    """Draw more like it."""
    return f"{which} of {len(pictures or [])}"


async def mask(ctx: Context, picture: Image, hole: Image) -> str:
    """Cut a hole into a picture."""
    return f"{picture.ref} without {hole.ref}"


async def draw(ctx: Context, prompt: str, picture: Image | None = None) -> None:
    """Draw."""


async def seek(ctx: Context, recording: Audio, word: str) -> None:
    """Find a word."""


async def rest(ctx: Context, count: int = 1) -> None:
    """Do nothing."""


async def greet(ctx: Context, whom: User, loudly: bool = False) -> str:
    """Greet somebody."""
    return f"Hello {whom.name}={whom.id}{'!' if loudly else ''}"


async def gift(ctx: Context, whom: User, picture: Image | None = None) -> None:
    """Give somebody a picture."""


async def marry(ctx: Context, one: User, other: User) -> None:
    """Marry two."""


async def name(ctx: Context, whom: User, what: str) -> None:
    """Give a name."""


async def paint(ctx: Context, whom: User, picture: Image) -> None:
    """Paint somebody."""


async def visit(ctx: Context, where: Channel) -> None:
    """Visit a channel."""


async def invite(ctx: Context, everybody: list[User]) -> None:
    """Invite people."""


@pytest.mark.parametrize(
    ("handler", "menu"),
    [
        (hear, MESSAGE),
        (vary, MESSAGE),
        (mask, MESSAGE),
        (draw, None),
        (seek, None),
        (rest, None),
        (greet, PERSON),
        (gift, PERSON),
        (marry, None),
        (name, None),
        (paint, None),
        (visit, None),
        (invite, None),
    ],
)
def test_which_command_is_in_which_menu(handler: Callable[..., Awaitable[Any]], menu: int | None) -> None:
    body = menu_schema(registered(handler))
    assert (None if body is None else body["type"]) == menu


def test_the_body_is_one_that_discord_takes(discord_schemas: dict[str, Any]) -> None:
    known = registered(hear, "write_it_down", where=("group",), permission="admin", descriptions={"de": "Abschreiben"})
    body = menu_schema(known)
    assert body is not None
    assert body == {
        "type": MESSAGE,
        "name": "Write it down",
        "contexts": [0, 2],
        "default_member_permissions": "32",
    }
    root = {"$ref": "#/components/schemas/ApplicationCommandCreateRequest", "components": discord_schemas}
    body["default_member_permissions"] = 32  # here the description and the reference disagree
    Draft202012Validator(root).validate(body)


NAMES = st.from_regex(r"[a-z0-9_]{1,32}", fullmatch=True)


@given(st.sets(NAMES | st.text("ab_", min_size=1, max_size=5), min_size=2))
def test_no_two_commands_share_a_name(names: set[str]) -> None:
    shown = {menu_name(one) for one in names}
    assert len(shown) == len(names)
    assert all(1 <= len(one) <= 32 and one == one.strip() for one in shown)


# ---- what the gate makes of it ----


def house(*handlers: Callable[..., Awaitable[Any]], **options: Any) -> Gate:
    bot = Bot("tester")
    for handler in handlers:
        bot.command(handler.__name__, **options)(handler)
    registry = Registry()
    registry.add(bot)
    return Gate(registry)


async def used(gate: Gate, event: Invocation, **more: Any) -> str:
    known = gate.registry.command(event.command)
    assert known is not None
    result = await gate.invoke(Call(known, event.options, "slash"), MemoryContext(event=event, **more))
    assert isinstance(result, Reply)
    return result.text


async def test_a_message_gives_its_attachments_and_a_person_is_the_argument() -> None:
    gate = house(hear, vary, greet)
    said = Quote("9", "Ben", parts=(Text("listen"), Audio(ref="talk")))
    assert await used(gate, Invocation("hear", {}, reply_to=said)) == "heard talk"
    album = Quote("9", mine=True, parts=(Image(ref="1"), Image(ref="2")))
    assert await used(gate, Invocation("vary", {}, reply_to=album)) == "1 of 2"
    assert await used(gate, Invocation("greet", {}, person=User("7", "Ben"))) == "Hello Ben=7"
    assert await used(gate, Invocation("greet", {"whom": "8"}, person=User("7", "Ben"))) == "Hello =8"


async def test_a_message_without_what_is_needed_is_refused_as_a_reply_would_be() -> None:
    gate = house(hear)
    event = Invocation("hear", {}, reply_to=Quote("9", "Ben", parts=(Text("listen"),)))
    with pytest.raises(UsageError, match="recording is missing"):
        await used(gate, event)
    assert is_quiet(gate.registry, event)


async def test_a_person_is_shown_before_it_is_confirmed() -> None:
    gate = house(greet, confirm=True)
    ctx = MemoryContext(event=Invocation("greet", {}, person=User("7", "Ben")), answers=["yes"])
    known = gate.registry.command("greet")
    assert known is not None
    await gate.invoke(Call(known, {}, "slash"), ctx)
    ((question, _),) = ctx.asked
    assert "/greet 7" in question.text


def test_what_an_event_is_about() -> None:
    quote = Quote("9", "Ben", parts=(Text(" words "), Image(ref="1")))
    for event in (Message("1", (), reply_to=quote), Invocation("hear", {}, reply_to=quote)):
        assert quote_of(event) == quote
        assert quoted_text(event) == "words"
    pressed = quote_of(Press("8", "/vary", (Image(ref="2"),)))
    assert pressed == Quote("8", mine=True, parts=(Image(ref="2"),))
    assert quote_of(Invocation("hear", {})) is None


def test_what_was_chosen_survives_the_store() -> None:
    quote = Quote("9", "Ben", parts=(Audio(ref="1/2/3", voice=True),), reply_to=Quote("8", mine=True))
    for event in (Invocation("hear", {}, reply_to=quote), Invocation("greet", {}, person=User("7", "Ben"))):
        assert codec.decode(Invocation, codec.encode(event)) == event
    assert codec.decode(Invocation, '{"command": "old", "options": {}, "kind": "invocation"}') == Invocation("old", {})


TYPES: list[Any] = [str, int, User, Channel, Image, Audio | File, list[Video], list[User]]


def _one_list(types: list[Any]) -> bool:
    return types.count(list[Video]) <= 1


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """A command with any mixture of such parameters; one list at most, since it takes all there are of its kind."""
    kind = inspect.Parameter
    parameters = [kind("ctx", kind.POSITIONAL_OR_KEYWORD, annotation=Context)]
    for index, annotation in enumerate(draw(st.lists(st.sampled_from(TYPES), max_size=4).filter(_one_list))):
        optional = draw(st.booleans())
        default: Any = None if optional else kind.empty
        annotated = annotation | None if optional else annotation
        parameters.append(kind(f"p{index}", kind.KEYWORD_ONLY, default=default, annotation=annotated))

    async def handler(ctx: Context, **given: Any) -> None: ...

    handler.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what inspect honours
    return registered(handler).command


@given(commands())
def test_a_command_is_in_the_menu_that_gives_it_all_it_needs_and_in_no_other(command: Command) -> None:
    bot = Bot("tester")
    bot.commands.append(command)
    registry = Registry()
    registry.add(bot)
    known = registry.command(command.name)
    assert known is not None
    events: dict[int, Event] = {
        MESSAGE: Invocation(command.name, {}, reply_to=Quote("9", parts=EVERYTHING)),
        PERSON: Invocation(command.name, {}, person=User("7")),
    }
    complete = {menu for menu, event in events.items() if not is_quiet(registry, event)}
    body = menu_schema(known)
    if body is not None:
        assert body["type"] in complete
    elif any(param.required for param in known.signature.params):
        assert not complete
