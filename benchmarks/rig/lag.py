"""How late the event loop of a measured process is: a clock inside it that is read from outside by a signal."""

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import Final, Self

VARIABLE: Final = "BENCH_LAG_FILE"
"""Names the file that the figures go to. Without it nothing is measured."""

_EVERY_S: Final = 0.01


class LagProbe:
    """Sleeps for 10 ms again and again and notes by how much longer it took.

    SIGUSR1 writes what was noted since the last one: {"samples": ..., "p50": ..., "p99": ..., "max": ...}, in ms.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._late: list[float] = []
        self._task = asyncio.create_task(self._measure())
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._report)

    @classmethod
    def start(cls) -> Self | None:
        """Measure the running loop where the environment asks for it. Keep what this returns."""
        file = os.environ.get(VARIABLE)
        return cls(Path(file)) if file else None

    async def _measure(self) -> None:
        while True:
            due = time.monotonic() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._late.append(max(0.0, time.monotonic() - due))

    def _report(self) -> None:
        late, self._late = sorted(self._late) or [0.0], []
        figures = {
            "samples": len(late),
            "p50": late[len(late) // 2] * 1e3,
            "p99": late[len(late) * 99 // 100] * 1e3,
            "max": late[-1] * 1e3,
        }
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(figures))
        new.replace(self._file)
