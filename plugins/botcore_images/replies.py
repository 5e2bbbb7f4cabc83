"""A reply to one of the bot's pictures: what asks nothing changes the picture, the rest is put to the model."""

import re
from collections.abc import Awaitable, Callable
from itertools import takewhile
from typing import Final

from botcore.messages import Attachment, Image, Message, Quote
from botcore.plugin import Bot, Context, Result

_ASKING: Final = "?\uff1f\u061f\u2e2e"
"""Question marks at the end: Latin, full-width (Chinese, Japanese), Arabic, reversed."""
_ASKING_SPANISH: Final = "\u00bf"
"""At the start."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_PLEASANTRIES: Final = frozenset({
    "thanks", "thank", "thx", "ty", "you", "u", "so", "very", "much", "a", "lot", "it", "this", "that", "is", "its",
    "i", "like", "love", "really", "nice", "great", "good", "cool", "wow", "awesome", "amazing", "beautiful", "lovely",
    "perfect", "excellent", "super", "wonderful", "pretty", "cute", "funny", "ok", "okay", "yes", "no", "yeah", "yep",
    "nope", "lol", "haha", "hahaha", "omg", "bravo", "well", "done",
    "danke", "dankeschön", "schön", "toll", "klasse", "perfekt", "gut", "sehr", "das", "ist", "ja", "nein",
    "gracias", "genial", "bonito", "perfecto", "merci", "génial", "parfait", "bien", "obrigado", "obrigada", "grazie",
})  # fmt: skip
"""What people say to a picture without wanting it changed. The model answers that, as it answers questions."""


def register(bot: Bot) -> None:
    """Add the middleware."""

    @bot.middleware
    async def changes(ctx: Context, call_next: Callable[[], Awaitable[Result]]) -> Result:
        event = ctx.incoming.event
        if isinstance(event, Message) and is_instruction(event):
            return await ctx.run("image", {"prompt": event.text.strip()})
        return await call_next()


def is_instruction(message: Message) -> bool:
    """Whether a message says what is to be changed in the bot's picture that it replies to."""
    if not _is_picture_of_mine(message.reply_to) or any(isinstance(part, Attachment) for part in message.parts):
        return False
    text = message.text.strip()
    if not text or text.startswith("/") or is_question(text):
        return False
    words = _WORD.findall(text.casefold())
    return bool(words) and not all(word in _PLEASANTRIES for word in words)


def is_question(text: str) -> bool:
    """Whether a question mark stands behind its last word, or the Spanish one before its first."""
    behind = takewhile(_is_no_letter, reversed(text))
    return any(char in _ASKING for char in behind) or _ASKING_SPANISH in takewhile(_is_no_letter, text)


def _is_no_letter(char: str) -> bool:
    return not (char.isalnum() or char == "_")


def _is_picture_of_mine(quote: Quote | None) -> bool:
    return quote is not None and quote.mine and any(isinstance(part, Image) for part in quote.parts)
