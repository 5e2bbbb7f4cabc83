"""`botcore api` for pictures and sound: image, image-edit, image-vary, transcribe, translate, speak."""

import asyncio
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botcore.cli.api_texts import note_path
from botcore.cli.session import STDIN, Session, text_of, upload_of
from botcore.errors import Unsuitable
from botcore.fetching import Fetcher
from botcore.openai import (
    ImageEditRequest,
    ImageRequest,
    Picture,
    Pictures,
    SpeechRequest,
    Transcript,
    TranscriptionRequest,
    TranslationRequest,
    VariationRequest,
    media_type,
)

PICTURES, VARIATIONS = "gpt-image-1", "dall-e-2"
HEARING, VOICE_MODEL, VOICE = "whisper-1", "gpt-4o-mini-tts", "alloy"
TITLE = 40
"""Characters of a prompt that its file is named by."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What holds for all pictures. `out`: where the first one goes; without, a name that is not taken."""

    model: str | None = None
    size: str | None = None
    count: int | None = None
    out: Path | None = None


async def image(session: Session, prompt: str, wanted: Wanted, *, quality: str | None) -> None:
    """Draw what a prompt says, and save it."""
    prompt = await text_of(prompt)
    request = ImageRequest(
        prompt=prompt, model=wanted.model or PICTURES, n=wanted.count, size=wanted.size, quality=quality
    )
    await _saved(session, await session.api.images.generate(request), wanted, prompt)


async def image_edit(session: Session, file: str, prompt: str, wanted: Wanted, *, mask: str | None) -> None:
    """Change a picture, where the mask is transparent or everywhere, and save it."""
    request = ImageEditRequest(
        image=await upload_of(file),
        prompt=prompt,
        mask=await upload_of(mask) if mask else None,
        model=wanted.model or PICTURES,
        n=wanted.count,
        size=wanted.size,
    )
    with session.transfer("sending the picture") as progress:
        drawn = await session.api.images.edit(request, progress=progress)
    await _saved(session, drawn, wanted, prompt)


async def image_vary(session: Session, file: str, wanted: Wanted) -> None:
    """Draw pictures like one, and save them. Where the endpoint is missing it is described and drawn anew."""
    request = VariationRequest(
        image=await upload_of(file), model=wanted.model or VARIATIONS, n=wanted.count, size=wanted.size
    )
    served = await session.api.fallbacks.vary(
        request, chat_model=session.config.chat.model, image_model=wanted.model or PICTURES
    )
    name = "variation" if file == STDIN else f"{Path(file).stem} variation"
    await _saved(session, served.result, wanted, name, served_by=served.served_by)
    note_path(session, served)


async def _bytes_of(session: Session, picture: Picture) -> bytes:
    """The picture's bytes. A link is followed as one that others supplied. Raises Unsuitable, ApiError."""
    url = picture.url or ""
    if picture.data is not None or not url.startswith(("http:", "https:")):
        return await session.api.images.fetch(picture)
    fetcher = Fetcher(session.config.fetch, origins=[session.api.base_url])
    most = session.config.api.max_body_mb * 1024 * 1024
    return b"".join([chunk async for chunk in fetcher.download(url, most=most)])


async def _saved(session: Session, drawn: Pictures, wanted: Wanted, title: str, **about: Any) -> None:
    names: list[str] = []
    for number, picture in enumerate(drawn, 1):
        data = await _bytes_of(session, picture)
        ending = media_type.suffix(media_type.of_bytes(data)) or ".png"
        path = _numbered(wanted.out, number) if wanted.out else _free(title, ending)
        await asyncio.to_thread(_write, path, data)
        names.append(str(path))
        if not session.as_json:
            session.say(str(path))
    if session.as_json:
        session.tell(dict(drawn.raw) | about | {"files": names})


async def transcribe(
    session: Session, file: str, *, model: str | None, form: str, language: str | None, prompt: str | None
) -> None:
    """Write down what is said in a recording."""
    request = TranscriptionRequest(
        file=await upload_of(file),
        model=model or HEARING,
        response_format=_form(session, form),
        language=language,
        prompt=prompt,
    )
    with session.transfer("sending the recording") as progress:
        heard = await session.api.audio.transcribe(request, progress=progress)
    _tell(session, heard)


async def translate(session: Session, file: str, *, model: str | None, form: str, prompt: str | None) -> None:
    """Write down in English what is said in a recording."""
    request = TranslationRequest(
        file=await upload_of(file), model=model or HEARING, response_format=_form(session, form), prompt=prompt
    )
    with session.transfer("sending the recording") as progress:
        heard = await session.api.audio.translate(request, progress=progress)
    _tell(session, heard)


async def speak(
    session: Session, text: str, *, model: str | None, voice: str, form: str, speed: float | None, out: str | None
) -> None:
    """Say a text into a sound file; `-` writes the sound to standard output."""
    text = await text_of(text)
    request = SpeechRequest(model=model or VOICE_MODEL, input=text, voice=voice, response_format=form, speed=speed)
    async with session.api.audio.speak(request) as sound:
        if out == STDIN:
            async for chunk in sound:
                await asyncio.to_thread(sys.stdout.buffer.write, chunk)
            await asyncio.to_thread(sys.stdout.buffer.flush)
            return
        path = Path(out) if out else _free(text, f".{form}")
        try:
            size = await sound.save(path)
        except OSError as error:
            raise _unwritable(path, error) from error
    if session.as_json:
        session.tell({"file": str(path), "bytes": size, "media_type": sound.media_type})
    else:
        session.say(str(path))


def _tell(session: Session, heard: Transcript) -> None:
    if session.as_json:
        session.tell(dict(heard.raw) or {"text": heard.text})
    else:
        session.say(heard.text.rstrip("\n"))


def _form(session: Session, form: str) -> str:
    return "json" if session.as_json and form == "text" else form


def _free(title: str, ending: str) -> Path:
    """A file name after what is in it, that no file has yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.casefold())[:TITLE].strip("-") or "untitled"
    return next(path for path in _names(stem, ending) if not path.exists())


def _names(stem: str, ending: str) -> Iterator[Path]:
    yield Path(f"{stem}{ending}")
    number = 2
    while True:
        yield Path(f"{stem}-{number}{ending}")
        number += 1


def _numbered(path: Path, number: int) -> Path:
    return path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> Unsuitable:
    return Unsuitable(f"{path}: cannot be written: {error.strerror}")
