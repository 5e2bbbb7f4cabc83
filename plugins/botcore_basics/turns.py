"""Commands about conversations and their turns: chat, reset, stop, retry."""

from typing import Annotated

from botcore.plugin import Bot, Context, Prompt, Rest

TITLE = 60  # characters of a thread's name; Discord takes 100, and shows fewer


def register(bot: Bot) -> None:
    """Add these commands."""

    @bot.command(
        "reset",
        descriptions={"de": "Das Gespräch vergessen", "es": "Olvidar la conversación", "zh": "清空对话"},
    )
    async def reset(ctx: Context) -> str:
        """Forget this conversation and start afresh."""
        forgotten = await ctx.conversation.reset()
        if not forgotten:
            return "There was nothing to forget. Go ahead!"
        return f"I forgot {forgotten} message{'' if forgotten == 1 else 's'}. We start afresh."

    @bot.command(
        "chat",
        where=("group",),
        descriptions={"de": "Ein Gespräch in einem eigenen Thread", "es": "Charlar en un hilo", "zh": "在新话题中对话"},
    )
    async def chat(ctx: Context, text: Annotated[str, Rest("what to begin with")] = "") -> str:
        """Open a thread for a conversation of its own."""
        words = " ".join(text.split())
        title = words if len(words) <= TITLE else f"{words[: TITLE - 1].rstrip()}…"
        return f"Let us talk here: {await ctx.open_thread(title or f'Chat with {ctx.sender.name}', text)}"

    @bot.command(
        "stop",
        urgent=True,
        ephemeral=True,
        descriptions={"de": "Die laufende Antwort abbrechen", "es": "Detener la respuesta", "zh": "停止当前回答"},
    )
    async def stop(ctx: Context) -> str:
        """Stop the answer that is being written."""
        return "Stopped." if await ctx.conversation.stop() else "There was nothing to stop."

    @bot.command(
        "retry",
        descriptions={"de": "Die letzte Frage neu beantworten", "es": "Repetir la última respuesta", "zh": "重新回答"},
    )
    async def retry(ctx: Context) -> Prompt:
        """Answer your last question once more."""
        return await ctx.conversation.retry()
