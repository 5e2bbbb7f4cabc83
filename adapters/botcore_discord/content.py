"""What a Discord message contains, as parts."""

import mimetypes
import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from botcore import messages as m
from botcore_discord.library import discord
from botcore_discord.refs import FileRef

_TOKEN: Final = re.compile(r"<(?:(@[!&]?|#)(\d{1,20})|a?:(\w+):\d{1,20}|/([^:>]+):\d{1,20})>")
"""A mention of a person, a role or a channel; an emoji of a server; a slash command.

https://discord.com/developers/docs/reference#message-formatting
"""

Naming = Callable[[int], str | None]


def parts_of(message: discord.Message, text: str | None = None, *, links: bool = False) -> tuple[m.Part, ...]:
    """Attachments, then text: `text`, or what the message says with names for mentions.

    `links`: files are referred to by their links, which work for about a day: the message cannot be asked for later.
    """
    said = shown_text(message) if text is None else text
    files = [
        _attachment(one, message.channel.id, message.id, message.flags.voice, link=links) for one in message.attachments
    ]
    told = [one for one in (said, *_told(message)) if one]
    for forwarded in message.message_snapshots:
        files += [
            _attachment(one, message.channel.id, message.id, forwarded.flags.voice, link=links)
            for one in forwarded.attachments
        ]
        words = [forwarded.content, *(_sticker(one) for one in forwarded.stickers)]
        told.append("\n".join(["[forwarded message]", *(one for one in words if one)]))
    return (*files, m.Text("\n".join(told))) if told else tuple(files)


def shown_text(message: discord.Message, text: str | None = None) -> str:
    """The text as people see it: names in place of mentions, emojis by their names."""
    people = {one.id: one.display_name for one in message.mentions}
    roles = {one.id: one.name for one in message.role_mentions}
    guild = message.guild
    channel: Naming = lambda number: getattr(guild and guild.get_channel_or_thread(number), "name", None)  # noqa: E731
    return named(message.content if text is None else text, people.get, roles.get, channel)


def named(text: str, person: Naming, role: Naming, channel: Naming) -> str:
    """Put names in place of ids; what nobody knows stays as it is."""

    def name(match: re.Match[str]) -> str:
        kind, number, emoji, command = match.groups()
        if emoji is not None:
            return f":{emoji}:"
        if command is not None:
            return f"/{command}"
        find = {"#": channel, "@&": role}.get(kind, person)
        found = find(int(number))
        return match[0] if found is None else f"{kind[0]}{name_of(found)}"

    return _TOKEN.sub(name, text) if "<" in text else text


def name_of(name: str | None) -> str:
    """A name for show, on one line: a line break in it must not forge a turn of the conversation."""
    return " ".join(m.clean(name or "").split())


def option_file(given: dict[str, Any]) -> dict[str, m.Json]:
    """The JSON of the part that a slash command's attachment is. Its link is its reference: there is no message."""
    make, kind = _kind_of(given.get("content_type"), str(given.get("filename", "")))
    told: dict[str, m.Json] = {
        "kind": make.__dataclass_fields__["kind"].default,
        "ref": given.get("url"),
        "name": given.get("filename"),
        "media_type": kind,
        "size": given.get("size"),
    }
    if make is m.Image:
        told |= {"width": given.get("width"), "height": given.get("height")}
    if make in {m.Audio, m.Video}:
        told["duration"] = given.get("duration_secs")
    return told


def _attachment(given: discord.Attachment, channel: int, message: int, voice: bool, *, link: bool) -> m.Part:
    make, kind = _kind_of(given.content_type, given.filename)
    facts: dict[str, Any] = {
        "ref": given.url if link else str(FileRef(channel, message, given.id)),
        "media_type": kind,
        "name": given.filename,
        "size": given.size,
    }
    if make is m.Image:
        facts |= {"width": given.width, "height": given.height}
    if make in {m.Audio, m.Video}:
        facts["duration"] = given.duration
    if make is m.Audio:
        facts["voice"] = voice
    return make(**facts)


def _kind_of(media_type: str | None, filename: str) -> tuple[type[m.Image | m.Audio | m.Video | m.File], str | None]:
    """The class of a file and its media type: as Discord says, or by the ending of its name."""
    kind = (media_type or "").partition(";")[0].strip().lower() or mimetypes.guess_type(filename)[0]
    of = {"image": m.Image, "audio": m.Audio, "video": m.Video}
    return of.get((kind or "").partition("/")[0], m.File), kind


def _told(message: discord.Message) -> Sequence[str]:
    """Content that is neither text nor a file, in words."""
    told = [_sticker(one) for one in message.stickers]
    if message.poll is not None:
        answers = " / ".join(answer.text for answer in message.poll.answers)
        told.append(f"[poll: {message.poll.question}: {answers}]")
    if not (message.content or message.attachments):
        told += [text for one in message.embeds if (text := _embed(one))]
    return told


def _sticker(sticker: discord.StickerItem) -> str:
    return f"[sticker: {name_of(sticker.name)}]"


def _embed(embed: discord.Embed) -> str:
    return "\n".join(text for text in (embed.title, embed.description) if text)
