"""From turns to training examples: what is taught is an answer that was liked, after what led to it."""

import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from botcore.messages import Json
from botcore.store.lessons import Turn
from botcore.training.redaction import redacted

Liked: TypeAlias = Literal["good", "any"]
"""good: answers with a thumb up; any: all without a thumb down."""

_QUOTE: Final = re.compile(r'<replied-to author="(?P<author>[^"\n]*)">\n.*?\n</replied-to>\n?', re.DOTALL)
_REMEMBERED: Final = 10_000  # conversations whose last turns are kept in memory at a time


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be exported.

    `since`: answers from then on. `persona`: only answers in its role; '' takes all. `context`: turns before the answer
    that are told with it, and not taught. `prompts`: what each persona is told about itself, by name.
    """

    prompts: Mapping[str, str]
    liked: Liked = "good"
    since: datetime | None = None
    persona: str = ""
    context: int = 3


@dataclass(frozen=True, slots=True)
class Example:
    """One line of a training file. `messages` as the chat completions API has them; the last one is taught."""

    messages: tuple[Mapping[str, Json], ...]

    @property
    def text(self) -> str:
        """All that is said in it, but for the system's part: what the moderation looks at."""
        return "\n\n".join(str(one["content"]) for one in self.messages if one["role"] != "system")

    @property
    def question(self) -> str:
        """What the taught answer answers."""
        return str(self.messages[-2]["content"])

    @property
    def answer(self) -> str:
        """The taught answer."""
        return str(self.messages[-1]["content"])

    def line(self) -> dict[str, Any]:
        """The JSON of the line."""
        return {"messages": [dict(one) for one in self.messages]}


@dataclass(slots=True)
class Tally:
    """What became of the turns: how many were looked at, and why some were left out."""

    people: int = 0
    turns: int = 0
    left_out: dict[str, int] = field(default_factory=dict[str, int])

    def leave_out(self, why: str, count: int = 1) -> None:
        """Count turns that are not taken."""
        self.left_out[why] = self.left_out.get(why, 0) + count


class Selector:
    """Makes examples of turns, which come in the order of their inbox ids; the same example is given once."""

    def __init__(self, wish: Wish) -> None:
        self.tally = Tally()
        self._wish = wish
        self._before: dict[int, deque[Turn]] = {}
        self._given: set[int] = set()

    def take(self, turn: Turn) -> Example | None:
        """The example that a turn makes, None where it makes none."""
        self.tally.turns += 1
        example = self._example(turn)
        if _plain(turn) and turn.rating >= 0:
            self._earlier(turn).append(turn)
        return example

    def _earlier(self, turn: Turn) -> deque[Turn]:
        """The turns before this one in its conversation, the latest last."""
        if len(self._before) >= _REMEMBERED and turn.conversation_id not in self._before:
            del self._before[next(iter(self._before))]
        return self._before.setdefault(turn.conversation_id, deque(maxlen=self._wish.context))

    def _example(self, turn: Turn) -> Example | None:
        if why := _why_not(turn, self._wish):
            self.tally.leave_out(why)
            return None
        example = _example(turn, self._earlier(turn), self._wish)
        key = hash((example.question, example.answer))
        if key in self._given:
            self.tally.leave_out("the same again")
            return None
        self._given.add(key)
        return example


def _why_not(turn: Turn, wish: Wish) -> str:
    """Why an answer is not taught, '' where it is."""
    if wish.since is not None and turn.at < wish.since:
        return "before --since"
    if wish.persona and turn.about.get("persona") != wish.persona:
        return "another persona"
    if turn.rating < 0:
        return "rated bad"
    if wish.liked == "good" and turn.rating < 1:
        return "not rated"
    if "failed" in turn.about:
        return "no answer"
    return "" if _plain(turn) else "with tools or without text"


def _plain(turn: Turn) -> bool:
    """Whether it is a question and an answer in words: what a tool said is nothing that a model could know."""
    roles = [one["role"] for one in turn.messages]
    texts = [one.get("content") for one in turn.messages]
    return roles == ["user", "assistant"] and all(isinstance(text, str) and text.strip() for text in texts)


def _example(turn: Turn, earlier: Iterable[Turn], wish: Wish) -> Example:
    persona = str(turn.about.get("persona") or "")
    prompt = wish.prompts.get(persona, "")
    messages: list[dict[str, Json]] = [{"role": "system", "content": prompt}] if prompt else []
    for one in earlier:
        if one.about.get("persona") == turn.about.get("persona"):
            asked, answered = _said(one)
            # weight 0: read, and not taught (fine-tuning guide, "Multi-turn chat examples")
            messages += [asked, {**answered, "weight": 0}]
    return Example((*messages, *_said(turn)))


def _said(turn: Turn) -> list[dict[str, Json]]:
    """Question and answer without personal data."""
    names = [*turn.names, str(turn.about.get("name") or "")]
    return [{"role": one["role"], "content": redacted(_own(str(one["content"])), names)} for one in turn.messages]


def _own(text: str) -> str:
    """The text without quotes of other people, who did not agree to anything."""
    return _QUOTE.sub(lambda quote: quote[0] if quote["author"] == "you" else "", text)
