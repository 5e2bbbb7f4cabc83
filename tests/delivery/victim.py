"""A bot that kills itself at one commit: `victim.py before|after|never N`. A real process, a real SIGKILL.

Run as a script; the settings come from the environment, as for `botcore run`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
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


async def main(when: str, number: int) -> None:
    config = load_config()
    async with await Doomed.open(config.store.url) as database:
        database.when, database.left = when, number
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        async with Engine(config, database=database):
            print("ready", flush=True)
            await stop.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
