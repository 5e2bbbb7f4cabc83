"""A request's multipart form: its fields, and its uploads in bounded memory (large ones in temporary files)."""

import asyncio
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.multipart import BadMultipart, PartEnd, PartHead, Splitter, boundary_of

MIB = 1024 * 1024
_IN_MEMORY = MIB  # bytes of an upload that are kept in memory, and the size of the writes to its file
_INDEX = re.compile(r"\[\d*\]$")


def too_large(_name: str, limit: int) -> ApiRefusal:
    """A 413 in the public API's words."""
    return ApiRefusal(413, f"Maximum content size limit ({limit}) exceeded.")


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What a form may hold: bytes of one upload, of all text fields together, and how many parts.

    `refuse` makes the error for an upload that is too large, from its field's name and the limit.
    """

    file: int = 25 * MIB  # what the audio endpoints take
    text: int = 4 * MIB
    parts: int = 128
    refuse: Callable[[str, int], ApiRefusal] = too_large


@dataclass(slots=True, eq=False)
class Upload:
    """One uploaded file. Up to 1 MiB its content is `data`; a larger one lies in the temporary file `path`.

    `field` and `name` (of the file) and `media_type` are what the client said: never build a path from them.
    """

    field: str
    name: str
    media_type: str
    size: int = 0
    data: bytes = b""
    path: Path | None = None
    kept: bool = False

    async def read(self) -> bytes:
        """All of it.

        Raises:
            FileNotFoundError: it was in a file, and the form is closed.
        """
        return self.data if self.path is None else await asyncio.to_thread(self.path.read_bytes)

    async def keep(self, target: Path) -> None:
        """Put it at `target`, out of the form's reach: closing the form does not delete it there."""
        source = self.path
        if source is None:
            await asyncio.to_thread(target.write_bytes, self.data)
            return
        await asyncio.to_thread(_move, source, target)
        self.path, self.kept = target, True

    def discard(self) -> None:
        """Delete its temporary file, unless it was kept."""
        if self.path is not None and not self.kept:
            self.path.unlink(missing_ok=True)


@dataclass(slots=True, eq=False)
class Form:
    """Fields and uploads by name, in the order in which they came. `close` deletes the temporary files."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[Upload]] = field(default_factory=dict)

    def names(self) -> Iterator[str]:
        """Every name once, without the brackets of lists."""
        yield from dict.fromkeys(_INDEX.sub("", name) for name in (*self.fields, *self.files))

    def text(self, name: str) -> str | None:
        """The last value of a field."""
        found = self.fields.get(name)
        return found[-1] if found else None

    def texts(self, name: str) -> list[str]:
        """All values of a list, which clients send as `name`, `name[]` or `name[0]`."""
        return [value for key, values in self.fields.items() if _INDEX.sub("", key) == name for value in values]

    def uploads(self, name: str) -> list[Upload]:
        """All uploads of that name, lists included."""
        return [one for key, values in self.files.items() if _INDEX.sub("", key) == name for one in values]

    def upload(self, name: str) -> Upload:
        """The upload of that name.

        Raises:
            ApiRefusal: there is none.
        """
        found = self.uploads(name)
        if not found:
            raise errors.missing(name)
        return found[-1]

    def values(
        self,
        *,
        integers: frozenset[str] = frozenset(),
        numbers: frozenset[str] = frozenset(),
        flags: frozenset[str] = frozenset(),
    ) -> dict[str, Any]:
        """The text fields as JSON would have them, for `Fields`. What is no number stays a text, and is refused there.

        Fields in brackets become lists.
        """
        found: dict[str, Any] = {}
        for key, given in self.fields.items():
            name = _INDEX.sub("", key)
            if name != key:
                found.setdefault(name, []).extend(given)
            else:
                found[name] = _converted(given[-1], name in integers, name in numbers, name in flags)
        return found

    def shown(self) -> dict[str, Any]:
        """As JSON, without the uploads' content."""
        listed = [one for uploads in self.files.values() for one in uploads]
        told = [
            {"field": one.field, "name": one.name, "media_type": one.media_type, "size": one.size} for one in listed
        ]
        return {"fields": self.fields, "files": told}

    def close(self) -> None:
        """Delete the temporary files of uploads that were not kept."""
        for uploads in self.files.values():
            for upload in uploads:
                upload.discard()


async def read_form(request: web.BaseRequest, limits: FormLimits) -> Form:
    """Read the form of a request as it comes in. The caller closes it.

    Raises:
        ApiRefusal: it is no form, malformed, or too large.
    """
    content_type = request.headers.get("content-type", "")
    try:
        splitter = Splitter(boundary_of(content_type))
    except BadMultipart:
        shown = content_type.partition(";")[0] or "none"
        message = f"Invalid Content-Type header ({shown}), expected multipart/form-data with a boundary."
        raise errors.invalid(message) from None
    if request.headers.get("expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    reader = _Reader(limits)
    try:
        while block := await request.content.readany():
            for event in splitter.feed(block):
                await reader.take(event)
        splitter.check_end()
    except BadMultipart as wrong:
        reader.form.close()
        raise errors.invalid(f"Could not parse multipart form: {wrong}.") from None
    except BaseException:  # cancelled, the client gone, or refused: whatever it was, no file stays behind
        reader.form.close()
        raise
    return reader.form


class _Reader:
    """Builds a form from a splitter's events."""

    def __init__(self, limits: FormLimits) -> None:
        self.form = Form()
        self._limits = limits
        self._parts = 0
        self._text_left = limits.text
        self._head: PartHead | None = None
        self._upload: Upload | None = None
        self._block = bytearray()

    async def take(self, event: PartHead | bytes | PartEnd) -> None:
        match event:
            case PartHead():
                self._begin(event)
            case bytes():
                self._block += event
                await self._grow(len(event))
            case PartEnd():
                await self._end()

    def _begin(self, head: PartHead) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise errors.invalid(f"Too many form parts: at most {self._limits.parts} are accepted.")
        self._head, self._upload = head, None
        if head.filename is not None:
            self._upload = Upload(head.name, head.filename, head.media_type)
            self.form.files.setdefault(head.name, []).append(self._upload)

    async def _grow(self, size: int) -> None:
        upload = self._upload
        if upload is None:
            self._text_left -= size
            if self._text_left < 0:
                raise errors.invalid(f"The form's text fields are too long: at most {self._limits.text} bytes.")
            return
        upload.size += size
        if upload.size > self._limits.file:
            raise self._limits.refuse(upload.field, self._limits.file)
        if len(self._block) > _IN_MEMORY:
            await self._spill(upload)

    async def _end(self) -> None:
        upload, head = self._upload, self._head
        if upload is None:
            assert head is not None
            self.form.fields.setdefault(head.name, []).append(self._block.decode(errors="replace"))
        elif upload.path is not None:
            await self._spill(upload)
        else:
            upload.data = bytes(self._block)
        self._block.clear()

    async def _spill(self, upload: Upload) -> None:
        if upload.path is None:
            upload.path = _new_file()
        block, self._block = self._block, bytearray()
        await asyncio.to_thread(_append, upload.path, block)


def _converted(given: str, integer: bool, number: bool, flag: bool) -> Any:
    if integer and re.fullmatch(r"[+-]?\d{1,18}", given):
        return int(given)
    if (integer or number) and re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", given):
        return float(given)
    if flag:
        return _FLAGS.get(given.lower(), given)
    return given


_FLAGS: Mapping[str, bool] = {"true": True, "false": False, "1": True, "0": False}


def _new_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="botcore-upload-", delete=False) as file:
        return Path(file.name)


def _append(path: Path, block: bytearray) -> None:
    with path.open("r+b") as file:  # not "ab": that would make a deleted file again, after a cancelled request
        file.seek(0, 2)
        file.write(block)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError:  # another file system
        with source.open("rb") as old, target.open("wb") as new:
            while block := old.read(MIB):
                new.write(block)
        source.unlink()
