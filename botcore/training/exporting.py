"""The way from the database to a training file: consent, rating, redaction, moderation, in this order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from botcore.delivery.work import Database
from botcore.store import lessons
from botcore.store.lessons import Turn
from botcore.training.dataset import Writer
from botcore.training.screening import Screen
from botcore.training.selection import Example, Selector, Tally, Wish


@dataclass(frozen=True, slots=True)
class Export:
    """What was written, and what became of the turns that were looked at."""

    path: Path
    held_out_path: Path
    taught: int
    held_out: int
    tally: Tally


async def export(
    database: Database,
    wish: Wish,
    path: Path,
    *,
    screen: Screen | None,
    share: float = 0.1,
    told: Callable[[int], None] = lambda _: None,
) -> Export:
    """Write what people agreed to and liked to `path`, and a `share` (0..1) of it, held out, beside it.

    Without a `screen` the moderation is not asked. `told` is called with how many turns were looked at. Raises
    StoreError, ApiError and OSError; then no file is written.
    """
    selector = Selector(wish)
    with Writer(path, share=share) as writer:
        async for turns in _pages(database, selector.tally):
            found = [example for turn in turns if (example := selector.take(turn)) is not None]
            passed = await screen.passed(found, selector.tally) if screen is not None else found
            await asyncio.to_thread(_write, writer, passed)
            told(selector.tally.turns)
    return Export(path, writer.held_out_path, writer.taught, writer.held_out, selector.tally)


async def _pages(database: Database, tally: Tally) -> AsyncIterator[list[Turn]]:
    tally.people = await database.read(lessons.people)
    after = 0
    while turns := await database.read(partial(lessons.page, after=after)):
        yield turns
        after = turns[-1].inbox_id


def _write(writer: Writer, examples: list[Example]) -> None:
    for example in examples:
        writer.add(example)
