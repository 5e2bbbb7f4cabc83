"""The bot to compare with where media are concerned: python-telegram-bot, pydub and Pillow as their tutorials use them.

What is sent is downloaded into memory, converted on the spot, and uploaded by httpx. Nothing is limited, kept or moved
off the event loop.

    python -m benchmarks.bare_media_bot TOKEN TELEGRAM_ROOT API_URL
"""

import argparse
import base64
import io
from typing import Any, Final

import httpx
from PIL import Image, ImageOps
from pydub import AudioSegment
from telegram import Audio, Document, Update, Voice
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from benchmarks.rig.lag import LagProbe
from botcore.audio import find_ffmpeg

_LONGEST: Final = 2048  # pixels


class BareMediaBot:
    """Writes recordings down and answers them; changes pictures."""

    def __init__(self, api_url: str) -> None:
        self._http = httpx.AsyncClient(base_url=api_url, timeout=120)
        AudioSegment.converter = find_ffmpeg()

    async def prepare(self, _: Application[Any, Any, Any, Any, Any, Any]) -> None:
        self._probe = LagProbe.start()

    async def hear(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or not isinstance(sound := message.voice or message.audio, Voice | Audio):
            return
        data = bytes(await (await sound.get_file()).download_as_bytearray())
        kind = ("ogg", "libopus") if message.voice else ("aac", "aac")
        out = io.BytesIO()
        AudioSegment.from_file(io.BytesIO(data), format=kind[0], codec=kind[1]).export(out, format="mp3")
        files = {"file": ("voice.mp3", out.getvalue(), "audio/mpeg")}
        heard = await self._http.post("/audio/transcriptions", files=files, data={"model": "whisper-1"})
        text = heard.json()["text"]
        body = {"model": "bench-model", "messages": [{"role": "user", "content": text}]}
        answer = await self._http.post("/chat/completions", json=body)
        await message.reply_text(answer.json()["choices"][0]["message"]["content"])

    async def change(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or not isinstance(sent := message.document, Document):
            return
        data = bytes(await (await sent.get_file()).download_as_bytearray())
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        image.thumbnail((_LONGEST, _LONGEST))
        out = io.BytesIO()
        image.save(out, "PNG")
        files = {"image": ("picture.png", out.getvalue(), "image/png")}
        asked = {"model": "gpt-image-1", "prompt": message.caption or ""}
        drawn = await self._http.post("/images/edits", files=files, data=asked)
        await message.reply_photo(base64.b64decode(drawn.json()["data"][0]["b64_json"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("token", "telegram", "api"):
        parser.add_argument(name)
    given = parser.parse_args()
    bot = BareMediaBot(given.api)
    application = (
        ApplicationBuilder()
        .token(given.token)
        .base_url(f"{given.telegram}/bot")
        .base_file_url(f"{given.telegram}/file/bot")
        .concurrent_updates(True)
        .pool_timeout(120)
        .connect_timeout(120)
        .read_timeout(120)
        .write_timeout(120)
        .media_write_timeout(120)
        .post_init(bot.prepare)
        .build()
    )
    application.add_handler(MessageHandler(filters.VOICE | filters.AUDIO, bot.hear))
    application.add_handler(MessageHandler(filters.Document.IMAGE, bot.change))
    application.run_polling()


if __name__ == "__main__":
    main()
