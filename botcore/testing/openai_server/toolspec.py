"""The tools (or older functions) that a chat request offers, and its choice among them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.fields import Fields, as_fields

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_MOST = 128


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool on offer; `parameters` is its JSON Schema (of type object)."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """The choice of one certain tool."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | Named


def read_tools(fields: Fields) -> tuple[Tool, ...]:
    """The `tools` of a request; empty where it has none.

    Raises:
        ApiRefusal: a tool is wrong.
    """
    given = fields.array("tools")
    if given is None:
        return ()
    if not given:
        message = (
            "Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise errors.invalid(message, "tools", "empty_array")
    _refuse_too_many("tools", given)
    tools: list[Tool] = []
    for index, value in enumerate(given):
        tool = as_fields(value, f"tools[{index}]")
        kind = tool.required_text("type")
        if kind == "custom":
            custom = tool.object("custom")
            if custom is None:
                raise errors.missing(tool.name("custom"))
            tools.append(Tool(_tool_name(custom), custom.text("description") or "", {}))
            continue
        if kind != "function":
            message = f"Invalid value: '{kind}'. Supported values are: 'function' and 'custom'."
            raise errors.invalid(message, tool.name("type"), "invalid_value")
        function = tool.object("function")
        if function is None:
            raise errors.missing(tool.name("function"))
        tools.append(_read_function(function))
    return tuple(tools)


def read_functions(fields: Fields) -> tuple[Tool, ...]:
    """The older `functions` of a request.

    Raises:
        ApiRefusal: a function is wrong.
    """
    given = fields.array("functions") or []
    if not given:
        raise errors.invalid("Invalid 'functions': empty array.", "functions", "empty_array")
    _refuse_too_many("functions", given)
    return tuple([_read_function(as_fields(value, f"functions[{index}]")) for index, value in enumerate(given)])


def read_choice(fields: Fields, tools: tuple[Tool, ...], *, functions: bool) -> ToolChoice:
    """Which tool the request wants called: its `tool_choice`, or `function_call` in the older form.

    Raises:
        ApiRefusal: the choice is none of the offered, or nothing is offered.
    """
    key, offer = ("function_call", "functions") if functions else ("tool_choice", "tools")
    for name in (key, "parallel_tool_calls"):
        if not tools and fields.values.get(name) is not None:
            raise errors.invalid(f"'{name}' is only allowed when '{offer}' are specified.", name)
    value = fields.values.get(key)
    if value is None:
        return "auto"
    if value in ("auto", "none") or (value == "required" and not functions):
        return value  # type: ignore[no-any-return]  # narrowed by value, which mypy does not follow through Any
    chosen = as_fields(value, key)
    inner = chosen if functions else (chosen.object("function") or chosen.object("custom"))
    if inner is None:
        if chosen.text("type") == "allowed_tools":
            return "auto"
        raise errors.missing(f"{key}.function")
    name = inner.required_text("name")
    if all(tool.name != name for tool in tools):
        raise errors.invalid(f"Tool choice '{name}' not found in '{offer}' parameter.", key)
    return Named(name)


def _refuse_too_many(key: str, given: list[Any]) -> None:
    if len(given) > _MOST:
        raise errors.invalid(
            f"Invalid '{key}': array too long. Expected an array with maximum length {_MOST}, but got {len(given)}.",
            key,
            "array_above_max_length",
        )


def _read_function(function: Fields) -> Tool:
    name = _tool_name(function)
    parameters = function.object("parameters")
    schema: Mapping[str, Any] = {} if parameters is None else parameters.values
    if schema and schema.get("type") != "object":
        message = (
            f"Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', "
            f"got 'type: \"{schema.get('type')}\"'."
        )
        raise errors.invalid(message, function.name("parameters"), "invalid_function_parameters")
    return Tool(name, function.text("description") or "", schema)


def _tool_name(function: Fields) -> str:
    name = function.required_text("name")
    if not _NAME.fullmatch(name):
        path = function.name("name")
        message = (
            f"Invalid '{path}': string does not match pattern. "
            f"Expected a string that matches the pattern '^{_NAME.pattern}$'."
        )
        raise errors.invalid(message, path, "invalid_value")
    return name
