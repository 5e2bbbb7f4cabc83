"""The product's own simulators in the rig's place: Telegram that checks everything, and the stand-in for the API.

They cost several times what the fast servers cost, on the same two cores, so they say what a developer's machine can do
and not what the bot can. Run as a program, this is the stand-in with a fixed answer.
"""

import asyncio
import time
from dataclasses import dataclass

import psutil

from benchmarks.rig.api import END
from benchmarks.rig.processes import BotProcess
from benchmarks.rig.telegram import TOKEN
from botcore.testing.openai_server import OfflineSettings, Pace, offline_api
from botcore.testing.telegram_server import Limits, Message, Person, TelegramServer

_PATIENCE_S = 120.0


@dataclass(slots=True)
class SimulatedTelegram:
    """As the rig sees a Telegram; `server` is running."""

    server: TelegramServer

    @property
    def url(self) -> str:
        return self.server.url

    async def met(self) -> None:
        """Nobody waits for the first poll here: what people write is kept until it comes."""

    def forget(self) -> None:
        """What one bot has answered is no matter of the next."""


def telegram() -> TelegramServer:
    return TelegramServer(token=TOKEN, limits=Limits.none(), record=0, keep=50)


async def saturate(
    stage: SimulatedTelegram, bot: BotProcess, *, messages: int, outstanding: int, warm_up: int
) -> dict[str, float]:
    """As `loads.saturate`, through the simulator's people."""
    people = [stage.server.user(f"Person {number}") for number in range(outstanding)]
    await _keep_open(stage, people, warm_up)
    own, cpu, begun = own_cpu(), bot.cpu(), time.monotonic()
    await _keep_open(stage, people, messages)
    seconds = time.monotonic() - begun
    return {
        "per_second": messages / seconds,
        "cpu_ms": (bot.cpu() - cpu) / messages * 1e3,
        "rig_cpu_ms": (own_cpu() - own) / messages * 1e3,
    }


async def _keep_open(stage: SimulatedTelegram, people: list[Person], messages: int) -> None:
    left = iter(range(messages))

    async def place(person: Person) -> None:
        for number in left:
            await person.says(f"What do you think of number {number}")
            await stage.server.bot.answers(person, settled=_whole, timeout=_PATIENCE_S)

    await asyncio.gather(*(place(person) for person in people))


def _whole(message: Message) -> bool:
    return message.text.endswith(END)


def own_cpu() -> float:
    """Seconds of CPU of this process so far."""
    times = psutil.Process().cpu_times()
    return times.user + times.system


async def _serve() -> None:
    answer = f"an answer of some length {'that says little ' * 8}{END}"
    settings = OfflineSettings(answer=answer, introduce=False, record=False, pace=Pace(chunks=8), any_model=True)
    async with offline_api(settings) as api:
        print(api.url.removesuffix("/v1"), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
