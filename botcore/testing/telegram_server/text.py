"""A text with its formatting, as a call or a person gives it and as a message carries it."""

from collections.abc import Callable
from typing import Any

from botcore.testing.telegram_server.entities import Entity, fix_text, merge_found
from botcore.testing.telegram_server.html_mode import parse_html
from botcore.testing.telegram_server.links import checked_link, linked_user, valid_time_format
from botcore.testing.telegram_server.markdown import parse_markdown, parse_markdown_v2
from botcore.testing.telegram_server.model import Json, User
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.recognise import recognise
from botcore.testing.telegram_server.refusals import bad_request

MAX_TEXT = 4096  # code points after entity parsing (TDLib compares utf8_length)
MAX_CAPTION = 1024
MAX_BYTES = 1 << 15  # of UTF-8 before entity parsing
_PARSERS = {"markdown": parse_markdown, "markdownv2": parse_markdown_v2, "html": parse_html}
#: kinds without further fields
_PLAIN = frozenset(
    ("bold", "italic", "underline", "strikethrough", "spoiler", "code", "blockquote", "expandable_blockquote")
)
_RECOGNISED = frozenset(
    ("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number")
)

Lookup = Callable[[int], User | None]


def message_text(params: Params, users: Lookup) -> tuple[str, list[Json]]:
    """The `text` of a call with `parse_mode` or `entities`: plain text and `MessageEntity` objects.

    Raises:
        Refused: 400 where the real server refuses.
    """
    source = params.text("text")
    if not source:
        raise bad_request("Message text is empty")
    text, entities = _formatted(params, source, "entities", users)
    if len(text) > MAX_TEXT:
        raise bad_request("Message is too long")
    return text, entities


def draft_text(params: Params, users: Lookup) -> tuple[str, list[Json]]:
    """The same for sendMessageDraft, where nothing at all is allowed."""
    text, entities = _formatted(params, params.text("text"), "entities", users, may_be_empty=True)
    if len(text) > MAX_TEXT:
        raise bad_request("Message is too long")
    return text, entities


def caption_text(params: Params, users: Lookup) -> tuple[str, list[Json]]:
    """The `caption` of a call with `parse_mode` or `caption_entities`; empty when there is none.

    Raises:
        Refused: 400 where the real server refuses.
    """
    text, entities = _formatted(params, params.text("caption"), "caption_entities", users, may_be_empty=True)
    if len(text) > MAX_CAPTION:
        raise bad_request("Message caption is too long")
    return text, entities


def human_text(text: str, entities: list[Entity], users: Lookup) -> tuple[str, list[Json]]:
    """What a person typed, as it arrives: trimmed, cleaned, commands and mentions recognised.

    Raises:
        Refused: 400 for entities out of place, or when nothing visible is left.
    """
    return _finish(text, entities, users, may_be_empty=False)


def _formatted(
    params: Params, source: str, entities_field: str, users: Lookup, *, may_be_empty: bool = False
) -> tuple[str, list[Json]]:
    if len(source) > MAX_BYTES // 4 and len(source.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise bad_request("Text is too long")
    mode = params.text("parse_mode").lower()
    entities: list[Entity] = []
    if source and mode and mode != "none":
        parse = _PARSERS.get(mode)
        if parse is None:
            raise bad_request("Unsupported parse_mode")
        source, entities = parse(source)
    elif params.has(entities_field):
        entities = given_entities(params.json(entities_field, "entities"))
    return _finish(source, entities, users, may_be_empty=may_be_empty)


def _finish(text: str, entities: list[Entity], users: Lookup, *, may_be_empty: bool) -> tuple[str, list[Json]]:
    text, kept = fix_text(text, entities, may_be_empty=may_be_empty)
    merged = merge_found(kept, recognise(text))
    return text, [shown for entity in merged if (shown := _shown(entity, users)) is not None]


def _shown(entity: Entity, users: Lookup) -> Json | None:
    if entity.kind != "text_mention":
        return entity.as_json()
    user = users(entity.details["user"]["id"])
    return None if user is None else {**entity.as_json(), "user": user.as_json()}


def given_entities(value: Any) -> list[Entity]:
    """Read `MessageEntity` objects of a call; kinds that Telegram recognises by itself are dropped, as really done.

    Raises:
        Refused: 400 for anything that is no `MessageEntity`.
    """
    if not isinstance(value, list):
        return []
    return [entity for item in value if (entity := _given_entity(item)) is not None]


def _given_entity(item: Any) -> Entity | None:
    wrong = "can't parse MessageEntity: "
    if not isinstance(item, dict):
        raise bad_request(wrong + "expected an Object")
    for name in ("offset", "length"):
        if name not in item:
            raise bad_request(f'{wrong}Can\'t find field "{name}"')
        if not isinstance(item[name], int) or isinstance(item[name], bool):
            raise bad_request(f'{wrong}Field "{name}" must be of type Number')
    kind = item.get("type")
    if not isinstance(kind, str):
        raise bad_request(f'{wrong}Can\'t find field "type"')
    if kind in _RECOGNISED:
        return None
    kind, details = _given_details(kind, item, wrong)
    return Entity(kind, item["offset"], item["length"], details)


def _given_details(kind: str, item: Json, wrong: str) -> tuple[str, Json]:
    if kind in _PLAIN:
        return kind, {}
    if kind == "pre":
        return kind, {"language": item["language"]} if item.get("language") else {}
    if kind == "text_link":
        url = str(item.get("url", ""))
        if (user := linked_user(url)) is not None:
            return "text_mention", {"user": {"id": user}}
        link = checked_link(url)
        if link is None:
            raise bad_request("Entity Wrong HTTP URL")
        return kind, {"url": link}
    if kind == "text_mention":
        user_given = item.get("user")
        if not isinstance(user_given, dict) or not isinstance(user_given.get("id"), int):
            raise bad_request(f'{wrong}Can\'t find field "user"')
        return kind, {"user": {"id": user_given["id"]}}
    if kind == "custom_emoji":
        number = str(item.get("custom_emoji_id", ""))
        if not number.isdigit():
            raise bad_request(f'{wrong}Can\'t find field "custom_emoji_id"')
        return kind, {"custom_emoji_id": number}
    if kind == "date_time" and isinstance(item.get("unix_time"), int):
        shown = str(item.get("date_time_format", ""))
        if not valid_time_format(shown):
            raise bad_request(f"{wrong}Invalid date-time format specified")
        return kind, {"unix_time": item["unix_time"], **({"date_time_format": shown} if shown else {})}
    raise bad_request(wrong + "Unsupported type specified")
