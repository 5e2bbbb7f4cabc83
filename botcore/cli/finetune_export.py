"""`botcore finetune export`."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from botcore.cli import finetune_start
from botcore.cli.finetune_start import Plan
from botcore.cli.session import Session
from botcore.errors import ConfigError, Refusal, Unsuitable
from botcore.store.database import Database
from botcore.training.dataset import held_out_beside
from botcore.training.exporting import Export, export
from botcore.training.screening import Screen
from botcore.training.selection import Liked, Tally, Wish

_AGO: Final = re.compile(r"(\d{1,5})([hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, as it was typed."""

    since: str | None = None
    rating: str = "good"
    persona: str = ""
    context: int = 3
    held_out: float = 0.1
    out: Path = Path("train.jsonl")
    moderated: bool = True


async def exported(session: Session, wanted: Wanted, plan: Plan, *, start: bool) -> int:
    """Write the files, check them, and start a job where that is wanted; the exit code.

    Raises ConfigError for what was typed wrong, Refusal where there is nothing to teach, StoreError, ApiError.
    """
    wish = _wish(session, wanted)
    done = await _export(session, wish, wanted)
    if not done.taught:
        await asyncio.to_thread(_remove, done)
        raise Refusal(_nothing(done.tally))
    report = await finetune_start.checked(done.path, plan)
    if session.as_json:
        session.tell(_as_json(done) | {"report": finetune_start.summary(report, plan)})
    else:
        session.say(_summary(done))
        session.say(finetune_start.told(done.path, report, plan))
    if not start:
        return 0
    return await finetune_start.run(session, done.path, done.held_out_path, report, plan)


async def _export(session: Session, wish: Wish, wanted: Wanted) -> Export:
    store, moderation = session.config.store, session.config.moderation
    screen = Screen(session.api, model=moderation.model) if wanted.moderated else None
    async with await Database.open(store.url, synchronous=store.synchronous, threads=1) as database:
        with session.count("turns looked at", None) as told:
            try:
                return await export(database, wish, wanted.out, screen=screen, share=wanted.held_out, told=told)
            except OSError as error:
                raise Unsuitable(f"{wanted.out}: cannot be written: {error.strerror}") from error


def _wish(session: Session, wanted: Wanted) -> Wish:
    personas = session.config.personas
    if wanted.persona and wanted.persona not in personas:
        raise ConfigError(f"--persona {wanted.persona}: there is no such persona; there are {', '.join(personas)}")
    if wanted.rating not in {"good", "any"}:
        raise ConfigError(f"--rating {wanted.rating}: good or any")
    return Wish(
        prompts={name: persona.prompt for name, persona in personas.items()},
        liked=cast("Liked", wanted.rating),
        since=moment(wanted.since) if wanted.since else None,
        persona=wanted.persona,
        context=wanted.context,
    )


def moment(text: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> datetime:
    """A moment as people write it: a date or time in ISO 8601 (UTC where no zone is told), or how long ago.

    Raises ConfigError for anything else.
    """
    if ago := _AGO.fullmatch(text.strip()):
        return now() - int(ago[1]) * _UNITS[ago[2]]
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError(f"--since {text}: expected a date such as 2026-11-01, or 30d, 12h, 4w") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _nothing(tally: Tally) -> str:
    if not tally.people:
        return "nothing to export: nobody has agreed yet; people do with /consent on"
    why = _left_out(tally)
    return f"nothing to export: {tally.turns:,} turns of people who agreed" + (f"; left out: {why}" if why else "")


def _summary(done: Export) -> str:
    left = _left_out(done.tally)
    lines = [
        f"{done.path}: {done.taught:,} examples; {done.held_out_path}: {done.held_out:,} held out",
        f"{done.tally.people:,} people agreed, {done.tally.turns:,} turns looked at"
        + (f"; left out: {left}" if left else ""),
    ]
    return "\n".join(lines)


def _left_out(tally: Tally) -> str:
    return ", ".join(f"{count:,} {why}" for why, count in tally.left_out.items())


def _as_json(done: Export) -> dict[str, Any]:
    return {
        "file": str(done.path),
        "examples": done.taught,
        "held_out_file": str(done.held_out_path),
        "held_out": done.held_out,
        "people": done.tally.people,
        "turns": done.tally.turns,
        "left_out": done.tally.left_out,
    }


def _remove(done: Export) -> None:
    for path in (done.path, held_out_beside(done.path)):
        path.unlink(missing_ok=True)
