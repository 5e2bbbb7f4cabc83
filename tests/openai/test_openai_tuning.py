"""Files at the server, fine-tuning jobs in both forms, pages, and following a job to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from botcore import errors
from botcore.openai import Api, FineTuneRequest, FineTuningRequest, TuneRequest, TuningStep

if TYPE_CHECKING:
    from tests.openai.conftest import Script, ScriptedServer, Wire


def file(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"file-{number}", "object": "file", "bytes": 140, "created_at": 1613779121, "filename": "mydata.jsonl",
        "purpose": "fine-tune", "status": "processed", **more,
    }  # fmt: skip


def job(number: int = 1, status: str = "running", **more: Any) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job", "id": f"ftjob-{number}", "model": "gpt-4o-mini", "created_at": 1721764800,
        "fine_tuned_model": None, "finished_at": None, "organization_id": "org-1", "result_files": ["file-9"],
        "status": status, "validation_file": None, "training_file": "file-1", "error": None, "trained_tokens": None,
        "hyperparameters": {"n_epochs": "auto"}, "seed": 7, **more,
    }  # fmt: skip


def old_job(status: str = "pending", **more: Any) -> dict[str, Any]:
    return {
        "id": "ft-1", "object": "fine-tune", "model": "curie", "created_at": 1614807352, "updated_at": 1614807400,
        "events": [], "fine_tuned_model": None, "hyperparams": {"n_epochs": 4}, "organization_id": "org-1",
        "result_files": [], "status": status, "validation_files": [], "training_files": [file(1)], **more,
    }  # fmt: skip


def event(number: int, message: str = "Step", **more: Any) -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event", "id": f"ftevent-{number}", "created_at": 1721764800 + number,
        "level": "info", "message": f"{message} {number}", "type": "metrics", "data": {"step": number}, **more,
    }  # fmt: skip


def listed(*entries: dict[str, Any], more: bool = False, **rest: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(entries), "has_more": more, **rest}


def routed(server: ScriptedServer, **routes: Script) -> Script:
    """One answer for each path (its last parts joined by underscores); 404 of the endpoint for the rest."""

    async def script(wire: Wire) -> None:
        path = wire.asked.target.partition("?")[0].removeprefix("/v1/")
        name = f"{wire.asked.method}_{path}".replace("/", "_").replace("-", "_")
        missing = server.fault(404, f"Invalid URL ({wire.asked.method} /v1/{path})")
        await routes.get(name, missing)(wire)

    return script


async def test_files_are_listed_page_by_page(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.answer(listed(file(1), file(2), more=True, last_id="file-2"), x_request_id="r-1"),
        server.answer(listed(file(3, expires_at=5, brand_new=1))),
    )
    found = [one async for one in api.files.list(purpose="fine-tune", limit=2, order="desc")]
    assert [one.id for one in found] == ["file-1", "file-2", "file-3"]
    assert (found[0].filename, found[0].purpose, found[0].size, found[0].created_at, found[0].status) == (
        "mydata.jsonl", "fine-tune", 140, 1613779121, "processed"
    )  # fmt: skip
    assert (found[2].expires_at, found[2].raw["brand_new"]) == (5, 1)
    assert [asked.target for asked in server.asked] == [
        "/v1/files?purpose=fine-tune&limit=2&order=desc",
        "/v1/files?purpose=fine-tune&limit=2&order=desc&after=file-2",
    ]


async def test_a_page_tells_its_request_id_and_cursor(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(listed(file(1), more=True), x_request_id="r-2", x_ratelimit_limit_requests="5"))
    page = await api.files.list(after="file 0&x").first()
    assert (page.cursor, page.request_id, page.headers.limit_requests) == ("file-1", "r-2", 5)
    assert server.asked[0].target == "/v1/files?after=file+0%26x"


async def test_an_older_list_is_one_page(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer({"data": [file(1)], "object": "list"}))
    assert [one.id async for one in api.files.list()] == ["file-1"]
    assert len(server.asked) == 1


async def test_a_server_that_repeats_a_page_does_not_hold_us_for_ever(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(listed(file(1), more=True)))
    assert [one.id async for one in api.files.list()] == ["file-1", "file-1"]
    server.scripts[:] = [server.answer(listed(more=True))]
    assert [one.id async for one in api.files.list()] == []


async def test_pages_are_asked_for_when_they_are_needed(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(listed(file(1), file(2), more=True)))
    async for one in api.files.list():
        if one.id == "file-2":
            break
    assert len(server.asked) == 1


@pytest.mark.parametrize("data", [5, {}, [1], ["x"], "text"])
async def test_a_list_of_something_else_is_a_bad_response(api: Api, server: ScriptedServer, data: object) -> None:
    server.will(server.answer({"data": data, "has_more": True}, x_request_id="r-3"))
    for pages in (api.files.list(), api.fine_tuning.list(), api.fine_tuning.events("ftjob-1")):
        with pytest.raises(errors.BadResponse) as caught:
            await pages.first()
        assert caught.value.request_id == "r-3"
    with pytest.raises(errors.BadResponse):
        await api.fine_tunes.list()


async def test_a_file_is_found_and_deleted(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.answer(file(1), x_request_id="r-4"),
        server.answer({"id": "file-1", "deleted": True}),
        server.fault(404, "No such File object: file-2"),
    )
    stored = await api.files.get("file-1")
    assert (stored.id, stored.request_id) == ("file-1", "r-4")
    assert await api.files.delete("file-1") is True
    with pytest.raises(errors.NotFound):
        await api.files.get("file-2")
    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("GET", "/v1/files/file-1"), ("DELETE", "/v1/files/file-1"), ("GET", "/v1/files/file-2"),
    ]  # fmt: skip
    for name in ("", "..", " "):
        with pytest.raises(errors.BadRequest):
            await api.files.delete(name)


async def test_a_job_is_started_looked_at_and_cancelled(api: Api, server: ScriptedServer) -> None:
    failed = {"code": "invalid_file", "message": "line 3 is no JSON", "param": "training_file"}
    server.will(
        server.answer(job(), x_request_id="r-5"),
        server.answer(job(status="a_new_status", error=failed, estimated_finish=9)),
        server.answer(job(status="cancelled", fine_tuned_model="ft:x", finished_at=8, trained_tokens=100)),
    )
    request = FineTuningRequest(
        model="gpt-4o-mini",
        training_file="file-1",
        validation_file="file-2",
        hyperparameters={"n_epochs": 3, "batch_size": "auto"},
        suffix="mine",
        seed=0,
        method={"type": "supervised"},
        integrations=[{"type": "wandb", "wandb": {"project": "p"}}],
        metadata={"team": "a"},
        extra={"x": 1},
    )
    started = await api.fine_tuning.create(request)
    assert (started.id, started.status, started.result_files, started.request_id) == (
        "ftjob-1", "running", ("file-9",), "r-5"
    )  # fmt: skip
    assert started.hyperparameters == {"n_epochs": "auto"}
    assert server.asked[0].json == {
        "model": "gpt-4o-mini", "training_file": "file-1", "validation_file": "file-2", "suffix": "mine", "seed": 0,
        "hyperparameters": {"n_epochs": 3, "batch_size": "auto"}, "method": {"type": "supervised"},
        "integrations": [{"type": "wandb", "wandb": {"project": "p"}}], "metadata": {"team": "a"}, "x": 1,
    }  # fmt: skip
    looked_at = await api.fine_tuning.get("ftjob-1")
    assert (looked_at.status, looked_at.error, looked_at.estimated_finish) == ("a_new_status", "line 3 is no JSON", 9)
    ended = await api.fine_tuning.cancel("ftjob-1")
    assert (ended.fine_tuned_model, ended.finished_at, ended.trained_tokens) == ("ft:x", 8, 100)
    assert [(asked.method, asked.target) for asked in server.asked[1:]] == [
        ("GET", "/v1/fine_tuning/jobs/ftjob-1"), ("POST", "/v1/fine_tuning/jobs/ftjob-1/cancel"),
    ]  # fmt: skip
    assert server.asked[2].body == b""


async def test_jobs_and_events_come_page_by_page(api: Api, server: ScriptedServer) -> None:
    server.will(
        server.answer(listed(job(2), more=True)), server.answer(listed(job(1))),
        server.answer(listed(event(2), more=True)), server.answer(listed(event(1, level="brand_new"))),
    )  # fmt: skip
    assert [one.id async for one in api.fine_tuning.list(limit=1)] == ["ftjob-2", "ftjob-1"]
    found = [one async for one in api.fine_tuning.events("ftjob-1", limit=1)]
    assert [(one.id, one.message, one.level, one.data) for one in found] == [
        ("ftevent-2", "Step 2", "info", {"step": 2}), ("ftevent-1", "Step 1", "brand_new", {"step": 1}),
    ]  # fmt: skip
    assert [asked.target for asked in server.asked] == [
        "/v1/fine_tuning/jobs?limit=1",
        "/v1/fine_tuning/jobs?limit=1&after=ftjob-2",
        "/v1/fine_tuning/jobs/ftjob-1/events?limit=1",
        "/v1/fine_tuning/jobs/ftjob-1/events?limit=1&after=ftevent-2",
    ]


async def test_the_older_form(api: Api, server: ScriptedServer) -> None:
    told = {"object": "fine-tune-event", "created_at": 1614807352, "level": "info", "message": "Job enqueued."}
    server.will(
        server.answer(old_job(events=[told]), x_request_id="r-6"),
        server.answer({"object": "list", "data": [old_job(), old_job("succeeded", fine_tuned_model="curie:ft")]}),
        server.answer(old_job("running", validation_files=[file(2)])),
        server.answer(old_job("cancelled")),
        server.answer({"object": "list", "data": [told]}),
    )
    request = FineTuneRequest(
        training_file="file-1",
        validation_file="file-2",
        model="curie",
        n_epochs=4,
        batch_size=1,
        learning_rate_multiplier=0.1,
        prompt_loss_weight=0.01,
        compute_classification_metrics=True,
        classification_n_classes=2,
        classification_positive_class="1",
        classification_betas=[1.0],
        suffix="mine",
        extra={"x": 1},
    )
    started = await api.fine_tunes.create(request)
    assert (started.id, started.status, started.hyperparams, started.request_id) == (
        "ft-1", "pending", {"n_epochs": 4}, "r-6"
    )  # fmt: skip
    assert (started.events[0].message, started.training_files[0].id, started.updated_at) == (
        "Job enqueued.", "file-1", 1614807400
    )  # fmt: skip
    assert len(server.asked[0].json) == 13
    assert [one.fine_tuned_model for one in await api.fine_tunes.list()] == [None, "curie:ft"]
    assert (await api.fine_tunes.get("ft-1")).validation_files[0].id == "file-2"
    assert (await api.fine_tunes.cancel("ft-1")).status == "cancelled"
    assert [one.message for one in await api.fine_tunes.events("ft-1")] == ["Job enqueued."]
    assert [(asked.method, asked.target) for asked in server.asked] == [
        ("POST", "/v1/fine-tunes"), ("GET", "/v1/fine-tunes"), ("GET", "/v1/fine-tunes/ft-1"),
        ("POST", "/v1/fine-tunes/ft-1/cancel"), ("GET", "/v1/fine-tunes/ft-1/events"),
    ]  # fmt: skip


# Either form


ASKED = TuneRequest(
    model="m", training_file="file-1", n_epochs=3, batch_size="auto", learning_rate_multiplier="auto", suffix="mine"
)


async def test_a_server_with_the_newer_form_is_asked_in_it(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(job()))
    started = await api.tuning.create(ASKED)
    assert (started.id, started.served_by, started.ended) == ("ftjob-1", "fine_tuning", False)
    assert server.asked[0].json == {
        "model": "m", "training_file": "file-1", "suffix": "mine",
        "hyperparameters": {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": "auto"},
    }  # fmt: skip


async def test_a_server_with_the_older_form_is_asked_in_it_and_remembered(api: Api, server: ScriptedServer) -> None:
    server.will(routed(server, POST_fine_tunes=server.answer(old_job())))
    for _ in range(2):
        started = await api.tuning.create(ASKED)
        assert (started.id, started.served_by, started.training_file) == ("ft-1", "fine_tunes", "file-1")
    assert [asked.target for asked in server.asked] == ["/v1/fine_tuning/jobs", "/v1/fine-tunes", "/v1/fine-tunes"]
    assert server.asked[1].json == {"model": "m", "training_file": "file-1", "n_epochs": 3, "suffix": "mine"}


async def test_the_older_form_may_be_preferred(api: Api, server: ScriptedServer) -> None:
    server.will(routed(server, POST_fine_tuning_jobs=server.answer(job())))
    assert (await api.tuning.create(ASKED, prefer="fine_tunes")).served_by == "fine_tuning"
    assert [asked.target for asked in server.asked] == ["/v1/fine-tunes", "/v1/fine_tuning/jobs"]


async def test_a_server_with_neither_form_says_so(api: Api, server: ScriptedServer) -> None:
    server.will(routed(server))
    with pytest.raises(errors.EndpointMissing):
        await api.tuning.create(ASKED)
    with pytest.raises(errors.EndpointMissing):
        _ = [one async for one in api.tuning.list()]


async def test_jobs_are_found_by_their_ids_in_whichever_form(api: Api, server: ScriptedServer) -> None:
    server.will(
        routed(
            server,
            GET_fine_tunes_ft_1=server.answer(old_job("failed", events=[{"level": "error", "message": "no credit"}])),
            GET_fine_tuning_jobs_ftjob_1=server.answer(job(status="succeeded", fine_tuned_model="ft:m")),
            GET_fine_tuning_jobs_ft_odd=server.answer(job(3)),
            POST_fine_tunes_ft_1_cancel=server.answer(old_job("cancelled")),
            POST_fine_tuning_jobs_ftjob_1_cancel=server.answer(job(status="cancelled")),
            GET_fine_tuning_jobs=server.answer(listed(job(2), job(1))),
        )
    )
    old, new = await api.tuning.get("ft-1"), await api.tuning.get("ftjob-1")
    assert (old.served_by, old.error, old.ended, old.finished_at) == ("fine_tunes", "no credit", True, 1614807400)
    assert (new.served_by, new.fine_tuned_model, new.ended) == ("fine_tuning", "ft:m", True)
    assert (await api.tuning.get("ft-odd")).id == "ftjob-3", "an id that begins like an older one"
    assert [(await api.tuning.cancel(name)).status for name in ("ft-1", "ftjob-1")] == ["cancelled", "cancelled"]
    assert [one.id async for one in api.tuning.list()] == ["ftjob-2", "ftjob-1"]


async def test_an_unknown_job_is_not_found_in_the_form_that_knows_best(api: Api, server: ScriptedServer) -> None:
    server.will(routed(server, GET_fine_tuning_jobs_ftjob_9=server.fault(404, "Could not find fine tune: ftjob-9")))
    with pytest.raises(errors.NotFound, match="Could not find"):
        await api.tuning.get("ftjob-9")


async def test_jobs_of_the_older_form_are_listed_newest_first(api: Api, server: ScriptedServer) -> None:
    jobs = {"data": [old_job(), old_job("running", created_at=1700000000)]}
    server.will(routed(server, GET_fine_tunes=server.answer(jobs)))
    assert [one.created_at async for one in api.tuning.list()] == [1700000000, 1614807352]


async def test_a_job_is_followed_to_its_end(api: Api, server: ScriptedServer) -> None:
    states = iter([job(status="queued"), job(), job(), job(status="succeeded", fine_tuned_model="ft:m")])
    events = iter(
        [
            listed(event(1)),
            listed(event(2), event(1)),
            listed(event(2), event(1)),
            listed(event(4), event(3), event(2), event(1)),
        ]
    )

    async def script(wire: Wire) -> None:
        source = events if "events" in wire.asked.target else states
        await server.answer(next(source))(wire)

    server.will(script)
    steps: list[TuningStep] = [step async for step in api.tuning.follow("ftjob-1", every=0.001)]
    assert [(step.job.status, [one.message for one in step.events]) for step in steps] == [
        ("queued", ["Step 1"]),
        ("running", ["Step 2"]),
        ("succeeded", ["Step 3", "Step 4"]),
    ]
    assert steps[-1].job.fine_tuned_model == "ft:m"


async def test_a_job_of_the_older_form_is_followed(api: Api, server: ScriptedServer) -> None:
    told = {"object": "fine-tune-event", "created_at": 1, "level": "info", "message": "Done"}
    server.will(
        routed(
            server,
            GET_fine_tunes_ft_1=server.answer(old_job("succeeded")),
            GET_fine_tunes_ft_1_events=server.answer({"data": [told]}),
        )
    )
    (step,) = [step async for step in api.tuning.follow("ft-1")]
    assert (step.job.served_by, step.events[0].message) == ("fine_tunes", "Done")
