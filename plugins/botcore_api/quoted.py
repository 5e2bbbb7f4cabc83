"""The text that a command is about: what was typed, or the message that is replied to."""

from botcore.errors import Unsuitable
from botcore.messages import quoted_text
from botcore.plugin import Context


def given(ctx: Context, text: str, command: str) -> str:
    """What was typed, else what is replied to. Raises Unsuitable where there is neither."""
    found = text.strip() or quoted_text(ctx.incoming.event)
    if not found:
        raise Unsuitable(f"Write a text after /{command}, or reply to one with it.")
    return found
