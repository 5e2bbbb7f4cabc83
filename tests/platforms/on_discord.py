"""A person at the simulated Discord, in private with the bot."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from botcore.testing.discord_server import DiscordServer, Limits, Message, Person, discord_server, is_settled
from tests.descriptions import discord_api
from tests.e2e.surroundings import PATIENCE

from .talking import Recording, Seen


class OnDiscord:
    """A private conversation. With the nonce nothing may be left behind there, so all that stands there counts."""

    def __init__(self, discord: DiscordServer, recording: Recording | None = None, name: str = "Ada") -> None:
        self.discord = discord
        self.person: Person = discord.user(name)
        self._recording = recording
        self._starts = 0

    @property
    def env(self) -> Mapping[str, str]:
        return {"DISCORD_BOT_TOKEN": self.discord.token, "DISCORD_API_URL": self.discord.url}

    async def meets(self) -> None:
        """Nobody can use a command before the bot has registered it."""
        self._starts += 1
        await self.discord.gateway.news.wait_for(lambda: self.discord.gateway.identified >= self._starts, PATIENCE)
        await self.discord.bot.registers("reset", timeout=PATIENCE)

    async def says(self, text: str) -> None:
        await self.person.dm(text)

    async def uses(self, command: str, **options: str) -> None:
        interaction = await self.person.slash(command, options=options)
        await interaction.acknowledged(PATIENCE)

    async def replies(self, to: Seen, text: str) -> None:
        await self.person.dm(text, reply_to=to.handle)

    async def speaks(self) -> None:
        assert self._recording is not None
        content = self._recording.ogg.read_bytes()
        await self.person.sends_voice_message(content, self._recording.seconds, channel=self.person.dms)

    async def presses(self, label: str, on: Seen) -> None:
        await self.person.presses(label, on=on.handle)

    async def seen(self) -> Sequence[Seen]:
        shown = self.person.dms.transcript(self.person)
        return [self._seen(message) for message in shown if message.from_bot]

    def _seen(self, message: Message) -> Seen:
        files = [message.files[int(one["id"])] for one in message.attachments]
        pictures = tuple(file.content for file in files if file.media_type.startswith("image/"))
        labels = tuple(button.label for row in message.buttons for button in row)
        growing = not is_settled(message) or "Stop" in labels
        return Seen(str(message.id), message.text, pictures, labels, growing, message)

    async def loses_touch(self) -> None:
        gateway, before = self.discord.gateway, self.discord.gateway.resumed
        gateway.drops()
        await gateway.news.wait_for(lambda: gateway.resumed > before, PATIENCE)
        self.discord.faults.reset("PATCH /channels/{channel_id}/messages/{message_id}", landed=True)

    def check(self) -> None:
        assert self.discord.violations == []
        assert not self.discord.faults.planned  # what was to break has broken


@asynccontextmanager
async def on_discord(recording: Recording | None = None) -> AsyncGenerator[OnDiscord]:
    """A simulated Discord, and a person there."""
    async with discord_server(limits=Limits.none(), description=discord_api()) as discord:
        yield OnDiscord(discord, recording)
