"""Training files: written, checked, priced."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.errors import ApiError, EndpointMissing
from botcore.openai import Api, ApiSettings
from botcore.store.database import Database
from botcore.testing.openai_server import OfflineSettings, offline_api
from botcore.training.dataset import Writer, held_out_beside, is_held_out, lines
from botcore.training.exporting import export
from botcore.training.screening import LONGEST, Screen
from botcore.training.selection import Example, Tally, Wish
from botcore.training.validation import LEAST_EXAMPLES, Report, validate
from tests.training.conftest import Past


def example(question: str, answer: str = "Yes.") -> Example:
    return Example(({"role": "user", "content": question}, {"role": "assistant", "content": answer}))


def written(path: Path, *values: Any) -> Path:
    path.write_text("".join(f"{value if isinstance(value, str) else json.dumps(value)}\n" for value in values))
    return path


GOOD = [example(f"question {number}").line() for number in range(LEAST_EXAMPLES)]


# ---- writing -------------------------------------------------------------------------------------------------


def test_a_share_is_held_out_and_the_rest_is_taught(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    with Writer(path, share=0.2) as writer:
        for number in range(500):
            writer.add(example(f"question {number}"))
        assert not path.exists()  # nothing half-written under the name
    aside = held_out_beside(path)
    assert aside.name == "train.held-out.jsonl"
    taught, held = ({value["messages"][0]["content"] for _, value in lines(file)} for file in (path, aside))
    assert (len(taught), len(held)) == (writer.taught, writer.held_out)
    assert len(taught) + len(held) == 500
    assert 60 < len(held) < 140
    assert not taught & held


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    path = written(tmp_path / "train.jsonl", "the earlier one")

    def fail() -> None:
        with Writer(path, share=0.5) as writer:
            writer.add(example("one"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert path.read_text() == "the earlier one\n"
    assert [file.name for file in tmp_path.iterdir()] == ["train.jsonl"]


@given(question=st.text(), share=st.floats(0, 1), more=st.floats(0, 1))
def test_a_question_stays_on_its_side(question: str, share: float, more: float) -> None:
    one = example(question)
    assert not is_held_out(one, 0)
    assert is_held_out(one, 1) or share < 1
    assert not is_held_out(one, share) or is_held_out(one, max(share, more))


@given(st.lists(st.text(min_size=1), max_size=5))
def test_any_text_survives_the_file(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.mktemp("files") / "train.jsonl"
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    with Writer(path, share=0) as writer:
        for text in texts:
            writer.add(example(text))
    assert [value["messages"][0]["content"] for _, value in lines(path)] == texts


# ---- checking ------------------------------------------------------------------------------------------------


def test_a_good_file_is_counted_and_priced(tmp_path: Path) -> None:
    report = validate(written(tmp_path / "a.jsonl", *GOOD, "", GOOD[0]))
    assert report.ok
    assert (report.examples, report.duplicates, report.problems) == (LEAST_EXAMPLES + 1, 1, [])
    assert report.roles == {"user": 11, "assistant": 11}
    assert report.shortest <= report.middle <= report.longest
    assert report.tokens >= 11 * report.shortest
    assert report.billed(3) == 3 * report.tokens
    assert report.cost(25.0, epochs=2) == pytest.approx(report.tokens * 2 * 25 / 1_000_000)


USER, ANSWER = {"role": "user", "content": "why?"}, {"role": "assistant", "content": "because"}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("{broken", "no JSON object"),
        ([1, 2], "no JSON object"),
        ({"prompt": "x"}, "no list of messages"),
        ({"messages": []}, "no list of messages"),
        ({"messages": [USER, {"role": "robot", "content": "x"}]}, "message 2: the role 'robot' is none of"),
        ({"messages": [USER, {**ANSWER, "colour": 1}]}, "message 2: unknown key 'colour'"),
        ({"messages": [USER, {"role": "system", "content": "x"}, ANSWER]}, "message 2: the role 'system' stands first"),
        ({"messages": [USER, {"role": "assistant", "content": " "}]}, "message 2: no content"),
        ({"messages": [USER, {"role": "assistant", "content": None}]}, "message 2: no content"),
        ({"messages": [{**USER, "weight": 1}, ANSWER]}, "message 1: weight"),
        ({"messages": [USER, {**ANSWER, "weight": 2}]}, "message 2: weight"),
        ({"messages": [USER, {**ANSWER, "weight": 0}]}, "nothing is taught"),
        ({"messages": [ANSWER, USER]}, "it ends with the role 'user'"),
        ({"messages": [{"role": "system", "content": "x"}, ANSWER]}, "nobody asks"),
        ({"messages": [7]}, "message 1: no object"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, value: Any, says: str) -> None:
    report = validate(written(tmp_path / "a.jsonl", *GOOD, value))
    assert not report.ok
    [problem] = report.problems
    assert problem.line == LEAST_EXAMPLES + 1
    assert says in problem.text


def test_too_few_and_too_long_examples_are_problems(tmp_path: Path) -> None:
    few = validate(written(tmp_path / "few.jsonl", GOOD[0]))
    assert not few.ok
    assert "1 example; at least 10" in few.problems[0].text
    long = validate(written(tmp_path / "long.jsonl", *GOOD, example("word " * 500).line()), longest=300)
    assert [problem.line for problem in long.problems] == [11]
    assert "at most 300" in long.problems[0].text
    empty = validate(written(tmp_path / "empty.jsonl"))
    assert (empty.ok, empty.tokens, empty.longest) == (False, 0, 0)


def test_tool_calls_are_fine_and_many_problems_are_counted(tmp_path: Path) -> None:
    calls = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    result = {"role": "tool", "tool_call_id": "1", "content": "noon"}
    assert validate(written(tmp_path / "a.jsonl", *GOOD, {"messages": [USER, calls, result, ANSWER]})).ok
    report = validate(written(tmp_path / "b.jsonl", *(["nonsense"] * 50)))
    assert (report.wrong, len(report.problems)) == (50, 20)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["messages", "role", "content", "weight", "x"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_any_json_is_judged_and_nothing_falls_over(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    report = validate(written(tmp_path_factory.mktemp("any") / "a.jsonl", json.dumps(value)))
    assert isinstance(report, Report)
    assert report.examples <= 1


# ---- from the database to the file ---------------------------------------------------------------------------


async def test_what_was_liked_is_exported_and_what_is_flagged_is_not(
    sqlite_database: Database, past: Past, api: Api, tmp_path: Path
) -> None:
    ada = await past.person()
    for number in range(12):
        await past.turn(ada, f"question {number}", f"answer {number}", thumb=1, chat=str(number))
    await past.turn(ada, "I will kill you", "Calm down.", thumb=1, chat="x")
    seen: list[int] = []
    done = await export(
        sqlite_database, Wish({"assistant": "Help."}), tmp_path / "train.jsonl", screen=Screen(api), told=seen.append
    )
    assert done.tally.left_out == {"flagged by the moderation": 1}
    assert (done.tally.people, done.tally.turns, seen) == (1, 13, [13])
    assert done.taught + done.held_out == 12
    assert "kill" not in done.path.read_text() + done.held_out_path.read_text()
    assert validate(done.path, least=1).ok or done.taught < 10


async def test_without_a_moderation_nothing_is_exported(sqlite_database: Database, past: Past, tmp_path: Path) -> None:
    ada = await past.person()
    await past.turn(ada, "hello", thumb=1)
    settings = OfflineSettings(missing=("moderations",))
    async with offline_api(settings) as server, Api(ApiSettings(base_url=server.url)) as api:
        with pytest.raises(EndpointMissing):
            await export(sqlite_database, Wish({}), tmp_path / "train.jsonl", screen=Screen(api))
        assert list(tmp_path.glob("train*")) == []
        done = await export(sqlite_database, Wish({}), tmp_path / "train.jsonl", screen=None, share=0)
        assert done.taught == 1


async def test_what_is_too_long_to_check_is_left_out(api: Api) -> None:
    tally = Tally()
    fine = example("short")
    assert await Screen(api).passed([example("x" * LONGEST), fine], tally) == [fine]
    assert tally.left_out == {"too long to check": 1}
    with pytest.raises(ApiError):
        await Screen(api, model="no-such-model").passed([fine], tally)
