"""Looking at the pictures of a message: what can be said truly about them, without understanding them."""

import asyncio
import base64
import binascii

from botcore.testing.openai_server.brain.talk import Seen
from botcore.testing.openai_server.state import State

_LONGEST = 28_000_000  # characters of base64: pictures of 20 MB, what the public API takes
_MOST = 10  # pictures that are looked at


async def look_at(state: State, urls: tuple[str, ...]) -> Seen:
    """What is seen in each picture; None for one that cannot be read (another server's, no picture, too large)."""
    if not urls:
        return ()
    return await asyncio.to_thread(lambda: tuple([_seen(_data(state, url)) for url in urls[:_MOST]]))


def _data(state: State, url: str) -> bytes | None:
    if url.startswith("data:"):
        head, _, content = url.partition(",")
        if not head.endswith(";base64") or len(content) > _LONGEST:
            return None
        try:
            return base64.b64decode(content, validate=True)
        except binascii.Error:
            return None
    hung = state.gallery.find(url.rpartition("/")[2])
    return None if hung is None else hung.data


def _seen(data: bytes | None) -> str | None:
    if data is None:
        return None
    try:
        from botcore.testing.openai_server.drawing import looking  # noqa: PLC0415 - Pillow is optional, slow to load
    except ImportError:
        return None
    try:
        return looking.look(data).told()
    except looking.UnreadablePicture:
        return None
