"""Commands that choose how this conversation is answered: model, persona."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Annotated

from botcore.errors import EndpointMissing, NotFound, Unsuitable
from botcore.messages import Button, Reply
from botcore.plugin import Bot, Context, Doc, Rest

SHOWN = 40  # models of a list that people can still read; hosts of many vendors list hundreds
BUTTONS = 8
SAYS = 64  # bytes a button may say

DEFAULT = "default"

_NO_CHAT = re.compile(
    r"embed|moderation|whisper|transcribe|tts|dall-e|gpt-image|chatgpt-image|sora|realtime|rerank|davinci|babbage|turbo-instruct",
    re.IGNORECASE,
)
"""Models that lists name beside those that chat: left out of the list, and taken where somebody types them."""


def register(bot: Bot, *, allowed: Sequence[str] = ()) -> None:
    """Add these commands; `allowed` are the models to offer instead of the endpoint's list."""

    @bot.command(
        "model",
        ephemeral=True,
        descriptions={"de": "Sprachmodell zeigen oder wählen", "es": "Ver o elegir el modelo", "zh": "查看或切换模型"},
    )
    async def model(ctx: Context, name: Annotated[str, Doc("the model, or “default”")] = "") -> Reply:
        """Show the models, or choose one for this conversation.

        Examples:
            /model
            /model gpt-4o-mini
            /model default
        """
        if name.casefold() == DEFAULT:
            await ctx.conversation.choose(model="")
            return Reply.of(f"Back to the default model, `{ctx.conversation.model}`.")
        known = sorted(allowed) if allowed else await _listed(ctx)
        if not name:
            return _models(ctx.conversation.model, known)
        # Where the endpoint lists nothing, the name is taken at its word: the next answer will tell.
        chosen = _meant(name, known, "model") if known else name
        await ctx.conversation.choose(model=chosen)
        return Reply.of(f"From now on `{chosen}` answers here. `/model default` goes back.")

    @bot.command(
        "persona",
        ephemeral=True,
        descriptions={"de": "Rolle zeigen oder wählen", "es": "Ver o elegir el personaje", "zh": "查看或切换角色"},
    )
    async def persona(ctx: Context, name: Annotated[str, Rest("the persona, or “default”")] = "") -> Reply:
        """Show the personas, or choose one for this conversation.

        Examples:
            /persona
            /persona pirate
            /persona default
        """
        personas = ctx.conversation.personas
        if name.casefold() == DEFAULT and DEFAULT not in personas:
            await ctx.conversation.choose(persona="")
            return Reply.of(f"Back to the default persona, **{ctx.conversation.persona}**.")
        if not name:
            return _personas(ctx)
        chosen = _meant(name, personas, "persona")
        await ctx.conversation.choose(persona=chosen)
        return Reply.of(f"From now on I am **{chosen}** here. `/persona default` goes back.")


async def _listed(ctx: Context) -> list[str]:
    """The endpoint's models; none where it has no such list."""
    try:
        return sorted({model.id for model in await ctx.api.models.list()})
    except (EndpointMissing, NotFound):
        return []


def _models(current: str, known: Sequence[str]) -> Reply:
    if not known:
        return Reply.of(f"The model is `{current}`. This endpoint does not list others; `/model NAME` sets one.")
    chatting = [name for name in known if not _NO_CHAT.search(name)] or known
    shown = chatting[:SHOWN]
    if current not in shown:
        shown = [current, *shown]  # a model that is set and not listed is still the one in force
    lines = [f"- `{name}`{' ← in use' if name == current else ''}" for name in shown]
    if len(chatting) > SHOWN:
        lines.append(f"- … and {len(chatting) - SHOWN} more")
    others = [name for name in chatting if name != current]
    buttons = _buttons("/model", others, per_row=2) if len(others) <= BUTTONS else []
    return Reply.of("\n".join(["**Models**", *lines, "", "`/model NAME` chooses one."]), buttons=buttons)


def _personas(ctx: Context) -> Reply:
    current = ctx.conversation.persona
    lines = [
        f"- **{name}**{f': {text}' if text else ''}{' ← in use' if name == current else ''}"
        for name, text in ctx.conversation.personas.items()
    ]
    others = [name for name in ctx.conversation.personas if name != current]
    return Reply.of("\n".join(["**Personas**", *lines]), buttons=_buttons("/persona", others[:24], per_row=3))


def _buttons(command: str, names: Iterable[str], *, per_row: int) -> list[list[Button]]:
    """A button for each name that fits into one."""
    lines = [(name, f"{command} {name}") for name in names]
    buttons = [Button(name, says=line) for name, line in lines if len(line.encode()) <= SAYS]
    return [buttons[at : at + per_row] for at in range(0, len(buttons), per_row)]


def _meant(name: str, known: Iterable[str], what: str) -> str:
    """The known name that was typed, whatever its letter case. Raises Unsuitable with the nearest ones."""
    by_fold = {one.casefold(): one for one in known}
    if exact := by_fold.get(name.casefold()):
        return exact
    near = [by_fold[fold] for fold in get_close_matches(name.casefold()[:100], list(by_fold), n=3)]
    hint = f" Did you mean {' or '.join(near)}?" if near else f" /{what} lists them."
    raise Unsuitable(f"There is no {what} “{name[:60]}”.{hint}")
