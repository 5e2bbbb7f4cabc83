"""Which tools a message asks for. Only what is plain: the tool's name, or clear words of its description."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from botcore.testing.openai_server.brain.arguments import fill_arguments
from botcore.testing.openai_server.brain.memory import content_words
from botcore.testing.openai_server.brain.talk import Talk
from botcore.testing.openai_server.request import ChatRequest, ToolCall
from botcore.testing.openai_server.toolspec import Named, Tool

_VERB = r"(?:use|using|call|calling|run|invoke|execute|try|用|使用|调用|呼んで|使って)"
_NOUN = r"(?:tools?|functions?|commands?|工具|函数|ツール)"
_NEVER = re.compile(
    r"\b(?:do not|don't|without|never)\b[^.!?\n]{0,20}\b(?:us(?:e|ing)|call|run|tools?|functions?)", re.IGNORECASE
)
_LOOP = re.compile(
    r"\b(?:again and again|for ?ever|in a loop|without end|keep (?:on )?(?:calling|using|running))\b", re.IGNORECASE
)
_THEN = re.compile(r"\bthen\b|然后|それから", re.IGNORECASE)
_ASKING = re.compile(
    r"(?:please|can|could|would|will|what|which|who|when|where|how|show|tell|give|get|find|make|let|let's|i need|i want"
    r"|i'd like|请|帮我)",
    re.IGNORECASE,
)
_POLITE = re.compile(r"^(?:(?:please|can you|could you|would you|will you|i want you to)\s+)+", re.IGNORECASE)
_EMPTY_WORDS = frozenset({"get", "set", "do", "make", "run", "fetch", "show", "list", "tool", "function", "fn"})


@dataclass(frozen=True, slots=True)
class _Mention:
    """A tool that the text names, from `start` to `end`."""

    tool: Tool
    start: int
    end: int


def choose_calls(request: ChatRequest, talk: Talk) -> tuple[ToolCall, ...]:
    """The tool calls that are due now; none where the answer is to be words."""
    if not request.tools or request.choice == "none":
        return ()
    if talk.steps and _LOOP.search(talk.ask):
        return _calls(_wanted(request.tools, talk.question)[:1], talk.question)
    if isinstance(request.choice, Named):
        name = request.choice.name
        if talk.steps:
            return ()
        mentions = [_whole(tool, talk.question) for tool in request.tools if tool.name == name]
    else:
        mentions = _wanted(request.tools, talk.question)
        if not mentions and request.choice == "required" and not talk.steps:
            mentions = [_whole(_closest(request.tools, talk.question), talk.question)]
    one_by_one = request.functions or not request.parallel or bool(_THEN.search(talk.ask))
    if one_by_one:
        mentions = mentions[talk.steps : talk.steps + 1]
    elif talk.steps:
        return ()
    return _calls(mentions, talk.question)


def _calls(mentions: Sequence[_Mention], text: str) -> tuple[ToolCall, ...]:
    calls: list[ToolCall] = []
    for mention in mentions:
        # an explicit mention is followed by its arguments, up to the next mention of a tool
        later = [other.start for other in mentions if other.start > mention.start]
        words = text[mention.end : min(later, default=len(text))] if mention.end else _without_verb(mention.tool, text)
        if not words.strip(" .!?"):
            words = text[: mention.start]
        arguments = fill_arguments(mention.tool.parameters, words)
        calls.append(ToolCall(mention.tool.name, orjson.dumps(arguments).decode()))
    return tuple(calls)


def _without_verb(tool: Tool, text: str) -> str:
    """The sentence without its politeness and without the word that means the tool: `draw a fox` is `a fox`."""
    bare = _POLITE.sub("", text.strip())
    first, _, rest = bare.partition(" ")
    own = content_words(f"{tool.name.replace('_', ' ')} {tool.description.partition(' ')[0]}")
    return rest if rest and content_words(first) & own else bare


def _wanted(tools: Sequence[Tool], text: str) -> list[_Mention]:
    if not text or _NEVER.search(text):
        return []
    named = [mention for tool in tools if (mention := _named(tool, text))]
    if named:
        return sorted(named, key=lambda mention: mention.start)
    words = content_words(text)
    scored = [(score, tool) for tool in tools if (score := _score(tool, text, words))]
    if not scored:
        return []
    best = max(score for score, _ in scored)
    return [next(_whole(tool, text) for score, tool in scored if score == best)]


def _named(tool: Tool, text: str) -> _Mention | None:
    """Where the text names the tool as a tool: `use roll`, `the tool roll`, `roll(`, `roll tool`."""
    lowered = text.lower()
    for form in {tool.name.lower(), tool.name.lower().replace("_", " "), tool.name.lower().replace("_", "-")}:
        if form not in lowered:
            continue
        name = re.escape(form)
        # no word character right before or after, where the name's own edges are such: 用roll工具 still names roll
        found = re.search(
            rf"(?:{_VERB}\s*(?:the |your |a )?\s*(?:{_NOUN}\s*)?|{_NOUN}(?:\s+|の))"
            rf"[`\"'“]?{name}(?![a-z0-9_])[`\"'”]?(?:\s*{_NOUN})?"
            rf"|(?<![a-z0-9_]){name}\s*(?:{_NOUN}|を(?:使|呼))|(?<![a-z0-9_]){name}(?=\s*\()",
            text,
            re.IGNORECASE,
        )
        if found and not re.match(r"[a-z]", text[max(found.start() - 1, 0) : found.start()], re.IGNORECASE):
            return _Mention(tool, found.start(), found.end())
    return None


def _whole(tool: Tool, text: str) -> _Mention:
    return _named(tool, text) or _Mention(tool, 0, 0)


def _score(tool: Tool, text: str, words: set[str]) -> int:
    """How clearly the text asks for this tool; 0 for not at all."""
    name = content_words(tool.name.replace("_", " ").replace("-", " "))
    name = name - _EMPTY_WORDS or name
    described = content_words(tool.description)
    start = text.lstrip().lower()
    first = next(iter(start.split()), "").strip(",.!?:")
    first_words = content_words(first)
    asks = "?" in text or "？" in text or bool(_ASKING.match(start)) or bool(first_words & (name | described))
    if not asks:
        return 0
    if name and name <= words:
        return 100 + len(name)
    shared = len(words & described)
    if shared >= 2:
        return shared
    lead = content_words(next(iter(tool.description.split()), ""))
    asked = _POLITE.sub("", start).partition(" ")[0]
    return 1 if lead & content_words(asked) else 0


def _closest(tools: Sequence[Tool], text: str) -> Tool:
    words = content_words(text)
    return max(tools, key=lambda tool: len(words & content_words(f"{tool.name.replace('_', ' ')} {tool.description}")))
