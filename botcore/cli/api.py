"""`botcore api`: every endpoint of the API, from the command line. What the commands do stands in `api_*.py`."""

from pathlib import Path
from typing import Annotated

import typer

from botcore.cli.api_kept import File, Json, files, jobs

api = typer.Typer(
    help="Use the API directly: plain text on standard output, or --json. Without a key the stand-in answers.",
    no_args_is_help=True,
)
api.add_typer(files, name="files")
api.add_typer(jobs, name="finetune")

Text = Annotated[str, typer.Argument(help="The text; - reads standard input.")]
Model = Annotated[str | None, typer.Option(help="Another model than the usual one.")]
Most = Annotated[int | None, typer.Option("--max-tokens", min=1, help="The longest answer, in tokens.")]
Warmth = Annotated[float | None, typer.Option(min=0, max=2, help="0 is sober, 2 is wild.")]
Size = Annotated[str | None, typer.Option(help="As 1024x1024, or auto.")]
Count = Annotated[int | None, typer.Option("--count", "-n", min=1, max=10, help="How many.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Where it goes. Default: a name that is not taken.")]
Form = Annotated[str, typer.Option("--format", help="text, json, verbose_json, srt or vtt.")]
Hint = Annotated[str | None, typer.Option("--prompt", help="Words that may occur, or the text before.")]


# ---- words ---------------------------------------------------------------------------------------------------


@api.command()
def chat(
    context: typer.Context,
    text: Text,
    system: Annotated[str | None, typer.Option(help="What the model is told about itself.")] = None,
    model: Model = None,
    most: Most = None,
    temperature: Warmth = None,
    as_json: Json = False,
) -> None:
    """Ask a chat model; the answer is written as it grows."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    asked = api_texts.Asked(text, model, system, most, temperature)
    raise typer.Exit(perform(context.obj, lambda session: api_texts.chat(session, asked), as_json=as_json))


@api.command()
def complete(
    context: typer.Context,
    text: Text,
    model: Model = None,
    most: Most = None,
    temperature: Warmth = None,
    as_json: Json = False,
) -> None:
    """Let a text go on where it ends. Chat does it where the server has no /completions."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    asked = api_texts.Asked(text, model, most=most, temperature=temperature)
    raise typer.Exit(perform(context.obj, lambda session: api_texts.complete(session, asked), as_json=as_json))


@api.command()
def edit(
    context: typer.Context,
    instruction: Annotated[str, typer.Argument(help="What to change.")],
    text: Annotated[str, typer.Option("--input", "-i", help="The text to change; - reads standard input.")] = "-",
    model: Model = None,
    temperature: Warmth = None,
    as_json: Json = False,
) -> None:
    """Change a text as an instruction says. Chat does it where the server has no /edits."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    asked = api_texts.Asked(text, model, temperature=temperature)
    raise typer.Exit(perform(context.obj, lambda session: api_texts.edit(session, asked, instruction), as_json=as_json))


@api.command()
def embed(
    context: typer.Context,
    text: Text,
    model: Model = None,
    dimensions: Annotated[int | None, typer.Option(min=1, help="A shorter vector, where the model can.")] = None,
    as_json: Json = False,
) -> None:
    """Turn a text into a vector; --json prints all its numbers."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(
            context.obj,
            lambda session: api_texts.embed(session, text, model=model, dimensions=dimensions),
            as_json=as_json,
        )
    )


@api.command()
def moderate(context: typer.Context, text: Text, model: Model = None, as_json: Json = False) -> None:
    """Judge a text: what is flagged, and the scores."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(context.obj, lambda session: api_texts.moderate(session, text, model=model), as_json=as_json)
    )


@api.command()
def models(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="Show this one.")] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete it: a fine-tuned model of one's own.")] = False,
    as_json: Json = False,
) -> None:
    """List the models, show one, or delete one."""
    from botcore.cli import api_texts
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(context.obj, lambda session: api_texts.models(session, name, delete=delete), as_json=as_json)
    )


# ---- pictures and sound --------------------------------------------------------------------------------------


@api.command()
def image(
    context: typer.Context,
    prompt: Text,
    model: Model = None,
    size: Size = None,
    quality: Annotated[str | None, typer.Option(help="low, medium, high or auto; standard or hd.")] = None,
    count: Count = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Draw what a prompt says; the files' names are printed."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    wanted = api_media.Wanted(model, size, count, out)
    raise typer.Exit(
        perform(context.obj, lambda session: api_media.image(session, prompt, wanted, quality=quality), as_json=as_json)
    )


@api.command("image-edit")
def image_edit(
    context: typer.Context,
    file: File,
    prompt: Annotated[str, typer.Argument(help="What to change.")],
    mask: Annotated[
        str | None, typer.Option(help="A PNG as large: where it is transparent, it is painted anew.")
    ] = None,
    model: Model = None,
    size: Size = None,
    count: Count = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Change a picture."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    wanted = api_media.Wanted(model, size, count, out)
    raise typer.Exit(
        perform(
            context.obj,
            lambda session: api_media.image_edit(session, file, prompt, wanted, mask=mask),
            as_json=as_json,
        )
    )


@api.command("image-vary")
def image_vary(
    context: typer.Context,
    file: File,
    model: Model = None,
    size: Size = None,
    count: Count = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Draw pictures like one. Described and drawn anew where the server has no variations."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    wanted = api_media.Wanted(model, size, count, out)
    raise typer.Exit(perform(context.obj, lambda session: api_media.image_vary(session, file, wanted), as_json=as_json))


@api.command()
def transcribe(
    context: typer.Context,
    file: File,
    model: Model = None,
    form: Form = "text",
    language: Annotated[str | None, typer.Option(help="Two letters, as en.")] = None,
    hint: Hint = None,
    as_json: Json = False,
) -> None:
    """Write down what is said in a recording."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(
            context.obj,
            lambda session: api_media.transcribe(session, file, model=model, form=form, language=language, prompt=hint),
            as_json=as_json,
        )
    )


@api.command()
def translate(
    context: typer.Context,
    file: File,
    model: Model = None,
    form: Form = "text",
    hint: Hint = None,
    as_json: Json = False,
) -> None:
    """Write down in English what is said in a recording."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(
            context.obj,
            lambda session: api_media.translate(session, file, model=model, form=form, prompt=hint),
            as_json=as_json,
        )
    )


@api.command()
def speak(
    context: typer.Context,
    text: Text,
    voice: Annotated[str, typer.Option(help="Who speaks.")] = "alloy",
    model: Model = None,
    form: Annotated[str, typer.Option("--format", help="mp3, opus, aac, flac, wav or pcm.")] = "mp3",
    speed: Annotated[float | None, typer.Option(min=0.25, max=4, help="1 is as usual.")] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", help="The file; - writes to standard output.")] = None,
    as_json: Json = False,
) -> None:
    """Say a text into a sound file."""
    from botcore.cli import api_media
    from botcore.cli.session import perform

    raise typer.Exit(
        perform(
            context.obj,
            lambda session: api_media.speak(session, text, model=model, voice=voice, form=form, speed=speed, out=out),
            as_json=as_json,
        )
    )
