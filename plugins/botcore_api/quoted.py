"""The text that a command is about: what was typed, or the message that is replied to."""

from botcore.errors import Unsuitable
from botcore.messages import Message, text_of
from botcore.plugin import Context


def quoted(ctx: Context) -> str:
    """The text of the message that is replied to, '' where there is none."""
    event = ctx.incoming.event
    quote = event.reply_to if isinstance(event, Message) else None
    return text_of(quote.parts).strip() if quote is not None else ""


def given(ctx: Context, text: str, command: str) -> str:
    """What was typed, else what is replied to. Raises Unsuitable where there is neither."""
    found = text.strip() or quoted(ctx)
    if not found:
        raise Unsuitable(f"Write a text after /{command}, or reply to one with it.")
    return found
