"""`botcore api ...` as an operator types it, in a process of its own, with the stand-in behind it."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import pytest
import typer.main
from PIL import Image as Picture

from botcore.cli.commands import app
from botcore.testing.openai_server import OfflineApi, OfflineSettings, Status, TuningPace, offline_api

from .conftest import MAIN, environment

pytestmark = pytest.mark.slow


class Ended(Protocol):
    """What a finished command left; see conftest.py."""

    code: int
    out: str
    err: str


Process = Callable[..., Ended]
Run = Callable[..., Awaitable[Ended]]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
async def server() -> AsyncIterator[OfflineApi]:
    """The stand-in, with jobs that are done at once."""
    async with offline_api(OfflineSettings(introduce=False, tuning=TuningPace(0, 0, 0))) as running:
        yield running


@pytest.fixture
def run(process: Process, server: OfflineApi) -> Run:
    """Run `botcore api ...` against the stand-in of the test, which goes on answering meanwhile."""

    async def run(*arguments: str, **more: str) -> Ended:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "fake-key-for-tests", **more}
        return await asyncio.to_thread(partial(process, "api", *arguments, **env))

    return run


def body(server: OfflineApi) -> Any:
    """What was asked last."""
    return server.requests[-1].json


# ---- words ---------------------------------------------------------------------------------------------------


async def test_chat_writes_the_answer_and_nothing_else(run: Run, server: OfflineApi) -> None:
    server.script.reply("Hello, operator!")
    ended = await run("chat", "hello", "--system", "Be brief.", "--max-tokens", "50", "--model", "gpt-4o")
    assert (ended.code, ended.out, ended.err) == (0, "Hello, operator!\n", "")
    asked = body(server)
    assert [message["content"] for message in asked["messages"]] == ["Be brief.", "hello"]
    assert (asked["model"], asked["max_completion_tokens"], asked["stream"]) == ("gpt-4o", 50, True)


async def test_a_text_comes_from_standard_input_and_json_goes_out(run: Run, server: OfflineApi) -> None:
    server.script.reply("read")
    ended = await run("chat", "-", "--json", "--model", "gpt-4o", said="from a pipe\n")
    assert ended.code == 0
    assert json.loads(ended.out)["choices"][0]["message"]["content"] == "read"
    assert body(server)["messages"][-1]["content"] == "from a pipe\n"
    empty = await run("chat", "-", said="  \n")
    assert (empty.code, empty.out) == (1, "")
    assert "the text is empty" in empty.err


async def test_completions_and_edits_say_which_path_served(run: Run) -> None:
    through = await run("complete", "Once upon a time", "--model", "gpt-4o")
    assert through.code == 0
    assert through.out.strip()
    assert through.err == "POST /completions does not know the model gpt-4o: done through chat completions\n"
    direct = await run("edit", "Shout", "--input", "hello", "--model", "text-davinci-edit-001", "--json")
    assert json.loads(direct.out)["served_by"] == "endpoint"
    other = await run("edit", "Shout", "--model", "gpt-4o", "--json", said="hello")
    assert json.loads(other.out)["served_by"] == "chat"
    assert "POST /edits" in json.loads(other.out)["note"]


async def test_vectors_and_verdicts(run: Run) -> None:
    shown = await run("embed", "a red fox", "--dimensions", "64")
    assert shown.out.startswith("text-embedding-3-small, 64 dimensions\n")
    whole = json.loads((await run("embed", "a red fox", "--json")).out)
    assert len(whole["data"][0]["embedding"]) == 1536
    assert (await run("moderate", "a lovely day")).out.startswith("not flagged\n")
    flagged = (await run("moderate", "I will kill you")).out
    assert flagged.startswith("flagged: ")
    assert "violence  *" in flagged
    assert json.loads((await run("moderate", "x", "--json")).out)["results"][0]["flagged"] is False


async def test_models_are_listed_shown_and_deleted(run: Run) -> None:
    assert "gpt-4o\n" in (await run("models")).out
    assert (await run("models", "gpt-4o")).out.startswith("id: gpt-4o\n")
    own = "ft:gpt-4o-mini:offline::sample"
    assert json.loads((await run("models", own, "--delete", "--json")).out) == {"id": own, "deleted": True}
    assert own not in (await run("models")).out


# ---- what goes wrong -----------------------------------------------------------------------------------------


async def test_an_error_is_one_line_with_its_request_id(run: Run) -> None:
    ended = await run("models", "nothing-like-it")
    assert (ended.code, ended.out) == (1, "")
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("botcore: GET /models/{id}: ")
    assert "request_id req_" in ended.err


async def test_a_refused_key_is_one_line_without_the_key(process: Process) -> None:
    async with offline_api(OfflineSettings(keys=frozenset({"another"}))) as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "fake-key-for-tests"}
        ended = await asyncio.to_thread(partial(process, "api", "chat", "hello", **env))
    assert (ended.code, ended.out, len(ended.err.splitlines())) == (1, "", 1)
    assert "status 401" in ended.err
    assert "fake-key-for-tests" not in ended.err


async def test_an_error_does_not_quote_the_prompt(run: Run, server: OfflineApi) -> None:
    server.faults.next(Status(400, message="I cannot work with: my secret diary of 1999"))
    ended = await run("chat", "my secret diary of 1999")
    assert (ended.code, len(ended.err.splitlines())) == (1, 1)
    assert "status 400" in ended.err
    assert "diary" not in ended.err


async def test_a_file_that_is_not_there_is_one_line(run: Run) -> None:
    for command in (["transcribe", "gone.wav"], ["files", "upload", "gone.jsonl"], ["image-vary", "gone.png"]):
        ended = await run(*command)
        assert (ended.code, len(ended.err.splitlines())) == (1, 1)
        assert "there is no such file" in ended.err


async def test_ctrl_c_cancels_the_request(started: Start, server: OfflineApi) -> None:
    hold = server.hold()
    running = started("api", "chat", "hello", OPENAI_BASE_URL=server.url, OPENAI_API_KEY="fake-key-for-tests")
    await hold.reached(within=30)
    running.send_signal(signal.SIGINT)
    out, err = await asyncio.to_thread(running.communicate, timeout=20)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err


async def test_an_answer_is_written_while_it_grows(started: Start, server: OfflineApi) -> None:
    server.script.reply(["Once ", "upon ", "a time"])
    hold = server.hold(after_chunks=2)
    running = started("api", "chat", "hello", OPENAI_BASE_URL=server.url, OPENAI_API_KEY="fake-key-for-tests")
    await hold.reached(within=30)
    assert running.stdout is not None
    assert await asyncio.to_thread(running.stdout.read, len("Once upon ")) == "Once upon "
    hold.release()
    out, _ = await asyncio.to_thread(running.communicate, timeout=20)
    assert (running.returncode, out) == (0, "a time\n")


# ---- pictures and sound --------------------------------------------------------------------------------------


async def test_pictures_are_saved_under_names_that_are_free(run: Run, tmp_path: Path) -> None:
    for name in ("a-red-fox.png", "a-red-fox-2.png"):
        assert (await run("image", "A red fox!")).out == f"{name}\n"
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    two = await run("image", "foxes", "-n", "2", "--out", "pack.png")
    assert two.out == "pack.png\npack-2.png\n"
    told = json.loads((await run("image", "one", "--json")).out)
    assert told["files"] == ["one.png"]
    assert "b64_json" not in json.dumps(told)


async def test_pictures_are_changed_and_varied(run: Run, tmp_path: Path) -> None:
    await run("image", "a fox", "--out", "fox.png")
    with Picture.open(tmp_path / "fox.png") as fox:
        Picture.new("RGBA", fox.size, (0, 0, 0, 0)).save(tmp_path / "mask.png")
    changed = await run("image-edit", "fox.png", "add a hat", "--mask", "mask.png", "--out", "hat.png")
    assert (changed.code, changed.out) == (0, "hat.png\n")
    varied = await run("image-vary", "fox.png", "--size", "256x256")
    assert varied.out == "fox-variation.png\n"
    assert (tmp_path / "fox-variation.png").read_bytes().startswith(b"\x89PNG")
    nowhere = await run("image", "x", "--out", "no/such/folder/x.png")
    assert (nowhere.code, len(nowhere.err.splitlines())) == (1, 1)
    assert "cannot be written" in nowhere.err


async def test_a_text_is_spoken_into_a_file(run: Run, tmp_path: Path) -> None:
    said = await run("speak", "hello world", "--format", "wav")
    assert said.out == "hello-world.wav\n"
    assert (tmp_path / "hello-world.wav").read_bytes().startswith(b"RIFF")
    told = json.loads((await run("speak", "hello", "--format", "wav", "--out", "x.wav", "--json")).out)
    assert told["bytes"] == (tmp_path / "x.wav").stat().st_size


# ---- files and jobs ------------------------------------------------------------------------------------------

TRAINING = "".join(
    json.dumps({"messages": [{"role": "user", "content": f"q{n}"}, {"role": "assistant", "content": f"a{n}"}]}) + "\n"
    for n in range(12)
)


async def test_files_go_up_and_come_down(run: Run, tmp_path: Path) -> None:
    assert (await run("files", "list")).out == ""
    (tmp_path / "train.jsonl").write_text(TRAINING)
    file = (await run("files", "upload", "train.jsonl")).out.strip()
    assert file.startswith("file-")
    assert f"{file}  {len(TRAINING):>12,} bytes  fine-tune" in (await run("files", "list")).out
    assert json.loads((await run("files", "get", file, "--json")).out)["filename"] == "train.jsonl"
    assert (await run("files", "content", file)).out == TRAINING
    assert (await run("files", "content", file, "--out", "copy.jsonl")).out == "copy.jsonl\n"
    assert (tmp_path / "copy.jsonl").read_text() == TRAINING
    assert (await run("files", "delete", file)).out == f"{file}: deleted\n"
    assert (await run("files", "get", file)).code == 1


async def test_a_job_is_started_and_followed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(TRAINING)
    file = (await run("files", "upload", "train.jsonl")).out.strip()
    job = (await run("finetune", "create", file, "--suffix", "mine", "--epochs", "1")).out.strip()
    assert job.startswith("ftjob-")
    followed = await run("finetune", "follow", job)
    assert followed.code == 0
    assert "The job has successfully completed" in followed.out
    assert followed.out.splitlines()[-1].startswith("model: ft:gpt-4o-mini:")
    assert f"{job}  succeeded" in (await run("finetune", "list")).out
    assert json.loads((await run("finetune", "get", job, "--json")).out)["status"] == "succeeded"
    assert "successfully completed" in (await run("finetune", "events", job)).out
    refused = await run("finetune", "cancel", job)
    assert (refused.code, len(refused.err.splitlines())) == (1, 1)


def _drawn_on(terminal: int) -> str:
    """All that is written to a terminal until nobody has it open any more."""
    pieces: list[bytes] = []
    with suppress(OSError):  # what Linux says at the end
        while piece := os.read(terminal, 65_536):
            pieces.append(piece)
    return b"".join(pieces).decode()


async def test_progress_is_for_the_terminal_and_the_answer_goes_where_it_is_sent(
    run: Run, server: OfflineApi, tmp_path: Path
) -> None:
    """As in `botcore api finetune follow JOB > log`, typed at a terminal."""
    (tmp_path / "train.jsonl").write_text(TRAINING)
    file = (await run("files", "upload", "train.jsonl")).out.strip()
    job = (await run("finetune", "create", file)).out.strip()
    terminal, side = pty.openpty()
    env = environment(OPENAI_BASE_URL=server.url, OPENAI_API_KEY="fake-key-for-tests", TERM="xterm")
    running = subprocess.Popen(
        [sys.executable, "-c", MAIN, "api", "finetune", "follow", job],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=side,
    )
    os.close(side)
    watched = asyncio.to_thread(_drawn_on, terminal)  # meanwhile: a terminal that nobody reads blocks who writes to it
    (out, _), drawn = await asyncio.gather(asyncio.to_thread(running.communicate, timeout=30), watched)
    os.close(terminal)
    assert running.returncode == 0
    assert "The job has successfully completed" in out.decode()
    assert "model: ft:" in out.decode()
    assert "\x1b" not in out.decode()
    assert "\x1b" in drawn  # a bar
    assert "successfully completed" not in drawn


async def test_a_job_in_the_older_form(run: Run, tmp_path: Path) -> None:
    pairs = "".join(json.dumps({"prompt": f"q{n}", "completion": f"a{n}"}) + "\n" for n in range(12))
    (tmp_path / "pairs.jsonl").write_text(pairs)
    file = (await run("files", "upload", "pairs.jsonl")).out.strip()
    job = (await run("finetune", "create", file, "--older", "--model", "davinci")).out.strip()
    assert job.startswith("ft-")
    assert "succeeded" in (await run("finetune", "get", job)).out


async def test_a_job_that_fails_says_why_and_exits_with_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "short.jsonl").write_text("".join(TRAINING.splitlines(keepends=True)[:2]))
    file = (await run("files", "upload", "short.jsonl")).out.strip()
    job = (await run("finetune", "create", file)).out.strip()
    ended = await run("finetune", "follow", job)
    assert ended.code == 1
    assert f"botcore: {job} failed: " in ended.err
    assert "at least 10 examples" in ended.err


# ---- without a key -------------------------------------------------------------------------------------------


def test_without_a_key_the_stand_in_answers_and_says_so(process: Process) -> None:
    ended = process("api", "moderate", "a lovely day")
    assert ended.code == 0
    assert ended.out.startswith("not flagged\n")
    assert ended.err == "A stand-in answers, since there is no OPENAI_API_KEY.\n"


def test_the_stand_in_keeps_files_from_one_command_to_the_next(process: Process, tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(TRAINING)
    file = process("api", "files", "upload", "train.jsonl").out.strip()
    assert file in process("api", "files", "list").out
    assert process("api", "files", "content", file).out == TRAINING


# ---- documentation -------------------------------------------------------------------------------------------

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("group", "page"), [("api", "api-commands.md"), ("finetune", "finetuning.md")])
def test_every_command_is_documented(group: str, page: str) -> None:
    command = typer.main.get_command(app)
    text = (DOCS / page).read_text()
    found = list(_leaves(command.commands[group], f"botcore {group}"))  # type: ignore[attr-defined]  # a click.Group
    assert len(found) >= 4
    assert [name for name in found if f"`{name}" not in text] == []


def _leaves(command: Any, name: str) -> list[str]:
    """The full names of all commands below one."""
    inner = getattr(command, "commands", None)
    if not inner:
        return [name]
    return [leaf for key, one in inner.items() for leaf in _leaves(one, f"{name} {key}")]
