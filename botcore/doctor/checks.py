"""Checks, and how they run: at the same time, none hiding another."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from botcore.adapter import Finding
from botcore.errors import BotcoreError

Findings: TypeAlias = Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    name: str
    look: Callable[[], Awaitable[Findings]]


async def run(checks: Sequence[Check], *, seconds: float) -> Findings:
    """Run checks at the same time. One that raises or takes longer than so many seconds is itself a finding."""
    tasks = [asyncio.create_task(_within(check, seconds), name=f"doctor: {check.name}") for check in checks]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    findings: list[Finding] = []
    for check, result in zip(checks, found, strict=True):
        match result:
            case TimeoutError():
                remedy = "see whether the address is right and the network lets it through"
                findings.append(Finding(check.name, "fail", f"no answer within {seconds:g} s", remedy))
            case BotcoreError():
                findings.append(Finding(check.name, "fail", str(result)))
            case Exception():
                remedy = "this is a fault of the program: please report it"
                findings.append(Finding(check.name, "fail", f"{type(result).__name__}: {result}", remedy))
            case BaseException():
                raise result
            case _:
                findings.extend(result)
    return findings


async def _within(check: Check, seconds: float) -> Findings:
    async with asyncio.timeout(seconds):
        return await check.look()
