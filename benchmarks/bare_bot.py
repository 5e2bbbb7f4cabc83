"""The bot to compare with: python-telegram-bot, httpx and SQLite as their tutorials put them together.

HTTPXRequest as it comes, an Application with concurrent updates, one httpx client to the model, history in SQLite
through SQLModel's async sessions on aiosqlite. It has no inbox, no outbox and no order: a crash loses what it does.
Time-outs are long, so that it answers everything however long that takes; for streams its pools are widened, too. The
write-ahead log is on: without it, it waits for locks half of the time on a busy machine, and that is one line.

    python -m benchmarks.bare_bot TOKEN TELEGRAM_ROOT MODEL_URL DATABASE_FILE [--stream]
"""

import argparse
import time
from collections.abc import AsyncGenerator
from typing import Any, Final

import httpx
import orjson
from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from telegram import Message, Update
from telegram.ext import Application, ApplicationBuilder, ContextTypes, MessageHandler, filters

from benchmarks.rig.lag import LagProbe

_MANY: Final = 1024  # updates and connections at once where it streams: the defaults would let 100 or 256 through
_LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)  # httpx's own
_FRAME_S: Final = 1.0  # between two edits of a growing answer, as Telegram bears it
_TURNS: Final = 50


class Said(SQLModel, table=True):
    """One message of a history."""

    id: int | None = Field(default=None, primary_key=True)
    chat_id: int = Field(index=True)
    role: str
    content: str


class BareBot:
    """Reads the history, asks the model, answers, and stores both."""

    def __init__(self, model_url: str, database: str, *, stream: bool) -> None:
        limits = httpx.Limits(max_connections=_MANY) if stream else _LIMITS
        self._http = httpx.AsyncClient(base_url=model_url, timeout=120, limits=limits)
        self._engine = create_async_engine(f"sqlite+aiosqlite:///{database}", connect_args={"timeout": 60})
        event.listen(self._engine.sync_engine, "connect", _use_wal)
        self._stream = stream

    async def prepare(self, _: Application[Any, Any, Any, Any, Any, Any]) -> None:
        async with self._engine.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        self._probe = LagProbe.start()

    async def handle(self, update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is None or message.text is None:
            return
        past = await self._history(message.chat_id)
        messages = [
            {"role": "system", "content": "You are a helpful assistant."},
            *({"role": said.role, "content": said.content} for said in past),
            {"role": "user", "content": message.text},
        ]
        body = {"model": "bench-model", "messages": messages, "stream": self._stream}
        answer = await (self._streamed(message, body) if self._stream else self._whole(message, body))
        await self._remember(message.chat_id, message.text, answer)

    async def _history(self, chat_id: int) -> list[Said]:
        newest = select(Said).where(Said.chat_id == chat_id).order_by(col(Said.id).desc()).limit(2 * _TURNS)
        async with AsyncSession(self._engine) as session:
            return list((await session.exec(newest)).all())[::-1]

    async def _remember(self, chat_id: int, question: str, answer: str) -> None:
        async with AsyncSession(self._engine) as session:
            session.add(Said(chat_id=chat_id, role="user", content=question))
            session.add(Said(chat_id=chat_id, role="assistant", content=answer))
            await session.commit()

    async def _whole(self, message: Message, body: dict[str, Any]) -> str:
        response = await self._http.post("/chat/completions", json=body)
        answer: str = response.json()["choices"][0]["message"]["content"]
        await message.reply_text(answer)
        return answer

    async def _streamed(self, message: Message, body: dict[str, Any]) -> str:
        """Send the first words, edit once a second, and at the end."""
        answer, shown, shown_at = "", "", 0.0
        sent: Message | None = None
        async for text in self._texts(body):
            answer += text
            if sent is None:
                sent, shown, shown_at = await message.reply_text(answer), answer, time.monotonic()
            elif time.monotonic() - shown_at >= _FRAME_S:
                await sent.edit_text(answer)
                shown, shown_at = answer, time.monotonic()
        if sent is not None and shown != answer:
            await sent.edit_text(answer)
        return answer

    async def _texts(self, body: dict[str, Any]) -> AsyncGenerator[str, None]:
        async with self._http.stream("POST", "/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                choices = orjson.loads(line[6:])["choices"]
                if choices and (text := choices[0]["delta"].get("content")):
                    yield text


def _use_wal(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("token", "telegram", "model", "database"):
        parser.add_argument(name)
    parser.add_argument("--stream", action="store_true")
    given = parser.parse_args()
    bot = BareBot(given.model, given.database, stream=given.stream)
    builder = (
        ApplicationBuilder()
        .token(given.token)
        .base_url(f"{given.telegram}/bot")
        .base_file_url(f"{given.telegram}/file/bot")
        .concurrent_updates(_MANY if given.stream else True)
        .pool_timeout(120)
        .connect_timeout(120)
        .read_timeout(120)
        .post_init(bot.prepare)
    )
    application = (builder.connection_pool_size(_MANY) if given.stream else builder).build()
    application.add_handler(MessageHandler(filters.TEXT, bot.handle))
    application.run_polling()


if __name__ == "__main__":
    main()
