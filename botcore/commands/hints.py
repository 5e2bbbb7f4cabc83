"""From a parameter's annotation to its kind of value."""

import functools
import inspect
import math
import operator
import re
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import Enum
from types import NoneType, SimpleNamespace, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from botcore.commands.kinds import (
    PART_CLASSES,
    BoolKind,
    Choice,
    ChoiceKind,
    FloatKind,
    IntKind,
    Kind,
    MentionKind,
    PartKind,
    SpanKind,
    TextKind,
)
from botcore.errors import PluginError
from botcore.messages import Channel, User
from botcore.plugin import Between, Command, Doc, Rest, Suggest

SUPPORTED: Final = (
    "str, int, float, bool, Literal, Enum, timedelta, User, Channel, Image, Audio, Video, File; "
    "also X | None and list[X]"
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What an annotation says: the kind of value and the markers."""

    kind: Kind
    many: bool = False
    nullable: bool = False
    rest: bool = False
    help: str = ""
    suggest: Suggest | None = None


@dataclass(slots=True)
class _Markers:
    help: str = ""
    rest: bool = False
    between: Between | None = None
    suggest: Suggest | None = None


def label(command: Command) -> str:
    """How errors and logs name it: `command /image` or `tool search`."""
    return f"command /{command.name}" if command.command else f"tool {command.name}"


def bad(command: Command, parameter: str, why: str) -> PluginError:
    """The error that names plugin, command and parameter."""
    return PluginError(command.plugin, f"{label(command)}, parameter {parameter!r}: {why}")


def resolve(command: Command, parameter: inspect.Parameter) -> Hint:
    """Read one parameter's annotation. Raises PluginError."""
    name = parameter.name
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        raise bad(command, name, "* and ** parameters cannot be options; use list[str] for many values")
    if parameter.kind is parameter.POSITIONAL_ONLY:
        raise bad(command, name, "only the context may be positional-only")
    if parameter.annotation is parameter.empty:
        raise bad(command, name, "it needs a type annotation")
    annotation = _evaluated(command, name, parameter.annotation)
    markers = _Markers()
    kind, many, nullable = _shape(command, name, annotation, markers)
    kind = _bounded(command, name, kind, markers.between)
    if markers.rest and (many or not isinstance(kind, TextKind)):
        raise bad(command, name, "Rest goes with str: it takes the rest of the line as it is")
    if markers.suggest and not isinstance(kind, TextKind):
        raise bad(command, name, "Suggest goes with str")
    return Hint(kind, many, nullable, markers.rest, markers.help, markers.suggest)


def _evaluated(command: Command, name: str, annotation: Any) -> Any:
    """Evaluate one annotation alone, so that the context's and the result's types need not exist at run time."""
    function = _function(command.handler)
    names: dict[str, Any] = {}
    if inspect.isfunction(function):
        names = dict(inspect.getclosurevars(function).nonlocals)
    holder = SimpleNamespace(__annotations__={name: annotation})
    try:
        return get_type_hints(holder, getattr(function, "__globals__", {}), names, include_extras=True)[name]
    except NameError as error:
        why = f"the name {error.name!r} in its type is not known at run time: import or define it at module level"
        raise bad(command, name, f"{why}, not under TYPE_CHECKING or inside setup()") from error
    except (TypeError, SyntaxError, AttributeError) as error:
        raise bad(command, name, f"its type {annotation!r} cannot be read ({error})") from error


def _function(handler: Any) -> Any:
    """The plain function below partials, wrappers, methods and callable objects: its globals resolve the names."""
    while True:
        if isinstance(handler, functools.partial):
            handler = handler.func
        elif inspect.ismethod(handler):
            handler = handler.__func__
        elif hasattr(handler, "__wrapped__"):
            handler = handler.__wrapped__
        elif inspect.isfunction(handler):
            return handler
        else:
            return getattr(type(handler), "__call__", handler)  # noqa: B004 - the function itself is wanted


def _shape(command: Command, name: str, annotation: Any, markers: _Markers) -> tuple[Kind, bool, bool]:
    """The kind, whether a list of it, whether None too; markers are collected on the way in."""
    annotation = _stripped(command, name, annotation, markers)
    nullable = False
    if get_origin(annotation) in {Union, UnionType}:
        members = [member for member in get_args(annotation) if member is not NoneType]
        nullable = len(members) < len(get_args(annotation))
        annotation = _stripped(command, name, functools.reduce(operator.or_, members), markers)
    if get_origin(annotation) is Literal and None in get_args(annotation):
        nullable = True
        annotation = Literal[tuple(value for value in get_args(annotation) if value is not None)]
    many = get_origin(annotation) is list
    if many:
        annotation = _stripped(command, name, get_args(annotation)[0], markers)
    return _kind(command, name, annotation), many, nullable


def _stripped(command: Command, name: str, annotation: Any, markers: _Markers) -> Any:
    while get_origin(annotation) is Annotated:
        annotation, *extras = get_args(annotation)
        for extra in extras:
            match extra:
                case str() | Doc():
                    markers.help = extra if isinstance(extra, str) else extra.text
                case Rest():
                    markers.rest = True
                    markers.help = extra.text or markers.help
                case Between():
                    markers.between = extra
                case Suggest():
                    markers.suggest = extra
                case type() if extra in {Rest, Doc, Between, Suggest}:
                    raise bad(command, name, f"write {extra.__name__}(...), not {extra.__name__}")
                case _:
                    pass  # Annotated may carry what others read
    return annotation


def _kind(command: Command, name: str, annotation: Any) -> Kind:
    plain: dict[Any, Kind] = {
        str: TextKind(),
        int: IntKind(),
        float: FloatKind(),
        bool: BoolKind(),
        timedelta: SpanKind(),
        User: MentionKind(User),
        Channel: MentionKind(Channel),
    }
    if get_origin(annotation) is Literal:
        values = get_args(annotation)
        if not all(isinstance(value, str | int) and not isinstance(value, bool | Enum) for value in values):
            raise bad(command, name, "a Literal's values are texts or whole numbers")
        return _choices(command, name, [(str(value), value) for value in values])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        pairs = [
            (member.value if isinstance(member.value, str) else label.lower().replace("_", "-"), member)
            for label, member in annotation.__members__.items()
            if member.name == label
        ]
        return _choices(command, name, pairs)
    members = get_args(annotation) if get_origin(annotation) in {Union, UnionType} else (annotation,)
    if all(isinstance(member, type) and member in PART_CLASSES for member in members):
        return PartKind(members)
    kind = plain.get(annotation) if isinstance(annotation, type) else None
    if kind is None:
        raise bad(command, name, f"the type {_name(annotation)} cannot be an option; use {SUPPORTED}")
    return kind


def _choices(command: Command, name: str, pairs: list[tuple[str, Any]]) -> ChoiceKind:
    texts = [text for text, _ in pairs]
    if not pairs or not all(1 <= len(text) <= 100 and text == text.strip() for text in texts):
        raise bad(command, name, "it needs choices of 1 to 100 characters, without spaces around them")
    if len(set(texts)) < len(texts):
        raise bad(command, name, "two of its choices read the same")
    return ChoiceKind(tuple(Choice(text, value) for text, value in pairs))


def _bounded(command: Command, name: str, kind: Kind, between: Between | None) -> Kind:
    if between is None:
        return kind
    least = None if math.isinf(between.least) else between.least
    most = None if math.isinf(between.most) else between.most
    if not between.least <= between.most:
        raise bad(command, name, f"Between({between.least}, {between.most}) leaves nothing to choose")
    match kind:
        case IntKind() | FloatKind() | SpanKind():
            return replace(kind, least=least, most=most)
        case TextKind():
            if any(bound is not None and (bound < 0 or bound != int(bound)) for bound in (least, most)):
                raise bad(command, name, "Between counts a text's characters: whole numbers from 0")
            return TextKind(int(least or 0), None if most is None else int(most))
        case _:
            raise bad(command, name, "Between goes with str, int, float and timedelta")


def _name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else re.sub(r"\btyping\.", "", repr(annotation))
