"""What can be done with pictures: draw one from words, change one, draw more like one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from botcore.errors import Unsuitable
from botcore.messages import File, Image
from botcore.openai import ImageEditRequest, ImageRequest, Pictures, Upload, VariationRequest
from botcore.plugin import Context
from botcore_images.drawing import Drawn, Job, drawn
from botcore_images.families import VARIED, family_of
from botcore_images.preparing import Fit, Prepared, Preparing
from botcore_images.settings import ImagesSettings

Sent: TypeAlias = Image | File

VARIATION: Final = (
    "Draw a variation of this picture: the same subject, mood and style, with another composition and other details."
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants: `size` and `quality` in the words of the command."""

    prompt: str
    size: str = "auto"
    quality: str = "auto"
    count: int = 1


class Studio:
    """Draws. One for the whole plugin."""

    def __init__(self, settings: ImagesSettings, preparing: Preparing | None = None) -> None:
        self._settings = settings
        self._preparing = preparing or Preparing()

    async def draw(self, ctx: Context, wish: Wish) -> Drawn:
        """Draw what the prompt says. Raises ApiError and Refusal, for the person to read."""
        model = self._settings.model
        family = family_of(model)
        family.check(wish.prompt, model)
        size, quality = family.size(wish.size, model), family.qualities.get(wish.quality)
        warning = await ctx.moderate(wish.prompt)

        async def ask(count: int) -> tuple[Pictures, str]:
            request = ImageRequest(prompt=wish.prompt, model=model, n=count, size=size, quality=quality)
            return await ctx.api.images.generate(request), ""

        job = self._job("draw", "Drawing", model, wish.count, family.together)
        return _warned(warning, await drawn(ctx, job, ask))

    async def change(self, ctx: Context, wish: Wish, picture: Sent, mask: Sent | None) -> Drawn:
        """Change a picture as the prompt says, only where the mask is transparent or white. Raises as `draw`."""
        model = self._settings.edit_model or self._settings.model
        family = family_of(model)
        if family.edits is None:
            raise Unsuitable(f"{model} draws, but does not change pictures. The operator can set another model for it.")
        family.check(wish.prompt, model)
        size, quality = family.size(wish.size, model), family.qualities.get(wish.quality)
        warning = await ctx.moderate(wish.prompt)
        prepared: Prepared | None = None

        async def ask(count: int) -> tuple[Pictures, str]:
            nonlocal prepared
            prepared = prepared or await self._prepared(ctx, family.edits or Fit(), picture, mask)
            request = ImageEditRequest(
                image=Upload.of(prepared.picture, name=prepared.name, media_type=prepared.media_type),
                mask=Upload.of(prepared.mask, name="mask.png", media_type="image/png") if prepared.mask else None,
                prompt=wish.prompt,
                model=model,
                n=count,
                size=size,
                quality=quality,
            )
            return await ctx.api.images.edit(request), " ".join(prepared.notes)

        job = self._job("change", "Changing the picture", model, wish.count, family.together)
        return _warned(warning, await drawn(ctx, job, ask))

    async def vary(self, ctx: Context, picture: Sent, count: int) -> Drawn:
        """Draw pictures like one. Raises as `draw`.

        Models that change any picture are asked to; else through /images/variations, or where that is missing, from
        a description by the conversation's model.
        """
        model = self._settings.vary_model or self._settings.edit_model or self._settings.model
        fit = family_of(model).edits
        if fit is not None and fit.shape == "any" and self._settings.vary_model is None:
            return await self.change(ctx, Wish(VARIATION, count=count), picture, None)
        prepared: Prepared | None = None

        async def ask(count: int) -> tuple[Pictures, str]:
            nonlocal prepared
            prepared = prepared or await self._prepared(ctx, VARIED, picture, None)
            image = Upload.of(prepared.picture, name=prepared.name, media_type=prepared.media_type)
            served = await ctx.api.fallbacks.vary(
                VariationRequest(image=image, model=model if fit is not None else None, n=count),
                chat_model=ctx.conversation.model,
                image_model=self._settings.model,
            )
            return served.result, " ".join(note for note in (*prepared.notes, served.note) if note)

        together = min(family_of(model).together, family_of(self._settings.model).together)
        return await drawn(ctx, self._job("vary", "Drawing more like this", model, count, together), ask)

    def _job(self, step: str, doing: str, model: str, count: int, together: int) -> Job:
        return Job(step, f"🎨 {doing} …", model, count, together, self._settings.picture_tokens)

    async def _prepared(self, ctx: Context, fit: Fit, picture: Sent, mask: Sent | None) -> Prepared:
        """The person's picture as the model takes it. Few are in memory as they came."""
        most = self._settings.most_mb * 1_000_000
        async with self._preparing.turn:
            data = await _bytes_of(ctx, picture, most)
            marks = await _bytes_of(ctx, mask, most) if mask is not None else None
            return await self._preparing.prepare(data, fit, marks)


def _warned(warning: str | None, found: Drawn) -> Drawn:
    """What was drawn, below what the moderation has to say about the prompt."""
    if warning:
        found.notes.insert(0, warning)
    return found


async def _bytes_of(ctx: Context, part: Sent, most: int) -> bytes:
    if part.data is not None:
        return part.data
    return b"".join([chunk async for chunk in ctx.fetch(part, most=most)])


def chosen(pictures: Sequence[Sent], which: int) -> Sent:
    """The picture of that number. Raises Unsuitable."""
    if not pictures:
        raise Unsuitable("Reply to a picture, or send one along, so that I know which one.")
    if which > len(pictures):
        count = "only one picture" if len(pictures) == 1 else f"only {len(pictures)} pictures"
        raise Unsuitable(f"There is no picture {which}: I see {count} there.")
    return pictures[which - 1]
