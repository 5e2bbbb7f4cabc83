"""Properties of parsing, binding and the schemas, over signatures and values that nobody thought of."""

import functools
import inspect
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Annotated, Any, Literal

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from botcore.commands.parse import bind, parse
from botcore.commands.registry import Registered, Registry
from botcore.commands.render import render
from botcore.commands.schema import slash_schema, tool_schema
from botcore.errors import UsageError
from botcore.plugin import Between, Bot, Context, Rest
from tests.commands.memory import registered


class Mood(Enum):
    GOOD = "good"
    BAD = 2


TYPES: list[Any] = [
    str,
    int,
    float,
    bool,
    timedelta,
    Mood,
    Literal["auto", "two words", "--dash", 'quo"te'],
    Literal[1, 2, 40],
    Annotated[int, Between(-3, 3)],
    Annotated[float, Between(-0.5, 9)],
    Annotated[str, Between(1, 4)],
]
DEFAULTS: dict[Any, Any] = {
    str: "auto",
    int: 7,
    float: 0.5,
    bool: False,
    timedelta: timedelta(minutes=5),
    Mood: Mood.BAD,
}
NAMES = ["text", "max_count", "on", "size", "a", "no", "yes", "b2"]


@st.composite
def signatures(draw: st.DrawFn) -> Registered:
    """A handler with any mixture of parameters, as its plugin would register it."""
    kinds = inspect.Parameter
    parameters = [kinds("ctx", kinds.POSITIONAL_OR_KEYWORD, annotation=Context)]
    names = draw(st.permutations(NAMES))[: draw(st.integers(0, 5))]
    required = draw(st.integers(0, len(names)))
    tail = draw(st.sampled_from(["none", "rest", "words"]))
    for index, name in enumerate(names):
        annotation = draw(st.sampled_from(TYPES))
        default: Any = kinds.empty
        if index >= required:
            default = draw(st.sampled_from([None, DEFAULTS.get(annotation)]))
            annotation = annotation | None if default is None else annotation
        place = kinds.KEYWORD_ONLY if index >= required and draw(st.booleans()) else kinds.POSITIONAL_OR_KEYWORD
        parameters.append(kinds(name, place, default=default, annotation=annotation))
    if tail != "none":
        annotation = Annotated[str, Rest()] if tail == "rest" else list[draw(st.sampled_from(TYPES))]  # type: ignore[misc] # a type made at run time
        parameters.insert(1, kinds("tail", kinds.POSITIONAL_OR_KEYWORD, annotation=annotation))
    parameters.sort(key=lambda p: (p.kind, p.default is not kinds.empty))
    parameters.sort(key=lambda p: (p.name != "ctx", p.kind == kinds.KEYWORD_ONLY))

    async def handler(ctx: Context, **given: Any) -> None: ...

    handler.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # what inspect honours
    return registered(handler, tool=True)


SPANS = st.lists(st.tuples(st.integers(0, 999_999), st.sampled_from("wdhms")), min_size=1, max_size=5).map(
    lambda parts: "".join(f"{count}{unit}" for count, unit in parts)
)
WORDS = st.sampled_from(["good", "bad", "auto", "two words", "--dash", 'quo"te', "", " ", "--", "—", "'", "\\", "a=b"])
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.integers(-4, 41),
    st.floats(),
    st.text(),
    st.text(max_size=4),
    SPANS,
    WORDS,
)
JSON = VALUES | st.lists(VALUES, max_size=4) | st.dictionaries(st.text(max_size=4), VALUES, max_size=2)


@st.composite
def calls(draw: st.DrawFn) -> tuple[Registered, dict[str, Any]]:
    """A signature and a mapping for it, each value drawn until its schema takes it, or left as it is."""
    known = draw(signatures())
    properties = tool_schema(known)["function"]["parameters"]["properties"]
    arguments: dict[str, Any] = {}
    for name, schema in properties.items():
        if name in tool_schema(known)["function"]["parameters"]["required"] or draw(st.booleans()):
            arguments[name] = draw(fitting(schema))
    return known, arguments


def fitting(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a property's schema takes."""
    check = Draft202012Validator(schema).is_valid
    match schema:
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": "array", "items": items}:
            return st.lists(fitting(items), min_size=schema.get("minItems", 0), max_size=4)
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "integer"}:
            whole = st.integers(int(schema.get("minimum", -(2**62))), int(schema.get("maximum", 2**62)))
            return whole | whole.filter(lambda n: abs(n) < 2**53).map(float)
        case {"type": "number"}:
            return st.floats(schema.get("minimum"), schema.get("maximum"), allow_nan=False, allow_infinity=False)
        case {"pattern": _}:
            return SPANS.filter(check)
        case _:
            texts = st.text(min_size=schema.get("minLength", 0), max_size=schema.get("maxLength"))
            return texts | WORDS.filter(check)


@given(calls())
@settings(max_examples=200)
def test_what_the_schema_takes_binds_and_its_line_parses_back(call: tuple[Registered, dict[str, Any]]) -> None:
    known, arguments = call
    Draft202012Validator(tool_schema(known)["function"]["parameters"]).validate(arguments)
    bound = bind(known.signature, arguments)
    line = render(known.signature, bound)
    assert parse(known.signature, line) == bound, line


@given(signatures(), st.dictionaries(st.sampled_from([*NAMES, "tail", "other"]), JSON, max_size=6))
@settings(max_examples=150)
def test_any_json_binds_or_is_refused_in_the_same_words(known: Registered, arguments: dict[str, Any]) -> None:
    parameters = tool_schema(known)["function"]["parameters"]
    refused = refusal(lambda: bind(known.signature, arguments))
    if refused is not None:
        assert refused.usage == known.signature.usage
        assert not Draft202012Validator(parameters).is_valid(arguments) or has_strange_numbers(arguments)


def refusal(work: Callable[[], object]) -> UsageError | None:
    try:
        work()
    except UsageError as error:
        return error
    return None


def has_strange_numbers(value: Any) -> bool:
    """Whether it has what JSON cannot carry, but a Python validator takes for a number."""
    if isinstance(value, float):
        return value != value or abs(value) > 2**63
    if isinstance(value, dict):
        return any(has_strange_numbers(one) for one in value.values())
    return isinstance(value, list) and any(has_strange_numbers(one) for one in value)


PIECES = st.sampled_from(
    ["--", "--text", "--no-on", "--on", "—", "–a", "=", " ", "\n", "'", '"', "“", "”", "«", "»", "\\", "a=", "-5",
     "10m", "yes", "\x00", "\ud800", "\u2028", "word", "--max_count=", "٣", "1_0", "𝟜"]
)  # fmt: skip


@given(signatures(), st.text(st.characters()) | st.lists(PIECES, max_size=20).map("".join))
@settings(max_examples=300)
def test_any_text_parses_or_is_a_usage_error(known: Registered, text: str) -> None:
    refused = refusal(lambda: parse(known.signature, text))
    if refused is not None:
        assert str(refused).endswith(f"Usage: {known.signature.usage}")
    else:
        assert set(parse(known.signature, text)) == set(known.signature.by_name)


@given(st.text(st.characters(), max_size=40).map(lambda text: f"/{text}") | st.text(st.characters()))
@settings(max_examples=150)
def test_any_text_is_a_command_or_not(text: str) -> None:
    registry = Registry()
    bot = Bot("tester")
    bot.command("image")(nothing)
    registry.add(bot)
    found = registry.find(text)
    assert found is None or text.lstrip().startswith("/")


async def nothing(ctx: Context) -> None: ...


@given(signatures())
@settings(max_examples=100)
def test_any_signature_is_a_slash_command(known: Registered) -> None:
    options = slash_schema(known)["options"]
    required = [option["required"] for option in options]
    assert required == sorted(required, reverse=True)
    assert all(1 <= len(option["description"]) <= 100 for option in options)


async def quoted(ctx: Context, words: list[str], a: str = "") -> None: ...


def test_long_and_nasty_lines_take_linear_time() -> None:
    signature = registered(quoted).signature
    for piece in ('"', '" "', '\\"', "'a", "“„", "--a=", "a=", " ", "\\", '"\\'):
        line = piece * (100_000 // len(piece))
        started = time.perf_counter()
        refusal(functools.partial(parse, signature, line))
        assert time.perf_counter() - started < 2, piece
    assert parse(signature, "x " * 20_000)["words"] == ["x"] * 20_000
