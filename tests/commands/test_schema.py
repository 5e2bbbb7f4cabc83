"""Tool schemas and slash commands, against the published descriptions of both APIs."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from botcore.commands.parse import bind
from botcore.commands.registry import Registered
from botcore.commands.schema import completes, slash_schema, suggestions, tool_schema
from botcore.messages import Image
from botcore.plugin import Between, Context, Rest, Suggest
from tests.commands.memory import registered

Stop = Literal[
    "stop 1",
    "stop 2",
    "stop 3",
    "stop 4",
    "stop 5",
    "stop 6",
    "stop 7",
    "stop 8",
    "stop 9",
    "stop 10",
    "stop 11",
    "stop 12",
    "stop 13",
    "stop 14",
    "stop 15",
    "stop 16",
    "stop 17",
    "stop 18",
    "stop 19",
    "stop 20",
    "stop 21",
    "stop 22",
    "stop 23",
    "stop 24",
    "stop 25",
    "stop 26",
    "stop 27",
    "stop 28",
    "stop 29",
    "stop 30",
]  # more than a menu holds


async def cities(typed: str) -> Sequence[str]:
    return [city for city in ("Oslo", "Osaka", "Lima", "x" * 101, "") if city.lower().startswith(typed)]


async def draw(
    ctx: Context,
    picture: Image,
    prompt: Annotated[str, Rest("what to draw")],
    city: Annotated[str, Suggest(cities), Between(2, 40)],
    mask: Image | None = None,
    max_count: Annotated[int, Between(1, 4), "how many"] = 1,
    scale: Annotated[float, Between(0.5, 2)] = 1.0,
    size: Literal["auto", "wide"] = "auto",
    layers: Literal[1, 2] = 1,
    wait: timedelta | None = None,
    hd: bool = False,
    stop: Stop | None = None,
    *,
    tags: list[str] | None = None,
) -> None:
    """Draw what you describe.

    It takes a while.
    """


@pytest.fixture
def known() -> Registered:
    return registered(draw, "draw", tool=True, descriptions={"de": "Zeichnen", "es": "Dibujar", "tlh": "nagh"})


def test_a_tool_schema(known: Registered, function_object: dict[str, Any]) -> None:
    tool = tool_schema(known)
    assert tool["type"] == "function"
    Draft202012Validator(function_object).validate(tool["function"])
    Draft202012Validator.check_schema(tool["function"]["parameters"])
    assert tool["function"]["description"] == "Draw what you describe.\n\nIt takes a while."
    parameters = tool["function"]["parameters"]
    assert parameters["additionalProperties"] is False
    assert parameters["required"] == ["prompt", "city"]
    properties = parameters["properties"]
    assert "picture" not in properties  # the person sends it, the model cannot
    assert properties["prompt"] == {"type": "string", "description": "what to draw."}
    assert properties["city"] == {"type": "string", "minLength": 2, "maxLength": 40}
    assert properties["max_count"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 4,
        "description": "how many. Default: 1.",
    }
    assert properties["scale"]["minimum"] == 0.5
    assert properties["size"]["enum"] == ["auto", "wide"]
    assert properties["layers"] == {"type": "integer", "enum": [1, 2], "description": "Default: 1."}
    assert properties["hd"] == {"type": "boolean", "description": "Default: no."}
    assert properties["tags"] == {"type": "array", "items": {"type": "string"}}
    assert properties["wait"]["description"] == "a length of time such as 10m, 1h30m or 2d."


def test_a_strict_tool_schema_requires_all_and_takes_null(known: Registered, function_object: dict[str, Any]) -> None:
    function = tool_schema(known, strict=True)["function"]
    Draft202012Validator(function_object).validate(function)
    parameters = function["parameters"]
    assert function["strict"] is True
    assert parameters["required"] == list(parameters["properties"])
    assert parameters["properties"]["size"] == {
        "type": ["string", "null"],
        "enum": ["auto", "wide", None],
        "description": "Default: auto.",
    }
    assert parameters["properties"]["city"] == {"type": "string", "description": "a text of 2 to 40 characters."}
    nothing = dict.fromkeys(parameters["properties"]) | {"prompt": "a fox", "city": "Oslo"}
    Draft202012Validator(parameters).validate(nothing)
    assert bind(known.signature, nothing)["size"] == "auto"


def against_discord(schemas: dict[str, Any], body: dict[str, Any]) -> None:
    root = {"$ref": "#/components/schemas/ApplicationCommandCreateRequest", "components": schemas}
    Draft202012Validator(root).validate(body)


def test_a_slash_command(known: Registered, discord_schemas: dict[str, Any]) -> None:
    body = slash_schema(known)
    against_discord(discord_schemas, body)
    assert (body["type"], body["name"], body["description"]) == (1, "draw", "Draw what you describe.")
    assert body["description_localizations"] == {"de": "Zeichnen", "es-ES": "Dibujar", "es-419": "Dibujar"}
    options = {option["name"]: option for option in body["options"]}
    assert [option["required"] for option in body["options"]] == [True] * 3 + [False] * 9
    assert {name: option["type"] for name, option in options.items()} == {
        "picture": 11,
        "prompt": 3,
        "city": 3,
        "mask": 11,
        "max-count": 4,
        "scale": 10,
        "size": 3,
        "layers": 4,
        "wait": 3,
        "hd": 5,
        "stop": 3,
        "tags": 3,
    }
    assert (options["max-count"]["min_value"], options["max-count"]["max_value"]) == (1, 4)
    assert (options["scale"]["min_value"], options["scale"]["max_value"]) == (0.5, 2)
    assert (options["city"]["min_length"], options["city"]["max_length"]) == (2, 40)
    assert options["layers"]["choices"] == [{"name": "1", "value": 1}, {"name": "2", "value": 2}]
    assert options["size"]["choices"][1] == {"name": "wide", "value": "wide"}
    assert [name for name, option in options.items() if option.get("autocomplete")] == ["city", "stop"]
    assert "choices" not in options["stop"]


def test_the_descriptions_are_checked_for_real(discord_schemas: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        against_discord(discord_schemas, {"name": "x" * 33})
    with pytest.raises(ValidationError):
        against_discord(discord_schemas, {"name": "x", "options": [{"type": 3, "name": "n", "description": ""}]})


def test_long_texts_are_cut_and_large_numbers_bounded(discord_schemas: dict[str, Any]) -> None:
    async def big(
        ctx: Context,
        number: Annotated[int, Between(-(2**60), 2**60), "x" * 150],
        text: Annotated[str, Between(0, 9000)],
        choice: Literal[1, 9007199254740993],  # 2**53 + 1: more than Discord's numbers hold
        plain: str = "",
    ) -> None:
        pass

    body = slash_schema(registered(big, descriptions={"de": "ä" * 150}))
    against_discord(discord_schemas, body)
    number, text, choice, plain = body["options"]
    assert len(number["description"]) == len(body["description_localizations"]["de"]) == 100
    assert number["max_value"] == 2**53 - 1
    assert "max_length" not in text
    assert choice["type"] == 3
    assert plain["description"] == "Plain"
    assert body["description"] == "Try"  # no docstring: better than an empty line, which Discord refuses


def test_names_are_what_discord_takes(known: Registered) -> None:
    allowed = re.compile(r"[-_a-z0-9]{1,32}")  # a part of ^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$, in lower case
    assert all(allowed.fullmatch(option["name"]) for option in slash_schema(known)["options"])


def test_every_slash_option_binds(known: Registered) -> None:
    given = {
        "picture": {"kind": "image", "ref": "1"},
        "prompt": "a fox",
        "city": "Oslo",
        "max-count": 2,
        "layers": 2,
        "stop": "Stop 3",
        "tags": "red 'dark brown'",
        "wait": "5m",
    }
    bound = bind(known.signature, given)
    assert (bound["max_count"], bound["layers"], bound["stop"]) == (2, 2, "stop 3")
    assert bound["tags"] == ["red", "dark brown"]
    assert bound["wait"] == timedelta(minutes=5)


async def test_suggestions_while_typing(known: Registered) -> None:
    assert await suggestions(known.signature, "city", "os") == ["Oslo", "Osaka"]
    assert await suggestions(known.signature, "city", "") == ["Oslo", "Osaka", "Lima"]  # what Discord takes of it
    assert (await suggestions(known.signature, "stop", "stop 3"))[:2] == ["stop 3", "stop 30"]
    assert (await suggestions(known.signature, "stop", "sotp 7"))[0] == "stop 7"
    assert len(await suggestions(known.signature, "stop", "")) == 25
    assert await suggestions(known.signature, "prompt", "a") == ()
    assert await suggestions(known.signature, "nothing", "a") == ()
    assert not completes(known.signature.by_name["size"])
