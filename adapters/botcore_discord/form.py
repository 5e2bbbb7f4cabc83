"""The body of a request that creates or changes a message."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from botcore.messages import Button
from botcore_discord.buttons import numbered

log = logging.getLogger(__name__)

NOBODY: Final = {"parse": [], "replied_user": False}
"""Nobody is notified, whatever the text says (https://discord.com/developers/docs/resources/message#allowed-mentions-object)."""

SUPPRESS_EMBEDS: Final = 1 << 2
"""A picture of every page that the model mentions, below its answer, is noise."""
EPHEMERAL: Final = 1 << 6
LOADING: Final = 1 << 7
"""Message flags (https://discord.com/developers/docs/resources/message#message-object-message-flags)."""

_ROW, _BUTTON = 1, 2
_GREY, _LINK = 2, 5
_MOST_ROWS: Final = 5
_MOST_IN_ROW: Final = 5
_LONGEST_LABEL: Final = 80
_LONGEST_URL: Final = 512
"""Limits of https://discord.com/developers/docs/components/reference#button."""


def text_body(content: str, buttons: Sequence[Sequence[Button]]) -> dict[str, Any]:
    """A message without files."""
    return {
        "content": content,
        "components": components_of(buttons),
        "allowed_mentions": NOBODY,
        "flags": SUPPRESS_EMBEDS,
    }


def components_of(buttons: Sequence[Sequence[Button]]) -> list[dict[str, Any]]:
    """Rows of buttons as Discord takes them: longer rows are broken, and what is too much is left out."""
    rows: list[list[dict[str, Any]]] = []
    for row in numbered(buttons):
        shown = [made for custom_id, button in row if (made := _button(custom_id, button)) is not None]
        rows += [shown[at : at + _MOST_IN_ROW] for at in range(0, len(shown), _MOST_IN_ROW)]
    if len(rows) > _MOST_ROWS:
        log.warning("a message holds %d rows of buttons; %d are left out", _MOST_ROWS, len(rows) - _MOST_ROWS)
    return [{"type": _ROW, "components": row} for row in rows[:_MOST_ROWS]]


def _button(custom_id: str, button: Button) -> dict[str, Any] | None:
    label = button.label.strip() or button.says or button.url
    shown = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
    if not button.url:
        return {"type": _BUTTON, "style": _GREY, "label": shown, "custom_id": custom_id}
    if len(button.url) > _LONGEST_URL or not button.url.startswith(("https://", "http://", "discord://")):
        log.warning(
            "a button's link is left out: Discord takes addresses of the web, up to %d characters", _LONGEST_URL
        )
        return None
    return {"type": _BUTTON, "style": _LINK, "label": shown, "url": button.url}
