"""A conversation as the brain reads it: what is asked now, what was said before, and by whom."""

import re
from dataclasses import dataclass
from typing import Literal

from botcore.testing.openai_server.turns import Turn

Language = Literal["en", "zh", "ja"]

Seen = tuple[str | None, ...]  # what was seen in each picture of the question; None where it could not be read

_KANA = re.compile(r"[\u3040-\u30ff]")
_ASK_LENGTH = 1000  # characters
_HAN = re.compile(r"[\u4e00-\u9fff]")
EAST = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")  # Chinese or Japanese


@dataclass(frozen=True, slots=True)
class Talk:
    """One conversation.

    `question` is the last user message; `results` are the tool results that came after it as (tool, text), and
    `steps` how many rounds of tool calls it has led to. `before` are the user messages before it, `answers` what the
    assistant said. `system` is all system text. `asker` is the participant's name where the platform gives one.
    `images` counts the question's pictures, and `seen` tells what is in them.
    """

    question: str
    images: int
    asker: str | None
    before: tuple[Turn, ...]
    answers: tuple[str, ...]
    system: tuple[str, ...]
    results: tuple[tuple[str, str], ...]
    steps: int
    seen: Seen = ()

    @property
    def ask(self) -> str:
        """The beginning of the question, where its intention stands: patterns are tried on no more than that."""
        return self.question[:_ASK_LENGTH]

    @property
    def language(self) -> Language:
        """The language of the question, as far as it can be told from its script."""
        if _KANA.search(self.ask):
            return "ja"
        return "zh" if _HAN.search(self.ask) else "en"


def listen(turns: tuple[Turn, ...], seen: Seen = ()) -> Talk:
    """Sort the messages of a request."""
    at = max((index for index, turn in enumerate(turns) if turn.role == "user"), default=-1)
    asked = turns[at] if at >= 0 else Turn("user", "")
    after = turns[at + 1 :]
    return Talk(
        question=asked.text.strip(),
        images=asked.images,
        asker=asked.name,
        before=tuple(turn for turn in turns[: max(at, 0)] if turn.role == "user"),
        answers=tuple(turn.text for turn in turns if turn.role == "assistant" and turn.text),
        system=tuple(turn.text for turn in turns if turn.role == "system"),
        results=_results(after),
        steps=sum(1 for turn in after if turn.role == "assistant" and turn.calls),
        seen=seen,
    )


def _results(after: tuple[Turn, ...]) -> tuple[tuple[str, str], ...]:
    """The results of the last round of tool calls, each with its tool's name."""
    names: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for turn in after:
        if turn.role == "assistant":
            names = {call.id: call.name for call in turn.calls}
            found = []
        elif turn.role == "tool":
            name = turn.name or names.get(turn.answers or "", "tool")
            found.append((name, turn.text.strip()))
    return tuple(found)
