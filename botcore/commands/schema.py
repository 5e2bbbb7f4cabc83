"""From a signature to the JSON that others want of it: a tool of the chat completions, a Discord slash command.

Sources: the OpenAI description's `FunctionObject` and its guide to structured outputs (which keywords `strict` takes);
Discord's `ApplicationCommandCreateRequest` and its options (lengths, 25 choices, numbers within 53 bits).
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, assert_never

from botcore.commands.describe import described
from botcore.commands.kinds import (
    BoolKind,
    ChoiceKind,
    FloatKind,
    IntKind,
    Kind,
    MentionKind,
    PartKind,
    SpanKind,
    TextKind,
)
from botcore.commands.registry import Registered
from botcore.commands.signature import Param, Signature
from botcore.messages import Json, User
from botcore.plugin import Command, Where

DISCORD_CHOICES: Final = 25
_DISCORD_TEXT: Final = 100  # characters of a description, and of a choice's name
_DISCORD_LENGTH: Final = 6000  # the largest min_length and max_length
_INT53: Final = 2**53 - 1

_CONTEXTS: Final[Mapping[Where, tuple[int, ...]]] = {"group": (0, 2), "private": (1,)}
"""Interaction contexts: GUILD and PRIVATE_CHANNEL (a conversation of people), BOT_DM."""
_MANAGE_SERVER: Final = str(1 << 5)
"""Who is offered commands of admins and owners until a server's admins say otherwise; the gate asks all the same."""

_SPAN_PATTERN: Final = "^([0-9]{1,6}[wdhms]){1,5}$"

_SAME_IN_DISCORD: Final = (
    *("bg", "cs", "da", "de", "el", "fi", "fr", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "nl", "no", "pl"),
    *("ro", "ru", "th", "tr", "uk", "vi", "en-US", "en-GB", "es-ES", "es-419", "pt-BR", "sv-SE", "zh-CN", "zh-TW"),
)
# Locales that Discord knows, by the language code that a plugin writes. Discord's API reference, "Locales".
_DISCORD_LOCALES: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("en-US", "en-GB"),
    "es": ("es-ES", "es-419"),
    "pt": ("pt-BR",),
    "sv": ("sv-SE",),
    "zh": ("zh-CN",),
    **{code: (code,) for code in _SAME_IN_DISCORD},
}


# ---- the model's tool -----------------------------------------------------------------------------------------


def tool_schema(registered: Registered, *, strict: bool = False) -> dict[str, Json]:
    """The `tools` entry of a chat completion.

    `strict` asks the API to hold the model to the schema: every parameter is then required, and one that may be left
    out takes null. Attachments are no parameters: they come from the person's message.
    """
    signature = registered.signature
    doc = signature.doc
    params = [param for param in signature.params if param.place != "attachment"]
    function: dict[str, Json] = {
        "name": registered.command.name,
        "description": "\n\n".join(text for text in (described(registered), doc.body) if text),
        "parameters": {
            "type": "object",
            "properties": {param.name: _property(param, strict=strict) for param in params},
            "required": [param.name for param in params if param.required or strict],
            "additionalProperties": False,
        },
    }
    if strict:
        function["strict"] = True
    return {"type": "function", "function": function}


def _property(param: Param, *, strict: bool) -> dict[str, Json]:
    value: dict[str, Json] = _value(param.kind, strict=strict)
    if param.many:
        value = {"type": "array", "items": value, **({"minItems": 1} if param.required else {})}
    if strict and not param.required:
        value["type"] = [value["type"], "null"]
        if "enum" in value:
            value["enum"] = [*value["enum"], None]
    if text := _told(param, strict=strict):
        value["description"] = text
    return value


def _value(kind: Kind, *, strict: bool) -> dict[str, Json]:
    match kind:
        case TextKind(least, most):
            # `strict` refuses minLength and maxLength; the description says the lengths there
            bounds = {"minLength": least or None, "maxLength": most} if not strict else {}
            return {"type": "string", **{key: bound for key, bound in bounds.items() if bound is not None}}
        case IntKind(least, most) | FloatKind(least, most):
            limits = {"minimum": least, "maximum": most}
            return {
                "type": "integer" if isinstance(kind, IntKind) else "number",
                **{key: bound for key, bound in limits.items() if bound is not None},
            }
        case BoolKind():
            return {"type": "boolean"}
        case ChoiceKind(choices):
            if all(isinstance(choice.value, int) for choice in choices):
                return {"type": "integer", "enum": [int(choice.value) for choice in choices]}
            return {"type": "string", "enum": [choice.text for choice in choices]}
        case SpanKind():
            return {"type": "string", "pattern": _SPAN_PATTERN}
        case MentionKind() | PartKind():  # attachments are left out and never asked for
            return {"type": "string"}
    assert_never(kind)


def _told(param: Param, *, strict: bool) -> str:
    """The description: what it is for, what the keywords cannot say, and the default."""
    texts = [param.help]
    unsaid = isinstance(param.kind, TextKind) and param.kind != TextKind() and strict
    if unsaid or isinstance(param.kind, SpanKind | MentionKind):
        texts.append(param.kind.allowed)
    if not param.required and param.default is not None and not param.many and param.default != "":
        texts.append(f"Default: {param.kind.write(param.default)}")
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in texts if text)


# ---- Discord's slash command ----------------------------------------------------------------------------------


def slash_schema(registered: Registered) -> dict[str, Json]:
    """The body of Discord's "create application command" for a command.

    An option's name has dashes where the parameter has underscores. A list is one text, split into words by `bind`.
    """
    command, signature = registered.command, registered.signature
    localized = {
        locale: _cut(text)
        for code, text in command.descriptions.items()
        for locale in _DISCORD_LOCALES.get(code, ())
        if text
    }
    body: dict[str, Json] = {"type": 1, "name": command.name, "description": _cut(described(registered))}
    if localized:
        body["description_localizations"] = localized
    body |= audience(command)
    ordered = sorted(signature.params, key=lambda param: not param.required)  # stable: required ones first
    body["options"] = [_option(param) for param in ordered]
    return body


def audience(command: Command) -> dict[str, Json]:
    """Where Discord offers a command, and to whom."""
    told: dict[str, Json] = {"contexts": sorted(context for where in command.where for context in _CONTEXTS[where])}
    if command.permission != "user":
        told["default_member_permissions"] = _MANAGE_SERVER
    return told


def _option(param: Param) -> dict[str, Json]:
    kind = TextKind() if param.many and not isinstance(param.kind, PartKind) else param.kind
    option: dict[str, Json] = {
        "type": _discord_type(kind),
        "name": param.shown,
        "description": _cut(param.help or param.shown.replace("-", " ").capitalize()),
        "required": param.required,
    }
    match kind:
        case TextKind(least, most):
            if least:
                option["min_length"] = min(least, _DISCORD_LENGTH)
            if most is not None and most <= _DISCORD_LENGTH:
                option["max_length"] = max(most, 1)
        case IntKind(least, most):
            bounds = {"min_value": least, "max_value": most}
            option |= {key: _int53(bound) for key, bound in bounds.items() if bound is not None}
        case FloatKind(least, most):
            bounds = {"min_value": least, "max_value": most}
            option |= {key: bound for key, bound in bounds.items() if bound is not None}
        case ChoiceKind(choices) if len(choices) <= DISCORD_CHOICES:
            numbers = option["type"] == 4
            option["choices"] = [{"name": c.text, "value": c.value if numbers else c.text} for c in choices]
        case _:
            pass
    if completes(param):
        option["autocomplete"] = True
    return option


def _discord_type(kind: Kind) -> int:
    match kind:
        case TextKind() | SpanKind():
            return 3
        case ChoiceKind(choices):
            # numbers beyond a menu are completed as text
            few = len(choices) <= DISCORD_CHOICES
            return 4 if few and all(_is_int53(choice.value) for choice in choices) else 3
        case IntKind():
            return 4
        case BoolKind():
            return 5
        case FloatKind():
            return 10
        case MentionKind(of):
            return 6 if of is User else 7
        case PartKind():
            return 11
    assert_never(kind)


def _is_int53(value: object) -> bool:
    return isinstance(value, int) and abs(value) <= _INT53


def _int53(bound: float) -> int:
    return max(-_INT53, min(_INT53, int(bound)))


def _cut(text: str) -> str:
    return text if len(text) <= _DISCORD_TEXT else text[: _DISCORD_TEXT - 1] + "…"


# ---- autocompletion -------------------------------------------------------------------------------------------


def completes(param: Param) -> bool:
    """Whether the platform should ask for suggestions while this is typed."""
    many_choices = isinstance(param.kind, ChoiceKind) and len(param.kind.choices) > DISCORD_CHOICES
    return param.suggest is not None or (many_choices and not param.many)


async def suggestions(signature: Signature, option: str, typed: str) -> Sequence[str]:
    """Up to 25 values for an option that is being typed; none for an option that does not complete."""
    param = signature.by_name.get(option.replace("-", "_"))
    if param is None:
        return ()
    if param.suggest is not None:
        offered = await param.suggest.values(typed)
        return [text for text in offered if 1 <= len(text) <= _DISCORD_TEXT][:DISCORD_CHOICES]
    if not isinstance(param.kind, ChoiceKind):
        return ()
    texts = [choice.text for choice in param.kind.choices]
    folded = typed.casefold()
    within = [text for text in texts if folded in text.casefold()]
    within.sort(key=lambda text: not text.casefold().startswith(folded))
    return (within or get_close_matches(typed, texts, n=DISCORD_CHOICES))[:DISCORD_CHOICES]
