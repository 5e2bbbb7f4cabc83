"""What the brain can do with words: each skill looks at the conversation and answers, or passes with None."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re
from collections.abc import Callable

from botcore.testing.openai_server.brain import arithmetic, questions
from botcore.testing.openai_server.brain.memory import Memory, content_words, learn, recall, same_key, tell_fact
from botcore.testing.openai_server.brain.phrases import ECHO, GREETING, HELP, INTRODUCTION, NOTED, RECALLED, UNKNOWN
from botcore.testing.openai_server.brain.talk import Talk

Skill = Callable[[Talk], str | None]

_QUOTED_LENGTH = 300


def after_tools(talk: Talk) -> str | None:
    """The results of the tools that were called."""
    if not talk.results:
        return None
    said = [f"The tool `{name}` answered: {text or '(nothing)'}" for name, text in talk.results]
    return said[0] if len(said) == 1 else "\n".join(f"- {line}" for line in said)


def no_text(talk: Talk) -> str | None:
    """A message without words."""
    if talk.images:
        return _pictures(talk)
    return None if talk.question else "You sent no text."


def _pictures(talk: Talk) -> str:
    count = "1 picture" if talk.images == 1 else f"{talk.images} pictures"
    words = f" with the words “{quoted(talk.question)}”" if talk.question else ""
    if not any(talk.seen):
        return f"You sent {count}{words}. I cannot look at pictures."
    told = [one or "one that I cannot read" for one in talk.seen]
    listed = told[0] if len(told) == 1 else "; ".join(f"{at}. {one}" for at, one in enumerate(told, 1))
    if questions.DESCRIBE_ALONE.search(talk.ask):
        return f"{listed[:1].upper()}{listed[1:]}."
    return f"You sent {count}{words}: {listed}. I see sizes and colours, not what is shown."


def who(talk: Talk) -> str | None:
    """Who answers here."""
    return INTRODUCTION[talk.language] if questions.WHO_ARE_YOU.search(talk.ask) else None


def abilities(talk: Talk) -> str | None:
    """What can be asked."""
    return HELP if questions.WHAT_CAN_YOU_DO.search(talk.ask) else None


def said(talk: Talk) -> str | None:
    """What was said earlier, and how much of it."""
    text = talk.ask
    if questions.WHAT_YOU_SAID.search(text):
        return f"I said: “{quoted(talk.answers[-1])}”." if talk.answers else "I have not said anything yet."
    if questions.HOW_MANY_MESSAGES.search(text):
        count = len(talk.before) + 1
        return f"You have sent {count} message{'s' if count > 1 else ''}, with this one."
    mine = [turn.text for turn in talk.before]
    if questions.ALL_I_SAID.search(text):
        return (
            "\n".join(f"{at}. {quoted(one)}" for at, one in enumerate(mine, 1))
            or "You have not said anything before this."
        )
    found = questions.MY_MESSAGE.search(text) or questions.WHAT_I_SAID.search(text)
    if not found or not questions.ABOUT_SAYING.search(text):
        return None
    if not mine:
        return "You have not said anything before this."
    begun = re.search(r"\bfirst\b|先|最初", text)
    which = (found.groupdict().get("which") or ("first" if begun else "last")).lower()
    at = {"first": 0, "second": 1, "third": 2}.get(which, -1)
    if at >= len(mine):
        return f"You have said only {len(mine)} thing{'s' if len(mine) > 1 else ''} before this."
    when = f"At {which}" if which in {"first", "last"} else "Before that"
    return f"{when} you said: “{quoted(mine[at])}”."


def remembered(talk: Talk) -> str | None:
    """An answer to a question about something that was told."""
    text = talk.ask
    everything = questions.ALL_ABOUT_ME.search(text)
    asked = None if everything else _asked_key(text)
    if everything is None and asked is None:
        return None
    memory = recall(talk)
    if everything:
        return _all_of(memory, talk)
    key = asked or ""
    found = memory.find(key)
    if found:
        return _sentence(tell_fact(*found, talk.language), talk)
    notes = memory.notes_on(content_words(key))
    if notes:
        return RECALLED[talk.language].format(what="; ".join(notes))
    whose = {"zh": "你的{}", "ja": "あなたの{}"}.get(talk.language, "your {}")
    return UNKNOWN[talk.language].format(what=whose.format(_in(key, talk)))


def _asked_key(text: str) -> str | None:
    for pattern, key in questions.ABOUT_ME:
        found = pattern.search(text)
        if found:
            return same_key(found.groupdict().get("key") or key)
    return None


def _in(key: str, talk: Talk) -> str:
    names = {"zh": {"name": "名字", "home": "住处"}, "ja": {"name": "名前", "home": "住所"}}
    return names.get(talk.language, {}).get(key, key)


def _all_of(memory: Memory, talk: Talk) -> str:
    lines = [tell_fact(key, value, talk.language) for key, value in memory.facts.items()]
    lines += [note for note in memory.notes if not any(value in note for value in memory.facts.values())]
    if not lines:
        return UNKNOWN[talk.language].format(what={"zh": "任何事", "ja": "何も"}.get(talk.language, "anything"))
    return "\n".join(f"- {line}" for line in lines)


def repeat(talk: Talk) -> str | None:
    """Words to be said again."""
    found = questions.REPEAT.match(talk.question)
    if not found:
        return None
    what = found["what"].strip()
    unquoted = re.fullmatch(r"[\"“'「](.*)[\"”'」][.!]?", what, re.DOTALL)
    return unquoted[1] if unquoted else what


def sums(talk: Talk) -> str | None:
    """The value of a sum."""
    value = arithmetic.solve(talk.question)
    return None if value is None else f"The answer is **{value}**."


def told(talk: Talk) -> str | None:
    """Facts in the message itself: confirmed, so that the person sees what was understood."""
    new = learn(Memory(), talk.question)
    if not new.facts and not new.notes:
        return None
    what = new.notes or [tell_fact(key, value, talk.language) for key, value in new.facts.items()]
    answer = NOTED[talk.language].format(what=", ".join(what))
    name = new.facts.get("name")
    return GREETING[talk.language].format(who=_called(name, talk)) + " " + answer if name else answer


def _called(name: str, talk: Talk) -> str:
    return {"zh": f",{name}", "ja": f"、{name}さん"}.get(talk.language, f", {name}")


def greeting(talk: Talk) -> str | None:
    """A greeting, by name where it is known; thanks."""
    if questions.THANKS.match(talk.ask):
        return "You are welcome."
    if not questions.GREETING.match(talk.ask):
        return None
    name = recall(talk).facts.get("name")
    return GREETING[talk.language].format(who=_called(name, talk) if name else "")


def noted(talk: Talk) -> str | None:
    """A question about something that was to be remembered."""
    text = talk.ask
    if not text.endswith(("?", "？")) and not questions.ABOUT_THE_THING.search(text):
        return None
    memory = recall(talk)
    thing = questions.ABOUT_THE_THING.search(text)
    fact = f"the {same_key(thing['key'])}" if thing else ""
    if fact in memory.facts:
        return _sentence(tell_fact(fact, memory.facts[fact], "en"), talk)
    notes = memory.notes_on(content_words(text))
    return RECALLED[talk.language].format(what="; ".join(notes)) if notes else None


def fallback(talk: Talk) -> str:
    """No skill applies: the message is quoted, with the name of its sender where it is known."""
    echo = ECHO[talk.language].format(what=quoted(talk.question))
    name = recall(talk).facts.get("name")
    if not name:
        return echo
    return f"{name}, {echo[:1].lower()}{echo[1:]}" if talk.language == "en" else f"{name}:{echo}"


def quoted(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED_LENGTH else line[:_QUOTED_LENGTH].rstrip() + "…"


def _sentence(text: str, talk: Talk) -> str:
    return f"{text[:1].upper()}{text[1:]}." if talk.language == "en" else f"{text}。"
