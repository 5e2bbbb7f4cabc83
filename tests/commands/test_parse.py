"""What people type after a command's name, and what comes of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from botcore.commands.parse import attach, bind, parse
from botcore.commands.render import render
from botcore.commands.signature import Signature
from botcore.errors import UsageError
from botcore.messages import Attachment, Audio, File, Image, Text
from botcore.plugin import Between, Context, Rest
from tests.commands.memory import registered


async def image(
    ctx: Context,
    prompt: Annotated[str, Rest("what to draw")],
    count: Annotated[int, Between(1, 4)] = 1,
    size: Literal["auto", "1024x1024", "wide"] = "auto",
    hd: bool = False,
    style_name: str = "",
) -> None: ...


async def remind(ctx: Context, when: timedelta, what: str, loud: bool = True) -> None: ...
async def roll(ctx: Context, sides: int = 6, count: int = 1) -> None: ...
async def tag(ctx: Context, name: str, words: list[str], case: bool = False) -> None: ...
async def search(ctx: Context, query: str, *, site: list[str] | None = None, newest_first: bool = False) -> None: ...
async def voice(ctx: Context, on: bool) -> None: ...
async def ping(ctx: Context) -> None: ...
async def add(ctx: Context, a: float, b: float) -> None: ...


class Colour(Enum):
    RED = "red"
    DARK_BLUE = 7


async def paint(ctx: Context, colour: Colour, layers: Literal[1, 2, 4] = 1) -> None: ...


def signature(handler: Callable[..., Awaitable[Any]]) -> Signature:
    return registered(handler, handler.__name__).signature


def read(handler: Callable[..., Awaitable[Any]], text: str) -> dict[str, Any]:
    """The arguments that are not at their default."""
    sig = signature(handler)
    return {name: value for name, value in parse(sig, text).items() if value != sig.by_name[name].default}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a red fox", {"prompt": "a red fox"}),
        ("--count 2 a red fox", {"count": 2, "prompt": "a red fox"}),
        ("--count=2 --size=wide a red fox", {"count": 2, "size": "wide", "prompt": "a red fox"}),
        ("count=2 size=WIDE a red fox", {"count": 2, "size": "wide", "prompt": "a red fox"}),
        ("—count 2 a red fox", {"count": 2, "prompt": "a red fox"}),  # what a phone makes of --
        ("–count=2 a fox", {"count": 2, "prompt": "a fox"}),
        ("— said the fox", {"prompt": "— said the fox"}),
        ("—suddenly a fox", {"prompt": "—suddenly a fox"}),
        ("--hd a fox", {"hd": True, "prompt": "a fox"}),
        ("--hd on a table", {"hd": True, "prompt": "on a table"}),  # the rest comes first
        ("--hd=yes a fox", {"hd": True, "prompt": "a fox"}),
        ("--no-hd a fox", {"prompt": "a fox"}),
        ("--no-hd=no a fox", {"hd": True, "prompt": "a fox"}),
        ("hd=true a fox", {"hd": True, "prompt": "a fox"}),
        ("--COUNT 3 --Style_Name ink a fox", {"count": 3, "style_name": "ink", "prompt": "a fox"}),
        ("--style-name 'old ink' a fox", {"style_name": "old ink", "prompt": "a fox"}),
        ('--style-name="old ink" a fox', {"style_name": "old ink", "prompt": "a fox"}),
        ("--style-name= a fox", {"prompt": "a fox"}),
        ('"a red fox" runs', {"prompt": '"a red fox" runs'}),  # the rest is taken as it is
        ("a fox --count 2", {"prompt": "a fox --count 2"}),
        ("--count 2 -- --hd is a word", {"count": 2, "prompt": "--hd is a word"}),
        ("-- -- x", {"prompt": "-- x"}),
        ("--count 2\nfirst line\n\n  second line  \n", {"count": 2, "prompt": "first line\n\n  second line"}),
        ("--prompt 'a red fox' --count 2", {"count": 2, "prompt": "a red fox"}),
        ("prompt=x a fox", {"prompt": "prompt=x a fox"}),  # only -- can name the rest
        ("colour=red a fox", {"prompt": "colour=red a fox"}),  # no such option: text
        ("-5 degrees", {"prompt": "-5 degrees"}),
        ("--- a rule", {"prompt": "--- a rule"}),
        ("рыжая лиса", {"prompt": "рыжая лиса"}),
    ],
)
def test_options_then_the_rest_of_the_line(text: str, found: dict[str, Any]) -> None:
    assert read(image, text) == found


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('10m "buy milk"', "buy milk"),
        ("10m 'buy milk'", "buy milk"),
        ("10m “buy milk”", "buy milk"),
        ("10m „Milch kaufen“", "Milch kaufen"),
        ("10m „Milch kaufen”", "Milch kaufen"),
        ("10m «acheter du lait»", "acheter du lait"),
        ("10m »Milch kaufen«", "Milch kaufen"),
        ("10m 「牛乳を買う」", "牛乳を買う"),
        (r'10m "say \"hi\" to C:\dir"', r'say "hi" to C:\dir'),
        (r'10m "a \\ b"', r"a \ b"),
        ('10m "a"b"', 'a"b'),
        ("10m 'don't'", "don't"),
        ("10m 'tis", "'tis"),
        ("10m don't", "don't"),
        (r"10m \"x", '"x'),
        ('10m ""', ""),
        ('10m "two\nlines"', "two\nlines"),
        ("--what milk 10m", "milk"),
        ("what='buy milk' 10m", "buy milk"),
    ],
)
def test_quotes(text: str, what: str) -> None:
    assert read(remind, text) == {"when": timedelta(minutes=10), "what": what}


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("1h30m", timedelta(minutes=90)),
        ("2D", timedelta(days=2)),
        ("1.5h", timedelta(minutes=90)),
        ("10min", timedelta(minutes=10)),
        ("'2 weeks 1 day'", timedelta(days=15)),
    ],
)
def test_lengths_of_time(text: str, span: timedelta) -> None:
    assert read(remind, f"{text} x")["when"] == span


def test_words_flags_and_lists() -> None:
    assert read(roll, "20 3") == {"sides": 20, "count": 3}
    assert read(roll, "--sides 20 3") == {"sides": 20, "count": 3}
    assert read(roll, "-2 -- -3") == {"sides": -2, "count": -3}
    assert read(roll, "") == {}
    assert read(add, "-1.5 2e3") == {"a": -1.5, "b": 2000.0}
    assert read(tag, "fox red 'dark brown' --case quick") == {
        "name": "fox",
        "words": ["red", "dark brown", "quick"],
        "case": True,
    }
    assert read(search, "fox --site a.org site=b.org --newest-first") == {
        "query": "fox",
        "site": ["a.org", "b.org"],
        "newest_first": True,
    }
    assert read(search, "fox --newest-first off") == {"query": "fox"}  # nothing else can take the word
    assert read(remind, "10m x --no-loud") == {"when": timedelta(minutes=10), "what": "x", "loud": False}
    assert read(voice, "on") == {"on": True}
    assert read(voice, "NO") == {"on": False}
    assert read(voice, "on=1") == {"on": True}
    assert read(paint, "Dark-Blue 4") == {"colour": Colour.DARK_BLUE, "layers": 4}
    assert read(ping, "  ") == {}


@pytest.mark.parametrize(
    ("handler", "text", "says"),
    [
        (image, "", "prompt is missing: what to draw."),
        (image, "--count five a fox", "count: “five” is not a whole number from 1 to 4."),
        (image, "--count 5 a fox", "count: “5” is not a whole number from 1 to 4."),
        (image, "--count 2.5 a fox", "count: “2.5” is not a whole number from 1 to 4."),
        (image, "--size wdie a", "size: “wdie” is not one of auto, 1024x1024, wide. Did you mean wide?"),
        (image, "--cuont 2 a fox", "There is no option “--cuont”. Did you mean --count?"),
        (image, "--zzzzzz a fox", "There is no option “--zzzzzz”."),
        (image, "--count", "--count needs a value: a whole number from 1 to 4."),
        (image, "--count --hd a fox", "--count needs a value: a whole number from 1 to 4."),
        (image, "--count 1 count=2 a fox", "--count is given twice."),
        (image, "--hd=perhaps a fox", "hd: “perhaps” is not yes or no."),
        (roll, "20 3 7", "“7” is one argument too many."),
        (roll, "twenty", "sides: “twenty” is not a whole number."),
        (roll, "9" * 5000, "sides: “" + "9" * 47 + "…” is not a whole number."),
        (add, "nan 1", "a: “nan” is not a number."),
        (add, "1 1e999", "b: “1e999” is not a number."),
        (remind, "soon x", "when: “soon” is not a length of time such as 10m, 1h30m or 2d."),
        (remind, "10 x", "when: “10” is not a length of time such as 10m, 1h30m or 2d."),
        (remind, "999999999w x", "when: “999999999w” is not a length of time such as 10m, 1h30m or 2d."),
        (remind, "10m", "what is missing."),
        (remind, '10m "buy milk', 'The quote " is not closed.'),
        (voice, "maybe", "on: “maybe” is not yes or no."),
        (tag, "fox", "words is missing."),
        (paint, "blue", "colour: “blue” is not one of red, dark-blue. Did you mean dark-blue?"),
        (paint, "red 3", "layers: “3” is not one of 1, 2, 4."),
        (ping, "pong", "/ping takes no arguments."),
    ],
)
def test_a_wrong_argument_is_named_and_explained(handler: Callable[..., Awaitable[Any]], text: str, says: str) -> None:
    sig = signature(handler)
    with pytest.raises(UsageError) as caught:
        parse(sig, text)
    assert caught.value.said == f"{says}\nUsage: {sig.usage}"
    assert caught.value.usage == sig.usage


def test_a_text_of_the_wrong_length_says_both_lengths() -> None:
    async def name(ctx: Context, name: Annotated[str, Between(2, 5)]) -> None: ...

    with pytest.raises(UsageError, match="name: “x” is not a text of 2 to 5 characters; it has 1"):
        parse(signature(name), "x")


def test_a_mapping_binds_like_a_line() -> None:
    sig = signature(image)
    bound = bind(sig, {"prompt": "a fox", "count": 2.0, "style-name": "ink", "hd": True, "size": None})
    assert bound == {"prompt": "a fox", "count": 2, "style_name": "ink", "hd": True, "size": "auto"}
    assert isinstance(bound["count"], int)
    assert bind(signature(tag), {"name": "x", "words": ["a b", "c"]})["words"] == ["a b", "c"]
    assert bind(signature(tag), {"name": "x", "words": "'a b' c"})["words"] == [
        "a b",
        "c",
    ]  # a slash option is one text
    assert bind(signature(paint), {"colour": "red", "layers": 2.0}) == {"colour": Colour.RED, "layers": 2}
    assert bind(signature(remind), {"when": "1h", "what": "x"})["when"] == timedelta(hours=1)
    assert bind(signature(search), {"query": "x", "site": []})["site"] is None


@pytest.mark.parametrize(
    ("handler", "given", "says"),
    [
        (image, {}, "prompt is missing: what to draw."),
        (image, {"prompt": None}, "prompt is missing: what to draw."),
        (image, {"prompt": 5}, "prompt: “5” is not a text."),
        (image, {"prompt": "x", "count": 2.5}, "count: “2.5” is not a whole number from 1 to 4."),
        (image, {"prompt": "x", "count": "2"}, "count: “2” is not a whole number from 1 to 4."),
        (image, {"prompt": "x", "count": True}, "count: “True” is not a whole number from 1 to 4."),
        (image, {"prompt": "x", "count": float("inf")}, "count: “inf” is not a whole number from 1 to 4."),
        (image, {"prompt": "x", "hd": 1}, "hd: “1” is not yes or no."),
        (image, {"prompt": "x", "promt": "y"}, "There is no argument “promt”. Did you mean prompt?"),
        (roll, {"sides": 10**5000}, "sides: “int” is not a whole number."),
        (add, {"a": 10**400, "b": 1}, f"a: “1{'0' * 46}…” is not a number."),
        (tag, {"name": "x", "words": []}, "words is missing."),
        (tag, {"name": "x", "words": 5}, "words: “5” is not a list."),
        (tag, {"name": "x", "words": ["a", 5]}, "words: “5” is not a text."),
        (paint, {"colour": 7}, "colour: “7” is not one of red, dark-blue."),
        (remind, {"when": 10, "what": "x"}, "when: “10” is not a length of time such as 10m, 1h30m or 2d."),
    ],
)
def test_a_wrong_value_in_a_mapping_is_named(
    handler: Callable[..., Awaitable[Any]], given: dict[str, Any], says: str
) -> None:
    sig = signature(handler)
    with pytest.raises(UsageError) as caught:
        bind(sig, given)
    assert caught.value.said == f"{says}\nUsage: {sig.usage}"


async def edit(ctx: Context, picture: Image, prompt: Annotated[str, Rest()], mask: Image | None = None) -> None: ...
async def join(ctx: Context, files: list[Image | File]) -> None: ...
async def hear(ctx: Context, sound: Audio, notes: list[File] | None = None) -> None: ...


def test_attachments_come_from_the_message_then_from_the_one_replied_to() -> None:
    first, second, sound = Image(ref="1"), Image(ref="2"), Audio(ref="3")
    sig = signature(edit)
    given = parse(sig, "make it blue")
    assert attach(sig, given, [Text("x"), first], [second]) == {
        "picture": first,
        "prompt": "make it blue",
        "mask": second,
    }
    assert attach(sig, given, [], [sound, first])["picture"] is first
    twins = attach(sig, given, [Image(ref="1"), Image(ref="1")])
    assert twins["picture"] == twins["mask"]  # two equal pictures are two pictures
    assert attach(signature(join), {}, [first, sound, File(ref="4")])["files"] == [first, File(ref="4")]
    assert attach(signature(hear), {}, [sound]) == {"sound": sound, "notes": None}


def test_a_missing_attachment_is_asked_for() -> None:
    sig = signature(hear)
    with pytest.raises(
        UsageError, match="sound is missing: send a voice message or an audio file along, or reply to a"
    ):
        attach(sig, parse(sig, ""), [Image(ref="1")])
    with pytest.raises(UsageError, match="/hear takes no arguments"):
        parse(sig, "this")


def test_a_slash_option_may_be_an_attachment_as_json() -> None:
    sig = signature(edit)
    bound = bind(sig, {"prompt": "x", "picture": {"kind": "image", "ref": "abc", "width": 10}})
    assert bound["picture"] == Image(ref="abc", width=10)
    assert isinstance(attach(sig, bound, [])["picture"], Attachment)
    for wrong in (
        {"kind": "audio", "ref": "abc"},
        {"kind": "image", "width": "wide"},
        {"kind": b"x"},
        {"a": {1}},
        "abc",
    ):
        with pytest.raises(UsageError, match=r"picture: .* is not an image"):
            bind(sig, {"prompt": "x", "picture": wrong})


@pytest.mark.parametrize(
    ("handler", "arguments", "line"),
    [
        (image, {"prompt": "a fox", "count": 2, "hd": True}, "--count=2 --hd a fox"),
        (image, {"prompt": "--hd fox"}, "-- --hd fox"),
        (image, {"prompt": "count=1 fox"}, "-- count=1 fox"),
        (image, {"prompt": " fox "}, '--prompt=" fox "'),
        (remind, {"when": timedelta(minutes=90), "what": "buy milk", "loud": False}, '1h30m "buy milk" --no-loud'),
        (roll, {"sides": 6, "count": 3}, "--count=3"),
        (tag, {"name": "x", "words": ["a b", "-c"]}, 'x "a b" -c'),
    ],
)
def test_arguments_are_shown_as_a_line(
    handler: Callable[..., Awaitable[Any]], arguments: dict[str, Any], line: str
) -> None:
    assert render(signature(handler), arguments) == line
