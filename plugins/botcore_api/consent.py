"""The command consent: whether one's conversations may be used to train a model."""

from typing import Annotated, Literal

from botcore.messages import Button, Reply
from botcore.plugin import Bot, Context, Doc

ASKED = (
    "If you agree, your questions and my answers in this bot, earlier ones as well, may be used to train a model of "
    "its own: those you liked, without addresses, numbers and names as far as a program finds them. You can take it "
    "back at any time; what has been trained by then stays trained."
)


def register(bot: Bot) -> None:
    """Add the command."""

    @bot.command(
        "consent",
        ephemeral=True,
        descriptions={
            "de": "Ob aus deinen Gesprächen gelernt werden darf",
            "es": "Si se puede aprender de tus conversaciones",
            "zh": "是否允许用你的对话训练模型",
        },
    )
    async def consent(ctx: Context, decision: Annotated[Literal["on", "off"] | None, Doc("on or off")] = None) -> Reply:
        """Say whether your conversations may be used to train a model. Without your word they are not.

        Examples:
            /consent
            /consent on
            /consent off
        """
        if decision is None:
            agreed = await ctx.consented()
            state = "You have agreed." if agreed else "You have not agreed."
            button = Button("Take it back", says="/consent off") if agreed else Button("I agree", says="/consent on")
            return Reply.of(f"{state}\n\n{ASKED}", buttons=[[button]])
        await ctx.consent(given=decision == "on")
        if decision == "off":
            return Reply.of("Taken back: nothing of yours will be used from now on.")
        return Reply.of("Thank you. 👍 and 👎 on my answers tell what I should learn. `/consent off` takes it back.")
