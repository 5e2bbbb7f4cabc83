"""Checks a training file before it is uploaded, as the service will, and says what training on it costs.

The rules are those of the fine-tuning guide ("Preparing your dataset") for chat models.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

import orjson

from botcore.conversation.tokens import estimate_message
from botcore.training.dataset import lines

ROLES: Final = ("system", "developer", "user", "assistant", "tool", "function")
KEYS: Final = frozenset({"role", "content", "name", "weight", "tool_calls", "tool_call_id", "function_call", "refusal"})
LEAST_EXAMPLES: Final = 10
"""Fewer are refused (fine-tuning guide: "you are required to provide at least 10 examples")."""
LONGEST_EXAMPLE: Final = 65_536
"""Tokens: what the models that are fine-tuned today take; the rest of a longer example is cut off, silently."""
EPOCHS: Final = 3
"""How often a small file is gone through when the service may choose."""
SHOWN: Final = 20
"""Problems that are kept with their lines; the others are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a line."""

    line: int
    text: str


@dataclass(slots=True)
class Report:
    """What a file holds. Tokens are estimates, as good as those that prompts are cut by."""

    examples: int = 0
    tokens: int = 0
    shortest: int = 0
    middle: int = 0
    longest: int = 0
    duplicates: int = 0
    roles: Counter[str] = field(default_factory=Counter[str])
    problems: list[Problem] = field(default_factory=list[Problem])
    wrong: int = 0

    @property
    def ok(self) -> bool:
        """Whether it can be trained on."""
        return not self.wrong and self.examples >= LEAST_EXAMPLES

    def billed(self, epochs: int = EPOCHS) -> int:
        """Tokens that the training is charged for."""
        return self.tokens * epochs

    def cost(self, usd_per_million: float, epochs: int = EPOCHS) -> float:
        """US dollars at a price for a million trained tokens."""
        return self.billed(epochs) * usd_per_million / 1_000_000

    def add(self, line: int, text: str) -> None:
        """Note a problem."""
        self.wrong += 1
        if len(self.problems) < SHOWN:
            self.problems.append(Problem(line, text))


def validate(path: Path, *, longest: int = LONGEST_EXAMPLE, least: int = LEAST_EXAMPLES) -> Report:
    """Read a file from beginning to end, in little memory. Raises OSError where it cannot be read."""
    report = Report()
    sizes: list[int] = []
    seen: set[int] = set()
    for number, value in lines(path):
        report.examples += 1
        if why := _fault(value):
            report.add(number, why)
            continue
        messages = value["messages"]
        size = sum(estimate_message(one) for one in messages)
        sizes.append(size)
        report.roles.update(one["role"] for one in messages)
        if size > longest:
            report.add(number, f"about {size:,} tokens; at most {longest:,} are read")
        key = hash(orjson.dumps(messages, option=orjson.OPT_SORT_KEYS))
        report.duplicates += key in seen
        seen.add(key)
    if report.examples < least:
        report.add(0, f"{report.examples} example{'' if report.examples == 1 else 's'}; at least {least} are needed")
    if sizes:
        report.tokens, report.middle = sum(sizes), round(median(sizes))
        report.shortest, report.longest = min(sizes), max(sizes)
    return report


def _fault(value: Any) -> str:
    """What is wrong with a line, '' where nothing is."""
    if not isinstance(value, Mapping):
        return "no JSON object"
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages:
        return "no list of messages"
    for place, message in enumerate(messages):
        if why := _fault_of(message, place):
            return f"message {place + 1}: {why}"
    if messages[-1]["role"] != "assistant":
        return f"it ends with the role {messages[-1]['role']!r}; the last message is what is taught: assistant"
    if messages[-1].get("weight") == 0:
        return "the last answer has weight 0, so nothing is taught"
    if not any(message["role"] == "user" for message in messages):
        return "nobody asks: no message of the role 'user'"
    return ""


def _fault_of(message: Any, place: int) -> str:
    if not isinstance(message, Mapping):
        return "no object"
    role = message.get("role")
    if role not in ROLES:
        return f"the role {role!r} is none of {', '.join(ROLES)}"
    if unknown := sorted(str(key) for key in message.keys() - KEYS):
        return f"unknown key {unknown[0]!r}"
    if role in {"system", "developer"} and place > 0:
        return f"the role {role!r} stands first or not at all"
    if message.get("weight") not in {None, 0, 1} or (role != "assistant" and "weight" in message):
        return "weight is 0 or 1, of an assistant's message"
    return "" if _has_content(message) else "no content"


def _has_content(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    if content is None:
        return message["role"] == "assistant" and bool(message.get("tool_calls") or message.get("function_call"))
    return bool(content.strip()) if isinstance(content, str) else isinstance(content, list) and bool(content)
