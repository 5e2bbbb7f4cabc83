"""The body of a request that carries files."""

import asyncio
import re
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Final

import aiohttp
from aiohttp.abc import AbstractStreamWriter
from multidict import CIMultiDict

_PIECE: Final = 1 << 16
"""Bytes written before the connection is asked whether it still takes any; aiohttp's own buffer limit."""

_BREAKING: Final = re.compile(r'[\x00-\x1f\x7f"\\]')

FileField = tuple[str, bytes | IO[bytes], str]


class Upload(aiohttp.MultipartWriter):
    """multipart/form-data of `fields` and `files` (name -> file name, content, media type).

    aiohttp has no time limit for writing; this body brings its own: `piece_timeout` seconds for each 64 KiB.

    A write raises TimeoutError where a piece takes longer.
    """

    def __init__(
        self,
        fields: Mapping[str, str],
        files: Mapping[str, FileField],
        *,
        piece_timeout: float | None,
    ) -> None:
        super().__init__("form-data")
        self._piece_timeout = piece_timeout
        for name, value in fields.items():
            part = self.append(value.encode("utf-8", "replace"), {"Content-Type": "text/plain; charset=utf-8"})
            part.set_content_disposition("form-data", name=name)
        for name, (file_name, content, media_type) in files.items():
            # BytesIO, so that the bytes are written piece by piece with the event loop served in between
            readable = BytesIO(content) if isinstance(content, bytes) else content
            part = self.append(readable, {"Content-Type": media_type})
            # unquoted: Telegram takes UTF-8 and would show %D0%BE as it stands
            part.set_content_disposition("form-data", quote_fields=False, name=name, filename=_harmless(file_name))

    async def write(self, writer: AbstractStreamWriter, close_boundary: bool = True) -> None:
        """Write the body. Raises TimeoutError where a piece is not taken in time."""
        await super().write(_PatientWriter(writer, self._piece_timeout), close_boundary)


def _harmless(file_name: str) -> str:
    """The name without what would end its header or its quotes."""
    return _BREAKING.sub("_", file_name).encode("utf-8", "replace").decode()


class _PatientWriter(AbstractStreamWriter):
    """Passes on to a writer, and gives every piece `timeout` seconds."""

    def __init__(self, inner: AbstractStreamWriter, timeout: float | None) -> None:
        self._inner = inner
        self._timeout = timeout

    async def write(self, chunk: bytes | bytearray | memoryview) -> None:
        view = memoryview(chunk)
        for start in range(0, len(view), _PIECE):
            async with asyncio.timeout(self._timeout):
                await self._inner.write(view[start : start + _PIECE])

    async def write_eof(self, chunk: bytes = b"") -> None:
        await self._inner.write_eof(chunk)

    async def drain(self) -> None:
        await self._inner.drain()

    def enable_compression(self, encoding: str = "deflate", strategy: int | None = None) -> None:
        self._inner.enable_compression(encoding, strategy)

    def enable_chunking(self) -> None:
        self._inner.enable_chunking()

    async def write_headers(self, status_line: str, headers: CIMultiDict[str]) -> None:
        await self._inner.write_headers(status_line, headers)
