"""Texts that a system message asks for in place of an answer: a continuation, an insertion, an edited text."""

import re

from botcore.testing.openai_server.brain.continuing import between, go_on
from botcore.testing.openai_server.brain.editing import edit
from botcore.testing.openai_server.brain.questions import either
from botcore.testing.openai_server.brain.talk import Talk

_COMPLETES = either(r"\byou (?:complete|continue) texts?\b", r"\bcontinue the (?:user's )?text\b")
_EDITS = either(r"\byou edit texts?\b")
_BOTH_ENDS = re.compile(r"Beginning:\n(?P<prompt>.*)\n\nEnd:\n(?P<suffix>.*)", re.DOTALL)
_TO_EDIT = re.compile(r"Instruction:\n(?P<instruction>.*?)\n\nText:\n?(?P<text>.*)", re.DOTALL)
_ALONE = either(
    r"\bno introduction\b", r"\b(?:answer|text|description|continuation|result|code|translation|word|number)s? alone\b"
)


def written(talk: Talk) -> str | None:
    """The text, where the system message says that such a one is wanted, and the message has its form."""
    system = "\n".join(talk.system)
    if _EDITS.search(system):
        found = _TO_EDIT.fullmatch(talk.question)
        return None if found is None else edit(found["text"], found["instruction"])
    if _COMPLETES.search(system):
        ends = _BOTH_ENDS.fullmatch(talk.question)
        return go_on(talk.question) if ends is None else between(ends["prompt"], ends["suffix"])
    return None


def alone(talk: Talk) -> bool:
    """Whether the answer is wanted without anything around it."""
    return any(_ALONE.search(text[:4000]) for text in (*talk.system, talk.ask))
