"""The command moderate: what the moderation thinks of a text, with a picture of its scores."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Annotated, Any

from botcore.messages import Image, Json, Part, Reply
from botcore.plugin import Bot, Context, Rest
from botcore_api.quoted import given

log = logging.getLogger(__name__)

BARS = 8
"""Categories that are shown: the highest."""


def register(bot: Bot, *, model: str | None) -> None:
    """Add the command."""

    @bot.command(
        "moderate",
        cost="text",
        descriptions={"de": "Einen Text prüfen lassen", "es": "Revisar un texto", "zh": "审核文本"},
    )
    async def moderate(ctx: Context, text: Annotated[str, Rest("the text, or reply to one")] = "") -> Reply:
        """Say what the moderation thinks of a text.

        Examples:
            /moderate What a lovely day
        """
        content = given(ctx, text, "moderate")
        found = await ctx.step("moderate", lambda: _judged(ctx, content, model))
        reasons = ", ".join(_readable(name) for name in found["reasons"])
        verdict = f"⚠️ **Flagged**{f': {reasons}' if reasons else ''}" if found["flagged"] else "✅ **Not flagged**"
        scores = [(_readable(name), float(score), name in found["reasons"]) for name, score in found["scores"][:BARS]]
        return Reply.of(verdict, *await _picture(scores))


async def _judged(ctx: Context, text: str, model: str | None) -> Json:
    verdict = (await ctx.api.moderations.check(text, model=model)).results[0]
    scores: list[Any] = [list(one) for one in sorted(verdict.scores.items(), key=lambda one: -one[1])]
    return {"flagged": verdict.flagged, "reasons": sorted(verdict.reasons), "scores": scores}


async def _picture(scores: Sequence[tuple[str, float, bool]]) -> Sequence[Part | str]:
    """The bars as a picture; as lines where Pillow is not installed."""
    if not scores:
        return []
    try:
        from botcore_api.chart import chart  # noqa: PLC0415 - Pillow takes a while, and belongs to an extra
    except ImportError:
        log.info("the scores are told in words: a picture needs Pillow (the extra [images])")
        return ["\n".join(f"- {name}: {score:.2f}" for name, score, _ in scores)]
    data = await asyncio.to_thread(chart, "Moderation scores", scores)
    return [Image(data=data, media_type="image/png", name="moderation.png")]


def _readable(name: str) -> str:
    return name.replace("/", ": ").replace("_", " ")
