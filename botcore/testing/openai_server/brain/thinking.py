"""From a request to what is said: a tool call, JSON where JSON is asked for, or words."""

import orjson

from botcore.testing.openai_server.brain import skills, writing
from botcore.testing.openai_server.brain.arguments import fill_schema
from botcore.testing.openai_server.brain.commission import alone, written
from botcore.testing.openai_server.brain.persona import find_persona
from botcore.testing.openai_server.brain.phrases import INTRODUCTION
from botcore.testing.openai_server.brain.talk import Seen, Talk, listen
from botcore.testing.openai_server.brain.tools import choose_calls
from botcore.testing.openai_server.request import ChatRequest
from botcore.testing.openai_server.script import Draft

# The first that has an answer gives it: what is certain comes before what is only likely.
_SKILLS: tuple[skills.Skill, ...] = (
    skills.after_tools,
    written,
    skills.no_text,
    skills.who,
    skills.abilities,
    writing.code,
    skills.said,
    skills.remembered,
    writing.counting,
    writing.long_text,
    skills.sums,
    skills.repeat,
    skills.told,
    writing.samples,
    skills.greeting,
    skills.noted,
)


def think(request: ChatRequest, *, introduce: bool = True, seen: Seen = ()) -> Draft:
    """The built-in answer, with what was `seen` in its pictures.

    With `introduce` the first answer of a conversation says that this is a stand-in, unless it is asked for nothing
    but a result.
    """
    talk = listen(request.turns, seen)
    calls = choose_calls(request, talk)
    if calls:
        return Draft(calls=calls)
    text = _words(talk)
    if request.format == "json_object":
        return Draft(orjson.dumps({"answer": text, "stand_in": True}).decode())
    if request.format == "json_schema":
        return Draft(orjson.dumps(fill_schema(request.schema or {}, talk.question, text)).decode())
    introduction = INTRODUCTION[talk.language]
    dressed = find_persona(talk.system).dress(text)
    if introduce and not talk.answers and not alone(talk) and text != introduction:
        return Draft(f"*{introduction}*\n\n{dressed}")
    return Draft(dressed)


def _words(talk: Talk) -> str:
    for skill in _SKILLS:
        answer = skill(talk)
        if answer is not None:
            return answer
    return skills.fallback(talk)
