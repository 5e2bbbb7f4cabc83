"""Commands that tell about the bot and the person: start, help, usage, whoami."""

from datetime import timedelta
from typing import Annotated

from botcore.messages import Button, Reply, Text
from botcore.plugin import Bot, Context, Doc, Rest, Usage

WELCOME = "Ask me anything, in your own words. I remember what we talk about; /reset makes me forget it."


def register(bot: Bot, *, welcome: str = "") -> None:
    """Add these commands; `welcome` replaces what /start says after the greeting."""
    _add_start(bot, welcome)
    _add_help(bot)
    _add_usage(bot)
    _add_whoami(bot)


def _add_start(bot: Bot, welcome: str) -> None:
    @bot.command(
        "start",
        descriptions={"de": "Begrüßung und erste Schritte", "es": "Saludo y primeros pasos", "zh": "欢迎与入门"},
    )
    async def start(ctx: Context, payload: Annotated[str, Rest("what a link to the bot carried")] = "") -> Reply:  # noqa: ARG001 - links may carry anything
        """Say hello and what I can do."""
        row = [Button("Help", says="/help")]
        if len(ctx.conversation.personas) > 1:
            row.append(Button("Personas", says="/persona"))
        # plain: a display name is somebody's own choice, and no Markdown of ours
        return Reply.of(Text(f"Hello {ctx.sender.name}!", plain=True), welcome or WELCOME, buttons=[row])


def _add_help(bot: Bot) -> None:
    @bot.command(
        "help",
        ephemeral=True,
        descriptions={"de": "Alle Befehle, oder einer genauer", "es": "Todos los comandos", "zh": "查看所有命令"},
    )
    async def help_(ctx: Context, command: Annotated[str, Doc("the command to explain")] = "") -> Reply:
        """Show all commands, or more about one.

        Examples:
            /help
            /help model
        """
        return ctx.help(command)


def _add_usage(bot: Bot) -> None:
    @bot.command(
        "usage",
        ephemeral=True,
        descriptions={"de": "Was du verbraucht hast", "es": "Lo que has consumido", "zh": "查看用量"},
    )
    async def usage(ctx: Context) -> str:
        """Show what you used in the last 24 hours and 30 days."""
        lines: list[str] = []
        for period, within in (("Last 24 hours", timedelta(days=1)), ("Last 30 days", timedelta(days=30))):
            here = await ctx.conversation.usage(within=within)
            everywhere = await ctx.conversation.usage(within=within, everywhere=True)
            lines.append(f"**{period}**")
            if here == everywhere:
                lines.append(f"- {_told(here)}")
            else:
                lines += [f"- in this conversation: {_told(here)}", f"- everywhere: {_told(everywhere)}"]
        return "\n".join(lines)


def _add_whoami(bot: Bot) -> None:
    @bot.command(
        "whoami",
        ephemeral=True,
        descriptions={"de": "Wer du für mich bist", "es": "Quién eres para mí", "zh": "查看你的身份"},
    )
    async def whoami(ctx: Context) -> Reply:
        """Show your id and what you may do here."""
        sender, chat = ctx.sender, ctx.chat
        where = f"{chat.kind} chat {chat.id}{f', thread {chat.thread}' if chat.thread else ''}"
        lines = [
            f"Name: {sender.name}{f' (@{sender.username})' if sender.username else ''}",
            f"Id: {chat.platform}:{sender.id}",
            f"Role: {ctx.role}",
            f"Here: {chat.platform}, {where}",
            f"Language: {sender.locale or 'unknown'}",
        ]
        return Reply.of(Text("\n".join(lines), plain=True))


def _told(usage: Usage) -> str:
    """Requests, tokens in and out, and the cost where there is one."""
    if not usage.requests:
        return "nothing"
    requests = f"{usage.requests:,} request{'' if usage.requests == 1 else 's'}"
    tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
    cost = f", ${usage.cost_microusd / 1_000_000:.4f}" if usage.cost_microusd else ""
    return f"{requests}, {tokens}{cost}"
