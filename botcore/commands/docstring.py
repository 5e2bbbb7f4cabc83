"""What a handler's docstring tells: a summary, more text, its arguments and examples (Google's section style)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Final

_SECTION: Final = re.compile(r"(Args|Arguments|Examples?|Returns|Raises|Yields|Notes?):\s*$")
_ARGUMENT: Final = re.compile(r"(\w+)\s*(?:\([^)]*\))?:\s*(.*)$")


@dataclass(frozen=True, slots=True)
class Docstring:
    """The parts of a docstring. `summary` is its first line, `body` what follows before the first section."""

    summary: str = ""
    body: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    examples: tuple[str, ...] = ()


def read_docstring(text: str | None) -> Docstring:
    r"""Split a docstring.

    >>> doc = read_docstring("Roll dice.\n\nArgs:\n    sides: how many\n        each has\n\nExamples:\n    /roll 20")
    >>> doc.summary, dict(doc.arguments), doc.examples
    ('Roll dice.', {'sides': 'how many each has'}, ('/roll 20',))
    """
    lines = cleandoc(text or "").splitlines()
    sections: dict[str, list[str]] = {"": []}
    current = sections[""]
    for line in lines[1:]:
        if match := _SECTION.match(line):
            current = sections.setdefault(match[1].rstrip("s"), [])
        else:
            current.append(line)
    return Docstring(
        summary=lines[0].strip() if lines else "",
        body="\n".join(sections[""]).strip(),
        arguments=_arguments(sections.get("Arg", sections.get("Argument", []))),
        examples=tuple(line.strip() for line in sections.get("Example", []) if line.strip()),
    )


def _arguments(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    for line in lines:
        text = line.strip()
        match = _ARGUMENT.match(text) if len(line) - len(line.lstrip()) == indent else None
        if match:
            name = match[1]
            found[name] = match[2]
        elif name and text:
            found[name] = f"{found[name]} {text}".strip()
    return found
