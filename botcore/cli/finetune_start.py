"""`botcore finetune validate` and `start`: check, upload, train, follow."""

import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import typer

from botcore.cli import api_files
from botcore.cli.session import Session
from botcore.errors import Refusal
from botcore.openai import StoredFile, TuneRequest
from botcore.training.dataset import held_out_beside
from botcore.training.validation import EPOCHS, LONGEST_EXAMPLE, Report, validate


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train. `price` is in dollars per million trained tokens; `yes`: nobody is asked before a job starts."""

    model: str = "gpt-4o-mini"
    suffix: str | None = None
    epochs: int | None = None
    price: float | None = None
    longest: int = LONGEST_EXAMPLE
    yes: bool = False


async def started(session: Session, file: Path, held_out: Path | None, plan: Plan) -> int:
    """Check a file and train on it; the exit code. Raises Refusal where it is wrong, ApiError."""
    report = await checked(file, plan)
    if not session.as_json:
        session.say(told(file, report, plan))
    return await run(session, file, held_out or held_out_beside(file), report, plan)


async def run(session: Session, file: Path, held_out: Path, report: Report, plan: Plan) -> int:
    """Upload a file that was checked, start the job and follow it; the exit code. Raises Refusal, ApiError."""
    if not report.ok:
        raise Refusal(f"{file}: not uploaded: {report.problems[0].text}")
    if not plan.yes and sys.stdin.isatty() and session.console.is_terminal:
        await asyncio.to_thread(typer.confirm, "Upload it and start the job?", abort=True, err=True)
    training = await _sent(session, file)
    aside = await _sent(session, held_out) if await asyncio.to_thread(_has_lines, held_out) else None
    request = TuneRequest(
        model=plan.model,
        training_file=training.id,
        validation_file=aside.id if aside is not None else None,
        suffix=plan.suffix,
        n_epochs=plan.epochs,
    )
    job = await api_files.created(session, request, older=False)
    ended = await api_files.followed(session, job.id)
    if not ended:
        session.note(f"`botcore finetune use {job.id} --for PERSONA` lets a persona answer with it.")
    return ended


async def checked(file: Path, plan: Plan) -> Report:
    """Read and judge a file."""
    return await asyncio.to_thread(validate, file, longest=plan.longest)


def validated(file: Path, plan: Plan, *, as_json: bool) -> int:
    """Say what a file holds; 1 where it is wrong."""
    report = validate(file, longest=plan.longest)
    if as_json:
        sys.stdout.write(orjson.dumps(summary(report, plan)).decode() + "\n")
    else:
        sys.stdout.write(told(file, report, plan) + "\n")
    return 0 if report.ok else 1


def told(file: Path, report: Report, plan: Plan) -> str:
    """A report for people."""
    roles = ", ".join(f"{count:,} {role}" for role, count in report.roles.most_common())
    epochs = plan.epochs or EPOCHS
    cost = "" if plan.price is None else f", about ${report.cost(plan.price, epochs):,.2f}"
    sizes = f"{report.shortest:,} to {report.longest:,}, half of them up to {report.middle:,}"
    lines = [
        f"{file}: {report.examples:,} examples ({roles or 'no messages'})",
        f"about {report.tokens:,} tokens; an example has {sizes}",
        f"{epochs} epochs: about {report.billed(epochs):,} trained tokens{cost}",
    ]
    if report.duplicates:
        lines.append(f"{report.duplicates:,} lines are there twice")
    lines += [f"line {one.line}: {one.text}" if one.line else one.text for one in report.problems]
    if report.wrong > len(report.problems):
        lines.append(f"... and {report.wrong - len(report.problems):,} more")
    lines.append("ready to be trained on" if report.ok else "not fit to be trained on")
    return "\n".join(lines)


def summary(report: Report, plan: Plan) -> dict[str, Any]:
    """A report for programs."""
    epochs = plan.epochs or EPOCHS
    return {
        "ok": report.ok,
        "examples": report.examples,
        "tokens": report.tokens,
        "shortest": report.shortest,
        "median": report.middle,
        "longest": report.longest,
        "duplicates": report.duplicates,
        "roles": dict(report.roles),
        "epochs": epochs,
        "trained_tokens": report.billed(epochs),
        "usd": None if plan.price is None else round(report.cost(plan.price, epochs), 4),
        "problems": [{"line": one.line, "text": one.text} for one in report.problems],
        "problem_count": report.wrong,
    }


async def _sent(session: Session, path: Path) -> StoredFile:
    with session.transfer(f"sending {path.name}") as progress:
        return await session.api.files.upload(path, purpose="fine-tune", progress=progress)


def _has_lines(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0
