"""Two models answer the same questions, side by side in one page that needs nothing else."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final, cast

from botcore.errors import ApiError, Unsuitable
from botcore.openai import Api, ChatRequest
from botcore.training.dataset import lines

AT_ONCE: Final = 4
"""Questions that are being answered at a time: few enough for the smallest rate limits."""


@dataclass(frozen=True, slots=True)
class Question:
    """A held-out example: what is put to the models, and the answer that a person liked."""

    messages: tuple[Mapping[str, Any], ...]
    liked: str

    @property
    def text(self) -> str:
        """What was asked."""
        return str(self.messages[-1]["content"])


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered, or (`failed`) why it did not. `tokens` of the answer, 0 where they were not counted."""

    text: str
    tokens: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A question and its answers, in the order of the models."""

    question: Question
    answers: tuple[Answer, ...]


def questions(path: Path, *, most: int) -> list[Question]:
    """The first examples of a file as questions. Raises OSError; Unsuitable where there are none."""
    found: list[Question] = []
    for _, value in lines(path):
        messages = value.get("messages") if isinstance(value, dict) else None
        if not isinstance(messages, list) or len(messages) < 2 or not all(isinstance(one, dict) for one in messages):
            continue
        told = tuple({key: one[key] for key in ("role", "content") if key in one} for one in messages[:-1])
        found.append(Question(told, str(messages[-1].get("content") or "")))
        if len(found) == most:
            break
    if not found:
        raise Unsuitable(f"{path}: no questions in it; `botcore finetune export` holds some out")
    return found


async def compare(
    api: Api, asked: Sequence[Question], models: Sequence[str], *, told: Callable[[], None] = lambda: None
) -> list[Row]:
    """Let every model answer every question. A failure stands in its place; `told` is called after each question."""
    room = asyncio.Semaphore(AT_ONCE)

    async def row(question: Question) -> Row:
        async with room:
            answers = [await _answer(api, question, model) for model in models]
        told()
        return Row(question, tuple(answers))

    return list(await asyncio.gather(*(row(question) for question in asked)))


async def _answer(api: Api, question: Question, model: str) -> Answer:
    try:
        found = await api.chat.complete(ChatRequest(model=model, messages=cast("Any", list(question.messages))))
    except ApiError as error:
        return Answer(str(error), failed=True)
    return Answer(found.text, found.usage.output_tokens if found.usage else 0)


_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #c33; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 90rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } article { border-top: 1px solid var(--line); padding: 1rem 0; }
.asked { background: var(--soft); border-radius: .6rem; padding: .6rem .9rem; }
.answers { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1rem; margin-top: .8rem; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; } .failed { color: var(--bad); }
h3 { font-size: .85rem; margin: 0 0 .3rem; } small, summary { opacity: .7; }
details { margin: .4rem 0; }
"""


def page(rows: Sequence[Row], models: Sequence[str], *, title: str) -> str:
    """The page, as HTML. What people and models said is text in it and nothing else."""
    body = "\n".join(_article(number, row, models) for number, row in enumerate(rows, 1))
    heads = ", ".join(f"<code>{escape(model)}</code>" for model in models)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"<p>{len(rows)} questions that were held out of the training, answered by {heads}.</p>\n{body}\n"
        f"</body>\n</html>\n"
    )


def _article(number: int, row: Row, models: Sequence[str]) -> str:
    before = "".join(
        f'<p class="text"><b>{escape(str(one["role"]))}:</b> {escape(_text(one.get("content")))}</p>'
        for one in row.question.messages[:-1]
    )
    context = f"<details><summary>What came before</summary>{before}</details>" if before else ""
    cells = [_cell(model, answer) for model, answer in zip(models, row.answers, strict=True)]
    cells.append(_cell("the answer that was liked", Answer(row.question.liked)))
    return (
        f'<article>\n<h2><small>{number}</small></h2>{context}\n<p class="asked text">{escape(row.question.text)}</p>\n'
        f'<div class="answers">\n{"".join(cells)}</div>\n</article>'
    )


def _cell(heading: str, answer: Answer) -> str:
    tokens = f" <small>{answer.tokens:,} tokens</small>" if answer.tokens else ""
    kind = "text failed" if answer.failed else "text"
    return f'<section><h3>{escape(heading)}{tokens}</h3><p class="{kind}">{escape(answer.text)}</p></section>\n'


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "[not text]"
