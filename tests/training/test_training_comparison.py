"""Two models, the same questions, one page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from botcore.errors import Unsuitable
from botcore.openai import Api
from botcore.training.comparison import Answer, Question, Row, compare, page, questions

HELD_OUT = [
    {
        "messages": [
            {"role": "system", "content": "You help."},
            {"role": "user", "content": "My name is Ada."},
            {"role": "assistant", "content": "Hello.", "weight": 0},
            {"role": "user", "content": f"What is my name? ({number})"},
            {"role": "assistant", "content": "You are Ada."},
        ]
    }
    for number in range(5)
]


def held_out(folder: Path) -> Path:
    path = folder / "held-out.jsonl"
    path.write_text("nonsense\n" + "".join(json.dumps(one) + "\n" for one in HELD_OUT))
    return path


def test_questions_are_examples_without_their_answer(tmp_path: Path) -> None:
    found = questions(held_out(tmp_path), most=3)
    assert len(found) == 3
    assert (found[0].text, found[0].liked) == ("What is my name? (0)", "You are Ada.")
    assert found[0].messages[2] == {"role": "assistant", "content": "Hello."}  # a weight is for training alone
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(Unsuitable, match="no questions"):
        questions(empty, most=3)


async def test_both_models_answer_and_a_failure_is_shown(tmp_path: Path, api: Api) -> None:
    told: list[int] = []
    models = ["gpt-4o-mini", "no-such-model"]
    rows = await compare(api, questions(held_out(tmp_path), most=5), models, told=lambda: told.append(1))
    assert (len(rows), len(told)) == (5, 5)
    assert [row.question.text for row in rows] == [f"What is my name? ({number})" for number in range(5)]
    good, bad = rows[0].answers
    assert "Ada" in good.text
    assert good.tokens > 0
    assert bad.failed
    assert "no-such-model" in bad.text


class Texts(HTMLParser):
    """What a browser would show, and which elements it would make."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_was_said_is_text_in_the_page_and_nothing_else() -> None:
    evil = '<script>alert("x")</script><img src=x onerror=y> & </p>'
    asked = Question(({"role": "user", "content": "before"}, {"role": "user", "content": evil}), evil)
    html = page([Row(asked, (Answer(evil, 7), Answer(evil, failed=True)))], [evil, "b"], title=evil)
    shown = Texts(html)
    assert not {"script", "img"} & set(shown.tags)
    assert shown.text.count(evil) == 8  # title twice, model twice, question, two answers, the liked one
    assert "7 tokens" in shown.text
    assert "before" in shown.text
    assert "default-src 'none'" in html  # and if it were anything else, it could load nothing
