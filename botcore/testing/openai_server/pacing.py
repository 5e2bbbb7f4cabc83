"""Writing a stream's pieces at their times.

Pieces are written straight to the transport from one timer callback for all streams that are due: a task switch, a lock
and a coroutine for every chunk would cost several times as much, and the stand-in shares its cores with the bot that it
measures. A stream that comes late sends everything that is due in one write, so that its total time stays right.
"""

import asyncio
from collections.abc import Callable, Sequence

from botcore.testing.openai_server.recording import Recorded

Frame = Callable[[bytes], bytes]

_TICK = 0.002  # seconds


class Ticker:
    """Calls at given times, gathered into ticks: one timer and one wake-up for all that is due within 2 ms."""

    __slots__ = ("_due", "_loop")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: dict[int, list[Callable[[], None]]] = {}

    def at(self, when: float, step: Callable[[], None]) -> None:
        """Call `step` at the end of the tick that `when` (loop seconds) lies in."""
        tick = int(when / _TICK) + 1
        waiting = self._due.get(tick)
        if waiting is None:
            self._due[tick] = [step]
            self._loop.call_at(tick * _TICK, self._fire, tick)
        else:
            waiting.append(step)

    def _fire(self, tick: int) -> None:
        for step in self._due.pop(tick):
            step()


class Player:
    """Writes one piece after another at fixed times from a timer callback."""

    __slots__ = ("_done", "_frame", "_interval", "_recorded", "_sent", "_start", "_ticker", "_transport", "_writes")

    def __init__(
        self,
        ticker: Ticker,
        transport: asyncio.WriteTransport,
        writes: Sequence[bytes],
        interval: float,
        frame: Frame,
        recorded: Recorded,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._ticker = ticker
        self._transport = transport
        self._writes = writes
        self._interval = interval
        self._frame = frame
        self._recorded = recorded
        self._done: asyncio.Future[None] = loop.create_future()
        self._start = loop.time()
        self._sent = 0

    async def play(self) -> None:
        """Write everything.

        Raises:
            ConnectionResetError: the client went away.
        """
        self._write(1)
        await self._done

    def _step(self) -> None:
        if self._done.done():  # cancelled
            return
        if self._transport.is_closing():
            self._done.set_exception(ConnectionResetError("the client went away"))
            return
        passed = asyncio.get_running_loop().time() - self._start
        self._write(min(int(passed / self._interval) + 1, len(self._writes)))

    def _write(self, due: int) -> None:
        """Write what was not written of the first `due` pieces, and come again for the next."""
        sent, writes = self._sent, self._writes
        due = max(due, sent + 1)  # a timer may fire early by the clock's resolution
        self._transport.write(self._frame(writes[sent] if due == sent + 1 else b"".join(writes[sent:due])))
        self._sent = due
        self._recorded.chunks_sent += due - sent
        if due == len(writes):
            self._done.set_result(None)
        else:
            self._ticker.at(self._start + due * self._interval, self._step)
