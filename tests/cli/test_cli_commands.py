"""What an operator types, what comes back, and with which exit code."""

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

import pytest

from botcore.cli.commands import hoisted
from botcore.config import load_config
from botcore.store import access, accounts
from botcore.store.database import Database


class Ended(Protocol):
    """What a finished command left; see conftest.py."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]
Start = Callable[..., "subprocess.Popen[str]"]

# ---- settings ------------------------------------------------------------------------------------------------


def test_a_wrong_setting_is_one_line_on_stderr_and_exit_code_2(botcore: Run, tmp_path: Path) -> None:
    (tmp_path / "botcore.toml").write_text('[chat]\nmodle = "x"')
    for command in ("run", "chat", "doctor", "config"):  # they fail before they set logging up
        ended = botcore(command)
        assert ended.code == 2
        assert ended.err == "botcore: botcore.toml: chat.modle: unknown setting; did you mean chat.model?\n"
        assert ended.out == ""


def test_several_wrong_settings_are_a_line_each(botcore: Run) -> None:
    ended = botcore("config", BOTCORE_CHAT__MODLE="x", BOTCORE_LOGS__LEVEL="loud")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 2


def test_a_traceback_is_shown_only_with_debug(process: Run) -> None:
    ended = process("config", "--debug", BOTCORE_CHAT__MODLE="x")
    assert ended.code == 1
    assert "Traceback" in ended.err
    assert "did you mean chat.model?" in ended.err


_FAULTY = """
from botcore.cli import main
from botcore.cli.commands import app

@app.command()
def boom() -> None:
    raise RuntimeError("a fault at postgresql://me:hush-hush@db/x")

main()
"""


@pytest.mark.parametrize(("more", "traceback"), [([], False), (["--debug"], True)])
def test_a_fault_of_the_program_is_one_line_too(more: list[str], *, traceback: bool) -> None:
    done = subprocess.run([sys.executable, "-c", _FAULTY, "boom", *more], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is traceback
    assert "RuntimeError: a fault" in done.stderr
    if not traceback:
        assert len(done.stderr.splitlines()) == 1
        assert "hush" not in done.stderr


def test_the_settings_in_force_are_printed_with_their_sources(botcore: Run, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('[chat]\nmodel = "mine"')
    ended = botcore("config", "--config", "other.toml", OPENAI_API_KEY="hush-hush", BOTCORE_CHAT__STREAM="off")
    assert (ended.code, ended.err) == (0, "")
    assert 'model = "mine"  # other.toml' in ended.out
    assert "stream = false  # environment: BOTCORE_CHAT__STREAM" in ended.out
    assert "hush" not in ended.out
    assert tomllib.loads(ended.out)["chat"]["model"] == "mine"


def test_the_default_file_can_be_printed_and_used(botcore: Run, tmp_path: Path) -> None:
    ended = botcore("config", "--defaults")
    assert ended.code == 0
    (tmp_path / "botcore.toml").write_text(ended.out)
    assert load_config(env={}, directory=tmp_path).chat.model == "gpt-5-mini"


def test_options_of_all_commands_may_stand_behind_the_command() -> None:
    assert hoisted(["run", "--config", "a.toml", "--debug"]) == ["--config", "a.toml", "--debug", "run"]
    assert hoisted(["run", "--config=a.toml"]) == ["--config=a.toml", "run"]
    assert hoisted(["access", "approve", "--", "--debug"]) == ["access", "approve", "--", "--debug"]
    assert hoisted(["run", "--config"]) == ["run", "--config"]


# ---- what is quick -------------------------------------------------------------------------------------------

_LOADED = """
import sys
from botcore.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    slow = ("sqlalchemy", "httpx", "aiohttp", "structlog", "numpy", "nicegui", "botcore.app", "botcore.config")
    print(*(name for name in slow if name in sys.modules))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["version"], ["access", "--help"]])
def test_help_and_version_load_nothing_that_takes_time(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == ""


def test_every_command_says_what_it_does(botcore: Run) -> None:
    ended = botcore("--help")
    assert ended.code == 0
    for command in ("run", "chat", "doctor", "config", "offline-api", "version", "db", "access"):
        assert f" {command} " in ended.out


def test_a_command_that_does_not_exist_is_a_usage_error(botcore: Run) -> None:
    assert botcore("fly").code == 2


# ---- the database --------------------------------------------------------------------------------------------


def test_tables_are_made_and_named(botcore: Run, tmp_path: Path) -> None:
    assert "does not exist yet" in botcore("db", "current").out
    assert not (tmp_path / "data").exists()
    assert "brought to revision" in botcore("db", "upgrade").out
    assert "already at revision" in botcore("db", "upgrade").out
    assert "which is the newest" in botcore("db", "current").out


def test_a_database_of_a_newer_program_is_one_line_and_exit_code_1(botcore: Run, tmp_path: Path) -> None:
    botcore("db", "upgrade")
    with sqlite3.connect(tmp_path / "data" / "botcore.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    ended = botcore("db", "current")
    assert ended.code == 1
    assert ended.err.startswith("botcore: the database has revision 9999")
    assert len(ended.err.splitlines()) == 1


def test_a_database_that_does_not_answer_is_one_line_without_its_password(botcore: Run) -> None:
    ended = botcore("db", "current", DATABASE_URL="postgresql://me:hush-hush@127.0.0.1:1/x")
    assert ended.code == 1
    assert len(ended.err.splitlines()) == 1
    assert "hush" not in ended.err


# ---- who may talk --------------------------------------------------------------------------------------------


async def _ask(directory: Path, person: str) -> str:
    """What happens when a stranger writes: they get a code."""
    async with await Database.open(f"sqlite:///{directory}/data/botcore.db") as database:
        stranger = await database.run(lambda c: accounts.ensure_identity(c, "telegram", person, "Ann"))
        return await database.run(partial(access.request, identity_id=stranger.id))


def test_a_stranger_is_let_in_and_shut_out_again(botcore: Run, tmp_path: Path) -> None:
    code = asyncio.run(_ask(tmp_path, "42"))
    assert f"{code}  telegram:42 (Ann), since" in botcore("access", "list").out
    assert botcore("access", "approve", code.lower()).out == "telegram:42 (Ann) may talk to the bot now.\n"
    shown = botcore("access", "list").out
    assert "Nobody waits" in shown
    assert "Let in:\n  telegram:42 (Ann)\n" in shown
    again = botcore("access", "approve", code)
    assert again.code == 1
    assert f"nobody waits with the code {code}" in again.err
    assert botcore("access", "revoke", "telegram:42").out == "telegram:42 (Ann) is shut out.\n"
    assert "telegram:42" not in botcore("access", "list").out


def test_a_stranger_is_turned_away(botcore: Run, tmp_path: Path) -> None:
    code = asyncio.run(_ask(tmp_path, "43"))
    assert botcore("access", "refuse", code).out == "telegram:43 (Ann) was turned away.\n"
    assert "telegram:43" not in botcore("access", "list").out


def test_an_owner_can_be_named_before_they_ever_wrote(botcore: Run) -> None:
    assert "telegram:7 is an owner now" in botcore("access", "owner", "telegram:7").out
    assert "telegram:7, owner" in botcore("access", "list").out
    wrong = botcore("access", "owner", "7")
    why = "an id has a platform and a number, as in telegram:7; /whoami tells it"
    assert (wrong.code, wrong.err) == (2, f"botcore: 7: {why}\n")
    for person, says in (
        ("ada", "as in telegram:12345;"),
        ("telegram:", "as in telegram:12345;"),
        ("telegram:ada", "ids are numbers, which /whoami tells; names change hands and do not count"),
        ("telegraph:7", "there is no platform 'telegraph' here, but discord, telegram, web"),
    ):
        wrong = botcore("access", "owner", person)
        assert (wrong.code, says in wrong.err) == (2, True), person
    assert "ada" not in botcore("access", "list").out
    unknown = botcore("access", "revoke", "telegram:8")
    assert unknown.code == 1
    assert "telegram:8 has never written" in unknown.err


# ---- what keeps running --------------------------------------------------------------------------------------


def test_the_stand_in_serves_until_it_is_told_to_stop(started: Start) -> None:
    process = started("offline-api", "--port", "0")
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with urllib.request.urlopen(f"{url}/models", timeout=10) as answer:
        assert json.load(answer)["object"] == "list"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_a_taken_port_is_one_line(process: Run, started: Start) -> None:
    first = started("offline-api", "--port", "0")
    assert first.stdout is not None
    port = first.stdout.readline().split()[-1].split(":")[2].split("/")[0]
    ended = process("offline-api", "--port", port)
    assert ended.code == 1
    assert f"port {port}: " in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_bot_starts_without_any_settings_and_ends_cleanly(started: Start, number: signal.Signals) -> None:
    process = started("run", BOTCORE_WEB__PORT="0")
    assert process.stderr is not None
    lines: list[str] = []
    while not any('"ready: ' in line for line in lines):
        lines.append(process.stderr.readline())
        assert lines[-1], "".join(lines)
    process.send_signal(number)
    rest = process.communicate(timeout=15)[1]
    assert process.returncode == 0, rest
    assert "Traceback" not in rest


@pytest.mark.slow
def test_a_conversation_in_the_terminal(process: Run) -> None:
    ended = process("chat", said="My name is Ann.\n\n/whoami\nWhat is my name?\n/exit\nnever read\n")
    assert ended.code == 0, ended.err
    assert "stand-in" in ended.out
    assert "Ann" in ended.out
    assert "never read" not in ended.out
    again = process("chat", said="What is my name?")
    assert "Ann" in again.out, "the history is there after a restart"
