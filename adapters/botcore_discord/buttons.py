"""Buttons: what is under a message, and what a pressed one says.

What a button says travels in its custom id, so a press means the same after a restart. Custom ids are unique within a
message (https://discord.com/developers/docs/components/reference#anatomy-of-a-component), so a number comes first.
"""

from collections.abc import Sequence
from typing import Any, Final

from botcore.messages import Button

_OURS: Final = "botcore"
_BUTTON = 2


def custom_id(number: int, says: str) -> str:
    """The custom id of the button that comes `number`th in its message; at most 100 characters, as Discord takes."""
    return f"{_OURS}:{number}:{says}"


def says_of(data: Any) -> str | None:
    """What the pressed button says; None where it is not ours."""
    if data.get("component_type") != _BUTTON:
        return None
    ours, _, rest = str(data.get("custom_id", "")).partition(":")
    number, colon, says = rest.partition(":")
    return says if ours == _OURS and colon and number.isdecimal() else None


def numbered(rows: Sequence[Sequence[Button]]) -> list[list[tuple[str, Button]]]:
    """The buttons of a message with their custom ids; those that open a link have none."""
    count, found = 0, list[list[tuple[str, Button]]]()
    for row in rows:
        found.append([])
        for button in row:
            found[-1].append(("" if button.url else custom_id(count, button.says), button))
            count += 1
    return found
