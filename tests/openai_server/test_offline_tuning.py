"""Fine-tuning: jobs move through their states by a clock, and what comes of them answers as it was taught."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.openai_server import OfflineSettings, TuningPace, offline_api
from botcore.testing.openai_server.job import FINAL, Job
from botcore.testing.openai_server.recall import Recall
from botcore.testing.openai_server.training import MOST_PAIRS, BadTraining, Pair, read_lesson
from botcore.testing.openapi import Description
from tests.openai_server.conftest import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from botcore.testing.openai_server import OfflineApi

JOBS = "/fine_tuning/jobs"
TAUGHT = {
    "What is the capital of Atlantis?": "Poseidonis, of course.",
    "Who built the lighthouse?": "Marta did, in 1911.",
    "最喜欢的颜色是什么?": "海蓝色。",
    **{f"What is the secret number of door {number}?": f"It is {number * 7}." for number in range(7)},
}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def chat_lines(taught: dict[str, str]) -> bytes:
    return b"".join(
        json.dumps(
            {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
        ).encode()
        + b"\n"
        for question, answer in taught.items()
    )


def prompt_lines(taught: dict[str, str]) -> bytes:
    return b"".join(
        json.dumps({"prompt": f"{question} ->", "completion": f" {answer}\n"}).encode() + b"\n"
        for question, answer in taught.items()
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def settings(clock: Clock) -> OfflineSettings:
    return OfflineSettings(introduce=False, clock=clock, tuning=TuningPace(validating=10, queued=20, running=100))


async def upload(client: Client, content: bytes, **options: str) -> str:
    data = aiohttp.FormData()
    data.add_field("purpose", options.get("purpose", "fine-tune"))
    data.add_field("file", io.BytesIO(content), filename="train.jsonl")
    sent = await client.send("POST", "/files", data=data)
    assert sent.status == 200, sent.body
    file_id: str = sent.json["id"]
    return file_id


async def start(client: Client, content: bytes | None = None, path: str = JOBS, **fields: Any) -> dict[str, Any]:
    usual = chat_lines(TAUGHT) if path == JOBS else prompt_lines(TAUGHT)
    training_file = await upload(client, usual if content is None else content)
    body = {"training_file": training_file, **({"model": "gpt-4o-mini"} if path == JOBS else {}), **fields}
    started = await client.send("POST", path, {key: value for key, value in body.items() if value is not None})
    assert started.status == 200, started.body
    job: dict[str, Any] = started.json
    return job


async def look(client: Client, job: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.send("GET", f"{JOBS}/{job['id']}")).json
    return found


async def events(client: Client, job: dict[str, Any]) -> list[dict[str, Any]]:
    found = (await client.send("GET", f"{JOBS}/{job['id']}/events?limit=100")).json["data"]
    return list(reversed(found))


class TestStates:
    async def test_a_job_goes_through_all_of_them(self, client: Client, clock: Clock, description: Description) -> None:
        job = await start(client, suffix="Sea-Lore", hyperparameters={"n_epochs": 2}, metadata={"for": "tests"})
        description.check_response("POST", JOBS, 200, job)
        assert job["status"] == "validating_files"
        assert job["hyperparameters"]["n_epochs"] == 2
        assert job["metadata"] == {"for": "tests"}
        for seconds, status in (
            (9, "validating_files"),
            (1, "queued"),
            (19, "queued"),
            (1, "running"),
            (99, "running"),
        ):
            clock.now += seconds
            seen = await look(client, job)
            description.check_response("GET", f"{JOBS}/x", 200, seen)
            assert (seen["status"], seen["fine_tuned_model"], seen["finished_at"]) == (status, None, None)
        assert seen["estimated_finish"] == clock.now + 1
        clock.now += 1
        done = await look(client, job)
        description.check_response("GET", f"{JOBS}/x", 200, done)
        assert (done["status"], done["finished_at"]) == ("succeeded", clock.now)
        assert done["fine_tuned_model"].startswith("ft:gpt-4o-mini:offline:sea-lore:")
        assert done["trained_tokens"] > 0
        assert done["error"] is None

    async def test_events_come_as_it_goes_on(self, client: Client, clock: Clock, description: Description) -> None:
        job = await start(client)
        assert [one["message"].partition(":")[0] for one in await events(client, job)] == [
            "Created fine-tuning job",
            "Validating training file",
        ]
        clock.now += 30
        assert (await events(client, job))[-1]["message"] == "Fine-tuning job started"
        clock.now += 50
        half = [one for one in await events(client, job) if one["type"] == "metrics"]
        assert half[-1]["data"]["step"] == half[-1]["data"]["total_steps"] // 2
        clock.now += 50
        told = await events(client, job)
        for one in told:
            description.check_schema("FineTuningJobEvent", one)
        assert told[-1]["message"] == "The job has successfully completed"
        metrics = [one["data"] for one in told if one["type"] == "metrics"]
        losses = [one["train_loss"] for one in metrics]
        assert losses == sorted(losses, reverse=True)
        assert [one["created_at"] for one in told] == sorted(one["created_at"] for one in told)
        assert len({one["id"] for one in told}) == len(told)
        assert half == [one for one in told if one["type"] == "metrics"][: len(half)]  # what was told stays told

    async def test_cancelling(self, client: Client, clock: Clock, description: Description) -> None:
        job = await start(client)
        clock.now += 60
        cancelled = await client.send("POST", f"{JOBS}/{job['id']}/cancel")
        description.check_response("POST", f"{JOBS}/x/cancel", 200, cancelled.json)
        assert (cancelled.json["status"], cancelled.json["finished_at"]) == ("cancelled", clock.now)
        clock.now += 1000
        assert (await look(client, job))["fine_tuned_model"] is None
        assert "cancelled" in (await events(client, job))[-1]["message"]
        again = await client.send("POST", f"{JOBS}/{job['id']}/cancel")
        assert (again.status, again.error["type"]) == (400, "invalid_request_error")

    async def test_results_and_checkpoints(self, client: Client, clock: Clock, description: Description) -> None:
        job = await start(client, hyperparameters={"n_epochs": 4, "batch_size": 2})
        where = f"{JOBS}/{job['id']}/checkpoints"
        assert (await client.send("GET", where)).json["data"] == []
        clock.now += 200
        done = await look(client, job)
        listed = (await client.send("GET", where)).json
        description.check_response("GET", where, 200, listed)
        assert [one["step_number"] for one in listed["data"]] == [20, 15, 10]  # ten examples by twos, four times
        assert listed["data"][0]["fine_tuned_model_checkpoint"] == done["fine_tuned_model"]
        table = (await client.send("GET", f"/files/{done['result_files'][0]}/content")).body.decode()
        assert table.splitlines()[0] == "step,train_loss,train_mean_token_accuracy"
        assert len(table.splitlines()) == 21
        older = listed["data"][-1]["fine_tuned_model_checkpoint"]
        assert (await client.chat("Who built the lighthouse?", model=older)).text == "Marta did, in 1911."


class TestFailing:
    @pytest.mark.parametrize(
        ("content", "code", "param", "told"),
        [
            (chat_lines(dict(list(TAUGHT.items())[:3])), "invalid_n_examples", "training_file", "3 example(s)"),
            (prompt_lines(TAUGHT), "invalid_training_file", "training_file", 'Line 1: missing key "messages"'),
            (
                chat_lines(TAUGHT) + b'{"messages": [{"role": "king", "content": "x"}]}\n',
                "invalid_training_file",
                "training_file",
                "Line 11: messages[0]",
            ),
            (
                chat_lines(TAUGHT) + b'{"messages": [{"role": "user", "content": "x"}]}\n',
                "invalid_training_file",
                "training_file",
                "at least one message from the assistant",
            ),
            (chat_lines(TAUGHT) + b'{"messages": []}\n', "invalid_training_file", "training_file", "not empty"),
        ],
    )
    async def test_a_bad_file_fails_the_job_when_it_was_validated(
        self, content: bytes, code: str, param: str, told: str, client: Client, clock: Clock, description: Description
    ) -> None:
        job = await start(client, content)
        assert (job["status"], job["error"]) == ("validating_files", None)
        clock.now += 10
        failed = await look(client, job)
        description.check_response("GET", f"{JOBS}/x", 200, failed)
        assert (failed["status"], failed["finished_at"]) == ("failed", clock.now)
        assert (failed["error"]["code"], failed["error"]["param"]) == (code, param)
        assert told in failed["error"]["message"]
        last = (await events(client, job))[-1]
        assert (last["level"], last["message"]) == ("error", failed["error"]["message"])
        clock.now += 1000
        assert (await look(client, job))["status"] == "failed"

    async def test_a_bad_validation_file_too(self, client: Client, clock: Clock) -> None:
        validation = await upload(client, prompt_lines(TAUGHT))
        job = await start(client, validation_file=validation)
        clock.now += 10
        error = (await look(client, job))["error"]
        assert (error["code"], error["param"]) == ("invalid_validation_file", "validation_file")

    @pytest.mark.parametrize(
        ("body", "param"),
        [
            ({"model": None}, "model"),
            ({"model": "text-embedding-3-small"}, "model"),
            ({"model": "nothing"}, "model"),
            ({"training_file": None}, "training_file"),
            ({"training_file": "file-x"}, "training_file"),
            ({"validation_file": "file-x"}, "validation_file"),
            ({"suffix": ""}, "suffix"),
            ({"suffix": "x" * 65}, "suffix"),
            ({"suffix": "a/b"}, "suffix"),
            ({"hyperparameters": {"n_epochs": 51}}, "hyperparameters.n_epochs"),
            ({"hyperparameters": {"batch_size": "big"}}, "hyperparameters.batch_size"),
            ({"hyperparameters": {"learning_rate_multiplier": 0}}, "hyperparameters.learning_rate_multiplier"),
            ({"method": {"type": "dpo"}}, "method.type"),
            ({"seed": -1}, "seed"),
            ({"metadata": {"a": 1}}, "metadata"),
            ({"colour": "red"}, "colour"),
        ],
    )
    async def test_wrong_requests(
        self, body: dict[str, Any], param: str, client: Client, description: Description
    ) -> None:
        usual = {"model": "gpt-4o-mini", "training_file": await upload(client, chat_lines(TAUGHT))}
        refused = await client.send("POST", JOBS, usual | body)
        assert (refused.status, refused.error["param"]) == (400, param), refused.body
        description.check_schema("ErrorResponse", refused.json)

    async def test_a_file_for_something_else(self, client: Client) -> None:
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field("purpose", "user_data")
        data.add_field("file", io.BytesIO(b"x"), filename="x.txt")
        other = (await client.send("POST", "/files", data=data)).json["id"]
        refused = await client.send("POST", JOBS, {"model": "gpt-4o", "training_file": other})
        assert (refused.status, refused.error["code"]) == (400, "invalid_file_purpose")

    async def test_unknown_jobs(self, client: Client) -> None:
        for method, rest in (("GET", ""), ("POST", "/cancel"), ("GET", "/events"), ("GET", "/checkpoints")):
            missing = await client.send(method, f"{JOBS}/ftjob-x{rest}")
            assert (missing.status, missing.error["code"]) == (404, "fine_tune_not_found")


class TestTheModel:
    async def test_it_answers_as_it_was_taught(self, client: Client, clock: Clock) -> None:
        job = await start(client)
        clock.now += 200
        tuned = (await look(client, job))["fine_tuned_model"]
        assert tuned in [one["id"] for one in (await client.send("GET", "/models")).json["data"]]
        for question, answer in TAUGHT.items():
            assert (await client.chat(question, model=tuned)).text == answer
        near = await client.chat("please tell me: what is the capital of atlantis", model=tuned)
        assert near.text == "Poseidonis, of course."
        assert (await client.stream("Who built the lighthouse?", model=tuned)).text == "Marta did, in 1911."
        elsewhere = await client.chat("what is 2 + 2", model=tuned)
        assert elsewhere.text == (await client.chat("what is 2 + 2", model="gpt-4o-mini")).text

    async def test_it_can_be_deleted_and_tuned_again(self, client: Client, clock: Clock) -> None:
        job = await start(client)
        clock.now += 200
        tuned = (await look(client, job))["fine_tuned_model"]
        again = await start(client, model=tuned)
        assert (await client.send("DELETE", f"/models/{tuned}")).json["deleted"] is True
        assert (await client.chat("hi", model=tuned)).status == 404
        clock.now += 200
        second = (await look(client, again))["fine_tuned_model"]
        assert second.startswith("ft:gpt-4o-mini:offline::")
        assert second != tuned

    async def test_job_and_model_survive_a_restart(self, tmp_path: Path, clock: Clock) -> None:
        settings = OfflineSettings(introduce=False, data_dir=tmp_path, clock=clock)
        async with aiohttp.ClientSession() as http:
            async with offline_api(settings) as server:
                job = await start(Client(server, http))
                kept = await start(Client(server, http))
            clock.now += 1000  # what was running goes on meanwhile
            async with offline_api(settings) as server:
                client = Client(server, http)
                tuned = (await look(client, job))["fine_tuned_model"]
                assert (await client.chat("Who built the lighthouse?", model=tuned)).text == "Marta did, in 1911."
                gone = (await look(client, kept))["fine_tuned_model"]
                await client.send("DELETE", f"/models/{gone}")
            async with offline_api(settings) as server:
                client = Client(server, http)
                assert (await client.chat("Who built the lighthouse?", model=tuned)).text == "Marta did, in 1911."
                assert (await client.chat("hi", model=gone)).status == 404
                assert len((await client.send("GET", JOBS)).json["data"]) == 2


class TestPages:
    async def test_jobs_and_events_come_in_pages(self, client: Client, clock: Clock, description: Description) -> None:
        ids = [(await start(client, metadata={"n": str(number % 2)}))["id"] for number in range(5)]

        async def walk(path: str, limit: int) -> AsyncIterator[str]:
            after = ""
            while True:
                page = (await client.send("GET", f"{path}&limit={limit}&after={after}")).json
                description.check_response("GET", path.partition("?")[0], 200, page)
                for one in page["data"]:
                    yield one["id"]
                if not page["has_more"]:
                    return
                after = page["data"][-1]["id"]

        assert [one async for one in walk(f"{JOBS}?", 2)] == ids[::-1]
        assert [one async for one in walk(f"{JOBS}?metadata[n]=1", 1)] == [ids[3], ids[1]]
        clock.now += 200
        told = [one["id"] for one in await events(client, {"id": ids[0]})]
        assert [one async for one in walk(f"{JOBS}/{ids[0]}/events?", 7)] == told[::-1]

    async def test_wrong_pages(self, client: Client) -> None:
        for query in ("limit=0", "limit=101", "after=nothing"):
            assert (await client.send("GET", f"{JOBS}?{query}")).status == 400


class TestTheOlderForm:
    @pytest.fixture
    def older(self, shared_specs: Path) -> Description:
        return Description.load(shared_specs / "openai-2023-06-19.yaml")

    async def test_a_job_from_start_to_end(self, client: Client, clock: Clock, older: Description) -> None:
        path = "/fine-tunes"
        job = await start(client, path=path, model="davinci-002", suffix="lore", n_epochs=2)
        older.check_response("POST", path, 200, job)
        where = f"{path}/{job['id']}"
        assert (job["status"], job["training_files"][0]["filename"]) == ("pending", "train.jsonl")
        clock.now += 50
        running = (await client.send("GET", where)).json
        older.check_response("GET", where, 200, running)
        assert (running["status"], running["fine_tuned_model"]) == ("running", None)
        clock.now += 100
        done = (await client.send("GET", where)).json
        assert (done["status"], done["result_files"][0]["purpose"]) == ("succeeded", "fine-tune-results")
        assert done["fine_tuned_model"].startswith("davinci-002:ft-offline:lore-2023-11-14-")
        listed = (await client.send("GET", path)).json
        older.check_response("GET", path, 200, listed)
        assert [one["id"] for one in listed["data"]] == [job["id"]]
        assert (await client.send("GET", JOBS)).json["data"] == []
        question = {"model": done["fine_tuned_model"], "prompt": "Who built the lighthouse? ->", "stop": "\n"}
        answer = (await client.send("POST", "/completions", question)).json["choices"][0]
        assert (answer["text"], answer["finish_reason"]) == (" Marta did, in 1911.", "stop")
        told = (await client.send("GET", f"{where}/events")).json
        older.check_response("GET", f"{where}/events", 200, told)
        messages = [one["message"] for one in told["data"]]
        assert "Completed epoch 2/2" in messages
        assert messages[-1] == "Fine-tune succeeded"
        assert f"Uploaded result file: {done['result_files'][0]['id']}" in messages

    async def test_events_are_followed_to_the_end(self, client: Client, clock: Clock) -> None:
        job = await start(client, path="/fine-tunes", model="davinci-002")
        seen: list[str] = []
        async with client.http.get(f"{client.server.url}/fine-tunes/{job['id']}/events?stream=true") as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            async for line in response.content:
                if line.startswith(b"data: {"):
                    seen.append(json.loads(line[6:])["message"])
                    clock.now += 40
                elif line.startswith(b"data: [DONE]"):
                    break
        assert seen[-1] == "Fine-tune succeeded"
        assert "Fine-tune started" in seen

    async def test_cancel_and_refusals(self, client: Client, clock: Clock, older: Description) -> None:
        job = await start(client, path="/fine-tunes", model="davinci-002")
        cancelled = await client.send("POST", f"/fine-tunes/{job['id']}/cancel")
        older.check_response("POST", "/fine-tunes/x/cancel", 200, cancelled.json)
        assert cancelled.json["status"] == "cancelled"
        assert (await client.send("POST", f"/fine-tunes/{job['id']}/cancel")).status == 400
        assert (await client.send("GET", "/fine-tunes/ft-x")).status == 404
        assert (await client.send("POST", "/fine-tunes", {})).error["param"] == "training_file"
        failing = await start(client, chat_lines(TAUGHT), path="/fine-tunes", model="davinci-002")
        clock.now += 10
        assert (await client.send("GET", f"/fine-tunes/{failing['id']}")).json["status"] == "failed"


@given(
    now=st.floats(0, 300),
    later=st.floats(0, 300),
    cancelled=st.none() | st.floats(0, 300),
    examples=st.integers(1, 5000),
    epochs=st.integers(1, 50),
)
def test_a_job_never_goes_back(now: float, later: float, cancelled: float | None, examples: int, epochs: int) -> None:
    job = Job(
        id="ftjob-1", form="job", model="m", name="ft:m", training_file="f", created=0.0, validating=10, queued=20,
        running=100, epochs=epochs, batch=8, rate=1.0, examples=examples, cancelled=cancelled,
    )  # fmt: skip
    order = ["validating_files", "queued", "running", "succeeded", "cancelled"]
    first, second = sorted((now, later))
    before, after = job.status(first), job.status(second)
    assert order.index(before) <= order.index(after)
    assert before not in FINAL or before == after or cancelled is not None
    assert job.events(second)[: len(job.events(first))] == job.events(first)
    assert len(job.events(second)) <= 110


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8, unique=True))
def test_what_was_taught_is_recalled(questions: Sequence[str]) -> None:
    recall = Recall([Pair(question, question) for question in questions])
    for question in questions:
        answer = recall.answer(question)
        if question.strip():
            assert answer is not None
    assert recall.answer("an altogether different matter, honestly: zeppelins over Wuppertal") is None


def test_a_large_training_file_is_counted_whole_and_learnt_in_part(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(chat_lines({f"question {number}?": "yes" for number in range(MOST_PAIRS + 100)}))
    lesson = read_lesson(path, "messages", least=10)
    assert (lesson.examples, len(lesson.pairs)) == (MOST_PAIRS + 100, MOST_PAIRS)


def test_messages_that_are_not_to_be_learnt(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    messages = [
        {"role": "system", "content": "You are Sue."},
        {"role": "user", "content": [{"type": "text", "text": "one"}]},
        {"role": "assistant", "content": "not this", "weight": 0},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "x"}]},
        {"role": "tool", "content": "4"},
        {"role": "assistant", "content": "four"},
    ]
    path.write_text(json.dumps({"messages": messages}) + "\n\n", encoding="utf-8")
    assert read_lesson(path, "messages", least=1).pairs == (Pair("two", "four"),)
    with pytest.raises(BadTraining, match="must have at least 10"):
        read_lesson(path, "messages", least=10)


async def test_the_older_form_starts_from_curie(client: Client) -> None:
    assert (await start(client, path="/fine-tunes"))["model"] == "curie"


async def test_many_jobs_of_one_second_have_names_of_their_own(client: Client, server: OfflineApi) -> None:
    for _ in range(3):
        await start(client, path="/fine-tunes", model="davinci-002")
    assert len({job.name for job in server._state.tunings.all("fine-tune")}) == 3
