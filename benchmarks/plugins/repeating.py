"""A command that answers at once, so that what is measured is the way there and back."""

from typing import Annotated

from botcore.plugin import Bot, Context, Plugin, Rest, Settings


def setup(bot: Bot, settings: Settings) -> None:  # noqa: ARG001 - the shape of every plugin
    """Register it."""

    @bot.command("repeat")
    async def repeat(ctx: Context, text: Annotated[str, Rest("what to say")]) -> str:  # noqa: ARG001 - as above
        """Say what you say."""
        return f"You said: {text}"


plugin = Plugin(name="repeating", setup=setup)
