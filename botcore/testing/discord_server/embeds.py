"""Embeds: checked and completed. Limits of https://discord.com/developers/docs/resources/message#embed-object."""

from datetime import datetime

from botcore.testing.discord_server.forms import Form, Path, each
from botcore.testing.discord_server.refusals import Json

MAX_EMBEDS = 10
_MAX_TOTAL = 6000  # characters of all embeds of one message together
_MAX_COLOUR = 0xFFFFFF
_TEXTS = {"title": 256, "description": 4096}
_PICTURES = ("image", "thumbnail")


def read_embeds(form: Form, holder: Json, path: Path) -> list[Json]:
    """The embeds of a message body as a message carries them; what is wrong is noted in the form."""
    given = form.objects(holder, path, MAX_EMBEDS)
    made = each(given, lambda one, where: _embed(form, one, where), path)
    if sum(_length(one) for one in made) > _MAX_TOTAL:
        form.wrong(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_MAX_TOTAL}")
    return made


def _embed(form: Form, given: Json, path: Path) -> Json:
    embed: Json = {"type": "rich"}
    for name, longest in _TEXTS.items():
        if text := form.text(given, (*path, name), longest):
            embed[name] = text.strip()
    if url := form.url(given, (*path, "url")):
        embed["url"] = url
    colour = form.integer(given, (*path, "color"), highest=_MAX_COLOUR)
    if colour is not None:
        embed["color"] = colour
    if time := form.text(given, (*path, "timestamp"), 64):
        embed["timestamp"] = time
        if not _is_time(time):
            form.wrong((*path, "timestamp"), "DATE_TIME_TYPE_PARSE", f"Could not parse {time}. Should be ISO8601.")
    _parts(form, given, path, embed)
    fields = form.objects(given, (*path, "fields"), 25)
    if fields:
        embed["fields"] = each(fields, lambda one, where: _field(form, one, where), (*path, "fields"))
    if not any(name in embed for name in (*_TEXTS, *_PICTURES, "fields", "author", "footer")):
        form.required((*path, "description"))
    return embed


def _parts(form: Form, given: Json, path: Path, embed: Json) -> None:
    for name, key, longest in (("author", "name", 256), ("footer", "text", 2048)):
        inner = form.object(given, (*path, name))
        if inner is not None and (text := form.text(inner, (*path, name, key), longest, needed=True)):
            embed[name] = {key: text.strip()}
            for link in ("url", "icon_url"):
                if found := form.url(inner, (*path, name, link), attachments=link == "icon_url"):
                    embed[name][link] = found
    for name in _PICTURES:
        inner = form.object(given, (*path, name))
        if inner is not None and (found := form.url(inner, (*path, name, "url"), attachments=True)):
            embed[name] = {"url": found, "width": 0, "height": 0, "flags": 0}


def _field(form: Form, given: Json, path: Path) -> Json:
    name = form.text(given, (*path, "name"), 256, needed=True)
    value = form.text(given, (*path, "value"), 1024, needed=True)
    return {"name": name or "", "value": value or "", "inline": form.flag(given, (*path, "inline"))}


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description"), embed.get("footer", {}).get("text")]
    texts += [embed.get("author", {}).get("name")]
    texts += [text for field in embed.get("fields", ()) for text in (field["name"], field["value"])]
    return sum(len(text) for text in texts if text)
