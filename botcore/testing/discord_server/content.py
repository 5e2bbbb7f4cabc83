"""What the bot sends, read from the bodies of all calls that create or edit messages."""

import mimetypes
from collections.abc import Sequence

from botcore.testing.discord_server.components import read_components
from botcore.testing.discord_server.embeds import read_embeds
from botcore.testing.discord_server.files import SPOILER
from botcore.testing.discord_server.forms import Form, Path, as_snowflake
from botcore.testing.discord_server.mentions import Allowed, read_allowed
from botcore.testing.discord_server.messages import (
    COMPONENTS_V2,
    EPHEMERAL,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    VOICE_MESSAGE,
    Message,
)
from botcore.testing.discord_server.model import Channel, Json
from botcore.testing.discord_server.refusals import Refused, empty_message
from botcore.testing.discord_server.requests import Upload
from botcore.testing.discord_server.world import Content, World

MAX_TEXT = 2000  # characters
MAX_ATTACHMENTS = 10
_SETTABLE = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | VOICE_MESSAGE | COMPONENTS_V2
_MAX_WAVEFORM = 400  # base64 characters


def read_message(
    world: World,
    channel: Channel,
    form: Form,
    files: Sequence[Upload],
    *,
    holder: Json | None = None,
    path: Path = (),
    default: Allowed,
    response: bool = False,
) -> Content:
    """A new message. `holder` and `path` say where in the form's body it is; `response` allows ephemeral ones.

    Raises:
        Refused: 400 for what Discord does not take.
    """
    given = form.body if holder is None else holder
    flags = form.integer(given, (*path, "flags"), highest=(1 << 31) - 1) or 0
    flags &= _SETTABLE | (EPHEMERAL if response else 0)
    content = Content(
        text=(form.text(given, (*path, "content"), MAX_TEXT) or "").replace("\0", "").strip(),
        embeds=read_embeds(form, given, (*path, "embeds")),
        components=read_components(form, given, (*path, "components"), layout=bool(flags & COMPONENTS_V2)),
        flags=flags,
        tts=form.flag(given, (*path, "tts")),
        allowed=read_allowed(form, given, (*path, "allowed_mentions"), default),
    )
    _check_layout(form, given, path, flags)
    _check_attachments(form, given, path, files, world.max_file)
    form.check()
    if flags & VOICE_MESSAGE:
        _check_voice(given, files, content)
    content.attachments = _store(world, channel, given, files, content)
    resolve_attachments(content.embeds, content.attachments)
    if content.is_empty:
        raise empty_message()
    return content


def read_edit(
    world: World, message: Message, form: Form, files: Sequence[Upload], *, default: Allowed
) -> tuple[Json, Content]:
    """The fields that an edit changes, and the content that carries new files and allowed mentions.

    Raises:
        Refused: 400 for what Discord does not take, and where nothing would be left of the message.
    """
    given, data = form.body, message.data
    changes: Json = {}
    flags = message.flags
    if given.get("flags") is not None:
        wanted = form.integer(given, ("flags",), highest=(1 << 31) - 1) or 0
        flags = flags & ~SUPPRESS_EMBEDS | wanted & (SUPPRESS_EMBEDS | COMPONENTS_V2)
    if flags != message.flags:
        changes["flags"] = flags
    if "content" in given:
        changes["content"] = (form.text(given, ("content",), MAX_TEXT) or "").replace("\0", "").strip()
    if "embeds" in given:
        changes["embeds"] = read_embeds(form, given, ("embeds",))
    if "components" in given:
        changes["components"] = read_components(form, given, ("components",), layout=bool(flags & COMPONENTS_V2))
    allowed = read_allowed(form, given, ("allowed_mentions",), default)
    _check_layout(form, {**data, **changes}, (), flags)
    _check_attachments(form, given, (), files, world.max_file, message)
    form.check()
    content = Content(allowed=allowed)
    if files or "attachments" in given:
        kept = _kept(given, message) if "attachments" in given else message.attachments
        changes["attachments"] = kept + _store(world, message.channel, given, files, content)
    left = {**data, **changes}
    resolve_attachments(changes.get("embeds", []), left["attachments"])
    if not (left["content"] or left["embeds"] or left["components"] or left["attachments"]):
        raise empty_message()
    return changes, content


def resolve_attachments(embeds: list[Json], attachments: list[Json]) -> None:
    """Replace `attachment://name` in embeds by the file's link."""
    by_name = {f"attachment://{one['filename']}": one["url"] for one in attachments}
    for embed in embeds:
        for name in ("image", "thumbnail"):
            picture = embed.get(name)
            if picture is not None and picture["url"] in by_name:
                picture["url"] = picture["proxy_url"] = by_name[picture["url"]]


def _check_layout(form: Form, given: Json, path: Path, flags: int) -> None:
    """A message made of version 2 components has no other content."""
    if flags & COMPONENTS_V2:
        for name in ("content", "embeds"):
            if given.get(name):
                words = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                form.wrong((*path, name), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", words)


def _check_attachments(
    form: Form, given: Json, path: Path, files: Sequence[Upload], most_bytes: int, message: Message | None = None
) -> None:
    where = (*path, "attachments")
    listed = form.objects(given, where, MAX_ATTACHMENTS)
    if len(files) > MAX_ATTACHMENTS:
        raise Refused(400, 30015, f"Maximum number of attachments in a message reached ({MAX_ATTACHMENTS})")
    numbers = {str(one.number) for one in files}
    present = {str(one["id"]) for one in message.attachments} if message else set[str]()
    for index, one in enumerate(listed):
        number = as_snowflake(one.get("id"))
        if number is None:
            form.snowflake(one.get("id"), (*where, index, "id"))
        elif str(number) not in numbers | present:
            form.wrong((*where, index), "ATTACHMENT_NOT_FOUND", "Attachment data not found")
        form.text(one, (*where, index, "description"), 1024)
        form.text(one, (*where, index, "waveform"), _MAX_WAVEFORM)
    if any(len(one.content) > most_bytes for one in files):
        raise Refused(413, 40005, "Request entity too large")


def _check_voice(given: Json, files: Sequence[Upload], content: Content) -> None:
    """https://discord.com/developers/docs/resources/message#voice-messages."""
    if content.text or content.embeds or content.components:
        raise Refused(400, 50159, "Voice messages do not support additional content.")
    listed = given.get("attachments") or []
    if len(files) != 1 or not _kind(files[0]).startswith("audio/"):
        raise Refused(400, 50160, "Voice messages must have a single audio attachment.")
    if not listed or listed[0].get("duration_secs") is None or listed[0].get("waveform") is None:
        raise Refused(400, 50161, "Voice messages must have supporting metadata.")


def _kind(upload: Upload) -> str:
    """The media type that Discord finds; clients that do not know it send the general one."""
    if upload.media_type and upload.media_type != "application/octet-stream":
        return upload.media_type
    guessed = "audio/ogg" if upload.name.endswith((".ogg", ".oga")) else mimetypes.guess_type(upload.name)[0]
    return guessed or ""


def _kept(given: Json, message: Message) -> list[Json]:
    """The attachments that an edit keeps."""
    wanted = {str(one.get("id")) for one in given.get("attachments") or []}
    return [one for one in message.attachments if one["id"] in wanted]


def _store(world: World, channel: Channel, given: Json, files: Sequence[Upload], content: Content) -> list[Json]:
    """Keep the uploads; a file that the `attachments` field does not list is taken all the same where it is absent."""
    listed = {str(one.get("id")): one for one in given.get("attachments") or []}
    made: list[Json] = []
    for upload in files:
        about = listed.get(str(upload.number), {})
        name = about.get("filename") or upload.name
        kind = _kind(upload)
        stored = world.files.store(upload.content, name, channel_id=channel.id, media_type=kind)
        data = world.files.describe(stored)
        if about.get("description"):
            data["description"] = about["description"]
        if about.get("is_spoiler") or name.startswith("SPOILER_"):
            data["flags"] |= SPOILER
        if content.flags & VOICE_MESSAGE:
            data |= {"duration_secs": about["duration_secs"], "waveform": about["waveform"]}
        if content.flags & EPHEMERAL:
            data["ephemeral"] = True
        content.files[stored.id] = stored
        made.append(data)
    return made
