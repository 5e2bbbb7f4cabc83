"""`botcore api` for words: chat, complete, edit, embed, moderate, models."""

from dataclasses import dataclass
from typing import Any

from botcore.cli.session import Session, text_of
from botcore.openai import ChatRequest, CompletionRequest, EditRequest, Message, Model, Served

EMBEDDING = "text-embedding-3-small"
SHOWN = 8
"""Numbers of a vector that people are shown."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a model, and what was set by options."""

    text: str
    model: str | None = None
    system: str | None = None
    most: int | None = None
    temperature: float | None = None


async def chat(session: Session, asked: Asked) -> None:
    """Ask a chat model; its answer is written as it grows."""
    text = await text_of(asked.text)
    messages: list[Message] = [{"role": "system", "content": asked.system}] if asked.system else []
    request = ChatRequest(
        model=asked.model or session.config.chat.model,
        messages=[*messages, {"role": "user", "content": text}],
        max_completion_tokens=asked.most,
        temperature=asked.temperature,
    )
    if session.as_json:
        session.tell(dict((await session.api.chat.complete(request)).raw))
        return
    async with session.api.chat.stream(request) as stream:
        async for delta in stream:
            if delta.text and delta.index == 0:
                session.say(delta.text, end="")
        session.say("")
        _ended(session, stream.answer.finish_reason)


async def complete(session: Session, asked: Asked) -> None:
    """Let a text go on. Where `/completions` is missing, chat does it, and that is said."""
    request = CompletionRequest(
        model=asked.model or session.config.chat.model,
        prompt=await text_of(asked.text),
        max_tokens=asked.most,
        temperature=asked.temperature,
    )
    if session.as_json:
        served = await session.api.fallbacks.complete(request)
        session.tell(dict(served.result.raw) | _path(served))
        return
    async with session.api.fallbacks.stream(request) as streamed:
        async for delta in streamed.result:
            if delta.text and delta.index == 0:
                session.say(delta.text, end="")
        session.say("")
        _ended(session, streamed.result.answer.choices[0].finish_reason if streamed.result.answer.choices else None)
        note_path(session, streamed)


async def edit(session: Session, asked: Asked, instruction: str) -> None:
    """Change a text as an instruction says. Where `/edits` is missing, chat does it, and that is said."""
    request = EditRequest(
        model=asked.model or session.config.chat.model,
        instruction=instruction,
        input=await text_of(asked.text),
        temperature=asked.temperature,
    )
    served = await session.api.fallbacks.edit(request)
    if session.as_json:
        session.tell(dict(served.result.raw) | _path(served))
        return
    session.say(served.result.text)
    note_path(session, served)


async def embed(session: Session, text: str, *, model: str | None, dimensions: int | None) -> None:
    """Turn a text into a vector: its first numbers for people, all of them as JSON."""
    found = await session.api.embeddings.create(await text_of(text), model=model or EMBEDDING, dimensions=dimensions)
    vector = [float(number) for number in found.vectors[0]]
    if session.as_json:
        data = [{"object": "embedding", "index": 0, "embedding": vector}]
        session.tell(dict(found.raw) | {"data": data})
        return
    first = " ".join(f"{number:.6g}" for number in vector[:SHOWN])
    session.say(f"{found.model}, {found.dimensions} dimensions\n{first}{' ...' if len(vector) > SHOWN else ''}")


async def moderate(session: Session, text: str, *, model: str | None) -> None:
    """Judge a text: whether it is flagged, and the scores, the highest first."""
    found = await session.api.moderations.check(await text_of(text), model=model or session.config.moderation.model)
    if session.as_json:
        session.tell(dict(found.raw))
        return
    verdict = found.results[0]
    session.say(f"flagged: {', '.join(verdict.reasons) or 'yes'}" if verdict.flagged else "not flagged")
    for name, score in sorted(verdict.scores.items(), key=lambda one: -one[1]):
        session.say(f"{score:8.4f}  {name}{'  *' if verdict.categories.get(name) else ''}")


async def models(session: Session, name: str | None, *, delete: bool) -> None:
    """List the models, show one, or delete a fine-tuned one."""
    if name is None:
        listed = sorted(await session.api.models.list(), key=lambda one: one.id)
        if session.as_json:
            session.tell([dict(one.raw) for one in listed])
        else:
            session.say("\n".join(one.id for one in listed) or "none")
        return
    if delete:
        gone = await session.api.models.delete(name)
        session.tell({"id": name, "deleted": gone}) if session.as_json else session.say(f"{name}: deleted")
        return
    found = await session.api.models.get(name)
    session.tell(dict(found.raw)) if session.as_json else session.say(_described(found))


def note_path(session: Session, served: Served[Any]) -> None:
    """Say which path did the job, where it was not the endpoint itself."""
    if served.note:
        session.note(served.note + (f"; without {', '.join(served.ignored)}" if served.ignored else ""))


def _path(served: Served[Any]) -> dict[str, Any]:
    return {"served_by": served.served_by} | ({"note": served.note} if served.note else {})


def _ended(session: Session, reason: str | None) -> None:
    if reason not in {"stop", None}:
        session.note(f"It ended with “{reason}”.")


def _described(model: Model) -> str:
    return "\n".join(f"{name}: {value}" for name, value in model.raw.items() if not isinstance(value, dict | list))
