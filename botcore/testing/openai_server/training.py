"""Training files for fine-tuning: JSON lines, checked as the public API does, and what is learnt from them.

One line is `{"messages": [...]}` for chat models, `{"prompt": "...", "completion": "..."}` for older ones. Files are
read line by line, in a thread of the caller's choice.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar

import orjson

from botcore.testing.openai_server import tokens

Shape = Literal["messages", "prompt"]

MOST_PAIRS = 10_000  # question-and-answer pairs that are learnt of one file; the rest is only counted
_LONGEST_LINE = 16 * 1024 * 1024  # bytes
_ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})

_Value = TypeVar("_Value")


class BadTraining(ValueError):
    """The file cannot be trained on. The message follows the public API's; `code` is the job's error code."""

    def __init__(self, message: str, code: str = "invalid_training_file") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and the answer to it that was taught."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a training file holds: the number of examples, their tokens, and what is learnt."""

    examples: int
    tokens: int
    pairs: tuple[Pair, ...]


def check_lines(path: Path) -> None:
    """See that every line is a JSON object.

    Raises:
        BadTraining: one is not, or there are none.
    """
    with path.open("rb") as file:
        if sum(1 for _ in _lines(file)) == 0:
            raise BadTraining("The file is empty.")


def read_lesson(path: Path, shape: Shape, *, least: int) -> Lesson:
    """Read and check a whole training file of at least so many examples.

    Raises:
        BadTraining: it is not what it must be; the message names the first wrong line.
        FileNotFoundError: it is gone.
    """
    pairs: list[Pair] = []
    examples = spent = 0
    with path.open("rb") as file:
        for number, line in _lines(file):
            found, size = _read_messages(number, line) if shape == "messages" else _read_prompt(number, line)
            examples += 1
            spent += size
            pairs += found[: MOST_PAIRS - len(pairs)]
    if examples < least:
        message = f"Training file has {examples} example(s), but must have at least {least} examples"
        raise BadTraining(message, "invalid_n_examples")
    return Lesson(examples, spent, tuple(pairs))


def _lines(file: BinaryIO) -> Iterator[tuple[int, dict[str, Any]]]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            value = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            message = "Expected file to have JSONL format, where every line is a valid JSON dictionary."
            raise BadTraining(f"{message} Line {number} is not a dictionary.")
        yield number, value


def _read_messages(number: int, line: dict[str, Any]) -> tuple[list[Pair], int]:
    given = _part(number, line, "messages", list)
    pairs: list[Pair] = []
    asked, spent = "", 0
    for at, message in enumerate(given):
        where = f"messages[{at}]"
        if not isinstance(message, dict) or message.get("role") not in _ROLES:
            raise _wrong(number, f"{where} must be an object with one of the roles {', '.join(sorted(_ROLES))}")
        text = _content(number, where, message)
        spent += tokens.PER_MESSAGE + tokens.count(text)
        if message["role"] == "user":
            asked = text
        elif message["role"] == "assistant" and asked and text and message.get("weight") != 0:
            pairs.append(Pair(asked, text))
    if not any(message["role"] == "assistant" for message in given):
        raise _wrong(number, "the example must have at least one message from the assistant")
    return pairs, spent


def _content(number: int, where: str, message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "\n".join(text for text in texts if isinstance(text, str))
    if content is None and (message.get("tool_calls") or message.get("function_call")):
        return ""
    raise _wrong(number, f"{where}.content must be a text")


def _read_prompt(number: int, line: dict[str, Any]) -> tuple[list[Pair], int]:
    prompt = _part(number, line, "prompt", str)
    completion = _part(number, line, "completion", str)
    return [Pair(prompt, completion)], tokens.count(prompt) + tokens.count(completion)


def _part(number: int, line: dict[str, Any], key: str, kind: type[_Value]) -> _Value:
    value = line.get(key)
    if value is None:
        raise _wrong(number, f'missing key "{key}"')
    if not isinstance(value, kind) or (not value and kind is list):
        raise _wrong(number, f'"{key}" must be {"a text" if kind is str else "a list that is not empty"}')
    return value


def _wrong(number: int, problem: str) -> BadTraining:
    return BadTraining(f"Invalid file format. Line {number}: {problem}.")
