"""Pictures from the service: asked for in portions, kept across restarts, and what went wrong with some of them."""

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botcore.errors import (
    ApiError,
    BadResponse,
    ContentFiltered,
    EndpointMissing,
    NotFound,
    Refusal,
    Unsuitable,
)
from botcore.messages import Json
from botcore.openai import Picture, Pictures, Upload
from botcore.plugin import Context
from botcore_images.showing import Showing, showing

log = logging.getLogger(__name__)

MOST_BYTES: Final = 32 * 1024 * 1024
"""Of one drawn picture: the largest that OpenAI's models draw has about 10 MB as a PNG."""
MOST_KEPT: Final = 16 * 1024 * 1024
"""Bytes of the pictures of one request that are kept for a restart; more would be drawn again."""
SHOWN_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
FILTERED: Final = "The service does not draw that: its safety system refused it. Please describe something else."

Ask = Callable[[int], Awaitable[tuple[Pictures, str]]]
"""Asks for so many pictures; gives them, and a note on how they came about ("" where there is nothing to say)."""


@dataclass(frozen=True, slots=True)
class Made:
    """One picture as it is shown; `prompt` is what the service made of the prompt, "" where it does not say."""

    data: bytes
    media_type: str
    prompt: str = ""


@dataclass(slots=True)
class Drawn:
    """What came: the pictures, and notes for the person."""

    pictures: list[Made] = field(default_factory=list[Made])
    notes: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be drawn.

    `step` names it among the steps of the turn, `what` tells the person; `each` counts as tokens where none are told.
    """

    step: str
    what: str
    model: str
    count: int
    together: int
    each: int

    @property
    def portions(self) -> list[int]:
        """How many pictures each request asks for."""
        whole, rest = divmod(self.count, self.together)
        return [self.together] * whole + ([rest] if rest else [])


async def drawn(ctx: Context, job: Job, ask: Ask) -> Drawn:
    """Ask for the pictures and fetch them; what fails of several is told beside what came.

    Raises ApiError or Refusal where nothing came. A restarted turn asks for nothing that came already.
    """
    async with showing(ctx, job.what, job.count) as shown:
        portions = enumerate(job.portions)
        records = await _all([_portion(ctx, job, ask, at, count, shown) for at, count in portions])
        return await _fetched_all(ctx, job, records)


async def _fetched_all(ctx: Context, job: Job, records: Sequence[Any]) -> Drawn:
    """The pictures of all portions, and what is to be said about those that did not come."""
    entries: list[Json] = []
    failed: list[ApiError | Refusal] = []
    found = Drawn()
    for record in records:
        if isinstance(record, ApiError | Refusal):
            failed.append(record)
            continue
        entries += record["pictures"]
        found.notes += [note for note in record["notes"] if note not in found.notes]
    for one in await _all([_made(ctx, entry) for entry in entries[: job.count]]):
        if isinstance(one, ApiError | Refusal):
            failed.append(one)
        else:
            found.pictures.append(one)
    if not found.pictures:
        raise _told(failed[0], job.model)
    if len(found.pictures) < job.count:
        why = f": {_told(failed[0], job.model).said}" if failed else "."
        found.notes.append(f"{len(found.pictures)} of {job.count} pictures came{why}")
    return found


async def _all(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """Run all at once. What the service or a link does wrong is a result; everything else is raised."""
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, ApiError | Refusal):
            raise result
    return list(results)


async def _portion(ctx: Context, job: Job, ask: Ask, at: int, count: int, shown: Showing) -> Json:
    """One request, recorded as a step with what it cost."""
    fresh: Json = None

    async def work() -> Json:
        nonlocal fresh
        pictures, note = await ask(count)
        await _charge(ctx, job, at, pictures)
        fresh = {
            "pictures": [await asyncio.to_thread(_entry, picture) for picture in pictures],
            "notes": [note] if note else [],
        }
        kept = sum(len(entry.get("data", "")) for entry in fresh["pictures"]) * 3 // 4
        return fresh if kept <= MOST_KEPT else {"lost": kept}

    name = f"{job.step}/{at}"
    record = await ctx.step(name, work)
    if "pictures" not in record and fresh is None:
        log.warning("%s: %d bytes of pictures were too many to keep; they are drawn again", name, record["lost"])
        await work()
    await shown.came(count)
    return record if "pictures" in record else fresh


async def _charge(ctx: Context, job: Job, at: int, pictures: Pictures) -> None:
    used = pictures.usage
    read, written = (used.input_tokens, used.output_tokens) if used is not None else (0, job.each * len(pictures))
    await ctx.charge(f"{job.step}/{at}", job.model, input_tokens=read, output_tokens=written)


def _entry(picture: Picture) -> dict[str, Json]:
    """A picture as JSON: its data in base64, else its link, which lives for an hour at OpenAI."""
    entry: dict[str, Json] = {"prompt": picture.revised_prompt or ""}
    if picture.data is not None:
        return {**entry, "data": base64.b64encode(picture.data).decode()}
    return {**entry, "url": picture.url}


async def _made(ctx: Context, entry: Json) -> Made:
    """The picture of an entry. Raises Unsuitable for a link that is not followed, BadResponse for no picture."""
    if "data" in entry:
        data = await asyncio.to_thread(base64.b64decode, entry["data"])
    else:
        data = await _fetched(ctx, entry["url"] or "")
    media_type = Upload.of(data).media_type
    if media_type not in SHOWN_TYPES:
        raise BadResponse("the service sent something else than a picture", said="The service sent no picture.")
    return Made(data, media_type, entry["prompt"])


async def _fetched(ctx: Context, url: str) -> bytes:
    if url.startswith("data:"):
        return await ctx.api.images.fetch(Picture(url=url), most=MOST_BYTES)
    try:
        return b"".join([chunk async for chunk in ctx.download(url, most=MOST_BYTES)])
    except Unsuitable as error:
        raise Unsuitable(f"A picture was drawn, but I cannot fetch it. {error.said}") from None


def _told(error: ApiError | Refusal, model: str) -> ApiError | Refusal:
    """The error with a sentence that speaks of pictures."""
    match error:
        case ContentFiltered():
            error.said = FILTERED
        case EndpointMissing():
            error.said = "The service that I am connected to does not offer this for pictures."
        case NotFound():
            error.said = f"The service has no picture model {model}. The operator can set another one."
        case _:
            pass
    return error
