"""The API of the benchmark of media: hears, draws and answers at once, without looking at what it is sent.

What is transcribed and drawn is fixed, so that the bot is what is measured; chats are answered as by `rig/api.py`.
"""

import asyncio
import base64
import time
from typing import Final

import orjson

from benchmarks.rig.api import Model
from benchmarks.rig.http import Exchange, listen
from benchmarks.rig.media import MINUTE_S, painting

_HEARD: Final = {
    "text": "What do you think of this minute of speech",
    "usage": {"type": "duration", "seconds": MINUTE_S},
}


class MediaApi:
    """Transcriptions, edited pictures, and chats."""

    def __init__(self) -> None:
        self._chats = Model(chunks=8, gap=0.0, first=0.0, letters=0)
        drawn = {"b64_json": base64.b64encode(painting()).decode()}
        self._drawn = orjson.dumps({"created": int(time.time()), "data": [drawn], "output_format": "png"})
        self._heard = orjson.dumps(_HEARD)

    def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        if exchange.path.endswith("/audio/transcriptions"):
            exchange.answer(self._heard)
        elif exchange.path.endswith("/images/edits"):
            exchange.answer(self._drawn)
        else:
            self._chats.handle(exchange)


async def _serve() -> None:
    server, url = await listen(MediaApi().handle)
    print(url, flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
