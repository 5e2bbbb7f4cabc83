"""What the model is told: persona, contributed context, the history that fits, and the question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from botcore.conversation.tokens import TokenCounter, estimate_message
from botcore.errors import Unsuitable
from botcore.messages import Json, Quote, text_of

QUOTE_CHARACTERS = 2000  # of a message that is replied to; the rest is in the history or does not matter
ANSWER_SHARE = 4  # a quarter of the context stays free for the answer where its length is not set


@dataclass(frozen=True, slots=True)
class Past:
    """One message of the history: all with the same `turn` are kept or dropped together."""

    turn: int
    message: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages for the API, the tokens of them and the tools before calibration, how many turns were dropped."""

    messages: list[dict[str, Any]]
    estimated: int
    dropped: int


def quoted(quote: Quote) -> str:
    """The message that is replied to and those above it, the oldest first, as marked data: nobody's instruction."""
    blocks: list[str] = []
    above: Quote | None = quote
    room = QUOTE_CHARACTERS
    while above is not None and room > 0:  # the nearest matter most
        text = text_of(above.parts)[:room]
        room -= len(text)
        if text:
            author = "you" if above.mine else _attribute(above.author) or "someone"
            blocks.append(f'<replied-to author="{author}">\n{text.replace("<", "&lt;")}\n</replied-to>\n')
        above = above.reply_to
    return "".join(reversed(blocks))


def _attribute(name: str) -> str:
    """A name that somebody chose, without what could pass for the end of the attribute or the line."""
    return " ".join(name.split()).replace('"', "'").replace("<", "&lt;")


def contributed(name: str, text: str) -> str:
    """What a plugin adds to the prompt, as marked data."""
    return f'<context from="{name}">\n{text.replace("</context", "&lt;/context")}\n</context>'


def fit(
    *,
    model: str,
    system: str,
    history: Sequence[Past],
    question: Mapping[str, Json],
    tools: Sequence[Json],
    budget: int,
    counter: TokenCounter,
) -> Prompt:
    """Build the messages inside `budget` tokens (of `model`): the oldest turns are dropped, whole ones only.

    Raises Unsuitable where the question alone does not fit.
    """
    head: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    described = [{"content": orjson.dumps(list(tools)).decode()}] if tools else []
    estimated = sum(map(estimate_message, [*head, *described, question]))
    if counter.scale(model, estimated) > budget:
        raise Unsuitable(
            f"Your message is too long for me: about {counter.scale(model, estimated):,} tokens with what I am told "
            f"about myself, and I can take {max(0, budget):,}. Please send a shorter one, or several."
        )
    turns = _turns(history)
    kept: list[Past] = []
    taken = 0
    for turn in reversed(turns):
        cost = sum(estimate_message(past.message) for past in turn)
        if counter.scale(model, estimated + cost) > budget:
            break
        estimated += cost
        taken += 1
        kept[:0] = turn
    messages = [*head, *(dict(past.message) for past in kept), dict(question)]
    return Prompt(messages, estimated, len(turns) - taken)


def _turns(history: Sequence[Past]) -> list[list[Past]]:
    turns: list[list[Past]] = []
    for past in history:
        if not turns or turns[-1][0].turn != past.turn:
            turns.append([])
        turns[-1].append(past)
    return [turn for turn in turns if _whole(turn)]


def _whole(turn: Sequence[Past]) -> bool:
    """Whether every tool call of a turn has its result: the API refuses a prompt where one is missing."""
    wanted = {call["id"] for past in turn for call in past.message.get("tool_calls") or ()}
    given = {past.message.get("tool_call_id") for past in turn if past.message.get("role") == "tool"}
    return wanted == given


def input_budget(context_tokens: int, answer_tokens: int | None) -> int:
    """How many tokens of the context are for the prompt."""
    reserve = answer_tokens if answer_tokens is not None else context_tokens // ANSWER_SHARE
    return max(context_tokens - reserve, context_tokens // 4)
