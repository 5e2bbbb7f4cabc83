"""What a Telegram message contains, as parts."""

from typing import Final

from telegram import Message, TelegramObject

from botcore import messages as m
from botcore_telegram.albums import refs_in, without_refs

_LONGEST_QUOTE: Final = 4096
_KINDS: Final[dict[str, type[m.Image | m.Audio | m.Video]]] = {"image": m.Image, "audio": m.Audio, "video": m.Video}
"""What a file is by the first half of its media type."""


def parts_of(message: Message) -> tuple[m.Part, ...] | None:
    """The parts of a message; None for a service message (somebody joined, a title changed), which nobody wrote."""
    text = message.text or message.caption or ""
    attachment = _attachment(message)
    if attachment is not None:
        return (attachment, m.Text(text)) if text else (attachment,)
    if message.text is not None:
        return (m.Text(message.text),)
    told = _told(message)
    return (m.Text(told),) if told else None


def quote_of(message: Message, bot_id: int) -> m.Quote | None:
    """The message that is replied to; a chosen part of its text where the person marked one.

    Telegram does not tell what that one replied to in turn.
    """
    replied = message.reply_to_message
    if replied is None or replied.forum_topic_created is not None:
        return None
    author = replied.from_user
    parts = parts_of(replied) or ()
    if message.quote is not None:  # the chosen words stand for the text; a file is meant all the same
        chosen = m.Text(message.quote.text[:_LONGEST_QUOTE])
        parts = (*(part for part in parts if not isinstance(part, m.Text)), chosen)
    return m.Quote(
        external_id=str(replied.message_id),
        author=name_of(author.full_name) if author is not None else "",
        mine=author is not None and author.id == bot_id,
        parts=parts,
    )


def pressed_parts(message: Message, bot_id: int) -> tuple[m.Part, ...]:
    """What stands in the message under which a button was pressed.

    Buttons for an album stand under a text that replies to the album's first picture and knows the others.
    """
    parts = tuple(
        m.Text(without_refs(part.text)) if isinstance(part, m.Text) else part for part in parts_of(message) or ()
    )
    replied = message.reply_to_message
    if replied is None or replied.from_user is None or replied.from_user.id != bot_id:
        return parts
    files = (part for part in parts_of(replied) or () if not isinstance(part, m.Text))
    others = (m.Image(ref=ref) for ref in refs_in(message.entities)[1:])
    return (*files, *others, *parts)


def name_of(name: str | None) -> str:
    """A name for show, on one line: a line break in it must not forge a turn of the conversation."""
    return " ".join(m.clean(name or "").split())


def _attachment(message: Message) -> m.Image | m.Audio | m.Video | m.File | None:
    if message.photo:
        photo = message.photo[-1]  # sizes come in ascending order
        return m.Image(
            ref=photo.file_id, media_type="image/jpeg", size=photo.file_size, width=photo.width, height=photo.height
        )
    return _sound(message) or _film(message) or _document(message)


def _sound(message: Message) -> m.Audio | None:
    if (voice := message.voice) is not None:
        seconds = _seconds(voice)
        kind = voice.mime_type or "audio/ogg"
        return m.Audio(ref=voice.file_id, media_type=kind, size=voice.file_size, duration=seconds, voice=True)
    if (audio := message.audio) is not None:
        return m.Audio(
            ref=audio.file_id,
            media_type=audio.mime_type,
            name=audio.file_name,
            size=audio.file_size,
            duration=_seconds(audio),
        )
    return None


def _film(message: Message) -> m.Video | None:
    if (note := message.video_note) is not None:
        seconds = _seconds(note)
        return m.Video(ref=note.file_id, media_type="video/mp4", size=note.file_size, duration=seconds, note=True)
    video = message.video or message.animation
    if video is None:
        return None
    return m.Video(
        ref=video.file_id,
        media_type=video.mime_type,
        name=video.file_name,
        size=video.file_size,
        duration=_seconds(video),
    )


def _document(message: Message) -> m.Image | m.Audio | m.Video | m.File | None:
    document = message.document
    if document is None:
        return None
    make = _KINDS.get((document.mime_type or "").partition("/")[0].lower(), m.File)
    return make(ref=document.file_id, media_type=document.mime_type, name=document.file_name, size=document.file_size)


def _told(message: Message) -> str:
    """Content that is neither text nor a file, in words."""
    if message.sticker is not None:
        return message.sticker.emoji or "[sticker]"
    if message.dice is not None:
        return f"{message.dice.emoji} {message.dice.value}"
    if message.contact is not None:
        return f"[contact: {message.contact.first_name} {message.contact.last_name or ''}".strip() + "]"
    return _place(message) or _listed(message)


def _place(message: Message) -> str:
    if message.venue is not None:
        return f"[place: {message.venue.title}, {message.venue.address}]"
    if message.location is not None:
        return f"[location: {message.location.latitude}, {message.location.longitude}]"
    return ""


def _listed(message: Message) -> str:
    if message.poll is not None:
        return f"[poll: {message.poll.question}: {' / '.join(option.text for option in message.poll.options)}]"
    if message.checklist is not None:
        return f"[checklist: {message.checklist.title}: {' / '.join(task.text for task in message.checklist.tasks)}]"
    if message.game is not None:
        return f"[game: {message.game.title}]"
    return "[story]" if message.story is not None else "[paid media]" if message.paid_media is not None else ""


def _seconds(file: TelegramObject) -> float:
    """A file's duration. Read from its JSON: the attribute warns of a change to come in the library."""
    return float(file.to_dict()["duration"])
