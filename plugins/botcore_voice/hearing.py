"""From a recording to its words: piece by piece, each at most once to its end, a bounded number at the same time."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from botcore.audio import Cue, SoundError, joined
from botcore.errors import BadRequest, EndpointMissing, NotFound, Unsuitable
from botcore.messages import Json
from botcore.openai import Transcript, TranscriptionRequest, TranslationRequest, Upload
from botcore.plugin import Context
from botcore_voice.recordings import Recording, too_long
from botcore_voice.settings import VoiceSettings
from botcore_voice.workshop import Piece, Plan, Workshop

log = logging.getLogger(__name__)

_DEAF: Final = "I cannot listen here: the service behind me does not write speech down. Tell me in words, please."
_REFUSED: Final = "The service could not read this recording: it is broken, or of a kind that it does not know."
_NO_MODEL: Final = "The service has no model {model} for recordings. The operator has to see to it."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written down. `translate`: in English; `timed`: with times, for subtitles."""

    translate: bool = False
    timed: bool = False
    language: str = ""
    vocabulary: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said. `cues` come with `timed` alone; `cut_off`: the end of the recording is missing."""

    text: str
    cues: tuple[Cue, ...] = ()
    cut_off: bool = False


class Silent(SoundError):
    """Nobody says anything."""

    said = "I heard no words in this recording."


class Ear:
    """Listens for all conversations."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings
        self._recordings = asyncio.Semaphore(settings.recordings_at_once)
        self._pieces = asyncio.Semaphore(settings.pieces_at_once)
        self._programs = asyncio.Semaphore(settings.programs_at_once)

    async def hear(self, ctx: Context, part: Recording, wanted: Wanted, name: str) -> Heard:
        """Write down what is said. `name` is unique among the recordings of a turn.

        Raises:
            SoundError: it cannot be worked with, or nobody says anything.
            Unsuitable: it is too large, or the service does not know how.
            ApiError: the service failed.
        """
        async with self._recordings, Workshop(ctx, part, self._settings, self._programs) as shop:

            async def planned() -> Json:
                return (await shop.plan()).as_json()

            plan = Plan.of_json(await ctx.step(f"{name}/plan", planned))
            heard = await self._all(ctx, shop, plan, wanted, name)
        text = " ".join(one["text"].strip() for one in heard if one["text"].strip())
        if not text:
            raise Silent("nothing was recognised")
        placed = [(piece.start, piece.end, _cues(one)) for piece, one in zip(plan.pieces, heard, strict=True)]
        return Heard(text, tuple(joined(placed)), plan.cut_off)

    async def _all(self, ctx: Context, shop: Workshop, plan: Plan, wanted: Wanted, name: str) -> Sequence[Any]:
        """What was heard in each piece, in order; the first failure ends the others."""
        done, count = 0, len(plan.pieces)

        async def one(number: int, piece: Piece) -> Json:
            nonlocal done
            work = partial(self._piece, ctx, shop, plan, number, wanted, name)
            found = {"text": "", "cues": []} if piece.silent else await ctx.step(f"{name}/{number}", work)
            done += 1
            if count > 1:
                await ctx.progress(f"Listening: {done} of {count} pieces…")
            return found

        if count > 1:
            await ctx.progress(f"Listening: 0 of {count} pieces…")
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(number, piece)) for number, piece in enumerate(plan.pieces)]
        except ExceptionGroup as failed:
            raise _first(failed) from None
        return [task.result() for task in tasks]

    async def _piece(self, ctx: Context, shop: Workshop, plan: Plan, number: int, wanted: Wanted, name: str) -> Json:
        async with self._pieces:
            path, sent_as = await shop.file(plan, number)
            transcript = await self._ask(ctx, path, sent_as, wanted)
            if not plan.name:
                await asyncio.to_thread(path.unlink)
        piece = plan.pieces[number]
        seconds = transcript.duration or piece.end - piece.start
        await self._charge(ctx, f"{name}/{number}", transcript, wanted, seconds)
        if not plan.cut and seconds > self._settings.longest_minutes * 60:
            raise too_long(self._settings.longest_minutes)
        cues = [[one.start, one.end, one.text] for one in transcript.segments]
        if wanted.timed and not cues and transcript.text.strip():
            cues = [[0.0, seconds, transcript.text]]  # a service that gives no times: the piece's own
        return {"text": transcript.text, "cues": cues}

    def _model(self, wanted: Wanted) -> str:
        return self._settings.timed_model if wanted.timed or wanted.translate else self._settings.model

    async def _ask(self, ctx: Context, path: Path, name: str, wanted: Wanted) -> Transcript:
        """Ask the service. Raises Unsuitable, ApiError."""
        model, file = self._model(wanted), Upload.of(path, name=name)
        form, prompt = "verbose_json" if wanted.timed else "json", wanted.vocabulary or None
        try:
            if wanted.translate:
                translation = TranslationRequest(file=file, model=model, prompt=prompt, response_format=form)
                return await ctx.api.audio.translate(translation)
            language = wanted.language or None
            request = TranscriptionRequest(
                file=file, model=model, prompt=prompt, response_format=form, language=language
            )
            return await ctx.api.audio.transcribe(request)
        except EndpointMissing as error:
            log.warning("recordings are not understood here: %s", error)
            raise Unsuitable(_DEAF) from error
        except NotFound as error:
            error.said = _NO_MODEL.format(model=model)
            raise
        except BadRequest as error:
            error.said = _REFUSED
            raise

    async def _charge(self, ctx: Context, name: str, transcript: Transcript, wanted: Wanted, seconds: float) -> None:
        usage = transcript.usage
        if usage is None:
            counted = round((transcript.billed_seconds or seconds) * self._settings.second_tokens)
            await ctx.charge(name, self._model(wanted), input_tokens=counted)
            return
        await ctx.charge(name, self._model(wanted), input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)


def _first(failed: ExceptionGroup) -> Exception:
    """The failure that ended the others."""
    found: Exception = failed
    while isinstance(found, ExceptionGroup):
        found = found.exceptions[0]
    return found


def _cues(heard: Any) -> list[Cue]:
    return [Cue(start, end, text) for start, end, text in heard["cues"]]
