"""Raw samples into sound files, by ffmpeg, while they come: MP3, Ogg Opus, AAC, FLAC."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from types import MappingProxyType
from typing import cast

from botcore.audio.processes import Limits, ProcessFailed, running

_BLOCK = 16 * 1024  # bytes
_LIMITS = Limits(cpu=120, seconds=600.0)

# encoder, its options, and the container
_MAKING: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "mp3": ("-c:a", "libmp3lame", "-b:a", "64k", "-f", "mp3"),
        "opus": ("-c:a", "libopus", "-b:a", "32k", "-application", "voip", "-f", "ogg"),
        "aac": ("-c:a", "aac", "-b:a", "64k", "-f", "adts"),
        "flac": ("-c:a", "flac", "-f", "flac"),
    }
)
ENCODED = tuple(_MAKING)


async def encode(ffmpeg: str, samples: AsyncGenerator[bytes], rate: int, container: str) -> AsyncGenerator[bytes]:
    """`samples` (16 bits, little endian, one channel) as a file of that kind, in blocks.

    Raises:
        ProcessFailed: ffmpeg fails.
    """
    reading = ["-protocol_whitelist", "pipe", "-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    making = [*_MAKING[container], "-protocol_whitelist", "pipe", "-flush_packets", "1", "pipe:1"]
    command = [ffmpeg, "-hide_banner", "-v", "error", "-threads", "1", *reading, *making]
    async with running(command, _LIMITS, feed=True, errors="dropped") as process:
        into, out = cast("asyncio.StreamWriter", process.stdin), cast("asyncio.StreamReader", process.stdout)
        feeding = asyncio.create_task(_feed(into, samples))
        try:
            async with asyncio.timeout(_LIMITS.seconds):
                while block := await out.read(_BLOCK):
                    yield block
                await feeding
                code = await process.wait()
        except TimeoutError:
            raise ProcessFailed(f"it took longer than {_LIMITS.seconds:g} seconds") from None
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)
    if code:
        raise ProcessFailed(f"ffmpeg ended with status {code}")


async def _feed(pipe: asyncio.StreamWriter, samples: AsyncGenerator[bytes]) -> None:
    async with aclosing(samples):
        try:
            async for block in samples:
                pipe.write(block)
                await pipe.drain()
        finally:
            pipe.close()
            with suppress(ConnectionError):  # ffmpeg ended first: its status tells
                await pipe.wait_closed()
