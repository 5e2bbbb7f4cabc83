"""A bot that kills itself at one commit: before or after the n-th, or never. A real process, a real SIGKILL.

The settings come from the environment, as for `botcore run`.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from botcore.app import Engine
from botcore.config import load_config
from botcore.store.database import Database


class Doomed(Database):
    """Kills its process before or after its n-th unit of work that writes."""

    when = "never"
    left = 0

    async def run(self, unit: Callable[[Connection], Any]) -> Any:
        self.left -= 1
        mine = self.left == 0
        if mine and self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await super().run(unit)
        if mine and self.when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return result


async def live(ready: Callable[[], None], when: str, number: int) -> None:
    """Run until SIGTERM, or until the doom, which counts from SIGUSR1 on. Says that it is ready, and that it counts."""
    config = load_config()
    async with await Doomed.open(config.store.url) as database:
        stop = asyncio.Event()

        def count() -> None:
            database.when, database.left = when, number
            ready()

        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        async with Engine(config, database=database):
            loop.add_signal_handler(signal.SIGUSR1, count)
            ready()
            await stop.wait()


def main(ready: Callable[[], None], arguments: Sequence[str]) -> None:
    """Run with the arguments `before|after|never N`."""
    when, number = arguments
    asyncio.run(live(ready, when, int(number)))
