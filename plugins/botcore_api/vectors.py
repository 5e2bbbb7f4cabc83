"""Commands on vectors: embed, similar."""

import asyncio
import json
import math
from collections.abc import Sequence
from typing import Annotated

from botcore.errors import Unsuitable
from botcore.messages import File, Json, Reply
from botcore.plugin import Bot, Context, Rest
from botcore_api.quoted import given
from botcore_api.texts import charge

SHOWN = 6  # numbers of a vector; the rest is in the file
WORDS = ((0.85, "nearly the same"), (0.6, "closely related"), (0.35, "related"), (0.15, "loosely related"))
"""What a cosine means in words, for the models of today; below the last one, texts have little in common."""


def register(bot: Bot, *, model: str) -> None:
    """Add these commands."""

    @bot.command(
        "embed",
        cost="text",
        descriptions={"de": "Einen Text als Vektor", "es": "Un texto como vector", "zh": "将文本转为向量"},
    )
    async def embed(ctx: Context, text: Annotated[str, Rest("the text, or reply to one")] = "") -> Reply:
        """Turn a text into the vector that search and memory work with.

        Examples:
            /embed A small red fox
        """
        content = given(ctx, text, "embed")
        [vector] = await ctx.step("embed", lambda: _vectors(ctx, [content], model))
        first = ", ".join(f"{number:.4f}" for number in vector[:SHOWN])
        length = math.sqrt(sum(number * number for number in vector))
        data = await asyncio.to_thread(json.dumps, vector)
        return Reply.of(
            f"**{len(vector)} dimensions** of `{model}`, length {length:.3f}\n`{first}, …`",
            File(data=data.encode(), name="embedding.json", media_type="application/json"),
        )

    @bot.command(
        "similar",
        cost="text",
        descriptions={"de": "Wie ähnlich sind A | B?", "es": "¿Cuánto se parecen A | B?", "zh": "比较两段文本的相似度"},
    )
    async def similar(ctx: Context, texts: Annotated[str, Rest("two texts with | between them")]) -> str:
        """Say how alike two texts are in meaning.

        Examples:
            /similar a small red fox | ein kleiner roter Fuchs
        """
        parts = [part.strip() for part in texts.split("|")]
        if len(parts) != 2 or not all(parts):
            raise Unsuitable("Write two texts with one | between them: /similar a red fox | a fast dog")
        one, other = await ctx.step("similar", lambda: _vectors(ctx, parts, model))
        cosine = _cosine(one, other)
        word = next((word for least, word in WORDS if cosine >= least), "little to do with each other")
        return f"**{cosine:.2f}**: {word}\n\n*(1 is the same meaning, 0 is none in common; by `{model}`)*"


async def _vectors(ctx: Context, texts: Sequence[str], model: str) -> Json:
    found = await ctx.api.embeddings.create(list(texts), model=model)
    await charge(ctx, "embed", model, found.usage)
    return [[float(number) for number in row] for row in found.vectors]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.sqrt(sum(x * x for x in one)) * math.sqrt(sum(y * y for y in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / lengths if lengths else 0.0
