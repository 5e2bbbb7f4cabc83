"""What is asked of a bot, and what was seen: saturation, a steady trickle, many streams at once."""

import asyncio
import time
from dataclasses import dataclass

import psutil

from benchmarks.rig.processes import BotProcess
from benchmarks.rig.telegram import FastTelegram, Question

PATIENCE_S = 180.0  # for one answer, and for all of a burst


@dataclass(frozen=True, slots=True)
class Throughput:
    """`rig_cpu_ms`: CPU a message of the process that measures and simulates Telegram."""

    per_second: float
    cpu_ms: float
    rss_mb: float
    rig_cpu_ms: float
    calls: float


@dataclass(frozen=True, slots=True)
class Latency:
    p50_ms: float
    p99_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Streams:
    answered: int
    cpu_ms: float
    first_p50_ms: float
    first_p99_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    seconds: float
    states: float
    """Visible states of one answer, the placeholder among them."""


async def saturate(
    telegram: FastTelegram, bot: BotProcess, *, messages: int, outstanding: int, people: int, warm_up: int = 0
) -> Throughput:
    """Keep `outstanding` questions open, each of another person; when one is answered, the next person asks."""
    if warm_up:
        await _keep_open(telegram, warm_up, outstanding, people)
    cpu, own, begun, calls = bot.cpu(), _own_cpu(), time.monotonic(), telegram.calls
    await _keep_open(telegram, messages, outstanding, people)
    seconds = time.monotonic() - begun
    return Throughput(
        per_second=messages / seconds,
        cpu_ms=(bot.cpu() - cpu) / messages * 1e3,
        rss_mb=bot.rss(),
        rig_cpu_ms=(_own_cpu() - own) / messages * 1e3,
        calls=(telegram.calls - calls) / messages,
    )


async def _keep_open(telegram: FastTelegram, messages: int, outstanding: int, people: int) -> None:
    """Each place has people of its own, who take turns: nobody has two questions open."""
    left = iter(range(messages))
    own = max(1, people // outstanding)

    async def place(index: int) -> None:
        for turn, _ in enumerate(left):
            async with asyncio.timeout(PATIENCE_S):
                await telegram.ask(1000 + index * own + turn % own).done

    await asyncio.gather(*(place(index) for index in range(outstanding)))


async def trickle(
    telegram: FastTelegram, bot: BotProcess, *, per_second: float, seconds: float, people: int
) -> Latency:
    """Ask at a fixed rate, whatever the bot does (an open loop: a slow answer delays no question)."""
    count = int(per_second * seconds)
    begun, cpu = time.monotonic(), bot.cpu()
    asked: list[Question] = []
    for number in range(count):
        await asyncio.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        asked.append(telegram.ask(1000 + number % people))
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(question.done for question in asked))
    took = sorted(question.answered - question.asked for question in asked)
    return Latency(took[count // 2] * 1e3, took[count * 99 // 100] * 1e3, (bot.cpu() - cpu) / count * 1e3)


async def stream(telegram: FastTelegram, bot: BotProcess, *, streams: int, gap: float = 0.0) -> Streams:
    """So many people ask at once, or one every `gap` seconds. First text: from the model's first token to the eye."""
    await bot.lag()
    cpu, begun = bot.cpu(), time.monotonic()
    asked: list[Question] = []
    for number in range(streams):
        if gap:
            await asyncio.sleep(max(0.0, begun + number * gap - time.monotonic()))
        asked.append(telegram.ask(1000 + number))
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(question.done for question in asked))
    seconds = max(question.answered for question in asked) - begun
    used, lag = bot.cpu() - cpu, await bot.lag()
    first = sorted(question.first_at - question.token_at for question in asked if question.first_at)
    return Streams(
        answered=sum(question.done.done() for question in asked),
        cpu_ms=used / streams * 1e3,
        first_p50_ms=first[len(first) // 2] * 1e3,
        first_p99_ms=first[len(first) * 99 // 100] * 1e3,
        lag_p99_ms=lag["p99"],
        lag_max_ms=lag["max"],
        seconds=seconds,
        states=sum(question.states for question in asked) / streams,
    )


def _own_cpu() -> float:
    times = psutil.Process().cpu_times()
    return times.user + times.system
