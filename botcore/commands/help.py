"""The help: an overview of what a person may use, and a page for each command, as Markdown."""

from collections.abc import Sequence

from botcore.commands.describe import described
from botcore.commands.kinds import BoolKind, PartKind, TextKind
from botcore.commands.registry import Registered, Registry, allows
from botcore.commands.signature import Param
from botcore.errors import Unsuitable
from botcore.messages import Reply
from botcore.plugin import Permission


def help_page(registry: Registry, name: str = "", *, role: Permission = "user", locale: str | None = None) -> Reply:
    """The page of one command, or the overview. Raises Unsuitable for a command that this person does not have."""
    if not name:
        return overview(registry.commands(role), locale)
    known = registry.command(name)
    if known is None or not allows(role, known.command.permission):
        near = registry.nearest(name.removeprefix("/"), role)
        hint = f" Did you mean /{near}?" if near else ""
        raise Unsuitable(f"There is no command /{name.removeprefix('/')[:32]}.{hint} /help shows all of them.")
    return command_page(known, locale)


def overview(commands: Sequence[Registered], locale: str | None = None) -> Reply:
    """All commands, one line each."""
    if not commands:
        return Reply.of("There are no commands here.")
    lines = [f"- /{known.command.name}: {described(known, locale)}" for known in commands]
    return Reply.of("\n".join([*lines, "", "`/help NAME` tells more about one of them."]))


def command_page(known: Registered, locale: str | None = None) -> Reply:
    """What a command does, its usage, its parameters and examples."""
    command, signature = known.command, known.signature
    blocks = [f"**/{command.name}**: {described(known, locale)}"]
    if signature.doc.body:
        blocks.append(signature.doc.body)
    blocks.append(f"`{signature.usage}`")
    if signature.params:
        blocks.append("\n".join(_parameter(param) for param in signature.params))
    if signature.doc.examples:
        blocks.append("\n".join(["Examples:", *(f"- `{example}`" for example in signature.doc.examples)]))
    if command.aliases:
        blocks.append(f"Also: {', '.join(f'/{alias}' for alias in command.aliases)}")
    if command.permission != "user":
        blocks.append(f"Only for {command.permission}s.")
    return Reply.of("\n\n".join(blocks))


def _parameter(param: Param) -> str:
    """`count`: how many (a whole number from 1 to 4; 1 if left out)."""
    facts: list[str] = []
    if not isinstance(param.kind, BoolKind) and param.kind != TextKind():
        facts.append(f"{'any number of: ' if param.many else ''}{param.kind.allowed}")
    elif param.many:
        facts.append("any number of words")
    elif param.place == "rest":
        facts.append("the rest of the line")
    if isinstance(param.kind, PartKind):
        facts.append("sent along, or in the message you reply to")
    if not param.required:
        facts.append(_default(param))
    name = f"--{param.shown}" if param.place in {"option", "flag"} else param.shown
    text = f"- `{name}`: {param.help}" if param.help else f"- `{name}`"
    return f"{text} ({'; '.join(facts)})" if facts else text


def _default(param: Param) -> str:
    if param.default is None or param.many or param.default == "":
        return "may be left out"
    return f"{param.kind.write(param.default)} if left out"
