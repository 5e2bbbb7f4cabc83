"""Settings as TOML: the default file, and what is in force with where it came from."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from botcore.config.faults import dotted, is_secret, without_passwords
from botcore.config.loading import SECTIONS, Config
from botcore.config.sections import PERSONAS, Persona
from botcore.plugin import Settings

_WIDTH = 120
_HEADER = """\
Every setting of the bot with its default. Delete what you do not change; an empty file is fine too.
The bot reads the file named by --config or BOTCORE_CONFIG, else config/botcore.toml, else botcore.toml.
Any setting can be given in the environment instead: BOTCORE_CHAT__MODEL=... is `model` in [chat]; lists are separated
by commas or written as JSON. Secrets stand in the environment or in .env, never here: see config/example.env.
This file is made by `botcore config --defaults` from the types in botcore/config/sections.py and in the adapters."""


def default_text(adapters: Mapping[str, type[Settings]], plugins: Mapping[str, type[Settings]]) -> str:
    """The default file: every setting of the core, of these adapters and of these plugins, with its why."""
    blocks = ["\n".join(_comment(_HEADER.split("\n")))]
    for name, model in SECTIONS.items():
        if name == "plugins":
            continue
        blocks.extend(_section((name,), model))
        if name == "chat":
            blocks.extend(_personas())
    for name in sorted(adapters):
        blocks.extend(_section((name,), adapters[name]))
    blocks.extend(_section(("plugins",), SECTIONS["plugins"]))
    for name in sorted(plugins):
        if plugins[name].model_fields:
            blocks.extend(_section(("plugins", name), plugins[name]))
    return "\n\n".join(blocks) + "\n"


def _section(path: tuple[str, ...], model: type[BaseModel]) -> Iterator[str]:
    lines = [*_wrapped(_summary(model)), f"[{dotted(path)}]"]
    tables: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            tables.append((name, field.annotation))
            continue
        lines += [*_wrapped(field.description or ""), _assignment(name, field)]
    yield "\n".join(lines)
    for name, inner in tables:
        yield from _section((*path, name), inner)


def _summary(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").partition("\n\n")[0].split())


def _assignment(name: str, field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True) if not field.is_required() else None
    if value is None or isinstance(value, SecretStr):
        return f"#{name} = {toml(field.examples[0] if field.examples else _example(field.annotation))}"
    return f"{name} = {toml(value)}"


def _example(annotation: Any) -> object:
    """A value of the wanted type, for a setting that is not set."""
    kinds = [kind for kind in get_args(annotation) or (annotation,) if kind is not NoneType]
    return {int: 0, float: 0.0, bool: False}.get(kinds[0], "")


def _personas() -> Iterator[str]:
    keys = [f"{name}: {field.description}" for name, field in Persona.model_fields.items()]
    intro = [*_wrapped(_summary(Persona)), *(line for key in keys for line in _wrapped(key, hang="  "))]
    for name, persona in PERSONAS.items():
        lines = [f"[personas.{name}]", f"description = {toml(persona.description)}", _long("prompt", persona.prompt)]
        yield "\n".join([*intro, *lines])
        intro = []


def _long(name: str, text: str) -> str:
    """A text over several lines that TOML joins again."""
    lines = textwrap.wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    body = " \\\n".join(json.dumps(line, ensure_ascii=False)[1:-1] for line in lines)
    return f'{name} = """\\\n{body}"""'


def _wrapped(text: str, *, hang: str = "") -> list[str]:
    return _comment(textwrap.wrap(text, _WIDTH - 2, subsequent_indent=hang, break_on_hyphens=False))


def _comment(lines: Sequence[str]) -> list[str]:
    return [f"# {line}" for line in lines]


def toml(value: object) -> str:
    """A value in TOML."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case BaseModel():
            return toml(value.model_dump(exclude_none=True))
        case Mapping():
            inner = ", ".join(f"{_key(str(key))} = {toml(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case tuple() | list():
            return f"[{', '.join(toml(item) for item in value)}]"
        case _:
            return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return dotted((name,))


def effective_text(config: Config, others: Mapping[str, Settings]) -> str:
    """What is in force, secrets left out; behind each setting that is not the default stands where it came from.

    `others` are the validated settings of adapters and plugins by section (`telegram`, `plugins.images`).
    """
    sections: dict[str, BaseModel] = {name: getattr(config, name) for name in SECTIONS if name != "plugins"}
    sections |= {f"personas.{name}": persona for name, persona in config.personas.items()}
    sections |= {"plugins": config.plugins, **others}
    blocks = [f"# file: {config.file or 'none, only defaults'}"]
    for name, section in sections.items():
        keys = type(section).model_fields
        lines = [_effective(config, name, key, getattr(section, key)) for key in keys]
        blocks.append("\n".join([f"[{name}]", *lines]))
    return "\n\n".join(blocks) + "\n"


def _effective(config: Config, section: str, key: str, value: object) -> str:
    origin = config.source(f"{section}.{key}")
    note = "" if origin == "default" else f"  # {origin}"
    if value is None:
        return f"# {key} is not set"
    if isinstance(value, SecretStr) or is_secret(key):
        return f"# {key} is {'set and not shown' if value else 'not set'}{note}"
    return f"{key} = {toml(without_passwords(value) if isinstance(value, str) else value)}{note}"
