"""Signs of life while pictures are drawn, which takes up to two minutes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from botcore.plugin import Context

TICK = 5.0  # seconds between two signs


class Showing:
    """What is being done, how many of several pictures came, and for how long it has been."""

    def __init__(self, ctx: Context, what: str, count: int) -> None:
        self._ctx = ctx
        self._what = what
        self._count = count
        self._came = 0
        self._seconds = 0.0

    async def came(self, pictures: int) -> None:
        """So many pictures more are there."""
        self._came += pictures
        if self._came < self._count:
            await self.show()

    async def show(self) -> None:
        """Show how it stands."""
        facts = [f"{self._came} of {self._count}"] if self._came else []
        facts += [f"{self._seconds:.0f} s"] if self._seconds else []
        await self._ctx.progress(f"{self._what} {', '.join(facts)}".rstrip())

    async def tick(self) -> None:
        """Show it again and again."""
        while True:
            await asyncio.sleep(TICK)
            self._seconds += TICK
            await self.show()


@asynccontextmanager
async def showing(ctx: Context, what: str, count: int) -> AsyncGenerator[Showing]:
    """Show it as long as this is entered."""
    shown = Showing(ctx, what, count)
    await shown.show()
    ticking = asyncio.create_task(shown.tick())
    try:
        yield shown
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
