"""Administrators' commands on what the service keeps: files, finetune."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from botcore.errors import Unsuitable
from botcore.messages import File, Json, Reply, Text
from botcore.openai import StoredFile, TuneRequest, TuningJob, Upload
from botcore.plugin import Bot, Context, Doc

SHOWN = 20
"""Files, jobs and events of one answer: the latest."""


def register(bot: Bot, *, most: int) -> None:
    """Add these commands; a file may have `most` bytes."""
    _add_files(bot, most)
    _add_finetune(bot)


def _add_files(bot: Bot, most: int) -> None:
    @bot.command(
        "files",
        permission="admin",
        descriptions={"de": "Dateien beim Dienst", "es": "Archivos del servicio", "zh": "管理服务端文件"},
    )
    async def files(
        ctx: Context,
        action: Annotated[
            Literal["list", "show", "upload", "delete"] | None, Doc("upload where a file comes along, else list")
        ] = None,
        file_id: Annotated[str, Doc("the file's id")] = "",
        *,
        file: File | None = None,
    ) -> Reply | str:
        """List the files at the service, look at one, send one (with the command as its caption), or delete one.

        Examples:
            /files
            /files show file-abc
            /files delete file-abc
        """
        action = action or ("list" if file is None else "upload")
        if action == "list":
            found = [one async for one in ctx.api.files.list()]
            return _lines([_file(one) for one in found], "files")
        if action == "upload":
            return await _uploaded(ctx, file, most)
        wanted = _wanted(file_id, "file", "/files")
        if action == "show":
            return _lines([_file(await ctx.api.files.get(wanted))], "files")
        if not await _sure(ctx, f"Delete the file {wanted}?"):
            return "Nothing was deleted."
        await ctx.step("delete", lambda: _deleted(ctx, wanted))
        return f"Deleted `{wanted}`."


def _add_finetune(bot: Bot) -> None:
    @bot.command(
        "finetune",
        permission="admin",
        descriptions={"de": "Feintuning-Aufträge", "es": "Trabajos de ajuste fino", "zh": "管理微调任务"},
    )
    async def finetune(
        ctx: Context,
        action: Literal["list", "show", "events", "start", "cancel"] = "list",
        job_id: Annotated[str, Doc("the job's id; for start, the training file's")] = "",
        *,
        model: Annotated[str, Doc("for start: the model to begin with")] = "gpt-4o-mini",
    ) -> Reply | str:
        """List fine-tuning jobs, look at one and its events, start one from an uploaded file, or cancel one.

        Examples:
            /finetune
            /finetune start --model gpt-4o-mini file-abc
            /finetune events ftjob-abc
        """
        if action == "list":
            return _lines([_job(one) async for one in ctx.api.tuning.list()], "jobs")
        wanted = _wanted(job_id, "training file" if action == "start" else "job", "/finetune")
        if action == "show":
            return _lines([_job(await ctx.api.tuning.get(wanted))], "jobs")
        if action == "events":
            events = (await ctx.api.tuning.events(wanted))[-SHOWN:]
            return _lines([event.message for event in events], "events")
        question = f"Start a job on {wanted} with {model}? It costs money." if action == "start" else f"End {wanted}?"
        if not await _sure(ctx, question):
            return "Nothing was done."
        if action == "cancel":
            return await _told(ctx, "cancel", lambda: ctx.api.tuning.cancel(wanted))
        return await _told(ctx, "start", lambda: ctx.api.tuning.create(TuneRequest(model=model, training_file=wanted)))


async def _uploaded(ctx: Context, file: File | None, most: int) -> str:
    if file is None:
        raise Unsuitable("Send the file with /files as its caption, or reply to it.")

    async def work() -> Json:
        # a function, so that the client can send it again after a failure
        source = Upload.of(lambda: ctx.fetch(file, most=most), name=file.name or "training.jsonl")
        stored = await ctx.api.files.upload(source, purpose="fine-tune")
        return stored.id

    return f"Uploaded: `{await ctx.step('upload', work)}`. `/finetune start` with it begins a job."


async def _deleted(ctx: Context, file: str) -> Json:
    return await ctx.api.files.delete(file)


async def _told(ctx: Context, step: str, work: Callable[[], Awaitable[TuningJob]]) -> Reply:
    async def done() -> Json:
        return _job(await work())

    return _lines([await ctx.step(step, done)], "jobs")


async def _sure(ctx: Context, question: str) -> bool:
    answer = await ctx.ask(Reply.of(Text(f"{question}\nYes or no?", plain=True)), choices=("Yes", "No"))
    return answer.strip().casefold() in {"yes", "y"}


def _wanted(given: str, what: str, command: str) -> str:
    if not given:
        raise Unsuitable(f"Name the {what} by its id; {'/files' if 'file' in what else command} lists them.")
    return given


def _file(file: StoredFile) -> str:
    size = f", {file.size:,} bytes" if file.size is not None else ""
    return f"{file.id}  {file.filename}{size}, {file.purpose} ({file.status})"


def _job(job: TuningJob) -> str:
    made = f", made {job.fine_tuned_model}" if job.fine_tuned_model else ""
    return f"{job.id}  {job.status}, from {job.model}{made}{f': {job.error}' if job.error else ''}"


def _lines(lines: list[str], what: str) -> Reply:
    """Lines letter by letter: names of files are other people's, and no Markdown of ours."""
    if not lines:
        return Reply.of(f"There are no {what}.")
    more = [f"… and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return Reply.of(Text("\n".join([*lines[:SHOWN], *more]), plain=True))
