"""`botcore finetune use`: let a persona answer with a trained model, or look at what it would answer first."""

import asyncio
import itertools
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from botcore.cli.session import Session
from botcore.config import Config
from botcore.conversation import overrides
from botcore.errors import ConfigError, Refusal, Unsuitable
from botcore.store.database import Database
from botcore.training.comparison import compare, page, questions

DEFAULT = "default"
"""In place of a job: the model of the settings again."""
_JOBS = ("ftjob-", "ft-")
"""How ids of jobs begin; a trained model's name begins with `ft:`."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    job: str
    persona: str
    compare: Path | None = None
    page: Path = Path("compare.html")
    most: int = 20


async def used(session: Session, wanted: Wanted) -> None:
    """Switch the persona, or with `compare` only write the page.

    Raises ConfigError for an unknown persona, Refusal where the job made no model, ApiError, StoreError.
    """
    config = session.config
    if wanted.persona not in config.personas:
        names = ", ".join(config.personas)
        raise ConfigError(f"--for {wanted.persona}: there is no such persona; there are {names}")
    model = None if wanted.job == DEFAULT else await _model(session, wanted.job)
    store = config.store
    async with await Database.open(store.url, synchronous=store.synchronous, threads=1) as database:
        now = (await database.read(overrides.read)).get(wanted.persona) or _configured(config, wanted.persona)
        if wanted.compare is not None:
            await _compare(session, wanted, wanted.compare, [now, model or _configured(config, wanted.persona)])
            return
        await database.run(partial(overrides.choose, persona=wanted.persona, model=model))
    chosen = model or _configured(config, wanted.persona)
    if session.as_json:
        session.tell({"persona": wanted.persona, "model": chosen, "before": now})
    else:
        session.say(f"{wanted.persona} answers with {chosen} (before: {now})")


async def _model(session: Session, job: str) -> str:
    """The model that a job made; anything that is no job's id is a model's name, which the endpoint must know."""
    if not job.startswith(_JOBS):
        return (await session.api.models.get(job)).id
    found = await session.api.tuning.get(job)
    if found.status != "succeeded" or found.fine_tuned_model is None:
        raise Refusal(f"{job} is {found.status} and has made no model")
    return found.fine_tuned_model


async def _compare(session: Session, wanted: Wanted, file: Path, models: list[str]) -> None:
    try:
        asked = await asyncio.to_thread(questions, file, most=wanted.most)
    except OSError as error:
        raise Unsuitable(f"{file}: cannot be read: {error.strerror}") from error
    done = itertools.count(1)
    with session.count("questions answered", len(asked)) as progress:
        rows = await compare(session.api, asked, models, told=lambda: progress(next(done)))
    text = page(rows, models, title=f"{wanted.persona}: {models[0]} and {models[1]}")
    try:
        await asyncio.to_thread(wanted.page.write_text, text, "utf-8")
    except OSError as error:
        raise Unsuitable(f"{wanted.page}: cannot be written: {error.strerror}") from error
    failed = sum(answer.failed for row in rows for answer in row.answers)
    if session.as_json:
        session.tell({"page": str(wanted.page), "questions": len(rows), "failed": failed, "models": models})
        return
    session.say(str(wanted.page))
    session.note(f"{len(rows)} questions, {failed} failures. Nothing was switched.")


def _configured(config: Config, persona: str) -> str:
    return config.personas[persona].model or config.chat.model
