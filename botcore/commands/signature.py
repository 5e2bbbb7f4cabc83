"""What a handler's parameters say, read once when its plugin registers it."""

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from botcore.commands.docstring import Docstring, read_docstring
from botcore.commands.hints import Hint, bad, label, resolve
from botcore.commands.kinds import (
    BoolKind,
    ChoiceKind,
    FloatKind,
    IntKind,
    Kind,
    PartKind,
    SpanKind,
    TextKind,
    Wrong,
    number_text,
)
from botcore.errors import PluginError
from botcore.plugin import Command, Suggest

Place: TypeAlias = Literal["word", "words", "rest", "option", "flag", "attachment"]
"""Where an argument stands in a command line.

`word`: by position or by name; `words`: all words that are left; `rest`: the rest of the line as it is; `option`: only
by name; `flag`: `--name` or `--no-name`; `attachment`: not in the text.
"""

_PARAM_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_MOST_PARAMS: Final = 25  # options of one slash command (Discord's limit)


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. `many`: it takes a list of `kind`; `nullable`: None is a value of it."""

    name: str
    kind: Kind
    place: Place
    required: bool
    default: Any = None
    help: str = ""
    nullable: bool = False
    many: bool = False
    suggest: Suggest | None = None

    @property
    def shown(self) -> str:
        """The name as people see it: with dashes."""
        return self.name.replace("_", "-")

    @property
    def shape(self) -> str:
        """How a usage line shows its value: `auto|wide`, `yes|no`; after an option's name `1..4`, `NUMBER`, `TEXT`."""
        named = self.place == "option"
        match self.kind:
            case ChoiceKind(choices) if len(choices) <= 5:
                return "|".join(choice.text for choice in choices)
            case BoolKind():
                return "yes|no"
            case IntKind(least, most) | FloatKind(least, most) if named:
                return "NUMBER" if least is None or most is None else f"{number_text(least)}..{number_text(most)}"
            case SpanKind() if named:
                return "DURATION"
            case TextKind() if named:
                return "TEXT"
            case _:
                return self.shown.upper()


@dataclass(frozen=True, slots=True)
class Signature:
    """All parameters of one command, in the order of the function, and what the parser looks up.

    `positional` are the `word` parameters and then the `words` or `rest` one (`tail`); `options` maps every name that
    may follow `--` to its parameter and to False for a `no-` form.
    """

    command: str
    params: tuple[Param, ...]
    doc: Docstring
    positional: tuple[Param, ...]
    tail: Param | None
    options: Mapping[str, tuple[Param, bool]]
    usage: str
    by_name: Mapping[str, Param]


def signature_of(command: Command) -> Signature:
    """Inspect a command's handler. Raises PluginError that names plugin, command and parameter."""
    handler = command.handler
    if not _is_async(handler):
        raise PluginError(command.plugin, f"{label(command)}: its handler must be an `async def`")
    try:
        parameters = list(inspect.signature(handler).parameters.values())
    except (TypeError, ValueError, NameError) as error:
        raise PluginError(command.plugin, f"{label(command)}: its handler cannot be inspected ({error})") from error
    if not parameters or parameters[0].kind not in {
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
    }:
        raise PluginError(command.plugin, f"{label(command)}: its handler takes the context as its first parameter")
    _check_context(command, parameters)
    doc = read_docstring(handler.__doc__)
    hints = [(parameter, resolve(command, parameter)) for parameter in parameters[1:]]
    tailed = any(
        hint.rest or (hint.many and not isinstance(hint.kind, PartKind) and parameter.kind != parameter.KEYWORD_ONLY)
        for parameter, hint in hints
    )
    params = tuple(_param(command, parameter, hint, doc, tailed=tailed) for parameter, hint in hints)
    return _assemble(command, params, doc)


def _check_context(command: Command, parameters: list[inspect.Parameter]) -> None:
    """Refuse a handler that begins with an argument: it would get the context in its place."""
    try:
        resolve(command, parameters[0])
    except PluginError:  # as it should be: the context is no option
        return
    why = "the first parameter is the context: write (ctx: Context"
    raise bad(command, parameters[0].name, f"{why}, {', '.join(str(parameter) for parameter in parameters)})")


def _is_async(handler: Any) -> bool:
    return inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(getattr(handler, "__call__", None))  # noqa: B004


def _param(command: Command, parameter: inspect.Parameter, hint: Hint, doc: Docstring, *, tailed: bool) -> Param:
    name, kind = parameter.name, hint.kind
    if not _PARAM_NAME.fullmatch(name):
        raise bad(command, name, "a parameter's name has 1 to 32 of a-z, 0-9 and _, and begins with a letter")
    required = parameter.default is parameter.empty and not hint.nullable
    default: Any = None if parameter.default is parameter.empty else parameter.default
    only_named = parameter.kind is parameter.KEYWORD_ONLY
    place: Place
    if isinstance(kind, PartKind):
        place = "attachment"
    elif hint.rest or (hint.many and not only_named):
        place = "rest" if hint.rest else "words"
    elif isinstance(kind, BoolKind) and isinstance(default, bool):
        place = "flag"
    else:
        # Before a rest of the line, a word that may be left out could not be told from the rest's first word.
        place = "option" if only_named or (tailed and not required) else "word"
    if default is not None:
        _check_default(command, name, hint, default)
    return Param(
        name=name,
        kind=kind,
        place=place,
        required=required,
        default=default,
        help=hint.help or doc.arguments.get(name, ""),
        nullable=hint.nullable or (not required and default is None),
        many=hint.many,
        suggest=hint.suggest,
    )


def _check_default(command: Command, name: str, hint: Hint, default: Any) -> None:
    if hint.many:
        if default not in ([], ()):
            raise bad(command, name, "the default of a list is None or an empty list")
        return
    if isinstance(hint.kind, PartKind):
        raise bad(command, name, "the default of an attachment is None")
    try:
        if isinstance(hint.kind, ChoiceKind | SpanKind):
            hint.kind.read(hint.kind.write(default))
        else:
            hint.kind.accept(default)
    except (Wrong, StopIteration, AttributeError):
        raise bad(command, name, f"its default {default!r} is not {hint.kind.allowed}") from None


def _assemble(command: Command, params: tuple[Param, ...], doc: Docstring) -> Signature:
    if len(params) > _MOST_PARAMS:
        raise PluginError(command.plugin, f"{label(command)}: at most {_MOST_PARAMS} parameters, not {len(params)}")
    tails = [param for param in params if param.place in {"rest", "words"}]
    if len(tails) > 1:
        raise bad(command, tails[1].name, f"{tails[0].name!r} already takes the rest of the line")
    options: dict[str, tuple[Param, bool]] = {}
    for param in params:
        if param.place == "attachment":
            continue
        names = [(param.shown, True), *([(f"no-{param.shown}", False)] if param.place == "flag" else [])]
        for name, value in names:
            if name in options:
                raise bad(command, param.name, f"--{name} already belongs to {options[name][0].name!r}")
            options[name] = (param, value)
    words = tuple(param for param in params if param.place == "word")
    return Signature(
        command=command.name,
        params=params,
        doc=doc,
        positional=(*words, *tails),
        tail=tails[0] if tails else None,
        options=options,
        usage=_usage(command, params, words, tails),
        by_name={param.name: param for param in params},
    )


def _usage(command: Command, params: tuple[Param, ...], words: tuple[Param, ...], tails: list[Param]) -> str:
    """The synopsis. Options stand before the tail, since the rest of a line takes them as text."""
    pieces = [f"/{command.name}" if command.command else command.name]
    pieces += [param.shape if param.required else f"[{param.shape}]" for param in words]
    for param in params:
        if param.place == "flag":
            pieces.append(f"[--no-{param.shown}]" if param.default else f"[--{param.shown}]")
        elif param.place == "option":
            text = f"--{param.shown} {param.shape}"
            pieces.append(text if param.required else f"[{text}]")
    pieces += [f"{p.shown.upper()}..." if p.required else f"[{p.shown.upper()}...]" for p in tails]
    return " ".join(pieces)
