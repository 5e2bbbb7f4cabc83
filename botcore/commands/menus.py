"""From a signature to an entry of Discord's context menus: that of a message, or that of a person.

A command is in the menu of a message where a message can hold everything that it needs, and in that of a person where a
person is all that it needs. Source: Discord's "Application Commands": the types USER and MESSAGE have neither options
nor descriptions, and names of 1 to 32 characters that may be in mixed case and hold spaces.
"""

from typing import Final

from botcore.commands.kinds import MentionKind
from botcore.commands.registry import Registered
from botcore.commands.schema import audience
from botcore.commands.signature import Param, Signature
from botcore.messages import Json, User

_USER: Final = 2
_MESSAGE: Final = 3


def menu_schema(registered: Registered) -> dict[str, Json] | None:
    """The body of Discord's "create application command" for the menu that a command is in; None: it is in none."""
    command, signature = registered.command, registered.signature
    if takes_message(signature):
        kind = _MESSAGE
    elif person_param(signature) is not None:
        kind = _USER
    else:
        return None
    return {"type": kind, "name": menu_name(command.name), **audience(command)}


def takes_message(signature: Signature) -> bool:
    """Whether a message can hold everything that is needed: attachments are taken, and nothing else is required."""
    if not any(param.place == "attachment" for param in signature.params):
        return False
    return all(param.place == "attachment" for param in signature.params if param.required)


def person_param(signature: Signature) -> Param | None:
    """The parameter that a person's menu fills: a `User`, and the only one that is required."""
    match [param for param in signature.params if param.required]:
        case [Param(kind=MentionKind(of), many=False) as param] if of is User:
            return param
        case _:
            return None


def menu_name(name: str) -> str:
    """A command's name as people read it. No two commands share one.

    >>> menu_name("set_tone")
    'Set tone'
    >>> menu_name("set__tone")
    'set__tone'
    """
    words = name.split("_")
    return " ".join(words).capitalize() if all(words) else name
