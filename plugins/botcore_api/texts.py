"""Commands on texts: models, complete, edit."""

from typing import Annotated, Any

from botcore.errors import EndpointMissing, NotFound, Unsuitable
from botcore.messages import Json, Reply, Text, quoted_text
from botcore.openai import CompletionRequest, EditRequest, Served, TextAnswer, Usage
from botcore.plugin import Bot, Context, Doc, Rest

SHOWN = 60  # models of a list that people can still read; hosts of many vendors list hundreds
THOUGHT = "It spent all it may write on thinking. The operator can allow more: plugins.api.complete_tokens."


def register(bot: Bot, *, complete_with: str | None, edit_with: str | None, most: int) -> None:
    """Add these commands. The models are the conversation's own where none is given; `most` tokens are added."""

    @bot.command(
        "models",
        descriptions={"de": "Alle Modelle des Dienstes", "es": "Los modelos del servicio", "zh": "列出服务的所有模型"},
    )
    async def models(ctx: Context, name: Annotated[str, Doc("the model to look at")] = "") -> str:
        """List everything the service offers, or look at one model.

        Examples:
            /models
            /models whisper-1
        """
        return await _one(ctx, name) if name else await _all(ctx)

    @bot.command(
        "complete",
        cost="text",
        descriptions={"de": "Einen Text weiterschreiben", "es": "Continuar un texto", "zh": "续写文本"},
    )
    async def complete(ctx: Context, text: Annotated[str, Rest("the beginning")]) -> Reply:
        """Let a text go on where it ends.

        Examples:
            /complete The old lighthouse keeper had one rule:
        """
        model = complete_with or ctx.conversation.model
        request = CompletionRequest(model=model, prompt=text, max_tokens=most)
        return _shown(await ctx.step("complete", lambda: _completed(ctx, request)))

    @bot.command(
        "edit",
        cost="text",
        descriptions={"de": "Einen Text nach Anweisung ändern", "es": "Cambiar un texto", "zh": "按指示修改文本"},
    )
    async def edit(ctx: Context, instruction: Annotated[str, Rest("what to change")]) -> Reply:
        """Change a text: reply to it and say how.

        Examples:
            /edit Correct the spelling
            /edit Make it half as long
        """
        text = quoted_text(ctx.incoming.event)
        if not text:
            raise Unsuitable("Reply to the text that I am to change, with /edit and what to do.")
        request = EditRequest(model=edit_with or ctx.conversation.model, instruction=instruction, input=text)

        async def work() -> Json:
            served = await ctx.api.fallbacks.edit(request)
            await charge(ctx, "edit", request.model, served.result.usage)
            return _record(served, served.result)

        return _shown(await ctx.step("edit", work))


async def _all(ctx: Context) -> str:
    try:
        found = sorted(await ctx.api.models.list(), key=lambda model: model.id)
    except EndpointMissing:
        return "This service does not list its models. `/model NAME` sets one all the same."
    lines = [f"- `{model.id}`{f' ({model.owned_by})' if model.owned_by else ''}" for model in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"- … and {len(found) - SHOWN} more")
    return "\n".join([f"**{len(found)} models**", *lines, "", "`/model NAME` chooses the one that talks to you."])


async def _one(ctx: Context, name: str) -> str:
    try:
        model = await ctx.api.models.get(name)
    except NotFound:
        raise Unsuitable(f"There is no model “{name}” here. /models lists them.") from None
    facts = [f"- {key}: `{value}`" for key, value in model.raw.items() if isinstance(value, str | int | float | bool)]
    return "\n".join([f"**{model.id}**", *facts])


async def _completed(ctx: Context, request: CompletionRequest) -> Json:
    """Ask, show the text as it grows, and give what is to be shown at the end."""
    async with ctx.api.fallbacks.stream(request) as served:
        async for _ in served.result:
            await ctx.progress(served.result.text)
        answer = served.result.answer
        await charge(ctx, "complete", request.model, answer.usage)
        return _record(served, answer)


def _record(served: Served[Any], answer: TextAnswer) -> Json:
    cut = ""
    if answer.finish_reason == "length":
        # a model that thinks before it writes may spend all of it on that
        cut = "It reached its longest length." if answer.text.strip() else THOUGHT
    return {"text": answer.text, "notes": [note for note in (cut, served.note) if note]}


def _shown(record: Json) -> Reply:
    """The text letter by letter, since nobody knows what markup is in it, and below it which path served it."""
    notes = [Text(f"({note})", plain=True) for note in record["notes"]]
    return Reply.of(Text(record["text"].strip() or "(nothing came)", plain=True), *notes)


async def charge(ctx: Context, name: str, model: str, usage: Usage | None) -> None:
    """Count what a request used, where the service says it."""
    if usage is not None:
        await ctx.charge(name, model, input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)
