"""`reply_markup`: read and checked as the real server does."""

from typing import Any

from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import Refused, bad_request

_MAX_DATA = 64  # bytes of callback_data
_MAX_BUTTONS = 100
_OTHER_KINDS = [
    "callback_game",
    "pay",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "login_url",
    "web_app",
    "copy_text",
]


def reply_markup(params: Params) -> Json | None:
    """The keyboard of a call, or None; an empty inline keyboard is none.

    Raises:
        Refused: 400 for what is no keyboard and for buttons that Telegram refuses.
    """
    value = params.json("reply_markup", "reply keyboard markup")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad_request("Object expected as reply markup")
    if rows := value.get("keyboard"):
        _check_rows(rows, "keyboard", 'Field "keyboard" must be an Array of Arrays')
        return value
    if inline := value.get("inline_keyboard"):
        _check_rows(
            inline, "inline_keyboard", 'Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'
        )
        rows = [[_inline_button(button) for button in row] for row in inline if row]
        if sum(len(row) for row in rows) > _MAX_BUTTONS:
            raise bad_request("reply markup is too long")
        return {"inline_keyboard": rows} if rows else None
    return value if value.get("remove_keyboard") or value.get("force_reply") else None


def inline_markup(params: Params) -> Json | None:
    """The keyboard of an edit, where only inline keyboards can be.

    Raises:
        Refused: 400 for another kind of keyboard.
    """
    markup = reply_markup(params)
    if markup is not None and "inline_keyboard" not in markup:
        raise bad_request("Inline keyboard expected")
    return markup


def reply_keys(markup: Json) -> list[list[str]] | None:
    """The labels of a reply keyboard; an empty list when it is removed, None when the markup is something else."""
    if markup.get("remove_keyboard"):
        return []
    rows = markup.get("keyboard")
    if rows is None:
        return None
    return [[str(key.get("text", "")) if isinstance(key, dict) else str(key) for key in row] for row in rows]


def _check_rows(rows: Any, field: str, complaint: str) -> None:
    if not isinstance(rows, list):
        raise bad_request(f'Field "{field}" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request(complaint)


def _inline_button(button: Any) -> Json:
    if not isinstance(button, dict):
        raise _unparsable("InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise _unparsable('Can\'t find field "text"')
    if not text.strip():
        raise bad_request("Inline keyboard button text must be non-empty")
    if button.get("url"):
        return button
    if data := button.get("callback_data"):
        if len(str(data).encode()) > _MAX_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
        return button
    if any(kind in button for kind in _OTHER_KINDS):
        return button
    raise _unparsable("Text buttons are unallowed in the inline keyboard")


def _unparsable(why: str) -> Refused:
    return bad_request(f"can't parse inline keyboard button: {why}")
