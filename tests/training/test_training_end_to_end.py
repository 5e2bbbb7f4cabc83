"""The whole way: people talk, agree and like; an operator makes a model of it; the bot answers with it."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.messages import Reaction
from botcore.testing.openai_server import OfflineApi, OfflineSettings, TuningPace, offline_api
from tests.engine.conftest import House, Person, house_with

ROOT = Path(__file__).parents[2]
DOORS = 20


@dataclass(frozen=True)
class Operator:
    """Somebody at a command line, in the folder of the bot."""

    folder: Path
    api: str

    async def types(self, *arguments: str, code: int = 0) -> str:
        """Run `botcore finetune ...`; what it printed."""
        path = os.pathsep.join(str(ROOT / folder) for folder in ("", "adapters", "plugins"))
        env = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "PYTHONPATH": path,
            "OPENAI_BASE_URL": self.api,
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from botcore.cli import main; main()",
            "finetune",
            *arguments,
            cwd=self.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode == code, err.decode()
        return out.decode() + (err.decode() if code else "")


@pytest.fixture
async def api() -> AsyncIterator[OfflineApi]:
    """The stand-in, with jobs that are done at once."""
    async with offline_api(OfflineSettings(introduce=False, tuning=TuningPace(0, 0, 0))) as server:
        yield server


@pytest.fixture
def operator(tmp_path: Path, api: OfflineApi) -> Operator:
    return Operator(tmp_path, api.url)


async def asks(house: House, person: Person, question: str, answer: str, thumb: str = "") -> None:
    """A person asks, is answered, and says what they think of it."""
    house.api.script.reply(answer)
    number = len(await house.room.answers(0, person.chat.id)) + 1
    await person.says(question)
    await house.room.answers(number, person.chat.id)
    if thumb:
        shown = [message for message in house.room.shown if message.chat == person.chat.id][-1]
        await person.happens(Reaction(shown.id, (thumb,)))


@pytest.mark.slow
async def test_from_conversations_to_a_model_that_answers(tmp_path: Path, api: OfflineApi, operator: Operator) -> None:
    async with house_with(tmp_path, api=api, access__messages_per_minute="0") as house:
        ada, bob = house.person("Ada", chat="a"), house.person("Bob", chat="b")
        await ada.says("/consent on")
        await house.room.answers(1, "a")
        for door in range(DOORS):
            await asks(house, ada, f"What is the code of door {door}?", f"It is code-{door}.", "👍")
        await asks(house, ada, "Who are you?", "Nobody.", "👎")
        await asks(house, ada, "Write to ada@example.org", "Done.", "👍")
        await asks(house, bob, "What is Bob's secret?", "It is hidden.", "👍")

        told = await operator.types("export", "--held-out", "0.3", "--context", "0", "--price", "25", "--start")
        assert "1 people agreed, 22 turns looked at; left out: 1 rated bad" in told
        assert "ready to be trained on" in told
        assert "trained tokens, about $0." in told
        [job] = [line for line in told.splitlines() if line.startswith("ftjob-")]
        taught = (tmp_path / "train.jsonl").read_text()
        aside = (tmp_path / "train.held-out.jsonl").read_text()
        assert len((taught + aside).splitlines()) == DOORS + 1
        assert "secret" not in taught + aside
        assert "ada@example.org" not in taught + aside
        assert "[email]" in taught + aside
        assert "You are a helpful" in json.loads(taught.splitlines()[0])["messages"][0]["content"]

        page = await operator.types("use", job, "--for", "assistant", "--compare", "train.held-out.jsonl")
        assert page == "compare.html\n"
        html = (tmp_path / "compare.html").read_text()
        assert html.count("<article>") == len(aside.splitlines())
        assert "ft:gpt-4o-mini:" in html
        assert _chosen(tmp_path) is None  # looking switches nothing

        said = await operator.types("use", job, "--for", "assistant")
        assert said.startswith("assistant answers with ft:gpt-4o-mini:")
        assert said.endswith("(before: gpt-5-mini)\n")

    async with house_with(tmp_path, api=api) as house:
        taught_door = next(door for door in range(DOORS) if f"door {door}?" in taught)
        carol = house.person("Carol", chat="c")
        await carol.says(f"What is the code of door {taught_door}?")
        assert await house.room.answers(1, "c") == [f"It is code-{taught_door}."]

    assert "gpt-5-mini (before: ft:" in await operator.types("use", "default", "--for", "assistant")


def _chosen(folder: Path) -> str | None:
    """What stands in the database about models of personas."""
    with closing(sqlite3.connect(folder / "bot.db")) as connection:
        row = connection.execute("SELECT value FROM fact WHERE key = 'persona_models'").fetchone()
    return None if row is None else str(row[0])


async def test_without_consent_there_is_nothing_to_export(tmp_path: Path, api: OfflineApi, operator: Operator) -> None:
    async with house_with(tmp_path, api=api) as house:
        await asks(house, house.person("Ada", chat="a"), "hello", "Hello!", "👍")
        told = await operator.types("export", code=1)
    assert told == "botcore: nothing to export: nobody has agreed yet; people do with /consent on\n"
    assert list(tmp_path.glob("*.jsonl")) == []


async def test_what_is_typed_wrong_is_one_line(operator: Operator) -> None:
    for arguments, says in (
        (["export", "--since", "yesterday"], "--since yesterday: expected a date such as 2026-11-01"),
        (["export", "--rating", "splendid"], "--rating splendid: good or any"),
        (["export", "--persona", "nobody"], "--persona nobody: there is no such persona"),
        (["use", "gpt-4o", "--for", "nobody"], "--for nobody: there is no such persona"),
    ):
        told = await operator.types(*arguments, code=2)
        assert says in told
        assert len(told.splitlines()) == 1


async def test_a_wrong_file_is_named_and_not_uploaded(tmp_path: Path, api: OfflineApi, operator: Operator) -> None:
    (tmp_path / "train.jsonl").write_text('{"messages": []}\n')
    told = await operator.types("validate", "train.jsonl", code=1)
    assert "line 1: no list of messages" in told
    assert "not fit to be trained on" in told
    report = json.loads(await operator.types("validate", "train.jsonl", "--json", "--price", "3", code=1))
    assert (report["ok"], report["problem_count"], report["usd"]) == (False, 2, 0.0)
    assert "not uploaded" in await operator.types("start", "train.jsonl", code=1)
    assert not [request for request in api.requests if request.path.endswith("/files")]
