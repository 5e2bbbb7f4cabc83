"""Skills that write something down: code, samples of Markdown, texts of a wanted length, counts."""

# Chinese and Japanese punctuation is meant as it stands.
# ruff: noqa: RUF001

import re

from botcore.testing.openai_server.brain.questions import either
from botcore.testing.openai_server.brain.talk import Talk

_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_WANTS_CODE = either(
    r"\b(?:write|show|give|send|make|create|need|want|example|sample|again|back)\b.*"
    r"\b(?:code|function|script|program|snippet|class)\b",
    r"\b(?:code|program|snippet) (?:in|for|example)\b",
    r"写.*(?:代码|程序|函数)|代码|コード",
    flags=re.DOTALL,
)
_SAMPLES: dict[str, str] = {
    "python": 'def greet(name: str) -> str:\n    return f"Hello, {name}!"\n\n\nprint(greet("world"))',
    "javascript": 'const greet = (name) => `Hello, ${name}!`;\n\nconsole.log(greet("world"));',
    "typescript": 'const greet = (name: string): string => `Hello, ${name}!`;\n\nconsole.log(greet("world"));',
    "bash": '#!/bin/sh\nname="${1:-world}"\necho "Hello, $name!"',
    "rust": 'fn main() {\n    let name = "world";\n    println!("Hello, {name}!");\n}',
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tfmt.Println("Hello, world!")\n}',
    "c": '#include <stdio.h>\n\nint main(void) {\n    puts("Hello, world!");\n    return 0;\n}',
    "java": 'class Hello {\n  public static void main(String[] args) {\n    System.out.println("Hello!");\n  }\n}',
    "sql": "SELECT name, count(*) AS greetings\nFROM visitors\nWHERE greeted\nGROUP BY name;",
    "html": "<!doctype html>\n<title>Hello</title>\n<p>Hello, <b>world</b> &amp; everybody!</p>",
    "json": '{"hello": "world", "count": 3}',
}
_ALSO = {"js": "javascript", "ts": "typescript", "shell": "bash", "sh": "bash", "golang": "go", "py": "python"}
_TABLE = """\
| Thing | Count | Note |
|---|---:|---|
| apples | 3 | *ripe* |
| pears | 12 | `sweet` |
| figs | 1 | ~~gone~~ |"""
_LIST = """\
1. First
   - a point below it
   - another, with **bold** text
2. Second
3. Third"""
_MARKDOWN = f"""\
# A heading

Some **bold**, *italic*, ~~struck~~ and `code` words, and a [link](https://example.org/a?b=1&c=2).

> A quotation of
> two lines.

{_LIST}

{_TABLE}

```python
print("a < b && c > d")
```

---

The end: 1 < 2 & 3 > 2 * 1_000."""
_LENGTH = re.compile(
    r"\b(?P<count>\d{1,6}) (?P<unit>words?|sentences?|paragraphs?|lines?|characters?|letters)\b", re.IGNORECASE
)
_WRITE = re.compile(r"\b(?:write|tell|give|say|send|generate|make|answer|reply|story|text|essay)\b", re.IGNORECASE)
_LONGEST = 200_000  # characters; the context window cuts it much earlier in most cases
_UNITS = {"word": 6, "sentence": 32, "line": 12, "paragraph": 260, "character": 1, "letter": 1}  # characters in each
_WORDS = (
    "every", "morning", "the", "small", "robot", "swept", "its", "quiet", "workshop", "and", "counted", "bright",
    "brass", "screws",
)  # fmt: skip
_COUNT_TO = either(
    r"\bcount (?:from (?P<start>-?\d{1,6}) )?(?:up )?to (?P<end>-?\d{1,6})",
    r"数到(?P<zh>\d{1,6})",
    r"(?P<ja>\d{1,6})まで数えて",
)
_MOST_NUMBERS = 5000
_HOW_MANY_IN = either(
    r"\bhow many (?P<unit>words|characters|letters|sentences|lines) (?:are |is )?(?:there )?in"
    r"(?: (?:this|the) (?:text|sentence|message|word|phrase))?\s*[:：]?\s*(?P<text>\S.*)",
    flags=re.DOTALL,
)


def code(talk: Talk) -> str | None:
    """Code blocks: the message's own given back, an earlier one shown again, or a sample in the wanted language."""
    own = fenced_blocks(talk.question)
    if own:
        return "Here is your code again:\n\n" + "\n\n".join(own)
    if not _WANTS_CODE.search(talk.ask):
        return None
    if re.search(r"\b(?:my|again|back|that)\b", talk.ask, re.IGNORECASE):
        earlier = [block for turn in talk.before for block in fenced_blocks(turn.text)]
        if earlier:
            return f"Here is your code again:\n\n{earlier[-1]}"
    words = [word.lower() for word in re.findall(r"[A-Za-z]+", talk.ask)]
    named = [_ALSO.get(word, word) for word in words]
    language = next((word for word in named if word in _SAMPLES), "python")
    return f"Here is a sample:\n\n```{language}\n{_SAMPLES[language]}\n```"


def fenced_blocks(text: str) -> list[str]:
    """The fenced code blocks of a Markdown text, fences included; one that is never closed is left out."""
    blocks: list[str] = []
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        if not fence and (opened := _FENCE.match(line)):
            fence, lines = opened[1], [line]
        elif fence:
            lines.append(line)
            if line.strip() and not line.strip().strip(fence[0]) and len(line.strip()) >= len(fence):
                blocks.append("\n".join(lines))
                fence = ""
    return blocks


def samples(talk: Talk) -> str | None:
    """Markdown to look at."""
    text = talk.ask
    if re.search(r"\bmarkdown\b", text, re.IGNORECASE):
        return _MARKDOWN
    if re.search(r"\b(?:show|give|make|draw|write|send)\b.*\btable\b|表格", text, re.IGNORECASE):
        return _TABLE
    if re.search(r"\b(?:show|give|make|write|send)\b.*\b(?:a|bullet|numbered) list\b|列表", text, re.IGNORECASE):
        return _LIST
    return None


def long_text(talk: Talk) -> str | None:
    """A text of the wanted length."""
    found = _LENGTH.search(talk.ask)
    if not found or not _WRITE.search(talk.ask):
        return None
    unit = found["unit"].lower().rstrip("s")
    count = min(int(found["count"]), _LONGEST // _UNITS[unit])
    match unit:
        case "word":
            text = _prose(count)
        case "sentence":
            text = " ".join(f"This is sentence {at} of {count}." for at in range(1, count + 1))
        case "line":
            text = "\n".join(f"Line {at}" for at in range(1, count + 1))
        case "paragraph":
            text = "\n\n".join(f"Paragraph {at}. {_prose(40)}" for at in range(1, count + 1))
        case _:
            text = _prose(count // 3 + 1)[:count]
    return text


def _prose(count: int) -> str:
    """So many words, in sentences as long as the list."""
    words = [_WORDS[at % len(_WORDS)] for at in range(count)]
    for at in range(0, len(words), len(_WORDS)):
        words[at] = words[at].capitalize()
    for at in range(len(_WORDS) - 1, len(words), len(_WORDS)):
        words[at] += "."
    if words and not words[-1].endswith("."):
        words[-1] += "."
    return " ".join(words)


def counting(talk: Talk) -> str | None:
    """Counting up or down, and counting what is in a text."""
    found = _COUNT_TO.search(talk.ask)
    if found:
        start, end = int(found["start"] or 1), int(found["end"] or found["zh"] or found["ja"])
        step = 1 if end >= start else -1
        numbers = range(start, end + step, step)
        more = ", …" if len(numbers) > _MOST_NUMBERS else ""
        return ", ".join(str(number) for number in numbers[:_MOST_NUMBERS]) + more
    asked = _HOW_MANY_IN.search(talk.question)
    if not asked:
        return None
    unit, text = asked["unit"].lower(), asked["text"].strip().rstrip("?").strip("\"“”'")
    match unit:
        case "words":
            count = len(text.split())
        case "letters":
            count = sum(char.isalpha() for char in text)
        case "sentences":
            count = len(re.findall(r"[^.!?。！？]+", text))
        case "lines":
            count = len(text.splitlines())
        case _:
            count = len(text)
    return f"There are {count} {unit} in it."
