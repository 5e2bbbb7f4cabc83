"""The commands: image, vary."""

from typing import Annotated

from botcore.errors import Unsuitable
from botcore.messages import Button, File, Image, Reply, Text, quote_of
from botcore.plugin import Between, Bot, Context, Doc, Rest
from botcore_images.drawing import Drawn
from botcore_images.families import Quality, Size
from botcore_images.settings import ImagesSettings
from botcore_images.studio import Studio, Wish, chosen

LONGEST_CAPTION = 900
"""Characters of a caption; Telegram shows 1,024 below a picture."""
TIMEOUT = 300.0  # seconds; four pictures of the best quality take up to two minutes


def register(bot: Bot, settings: ImagesSettings, studio: Studio) -> None:
    """Add the commands."""
    commands = Commands(settings, studio)
    bot.command(
        "image",
        tool=True,
        cost="image",
        aliases=["draw"],
        timeout=TIMEOUT,
        descriptions={
            "de": "Ein Bild malen oder ändern",
            "es": "Dibujar o cambiar una imagen",
            "zh": "画图或修改图片",
        },
    )(commands.image)
    bot.command(
        "vary",
        cost="image",
        timeout=TIMEOUT,
        descriptions={
            "de": "Ein ähnliches Bild malen",
            "es": "Dibujar una variación",
            "zh": "画一张相似的图",
        },
    )(commands.vary)


class Commands:
    """The handlers of the commands."""

    def __init__(self, settings: ImagesSettings, studio: Studio) -> None:
        self._settings = settings
        self._studio = studio

    async def image(
        self,
        ctx: Context,
        prompt: Annotated[str, Rest("what to draw, or what to change in the picture that is there")],
        *,
        count: Annotated[int, Between(1, 4), Doc("how many pictures")] = 1,
        size: Annotated[Size | None, Doc("square, wide, tall, or width x height")] = None,
        quality: Annotated[Quality | None, Doc("the better, the dearer")] = None,
        fresh: Annotated[bool, Doc("draw anew, although there is a picture that could be changed")] = False,
        picture: Annotated[Image | File | None, Doc("the picture to change")] = None,
        mask: Annotated[Image | File | None, Doc("white or transparent where to change it")] = None,
    ) -> Reply:
        """Draw what you describe, or change the picture that you send along or reply to.

        A second picture is a mask: only where it is white, or transparent, the first one is painted anew.

        Examples:
            /image a red fox in the snow
            /image --count 2 --size wide --quality high a lighthouse at dawn
            /image make the sky purple
        """
        if not prompt.strip():
            raise Unsuitable("Describe the picture: /image a red fox in the snow")
        if count > self._settings.most:
            raise Unsuitable(f"I draw at most {self._settings.most} pictures at once.")
        wish = Wish(prompt.strip(), size or self._settings.size, quality or self._settings.quality, count)
        if picture is None or fresh:
            return shown(await self._studio.draw(ctx, wish))
        return shown(await self._studio.change(ctx, wish, picture, mask))

    async def vary(
        self,
        ctx: Context,
        which: Annotated[int, Between(1, 10), Doc("which one of several pictures")] = 1,
        *,
        count: Annotated[int, Between(1, 4), Doc("how many variations")] = 1,
        pictures: Annotated[list[Image | File] | None, Doc("the picture")] = None,
    ) -> Reply:
        """Draw more like a picture: send it along, or reply to it.

        Examples:
            /vary
            /vary 2 --count 3
        """
        if count > self._settings.most:
            raise Unsuitable(f"I draw at most {self._settings.most} pictures at once.")
        found = pictures or []
        if which > len(found):
            found = await _album(ctx) or found
        return shown(await self._studio.vary(ctx, chosen(found, which), count))


async def _album(ctx: Context) -> list[Image | File]:
    """All pictures of the answer that is meant: by a reply, by a button below it, or by its menu."""
    quote = quote_of(ctx.incoming.event)
    if quote is None or not quote.mine or not quote.external_id:
        return []
    return [part for part in await ctx.answer_at(quote.external_id) if isinstance(part, Image)]


def shown(drawn: Drawn) -> Reply:
    """The pictures as an album, with buttons for more like each; notes above, so that the buttons are the pictures'."""
    pictures = [
        Image(
            data=made.data,
            media_type=made.media_type,
            name=f"picture-{number}.{made.media_type.removeprefix('image/').replace('jpeg', 'jpg')}",
            caption=_caption(made.prompt),
        )
        for number, made in enumerate(drawn.pictures, 1)
    ]
    if len(pictures) == 1:
        buttons = [Button("Variation", says="/vary")]
    else:
        buttons = [Button(f"Variation of {number}", says=f"/vary {number}") for number in range(1, len(pictures) + 1)]
    notes = [Text("\n".join(drawn.notes), plain=True)] if drawn.notes else []
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    return Reply.of(*notes, *pictures, buttons=rows)


def _caption(prompt: str) -> str:
    """What the service made of the prompt, with its marks shown and not obeyed."""
    text = " ".join(prompt.split())
    if len(text) > LONGEST_CAPTION:
        text = text[:LONGEST_CAPTION].rstrip() + " …"
    return "".join(f"\\{char}" if char in r"\`*_[]<>~|#" else char for char in text)
