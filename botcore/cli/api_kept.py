"""`botcore api files ...` and `botcore api finetune ...`: the commands, in a few lines each."""

from pathlib import Path
from typing import Annotated

import typer

files = typer.Typer(help="Files that the server keeps.", no_args_is_help=True)
jobs = typer.Typer(help="Fine-tuning jobs.", no_args_is_help=True)

File = Annotated[str, typer.Argument(help="The file; - reads standard input.")]
Id = Annotated[str, typer.Argument(help="The id, as `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Purpose = Annotated[str, typer.Option(help="What it is for.")]


@files.command("list")
def list_files(
    context: typer.Context,
    purpose: Annotated[str | None, typer.Option(help="Only files for this.")] = None,
    as_json: Json = False,
) -> None:
    """List the files."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.listed(session, purpose=purpose), as_json=as_json))


@files.command()
def upload(
    context: typer.Context,
    file: File,
    purpose: Purpose = "fine-tune",
    name: Annotated[str | None, typer.Option(help="Another name at the server.")] = None,
    as_json: Json = False,
) -> None:
    """Send a file; its id is printed."""
    from botcore.cli import api_files
    from botcore.cli.session import Session, perform

    async def work(session: Session) -> None:
        await api_files.uploaded(session, file, purpose=purpose, name=name)

    raise typer.Exit(perform(context.obj, work, as_json=as_json))


@files.command()
def get(context: typer.Context, file: Id, as_json: Json = False) -> None:
    """Show what the server knows of a file."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.described(session, file), as_json=as_json))


@files.command()
def content(
    context: typer.Context,
    file: Id,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where it goes. Default: standard output.")] = None,
) -> None:
    """Read a file."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.content(session, file, out=out)))


@files.command()
def delete(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The ids, as `list` shows them.")],
    as_json: Json = False,
) -> None:
    """Delete files."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.deleted(session, ids), as_json=as_json))


# ---- jobs ----------------------------------------------------------------------------------------------------


@jobs.command()
def create(
    context: typer.Context,
    training_file: Annotated[str, typer.Argument(help="The id of an uploaded file.")],
    model: Annotated[str, typer.Option(help="The model to start from.")] = "gpt-4o-mini",
    validation: Annotated[str | None, typer.Option("--validation", help="The id of a file to check by.")] = None,
    suffix: Annotated[str | None, typer.Option(help="A part of the new model's name.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, max=50, help="How often the file is gone through.")] = None,
    older: Annotated[bool, typer.Option("--older", help="Use /fine-tunes, the older form.")] = False,
    as_json: Json = False,
) -> None:
    """Start a job; its id is printed."""
    from botcore.cli import api_files
    from botcore.cli.session import Session, perform
    from botcore.openai import TuneRequest

    request = TuneRequest(
        model=model, training_file=training_file, validation_file=validation, suffix=suffix, n_epochs=epochs
    )

    async def work(session: Session) -> None:
        await api_files.created(session, request, older=older)

    raise typer.Exit(perform(context.obj, work, as_json=as_json))


@jobs.command("list")
def list_jobs(context: typer.Context, as_json: Json = False) -> None:
    """List the jobs, the newest first."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, api_files.jobs, as_json=as_json))


@jobs.command("get")
def get_job(context: typer.Context, job: Id, as_json: Json = False) -> None:
    """Show how a job stands."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.job_of(session, job), as_json=as_json))


@jobs.command()
def cancel(context: typer.Context, job: Id, as_json: Json = False) -> None:
    """End a job."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.job_of(session, job, cancel=True), as_json=as_json))


@jobs.command()
def events(context: typer.Context, job: Id, as_json: Json = False) -> None:
    """Print what happened to a job."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.events(session, job), as_json=as_json))


@jobs.command()
def follow(context: typer.Context, job: Id, as_json: Json = False) -> None:
    """Print what happens to a job until it ends; exits with 1 where it does not succeed."""
    from botcore.cli import api_files
    from botcore.cli.session import perform

    raise typer.Exit(perform(context.obj, lambda session: api_files.followed(session, job), as_json=as_json))
