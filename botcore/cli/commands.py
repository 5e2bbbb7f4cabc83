"""The commands of `botcore`, each in a few lines; what they do stands in the modules they import."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from botcore.cli.api import api
from botcore.cli.finetune import finetune

if TYPE_CHECKING:
    from botcore.config import Config

app = typer.Typer(
    name="botcore",
    help="A chatbot framework: one durable conversation engine, many platforms, one typed function per feature.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
database = typer.Typer(help="The database's tables.", no_args_is_help=True)
access = typer.Typer(help="Who may talk to the bot.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(access, name="access")
app.add_typer(api, name="api")
app.add_typer(finetune, name="finetune")

Code = Annotated[str, typer.Argument(help="The code that the stranger was shown.")]
Person = Annotated[str, typer.Argument(help="A person's id, as in telegram:12345.")]


@dataclass(frozen=True, slots=True)
class Options:
    """What holds for every command."""

    config: Path | None
    debug: bool

    def load(self) -> "Config":
        """The settings. Raises ConfigError."""
        from botcore.config import load_config

        return load_config(self.config)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Move --debug and --config FILE to the front, so that they may stand behind the command as well.

    >>> hoisted(["run", "--config", "bot.toml", "--debug"])
    ['--config', 'bot.toml', '--debug', 'run']
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        argument = waiting.pop(0)
        if argument == "--":
            rest += [argument, *waiting]
            break
        if argument == "--debug" or argument.startswith("--config="):
            front.append(argument)
        elif argument == "--config" and waiting:
            front += [argument, waiting.pop(0)]
        else:
            rest.append(argument)
    return front + rest


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="The settings file. Default: config/botcore.toml or botcore.toml, if there.")
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks, and log at DEBUG.")] = False,
) -> None:
    """Options of every command."""
    context.obj = Options(config, debug)


@app.command()
def run(context: typer.Context) -> None:
    """Start the bot: every platform whose token is there, and the browser chat."""
    config = _with_logs(context.obj)
    from botcore import loop
    from botcore.app import run as run_bot

    raise typer.Exit(loop.run(run_bot(config)))


@app.command()
def chat(
    context: typer.Context,
    files: Annotated[
        Path | None,
        typer.Option(help="The folder for pictures, sound and files that the bot sends. Default: data/chat."),
    ] = None,
) -> None:
    """Talk to the bot in this terminal. Ctrl-C stops an answer, Ctrl-D or /exit leaves."""
    from botcore.cli.talk import talk

    raise typer.Exit(asyncio.run(talk(_with_logs(context.obj, quiet=True), files=files)))


@app.command()
def doctor(context: typer.Context) -> None:
    """Check settings, database, API and platforms; exits with 1 where something is broken."""
    from botcore.cli.report import diagnose

    raise typer.Exit(diagnose(_with_logs(context.obj, quiet=True)))


@app.command()
def config(
    context: typer.Context,
    defaults: Annotated[bool, typer.Option("--defaults", help="Print the default file instead.")] = False,
) -> None:
    """Print the settings in force and where each came from, without secrets."""
    from botcore.cli.report import default_settings, settings_in_force

    typer.echo(default_settings() if defaults else settings_in_force(context.obj.load()), nl=False)


@app.command("offline-api")
def offline_api(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes any free one.")] = 8081,
) -> None:
    """Serve the stand-in for the OpenAI-style API, for trying things out without a key."""
    from botcore.cli.offline import serve_offline

    serve_offline(port)


@app.command()
def version() -> None:
    """Print the version."""
    import platform
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        number = installed("botcore-framework")
    except PackageNotFoundError:
        number = "(not installed)"
    typer.echo(f"botcore {number}, Python {platform.python_version()}")


@database.command()
def upgrade(context: typer.Context) -> None:
    """Bring the tables up to date; `botcore run` does so at start, too."""
    from botcore.cli.database import upgrade as upgrade_tables

    typer.echo(upgrade_tables(context.obj.load()))


@database.command()
def current(context: typer.Context) -> None:
    """Print the revision of the tables, and the newest there is."""
    from botcore.cli.database import current as current_revision

    typer.echo(current_revision(context.obj.load()))


@access.command("list")
def list_access(context: typer.Context) -> None:
    """List who waits for approval, who was let in, and who owns the bot."""
    from botcore.cli.people import show

    typer.echo(show(context.obj.load()))


@access.command()
def approve(context: typer.Context, code: Code) -> None:
    """Let in the stranger who was shown this code."""
    from botcore.cli.people import decide

    typer.echo(decide(context.obj.load(), code, approve=True))


@access.command()
def refuse(context: typer.Context, code: Code) -> None:
    """Turn away the stranger who was shown this code."""
    from botcore.cli.people import decide

    typer.echo(decide(context.obj.load(), code, approve=False))


@access.command()
def revoke(context: typer.Context, person: Person) -> None:
    """Take a person's access away again."""
    from botcore.cli.people import revoke as revoke_access

    typer.echo(revoke_access(context.obj.load(), person))


@access.command()
def owner(context: typer.Context, person: Person) -> None:
    """Make a person an owner, who may do everything."""
    from botcore.cli.people import own

    typer.echo(own(context.obj.load(), person))


def _with_logs(chosen: Options, *, quiet: bool = False) -> "Config":
    """Load the settings and set logging up; `quiet`: only errors, since the terminal is for something else."""
    from botcore import logs

    loaded = chosen.load()
    level = "DEBUG" if chosen.debug else "ERROR" if quiet else loaded.logs.level
    logs.configure(loaded.logs.model_copy(update={"level": level}), loaded.secret_values())
    return loaded
