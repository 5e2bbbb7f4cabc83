"""The bot to compare with on Discord: discord.py and httpx as their tutorials put them together.

A Client with a CommandTree whose one command defers and follows up; what is written to it in private is streamed from
the model into a message, and into further ones beyond 2,000 characters. It keeps no history and has no inbox. It edits
every ten seconds, because Discord takes 50 requests a second and 200 answers may grow at once.

    python -m benchmarks.bare_discord_bot TOKEN API_ROOT MODEL_URL
"""

import argparse
import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final

import discord
import httpx
import orjson
from discord import app_commands

from benchmarks.rig.lag import LagProbe
from botcore.testing.discord_server import pointing_discord_at

_MANY: Final = 1024  # connections at once: httpx's own 100 would let half of the answers wait
_FRAME_S: Final = 10.0
_LONGEST: Final = 2000


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the simulated Discord is; the library asks for the gateway's address elsewhere."""

    url: str

    @property
    def gateway_url(self) -> str:
        return f"ws{self.url.removeprefix('http').partition('/api/')[0]}/gateway"


class BareBot(discord.Client):
    """Streams answers in private, and repeats what a command says."""

    def __init__(self, model_url: str) -> None:
        super().__init__(intents=discord.Intents.default())
        self._http = httpx.AsyncClient(base_url=model_url, timeout=120, limits=httpx.Limits(max_connections=_MANY))
        self._tree = app_commands.CommandTree(self)
        self._tree.command(name="repeat", description="Say what you say.")(_repeat)
        self._probe: LagProbe | None = None

    async def setup_hook(self) -> None:
        self._probe = LagProbe.start()
        await self._tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        if message.author == self.user or message.guild is not None:
            return
        body = {"model": "bench-model", "messages": [{"role": "user", "content": message.content}], "stream": True}
        shown, shown_at, answer = "", 0.0, ""
        sent: discord.Message | None = None
        async for text in self._texts(body):
            if len(answer) + len(text) > _LONGEST and sent is not None:
                await sent.edit(content=answer)
                sent, answer = None, ""
            answer += text
            if sent is None:
                sent, shown, shown_at = await message.reply(answer), answer, time.monotonic()
            elif time.monotonic() - shown_at >= _FRAME_S:
                await sent.edit(content=answer)
                shown, shown_at = answer, time.monotonic()
        if sent is not None and shown != answer:
            await sent.edit(content=answer)

    async def _texts(self, body: Mapping[str, object]) -> AsyncGenerator[str, None]:
        async with self._http.stream("POST", "/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                choices = orjson.loads(line[6:])["choices"]
                if choices and (text := choices[0]["delta"].get("content")):
                    yield text


async def _repeat(interaction: discord.Interaction, text: str) -> None:
    await interaction.response.defer()
    await interaction.followup.send(f"You said: {text}")


async def _run(token: str, url: str, model_url: str) -> None:
    with pointing_discord_at(Addresses(url)):
        async with BareBot(model_url) as bot:
            await bot.start(token)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("token", "url", "model"):
        parser.add_argument(name)
    given = parser.parse_args()
    asyncio.run(_run(given.token, given.url, given.model))


if __name__ == "__main__":
    main()
