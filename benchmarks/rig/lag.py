"""How late the event loop of a measured process is: a clock inside it that is read from outside by a signal.

Run as a program, it is a loop with nothing to do but that: what it is late by, the machine is to blame for.
"""

import asyncio
import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from botcore.testing.loop_watch import LoopWatch

VARIABLE: Final = "BENCH_LAG_FILE"
"""Names the file that the figures go to. Without it nothing is measured."""
WATCH_VARIABLE: Final = "BENCH_LOOP_WATCH"
"""Where it is set, single callbacks are timed too, which costs a few microseconds for each."""

_EVERY_S: Final = 0.01
_BUSY_S: Final = 0.05


class LagProbe:
    """Sleeps for 10 ms again and again and notes by how much longer it took.

    SIGUSR1 writes what was noted since the last one: {"samples": ..., "p50": ..., "p99": ..., "max": ...}, in ms. With
    a watch also the longest callback by the processor's time ("busy_max", ms) and those over 50 ms ("blocked").
    """

    def __init__(self, file: Path, *, watch: bool = False) -> None:
        self._file = file
        self._late: list[float] = []
        self._task = asyncio.create_task(self._measure())
        self._watch = _watching() if watch else None
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._report)

    @classmethod
    def start(cls) -> Self | None:
        """Measure the running loop where the environment asks for it. Keep what this returns."""
        file = os.environ.get(VARIABLE)
        return cls(Path(file), watch=WATCH_VARIABLE in os.environ) if file else None

    async def _measure(self) -> None:
        while True:
            due = time.monotonic() + _EVERY_S
            await asyncio.sleep(_EVERY_S)
            self._late.append(max(0.0, time.monotonic() - due))

    def _report(self) -> None:
        late, self._late = sorted(self._late) or [0.0], []
        figures: dict[str, object] = {
            "samples": len(late),
            "p50": late[len(late) // 2] * 1e3,
            "p99": late[len(late) * 99 // 100] * 1e3,
            "max": late[-1] * 1e3,
        }
        if self._watch is not None:
            blocked, self._watch.blocked = self._watch.blocked, []
            figures["busy_max"], self._watch.longest = self._watch.longest * 1e3, 0.0
            figures["blocked"] = [f"{one.cpu:.3f} s of CPU in {one.wall:.3f} s: {one.what}"[:400] for one in blocked]
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(figures))
        new.replace(self._file)


def _watching() -> "LoopWatch":
    """A watch that lasts as long as the process."""
    from botcore.testing.loop_watch import LoopWatch  # noqa: PLC0415 - the start of the others is measured

    watch = LoopWatch(_BUSY_S)
    _ = watch.__enter__()  # and never left
    return watch


async def _idle() -> None:
    probe = LagProbe.start()
    print("ready", flush=True)
    await asyncio.Event().wait()
    del probe


if __name__ == "__main__":
    asyncio.run(_idle())
