"""A person at the simulated Telegram."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from botcore.testing.telegram_server import Limits, Message, Person, TelegramServer, is_settled, telegram_server
from tests.descriptions import bot_api

from .talking import Recording, Seen


class OnTelegram:
    """A private chat. A place "…" that a kill left behind is not counted: Telegram has no keyed sends."""

    def __init__(self, telegram: TelegramServer, recording: Recording | None = None, name: str = "Ada") -> None:
        self.telegram = telegram
        self.person: Person = telegram.user(name, language="en")
        self._recording = recording

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.url,
            "BOTCORE_TELEGRAM__PACE": "false",
            "BOTCORE_TELEGRAM__MESSAGES_PER_SECOND": "0",
            "BOTCORE_TELEGRAM__FRAME_SECONDS": "0",
        }

    async def meets(self) -> None:
        """Nothing to wait for: what is written is kept for the bot."""

    async def says(self, text: str) -> None:
        await self.person.says(text)

    async def uses(self, command: str, **options: str) -> None:
        await self.person.says(" ".join([f"/{command}", *options.values()]))

    async def replies(self, to: Seen, text: str) -> None:
        await self.person.says(text, reply_to=to.handle)

    async def speaks(self) -> None:
        assert self._recording is not None
        await self.person.sends_voice(self._recording.ogg.read_bytes(), round(self._recording.seconds))

    async def presses(self, label: str, on: Seen) -> None:
        await self.person.presses(label, on=on.handle)

    async def seen(self) -> Sequence[Seen]:
        shown = [one for one in self.person.chat.transcript() if one.from_bot and is_settled(one)]
        return [self._seen(message) for message in shown]

    def _seen(self, message: Message) -> Seen:
        file = self.telegram.world.files.find(message.file_id or "") if message.media == "photo" else None
        pictures = (file.content,) if file is not None else ()
        labels = tuple(button.label for row in message.buttons for button in row)
        return Seen(str(message.id), message.text, pictures, labels, "Stop" in labels, message)

    async def loses_touch(self) -> None:
        self.telegram.faults.reset("getUpdates")
        self.telegram.faults.reset("editMessageText", landed=True)

    def check(self) -> None:
        assert self.telegram.violations == []
        assert not self.telegram.faults.planned  # what was to break has broken


@asynccontextmanager
async def on_telegram(recording: Recording | None = None) -> AsyncGenerator[OnTelegram]:
    """A simulated Telegram, and a person there."""
    async with telegram_server(limits=Limits.none(), description=bot_api()) as telegram:
        yield OnTelegram(telegram, recording)
