"""Buttons, select menus and the layout components of version 2: checked, and completed as answers carry them.

Limits of https://discord.com/developers/docs/components/reference.
"""

from collections.abc import Iterator

from botcore.testing.discord_server.forms import Form, Path, each
from botcore.testing.discord_server.messages import SELECTS
from botcore.testing.discord_server.refusals import Json

_ROW, _BUTTON, _STRING_SELECT, _SECTION, _TEXT, _THUMBNAIL, _GALLERY, _FILE, _SEPARATOR, _CONTAINER = (
    1,
    2,
    3,
    9,
    10,
    11,
    12,
    13,
    14,
    17,
)
_LINK, _PREMIUM = 5, 6  # button styles
_LAYOUT = frozenset({_ROW, _SECTION, _TEXT, _GALLERY, _FILE, _SEPARATOR, _CONTAINER})
_MAX_ROWS, _MAX_IN_ROW, _MAX_ALL, _MAX_TEXT = 5, 5, 40, 4000


def read_components(form: Form, holder: Json, path: Path, *, layout: bool) -> list[Json]:
    """The components of a message body; `layout` where the message has the flag for version 2."""
    given = form.objects(holder, path, _MAX_ALL if layout else _MAX_ROWS)
    reader = _Reader(form, layout=layout)
    made = each(given, reader.top, path)
    everything = list(_all(made))
    if len(everything) > _MAX_ALL:
        form.wrong(path, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", "The number of components exceeds 40.")
    if sum(len(one.get("content", "")) for one in everything) > _MAX_TEXT:
        form.wrong(path, "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "The text of all components exceeds 4000.")
    for number, one in enumerate(everything, 1):
        one["id"] = one["id"] or number
    return made


def _all(components: list[Json]) -> Iterator[Json]:
    for one in components:
        yield one
        yield from _all(one.get("components", []))
        if "accessory" in one:
            yield one["accessory"]


class _Reader:
    """Reads one message's components; knows which custom ids were there already."""

    def __init__(self, form: Form, *, layout: bool) -> None:
        self._form = form
        self._layout = layout
        self._ids: set[str] = set()

    def top(self, given: Json, path: Path) -> Json:
        """A component that stands for itself."""
        allowed = _LAYOUT if self._layout else frozenset({_ROW})
        kind = self._form.choice(given, (*path, "type"), allowed, needed=True)
        made: Json = {"type": kind or 0, "id": self._form.integer(given, (*path, "id")) or 0}
        match kind:
            case 1:
                made["components"] = self._row(given, path)
            case 9:
                texts = self._form.objects(given, (*path, "components"), 3, shortest=1)
                made["components"] = each(texts, self._text, (*path, "components"))
                made["accessory"] = self._accessory(given, path)
            case 10:
                made |= self._text(given, path)
            case 12 | 13:
                made |= self._media(given, path, gallery=kind == _GALLERY)
            case 14:
                made |= {"spacing": given.get("spacing") or 1, "divider": given.get("divider") is not False}
            case 17:
                inner = self._form.objects(given, (*path, "components"), _MAX_ALL, shortest=1)
                made["components"] = each(inner, self.top, (*path, "components"))
                made |= {"accent_color": given.get("accent_color"), "spoiler": bool(given.get("spoiler"))}
            case _:
                pass
        return made

    def _text(self, given: Json, path: Path) -> Json:
        content = self._form.text(given, (*path, "content"), _MAX_TEXT, shortest=1, needed=True)
        return {"type": _TEXT, "id": self._form.integer(given, (*path, "id")) or 0, "content": content or ""}

    def _accessory(self, given: Json, path: Path) -> Json:
        where = (*path, "accessory")
        one = given.get("accessory")
        if not isinstance(one, dict):
            self._form.required(where)
            return {"type": 0, "id": 0}
        if one.get("type") == _BUTTON:
            return self._button(one, where)
        made: Json = {"type": _THUMBNAIL, "id": self._form.integer(one, (*where, "id")) or 0}
        return {**made, "media": self._unfurled(one, (*where, "media")), **_about(one)}

    def _media(self, given: Json, path: Path, *, gallery: bool) -> Json:
        if not gallery:
            file = self._unfurled(given, (*path, "file"))
            return {"file": file, "name": None, "size": None, "spoiler": bool(given.get("spoiler"))}
        items = self._form.objects(given, (*path, "items"), 10, shortest=1)
        return {
            "items": each(
                items, lambda one, at: {"media": self._unfurled(one, (*at, "media")), **_about(one)}, (*path, "items")
            )
        }

    def _unfurled(self, given: Json, path: Path) -> Json:
        inner = given.get(str(path[-1]))
        if not isinstance(inner, dict):
            self._form.required(path)
            return {}
        url = self._form.url(inner, (*path, "url"), attachments=True) or ""
        return {"id": "0", "url": url, "proxy_url": url}

    def _row(self, given: Json, path: Path) -> list[Json]:
        where = (*path, "components")
        inner = self._form.objects(given, where, _MAX_IN_ROW, shortest=1)
        selects = sum(one.get("type") in SELECTS for one in inner)
        if selects and len(inner) > 1:
            self._form.wrong(
                where, "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width"
            )
        return each(inner, self._pressable, where)

    def _pressable(self, given: Json, path: Path) -> Json:
        kind = self._form.choice(given, (*path, "type"), {_BUTTON, *SELECTS}, needed=True)
        if kind == _BUTTON:
            return self._button(given, path)
        return self._select(given, path, kind) if kind is not None else {"type": 0, "id": 0}

    def _custom_id(self, given: Json, path: Path) -> str:
        where = (*path, "custom_id")
        value = self._form.text(given, where, 100, shortest=1, needed=True) or ""
        if value and value in self._ids:
            self._form.wrong(where, "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        self._ids.add(value)
        return value

    def _button(self, given: Json, path: Path) -> Json:
        form = self._form
        style = form.choice(given, (*path, "style"), range(1, 7), needed=True)
        made: Json = {"type": _BUTTON, "id": form.integer(given, (*path, "id")) or 0, "style": style or 1}
        label = form.text(given, (*path, "label"), 80)
        if label:
            made["label"] = label
        emoji = form.object(given, (*path, "emoji"))
        if emoji:
            made["emoji"] = {k: v for k, v in emoji.items() if v is not None}
        if not label and not emoji and style != _PREMIUM:
            form.wrong(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or an emoji.")
        if form.flag(given, (*path, "disabled")):
            made["disabled"] = True
        if style == _LINK:
            made["url"] = form.url(given, (*path, "url"), 512)
            if not given.get("url"):
                form.required((*path, "url"))
            if given.get("custom_id"):
                words = "A custom id and url cannot both be specified"
                form.wrong((*path, "custom_id"), "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", words)
        elif style != _PREMIUM:
            made["custom_id"] = self._custom_id(given, path)
        return made

    def _select(self, given: Json, path: Path, kind: int) -> Json:
        form = self._form
        lowest = form.integer(given, (*path, "min_values"), highest=25)
        highest = form.integer(given, (*path, "max_values"), lowest=1, highest=25)
        made: Json = {
            "type": kind,
            "id": form.integer(given, (*path, "id")) or 0,
            "custom_id": self._custom_id(given, path),
            "min_values": 1 if lowest is None else lowest,
            "max_values": 1 if highest is None else highest,
        }
        if placeholder := form.text(given, (*path, "placeholder"), 150):
            made["placeholder"] = placeholder
        if form.flag(given, (*path, "disabled")):
            made["disabled"] = True
        if kind == _STRING_SELECT:
            options = form.objects(given, (*path, "options"), 25, shortest=1)
            made["options"] = each(options, self._option, (*path, "options"))
            values = [one["value"] for one in made["options"]]
            for index in [at for at, value in enumerate(values) if value in values[:at]]:
                words = "The specified option value is already used"
                form.wrong((*path, "options", index, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", words)
        else:
            made |= {name: given[name] for name in ("channel_types", "default_values") if given.get(name)}
        return made

    def _option(self, given: Json, path: Path) -> Json:
        form = self._form
        made: Json = {
            "label": form.text(given, (*path, "label"), 100, shortest=1, needed=True) or "",
            "value": form.text(given, (*path, "value"), 100, shortest=1, needed=True) or "",
        }
        if description := form.text(given, (*path, "description"), 100):
            made["description"] = description
        emoji = form.object(given, (*path, "emoji"))
        if emoji:
            made["emoji"] = {k: v for k, v in emoji.items() if v is not None}
        if form.flag(given, (*path, "default")):
            made["default"] = True
        return made


def _about(given: Json) -> Json:
    return {"description": given.get("description"), "spoiler": bool(given.get("spoiler"))}
