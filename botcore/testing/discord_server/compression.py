"""Transport compression of the gateway: `zlib-stream`, and `zstd-stream` where the zstandard package is installed.

https://discord.com/developers/docs/events/gateway#transport-compression
"""

import importlib
import zlib
from typing import Any, Protocol

_LEVEL = 1  # speed over size: this is a loopback connection


class Compressor(Protocol):
    """Compresses one connection's payloads, with a context that lives as long as the connection."""

    def __call__(self, payload: bytes, /) -> bytes:
        """One payload as one WebSocket message."""
        ...


class _Zlib:
    def __init__(self) -> None:
        self._context = zlib.compressobj(_LEVEL)

    def __call__(self, payload: bytes, /) -> bytes:
        return self._context.compress(payload) + self._context.flush(zlib.Z_SYNC_FLUSH)


class _Zstd:
    def __init__(self, module: Any) -> None:
        self._context = module.ZstdCompressor(level=_LEVEL).compressobj()
        self._flush = module.COMPRESSOBJ_FLUSH_BLOCK

    def __call__(self, payload: bytes, /) -> bytes:
        done: bytes = self._context.compress(payload) + self._context.flush(self._flush)
        return done


def compressor(kind: str) -> Compressor | None:
    """The compressor that a client asks for; None for no compression.

    Raises:
        LookupError: there is no such compression here.
    """
    if not kind:
        return None
    if kind == "zlib-stream":
        return _Zlib()
    if kind == "zstd-stream":
        try:
            return _Zstd(importlib.import_module("zstandard"))
        except ModuleNotFoundError:
            raise LookupError("zstd-stream needs the zstandard package") from None
    raise LookupError(f"there is no compression {kind!r}")
