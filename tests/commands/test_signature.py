"""Handlers' signatures: what is understood, and what is refused at registration."""

import functools
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest

from botcore.commands.kinds import BoolKind, ChoiceKind, FloatKind, IntKind, PartKind, SpanKind, TextKind
from botcore.commands.registry import Registered
from botcore.errors import PluginError
from botcore.messages import Audio, File, Image
from botcore.plugin import Between, Bot, Context, Doc, Rest, Suggest
from tests.commands import postponed
from tests.commands.memory import registered


class Colour(Enum):
    RED = "red"
    DEEP_BLUE = 2


class Level(IntEnum):
    LOW = 1
    HIGH = 2


async def image(
    ctx: Context,
    prompt: Annotated[str, Rest("what to draw")],
    count: Annotated[int, Between(1, 4)] = 1,
    size: Literal["auto", "wide"] = "auto",
    hd: bool = False,
) -> str:
    """Draw what you describe.

    The picture comes as a file.

    Args:
        count: how many
            pictures
        prompt: not shown, since Rest says it

    Examples:
        /image a red fox
        /image --count 2 two foxes
    """
    return prompt * count + size + str(hd)


def test_one_signature_says_everything() -> None:
    signature = registered(image, "image").signature
    prompt, count, size, hd = signature.params
    assert (prompt.kind, prompt.place, prompt.required, prompt.help) == (TextKind(), "rest", True, "what to draw")
    assert (count.kind, count.place, count.default, count.help) == (IntKind(1, 4), "option", 1, "how many pictures")
    assert isinstance(size.kind, ChoiceKind)
    assert [choice.text for choice in size.kind.choices] == ["auto", "wide"]
    assert (hd.kind, hd.place, hd.default) == (BoolKind(), "flag", False)
    assert signature.usage == "/image [--count 1..4] [--size auto|wide] [--hd] PROMPT..."
    assert signature.doc.summary == "Draw what you describe."
    assert signature.doc.body == "The picture comes as a file."
    assert signature.doc.examples == ("/image a red fox", "/image --count 2 two foxes")


async def everything(
    ctx: Context,
    text: str,
    number: float,
    pause: Annotated[timedelta, Between(60, 3600)],
    enabled: bool,
    colour: Colour,
    level: Level | None = None,
    maybe: Annotated[int | None, "a number, perhaps"] = None,
    *,
    tags: list[str] | None = None,
    max_count: int = 3,
    loud: bool = True,
) -> None: ...


def test_every_supported_type() -> None:
    signature = registered(everything).signature
    kinds = {param.name: param.kind for param in signature.params}
    assert kinds["number"] == FloatKind()
    assert kinds["pause"] == SpanKind(60, 3600)
    assert kinds["enabled"] == BoolKind()
    assert kinds["maybe"] == IntKind()
    assert [choice.text for choice in kinds["colour"].choices] == ["red", "deep-blue"]  # type: ignore[union-attr] # it is a ChoiceKind
    places = {param.name: param.place for param in signature.params}
    assert places["enabled"] == "word"  # it has no default: it is said, not flagged
    assert places["loud"] == "flag"
    assert places["tags"] == "option"
    assert signature.by_name["tags"].many
    assert signature.by_name["maybe"].nullable
    assert signature.by_name["maybe"].help == "a number, perhaps"
    assert signature.usage == (
        "/try TEXT NUMBER PAUSE yes|no red|deep-blue [low|high] [MAYBE] [--tags TEXT] [--max-count NUMBER] [--no-loud]"
    )


async def edit(
    ctx: Context, pictures: list[Image], voice: Audio | None, any_file: Image | File | None = None
) -> None: ...


def test_attachments_are_parameters() -> None:
    pictures, voice, any_file = registered(edit).signature.params
    assert (pictures.kind, pictures.many, pictures.required) == (PartKind((Image,)), True, True)
    assert (voice.kind, voice.required) == (PartKind((Audio,)), False)
    assert any_file.kind == PartKind((Image, File))
    assert {param.place for param in (pictures, voice, any_file)} == {"attachment"}


async def labelled(
    ctx: Context, words: Annotated[list[Annotated[str, Between(1, 9)]], Doc("what to look for")]
) -> None: ...


def test_a_list_takes_all_words() -> None:
    (words,) = registered(labelled).signature.params
    assert (words.kind, words.many, words.place, words.help) == (TextKind(1, 9), True, "words", "what to look for")


def test_postponed_annotations_work() -> None:
    registrations = [known.signature for known in postponed.registered_commands()]
    assert [[param.name for param in signature.params] for signature in registrations] == [["size", "count"], ["unit"]]
    assert registrations[0].by_name["count"].kind == IntKind(1, 9)
    assert isinstance(registrations[1].by_name["unit"].kind, ChoiceKind)


def test_a_postponed_name_that_nobody_knows_is_named() -> None:
    with pytest.raises(PluginError, match=r"plugin 'postponed': command /lost, parameter 'size': the name 'Hidden'"):
        postponed.register_lost()


def logged(handler: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(handler)
    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        return await handler(*args, **kwargs)

    return wrapped


class Dice:
    async def roll(self, ctx: Context, sides: int = 6) -> str:
        return str(sides)

    async def __call__(self, ctx: Context, count: int) -> str:
        return str(count)


def test_wrapped_bound_partial_and_callable_handlers() -> None:
    assert registered(logged(image), "image").signature.usage.startswith("/image [--count")
    assert [param.name for param in registered(Dice().roll).signature.params] == ["sides"]
    assert [param.name for param in registered(Dice()).signature.params] == ["count"]
    assert registered(functools.partial(image, size="wide")).signature.by_name["size"].default == "wide"


async def suggest(typed: str) -> Sequence[str]:
    return [typed]


async def context_forgotten(sides: int = 6) -> None: ...
async def no_context() -> None: ...
async def untyped(ctx, what) -> None: ...  # type: ignore[no-untyped-def] # the point
async def starred(ctx: Context, *what: str) -> None: ...
async def keywords(ctx: Context, **what: str) -> None: ...
async def mapping(ctx: Context, what: dict[str, str]) -> None: ...
async def union(ctx: Context, what: int | str) -> None: ...
async def bare_list(ctx: Context, what: list) -> None: ...  # type: ignore[type-arg] # the point
async def nested(ctx: Context, what: list[list[str]]) -> None: ...
async def literal_bool(ctx: Context, what: Literal[True]) -> None: ...
async def literal_bytes(ctx: Context, what: Literal[b"x"]) -> None: ...
async def rest_int(ctx: Context, what: Annotated[int, Rest()]) -> None: ...
async def two_rests(ctx: Context, a: Annotated[str, Rest()], what: Annotated[str, Rest()]) -> None: ...
async def rest_and_list(ctx: Context, a: list[str], what: Annotated[str, Rest()]) -> None: ...
async def empty_range(ctx: Context, what: Annotated[int, Between(4, 1)]) -> None: ...
async def between_bool(ctx: Context, what: Annotated[bool, Between(0, 1)]) -> None: ...
async def between_text(ctx: Context, what: Annotated[str, Between(-1, 2)]) -> None: ...
async def wrong_default(ctx: Context, what: Annotated[int, Between(1, 4)] = 9) -> None: ...
async def wrong_choice(ctx: Context, what: Literal["a", "b"] = "c") -> None: ...  # type: ignore[assignment] # the point
async def full_list(ctx: Context, what: list[str] = ["a"]) -> None: ...  # noqa: B006 - the point
async def shouted(ctx: Context, What: str) -> None: ...  # noqa: N803 - the point
async def same_flag(ctx: Context, hd: bool = False, *, no_hd: int = 1) -> None: ...
async def suggested_bool(ctx: Context, what: Annotated[bool, Suggest(suggest)]) -> None: ...
async def bare_marker(ctx: Context, what: Annotated[str, Rest]) -> None: ...
async def double_choice(ctx: Context, what: Literal["1", 1]) -> None: ...
async def blank_choice(ctx: Context, what: Literal["", "b"]) -> None: ...
def not_async(ctx: Context) -> None: ...


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (no_context, "takes the context as its first parameter"),
        (
            context_forgotten,
            r"parameter 'sides': the first parameter is the context: write \(ctx: Context, sides: int = 6\)",
        ),
        (untyped, "parameter 'what': it needs a type annotation"),
        (starred, "parameter 'what': .* use list"),
        (keywords, "parameter 'what': .* use list"),
        (mapping, "parameter 'what': the type .* cannot be an option; use str, int"),
        (union, "parameter 'what': the type .* cannot be an option"),
        (bare_list, "parameter 'what': the type list cannot be an option"),
        (nested, "parameter 'what': the type .* cannot be an option"),
        (literal_bool, "parameter 'what': a Literal's values"),
        (literal_bytes, "parameter 'what': a Literal's values"),
        (rest_int, "parameter 'what': Rest goes with str"),
        (two_rests, "parameter 'what': 'a' already takes the rest"),
        (rest_and_list, "parameter 'what': 'a' already takes the rest"),
        (empty_range, r"parameter 'what': Between\(4, 1\) leaves nothing"),
        (between_bool, "parameter 'what': Between goes with"),
        (between_text, "parameter 'what': Between counts"),
        (wrong_default, "parameter 'what': its default 9 is not a whole number from 1 to 4"),
        (wrong_choice, "parameter 'what': its default 'c' is not one of a, b"),
        (full_list, "parameter 'what': the default of a list"),
        (shouted, "parameter 'What': a parameter's name"),
        (same_flag, "parameter 'no_hd': --no-hd already belongs to 'hd'"),
        (suggested_bool, "parameter 'what': Suggest goes with str"),
        (bare_marker, r"parameter 'what': write Rest\(...\)"),
        (double_choice, "parameter 'what': two of its choices"),
        (blank_choice, "parameter 'what': it needs choices of 1 to 100"),
        (not_async, "async def"),
    ],
)
def test_a_bad_signature_is_refused_by_name(handler: Callable[..., Awaitable[Any]], says: str) -> None:
    with pytest.raises(PluginError, match=rf"plugin 'tester': command /try.*{says}"):
        registered(handler)


def test_a_tool_is_called_a_tool() -> None:
    bot = Bot("tester")
    bot.tool("look_up")(mapping)
    with pytest.raises(PluginError, match="plugin 'tester': tool look_up, parameter 'what'"):
        Registered.of(bot.commands[0])
