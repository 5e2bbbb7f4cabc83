"""The messages of a chat request, read and checked one by one and in their order."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.fields import Fields, as_fields

Role = Literal["system", "user", "assistant", "tool"]

# "developer" is today's name of "system", "function" the older name of "tool".
_ROLES: Mapping[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}

_NAME = re.compile(r"[^\s<|\\/>]+")  # what the public API accepts as a participant's name


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call of a tool: its name and its arguments as JSON text. `id` is empty in the older function form."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One message: its text (the text parts joined), its pictures' addresses, and its tool calls or call id."""

    role: Role
    text: str
    name: str | None = None
    pictures: tuple[str, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    answers: str | None = None  # the tool call id that a tool message answers

    @property
    def images(self) -> int:
        """How many pictures it has."""
        return len(self.pictures)


def read_turns(fields: Fields) -> tuple[Turn, ...]:
    """The request's messages.

    Raises:
        ApiRefusal: they are missing, empty, or one of them is wrong.
    """
    messages = fields.array("messages")
    if messages is None:
        raise errors.missing("messages")
    if not messages:
        message = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise errors.invalid(message, "messages", "empty_array")
    return tuple([_read_turn(as_fields(value, f"messages[{index}]")) for index, value in enumerate(messages)])


def check_tool_answers(turns: tuple[Turn, ...]) -> None:
    """Every tool call must be answered by tool messages right after it, and no tool message may stand alone.

    Raises:
        ApiRefusal: as the public API words it.
    """
    open_ids: dict[str, None] = {}
    for index, turn in enumerate(turns):
        if turn.role == "tool":
            if turn.answers is None:  # the older function form pairs nothing
                continue
            if turn.answers not in open_ids:
                message = (
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message "
                    "with 'tool_calls'."
                )
                raise errors.invalid(message, f"messages.[{index}].role")
            del open_ids[turn.answers]
            continue
        _refuse_unanswered(open_ids, index)
        open_ids = {call.id: None for call in turn.calls if call.id}
    _refuse_unanswered(open_ids, len(turns))


def _refuse_unanswered(open_ids: Mapping[str, None], index: int) -> None:
    if open_ids:
        message = (
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
            f"'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(open_ids)}"
        )
        raise errors.invalid(message, f"messages.[{index}].role")


def _read_turn(fields: Fields) -> Turn:
    given = fields.required_text("role")
    role = _ROLES.get(given)
    if role is None:
        known = ", ".join(f"'{name}'" for name in _ROLES)
        raise errors.invalid(
            f"Invalid value: '{given}'. Supported values are: {known}.", fields.name("role"), "invalid_value"
        )
    calls = _read_calls(fields) if role == "assistant" else ()
    text, pictures = _read_content(fields, role, optional=bool(calls) or fields.values.get("refusal") is not None)
    answers = None
    if given == "tool":
        answers = fields.required_text("tool_call_id")
    elif given == "function":
        fields.required_text("name")
    return Turn(role, text, _read_name(fields), pictures, calls, answers)


def _read_name(fields: Fields) -> str | None:
    name = fields.text("name")
    if name is not None and not _NAME.fullmatch(name):
        path = fields.name("name")
        message = (
            f"Invalid '{path}': string does not match pattern. "
            f"Expected a string that matches the pattern '^{_NAME.pattern}$'."
        )
        raise errors.invalid(message, path, "invalid_value")
    return name


def _read_content(fields: Fields, role: Role, *, optional: bool) -> tuple[str, tuple[str, ...]]:
    content = fields.values.get("content")
    if isinstance(content, str):
        return content, ()
    name = fields.name("content")
    if content is None:
        if optional:
            return "", ()
        raise errors.invalid("Invalid value for 'content': expected a string, got null.", name, "invalid_type")
    if not isinstance(content, list):
        raise errors.wrong_type(name, "one of a string or array of objects", content)
    if not content:
        raise errors.invalid(f"Invalid '{name}': empty array.", name, "empty_array")
    texts: list[str] = []
    pictures: list[str] = []
    for index, value in enumerate(content):
        text, picture = _read_part(as_fields(value, f"{name}[{index}]"), role)
        texts.append(text)
        if picture is not None:
            pictures.append(picture)
    return "\n".join(text for text in texts if text), tuple(pictures)


def _read_part(part: Fields, role: Role) -> tuple[str, str | None]:
    match part.required_text("type"):
        case "text":
            return part.required_text("text"), None
        case "refusal" if role == "assistant":
            return part.required_text("refusal"), None
        case "image_url" if role == "user":
            picture = part.object("image_url")
            if picture is None:
                raise errors.missing(part.name("image_url"))
            address = picture.required_text("url")
            if not address.startswith(("http://", "https://", "data:image/")):
                message = f"Invalid '{picture.name('url')}': expected a URL or a base64 data URL of an image."
                raise errors.invalid(message, picture.name("url"), "invalid_image_url")
            return "", address
        case "input_audio" | "file" if role == "user":
            return "", None
        case other:
            message = f"Invalid value: '{other}'. A message of role '{role}' cannot have a part of this type."
            raise errors.invalid(message, part.name("type"), "invalid_value")


def _read_calls(fields: Fields) -> tuple[ToolCall, ...]:
    older = fields.object("function_call")
    if older is not None:
        return (ToolCall(older.required_text("name"), older.required_text("arguments")),)
    given = fields.array("tool_calls")
    if given is None:
        return ()
    path = fields.name("tool_calls")
    if not given:
        raise errors.invalid(f"Invalid '{path}': empty array.", path, "empty_array")
    return tuple([_read_call(value, f"{path}[{index}]") for index, value in enumerate(given)])


def _read_call(value: Any, path: str) -> ToolCall:
    call = as_fields(value, path)
    call_id = call.required_text("id")
    if call.required_text("type") == "custom":
        custom = call.object("custom")
        if custom is None:
            raise errors.missing(call.name("custom"))
        return ToolCall(custom.required_text("name"), custom.required_text("input"), call_id)
    function = call.object("function")
    if function is None:
        raise errors.missing(call.name("function"))
    return ToolCall(function.required_text("name"), function.required_text("arguments"), call_id)
