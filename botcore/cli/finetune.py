"""`botcore finetune`: from conversations to a model of one's own. What the commands do stands in `finetune_*.py`."""

from pathlib import Path
from typing import Annotated

import typer

from botcore.cli.api_kept import Json

finetune = typer.Typer(
    help="From conversations to a model of one's own: export, validate, start, use.", no_args_is_help=True
)

Base = Annotated[str, typer.Option("--model", help="The model to start from.")]
Suffix = Annotated[str | None, typer.Option(help="A part of the new model's name.")]
Epochs = Annotated[int | None, typer.Option(min=1, max=50, help="How often the file is gone through.")]
Price = Annotated[float | None, typer.Option(min=0, help="Dollars per million trained tokens, for an estimate.")]
Longest = Annotated[int, typer.Option("--max-tokens", min=100, help="Tokens of an example that the model takes.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a job is started.")]
Training = Annotated[Path, typer.Argument(help="A training file.", exists=True, dir_okay=False)]


@finetune.command()
def export(
    context: typer.Context,
    *,
    since: Annotated[str | None, typer.Option(help="Answers from then on: 2026-11-01, or 30d, 12h, 4w ago.")] = None,
    rating: Annotated[str, typer.Option(help="good: with a thumb up; any: without a thumb down.")] = "good",
    persona: Annotated[str, typer.Option(help="Only answers in the role of this persona.")] = "",
    turns: Annotated[int, typer.Option("--context", min=0, max=50, help="Turns before, told and not taught.")] = 3,
    held_out: Annotated[float, typer.Option(min=0, max=0.9, help="The share that is kept for comparing.")] = 0.1,
    out: Annotated[Path, typer.Option("--out", "-o", help="The training file.")] = Path("train.jsonl"),
    moderated: Annotated[
        bool, typer.Option("--moderation/--no-moderation", help="Leave out what the moderation flags.")
    ] = True,
    start_it: Annotated[bool, typer.Option("--start", help="Upload it, start the job and follow it.")] = False,
    model: Base = "gpt-4o-mini",
    suffix: Suffix = None,
    epochs: Epochs = None,
    price: Price = None,
    longest: Longest = 65_536,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Write what people agreed to (/consent on) and liked as training data, and check it."""
    from botcore.cli import finetune_export
    from botcore.cli.finetune_start import Plan
    from botcore.cli.session import perform

    wanted = finetune_export.Wanted(since, rating, persona, turns, held_out, out, moderated)
    plan = Plan(model, suffix, epochs, price, longest, yes)
    raise typer.Exit(
        perform(
            context.obj,
            lambda session: finetune_export.exported(session, wanted, plan, start=start_it),
            as_json=as_json,
        )
    )


@finetune.command()
def validate(
    context: typer.Context,
    file: Training,
    epochs: Epochs = None,
    price: Price = None,
    longest: Longest = 65_536,
    as_json: Json = False,
) -> None:
    """Check a training file as the service will, and estimate what it costs; exits with 1 where it is wrong."""
    from botcore.cli import finetune_start

    plan = finetune_start.Plan(epochs=epochs, price=price, longest=longest)
    context.obj.load()
    raise typer.Exit(finetune_start.validated(file, plan, as_json=as_json))


@finetune.command()
def start(
    context: typer.Context,
    file: Training,
    held_out: Annotated[
        Path | None, typer.Option(help="Examples to check by; default: those beside the file.", exists=True)
    ] = None,
    model: Base = "gpt-4o-mini",
    suffix: Suffix = None,
    epochs: Epochs = None,
    price: Price = None,
    longest: Longest = 65_536,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Check a training file, upload it, start a job, and follow it to its end."""
    from botcore.cli import finetune_start
    from botcore.cli.session import perform

    plan = finetune_start.Plan(model, suffix, epochs, price, longest, yes)
    raise typer.Exit(
        perform(context.obj, lambda session: finetune_start.started(session, file, held_out, plan), as_json=as_json)
    )


@finetune.command()
def use(
    context: typer.Context,
    job: Annotated[str, typer.Argument(help="The job, a model, or “default” for that of the settings again.")],
    persona: Annotated[str, typer.Option("--for", help="Who is to answer with it.")],
    compare: Annotated[
        Path | None, typer.Option(help="Held-out examples: let both models answer them, and switch nothing.")
    ] = None,
    page: Annotated[Path, typer.Option(help="Where the comparison is written.")] = Path("compare.html"),
    most: Annotated[int, typer.Option(min=1, max=1000, help="Questions to compare by, at most.")] = 20,
    as_json: Json = False,
) -> None:
    """Let a persona answer with the model that a job made; a running bot follows within seconds."""
    from botcore.cli import finetune_use
    from botcore.cli.session import perform

    wanted = finetune_use.Wanted(job, persona, compare, page, most)
    raise typer.Exit(perform(context.obj, lambda session: finetune_use.used(session, wanted), as_json=as_json))
