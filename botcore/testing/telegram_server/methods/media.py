"""sendPhoto, sendDocument, sendAudio, sendVoice, sendVideo, sendMediaGroup, getFile."""

from collections.abc import Callable
from typing import Any

from botcore.testing.server.pictures import picture_size
from botcore.testing.telegram_server.files import MAX_PHOTO, StoredFile
from botcore.testing.telegram_server.methods.sending import destination, send
from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.text import caption_text
from botcore.testing.telegram_server.world import World, entity_fields

_MAX_ALBUM = 10
_MAX_SIDES = 10_000  # width + height of a photo, pixels
_MAX_RATIO = 20
_THUMBNAIL = 320  # pixels
_ALONE = frozenset({"document", "audio"})  # kinds that share an album only with their like
_UNKNOWN_SIZE = (800, 600)
_NOTE_SIDE = 384  # pixels of a video note, which is square


def describe(world: World, file: StoredFile, details: Params) -> Any:
    """What a message carries for a file: `Document`, `Audio`, `Voice`, `Video`, `VideoNote` or a photo's sizes."""
    if file.kind == "photo":
        return photo_sizes(world, file)
    data: Json = {"file_id": file.file_id, "file_unique_id": file.unique_id, "file_size": file.size}
    if file.kind == "video_note":  # neither a name nor a type
        return data | {"length": details.integer("length", _NOTE_SIDE), "duration": details.integer("duration")}
    if file.kind in {"audio", "voice", "video"}:
        data["duration"] = details.integer("duration")
    if file.kind == "video":
        data |= {"width": details.integer("width", 640), "height": details.integer("height", 360)}
    if file.kind == "audio":
        data |= {name: details.text(name) for name in ("performer", "title") if details.text(name)}
    if file.name and file.kind != "voice":
        data["file_name"] = file.name
    data["mime_type"] = file.media_type
    return data


def photo_sizes(world: World, file: StoredFile) -> list[Json]:
    """A photo in the sizes Telegram makes of it, smallest first; each is a file of its own."""
    width, height = picture_size(file.content) or _UNKNOWN_SIZE
    full = _size(file, width, height)
    if max(width, height) <= _THUMBNAIL:
        return [full]
    scale = _THUMBNAIL / max(width, height)
    small = world.files.store(file.content, kind="photo", name=file.name, media_type=file.media_type)
    return [_size(small, max(1, round(width * scale)), max(1, round(height * scale))), full]


def _size(file: StoredFile, width: int, height: int) -> Json:
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "width": width,
        "height": height,
    }


def _file(world: World, params: Params, field: str, given: str, kind: str) -> StoredFile:
    """The file of a call: an upload, or one that is on the server already."""
    name = given.removeprefix("attach://") if given.startswith("attach://") else field
    upload = params.uploads.get(name)
    if upload is None:
        if not given or given.startswith("attach://"):
            raise bad_request(f"There is no {kind} in the request")
        if given.startswith(("http://", "https://")):
            raise bad_request("Failed to get HTTP URL content")  # nothing is fetched from the outside
        known = world.files.find(given)
        if known is None:
            raise bad_request("Wrong file identifier/HTTP URL specified")
        if known.kind != kind:
            raise bad_request(f"Can't use file of type {known.kind.capitalize()} as {kind.capitalize()}")
        return known
    if not upload.content:
        raise bad_request("File must be non-empty")
    if kind == "photo":
        _check_photo(upload.content)
    media_type = "image/jpeg" if kind == "photo" else "audio/ogg" if kind == "voice" else upload.media_type
    return world.files.store(upload.content, kind=kind, name=upload.name, media_type=media_type)


def _check_photo(content: bytes) -> None:
    if len(content) > MAX_PHOTO:
        raise bad_request(
            f"File of size {len(content)} bytes is too big for a photo; the maximum size is {MAX_PHOTO} bytes"
        )
    size = picture_size(content)
    if size is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    if sum(size) > _MAX_SIDES or max(size) > _MAX_RATIO * min(size):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")


def _sender(kind: str) -> Callable[[World, Params], Any]:
    def send_file(world: World, params: Params) -> Any:
        file = _file(world, params, kind, params.text(kind), kind)
        caption, entities = caption_text(params, world.users.get)
        chat, content = destination(world, params)
        content.fields = {kind: describe(world, file, params), **entity_fields(caption, entities, caption=True)}
        return send(world, chat, content)

    send_file.__doc__ = f"https://core.telegram.org/bots/api#send{kind}."
    return send_file


send_photo = _sender("photo")
send_document = _sender("document")
send_audio = _sender("audio")
send_voice = _sender("voice")
send_video = _sender("video")


def send_media_group(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#sendmediagroup."""
    items = params.json("media", "media")
    if not params.text("media"):
        raise bad_request('Parameter "media" is required')
    if not isinstance(items, list):
        raise bad_request("Expected an Array of InputMedia")
    if len(items) > _MAX_ALBUM:
        raise bad_request("Too many messages to send as an album")
    if not items:
        raise bad_request("There are no messages to send")
    fields = [input_media(world, params, item) for item in items]
    kinds = {kind for kind, _ in fields}
    if len(kinds) > 1 and kinds & _ALONE:
        raise bad_request("Can't use the media of the specified type in the album")
    chat, content = destination(world, params)
    world.flood.spend(chat.id, group=chat.is_group, amount=len(fields))
    content.markup = None
    content.extra["media_group_id"] = world.next_album()
    sent: list[Json] = []
    for _, item in fields:
        content.fields = item
        sent.append(world.post(chat, world.bot, content).data)
    return sent


def input_media(world: World, params: Params, item: Any) -> tuple[str, Json]:
    """Read an `InputMedia` object: its kind, and the fields that a message with it has.

    Raises:
        Refused: 400 for what is none, and for files that Telegram refuses.
    """
    if not isinstance(item, dict):
        raise bad_request("can't parse InputMedia: expected an Object")
    kind = item.get("type")
    if kind not in {"photo", "video", "document", "audio"}:
        raise bad_request("can't parse InputMedia: invalid media type specified")
    details = Params(item, params.uploads)
    file = _file(world, details, "", details.text("media"), kind)
    caption, entities = caption_text(details, world.users.get)
    return kind, {kind: describe(world, file, details), **entity_fields(caption, entities, caption=True)}


def get_file(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#getfile."""
    file = world.files.link(params.text("file_id"))
    return {
        "file_id": file.file_id,
        "file_unique_id": file.unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }
