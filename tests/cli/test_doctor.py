"""`botcore doctor`: each check says how it stands, none hides another, and nothing is changed by looking."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from botcore.adapter import Adapter, Finding, Gateway, Limits, Outlet, Platform, Setup
from botcore.cli.report import table
from botcore.config import Config, load_config
from botcore.doctor import Check, examine, run
from botcore.errors import ConfigError, StoreUnavailable
from botcore.logs import Redactor
from botcore.plugin import Settings
from botcore.store import schema
from botcore.testing.openai_server import OfflineSettings, offline_api

from .conftest import MAIN, environment


def states(findings: Sequence[Finding]) -> dict[str, str]:
    return {finding.name: finding.state for finding in findings}


def named(findings: Sequence[Finding], name: str) -> Finding:
    return next(finding for finding in findings if finding.name == name)


def configured(directory: Path, **env: str) -> Config:
    return load_config(
        env={"DATABASE_URL": f"sqlite:///{directory}/bot.db", **env}, directory=directory, sections=["post"]
    )


# ---- how checks run ------------------------------------------------------------------------------------------


async def test_a_check_that_fails_or_hangs_hides_no_other() -> None:
    async def fine() -> Sequence[Finding]:
        return [Finding("a", "ok", "well")]

    async def broken() -> Sequence[Finding]:
        raise StoreUnavailable("the disk is full")

    async def faulty() -> Sequence[Finding]:
        raise ZeroDivisionError("by zero")

    async def hanging() -> Sequence[Finding]:
        await asyncio.Event().wait()
        return []

    checks = [Check("a", fine), Check("b", broken), Check("c", faulty), Check("d", hanging), Check("e", fine)]
    found = await run(checks, seconds=0.05)
    assert [(finding.name, finding.state) for finding in found] == [
        ("a", "ok"), ("b", "fail"), ("c", "fail"), ("d", "fail"), ("a", "ok")
    ]  # fmt: skip
    assert [finding.text for finding in found[1:4]] == [
        "the disk is full", "ZeroDivisionError: by zero", "no answer within 0.05 s"
    ]  # fmt: skip


async def test_checks_run_at_the_same_time() -> None:
    """Two that wait for each other both end."""
    meeting = asyncio.Barrier(2)

    async def meet() -> Sequence[Finding]:
        await meeting.wait()
        return []

    assert await run([Check("a", meet), Check("b", meet)], seconds=5) == []


# ---- database ------------------------------------------------------------------------------------------------


async def test_a_database_that_is_not_there_yet_is_not_made_by_looking(tmp_path: Path) -> None:
    found = await examine(configured(tmp_path), [])
    assert named(found, "database").state == "note"
    assert not (tmp_path / "bot.db").exists()


async def test_a_database_that_is_up_to_date_is_well(tmp_path: Path) -> None:
    config = configured(tmp_path)
    await asyncio.to_thread(schema.upgrade, config.store.url)
    found = named(await examine(config, []), "database")
    assert (found.state, schema.head() in found.text) == ("ok", True)


async def test_a_database_in_an_impossible_place_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = await examine(configured(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/file/bot.db"), [])
    assert named(found, "database").state == "fail"
    assert states(found)["python"] == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("closed", ["secret", "secret/bot.db", "secret/below/bot.db"])
def test_a_database_that_may_not_be_written_fails_with_what_to_do(tmp_path: Path, closed: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "bot.db").touch(0o444)
    secret.chmod(0o500 if closed == "secret" else 0o000)
    address = secret / ("new.db" if closed == "secret" else closed.removeprefix("secret/"))
    command = [*as_anybody(), sys.executable, "-c", MAIN, "doctor"]
    env = environment(DATABASE_URL=f"sqlite:///{address}")
    try:
        ended = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=50, check=False)
    finally:
        secret.chmod(0o700)
    told = " ".join(ended.stdout.split())
    assert "cannot be written to" in told, ended
    assert "store.url" in told
    assert ended.returncode == 1


def as_anybody() -> Sequence[str]:
    """What a command begins with, to be held by a file's permissions: root is not."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and there is no setpriv to give that up")
    rights = "-dac_override,-dac_read_search"
    return ("setpriv", f"--inh-caps={rights}", f"--bounding-set={rights}")


async def test_a_server_that_does_not_answer_fails(tmp_path: Path) -> None:
    found = named(
        await examine(configured(tmp_path, DATABASE_URL="postgresql://me:hush@127.0.0.1:1/x"), []), "database"
    )
    assert found.state == "fail"
    assert "hush" not in found.text


# ---- the API -------------------------------------------------------------------------------------------------


async def test_without_a_key_the_stand_in_is_pointed_out(tmp_path: Path) -> None:
    found = named(await examine(configured(tmp_path), []), "API")
    assert (found.state, "OPENAI_API_KEY" in found.remedy) == ("note", True)


async def test_the_endpoint_s_capabilities_are_listed(tmp_path: Path) -> None:
    async with offline_api() as server:
        found = await examine(configured(tmp_path, OPENAI_BASE_URL=server.url), [])
    capabilities = {name: state for name, state in states(found).items() if name.startswith("API")}
    assert len(capabilities) >= 4
    assert set(capabilities.values()) == {"ok"}


async def test_a_wrong_key_fails(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(keys=frozenset({"sk-the-right-one"}))) as server:
        found = await examine(configured(tmp_path, OPENAI_BASE_URL=server.url, OPENAI_API_KEY="sk-hush-hush-hush"), [])
    failed = [finding for finding in found if finding.name.startswith("API")]
    assert {finding.state for finding in failed} == {"fail"}
    assert all("OPENAI_API_KEY" in finding.remedy for finding in failed)
    assert "hush" not in str(failed)


async def test_an_endpoint_that_does_not_answer_fails(tmp_path: Path) -> None:
    found = await examine(configured(tmp_path, OPENAI_BASE_URL="http://127.0.0.1:1/v1"), [])
    assert {state for name, state in states(found).items() if name.startswith("API")} == {"fail"}


# ---- models --------------------------------------------------------------------------------------------------


def models(findings: Sequence[Finding]) -> dict[str, Finding]:
    return {name.removeprefix("model: "): one for one in findings if (name := one.name).startswith("model: ")}


async def test_every_model_that_the_settings_name_is_looked_for_in_the_list(tmp_path: Path) -> None:
    async with offline_api() as server:
        asked = {"OPENAI_BASE_URL": server.url, "BOTCORE_CHAT__MODEL": "gpt-4o-mini"}
        asked |= {"BOTCORE_MODERATION__INPUT": "warn", "BOTCORE_MODERATION__MODEL": "omni-moderation-latest"}
        found = models(await examine(configured(tmp_path, **asked), []))
        requests = {(request.method, request.path) for request in server.requests if request.status == 200}
    purposes = {"chat", "moderation", "pictures", "transcription", "subtitles, translation", "speech", "embeddings"}
    assert found.keys() == purposes
    assert {one.state for one in found.values()} == {"ok"}
    assert found["pictures"].text == "gpt-image-1 (plugins.images.model)"
    assert all(method == "GET" for method, _ in requests), "nothing was generated"


async def test_a_model_that_is_not_listed_is_named_with_what_was_probably_meant(tmp_path: Path) -> None:
    async with offline_api() as server:
        asked = {"BOTCORE_PLUGINS__VOICE__SPEECH_MODEL": "gpt-4o-mini-ttts", "BOTCORE_PLUGINS__IMAGES__MODEL": "flux"}
        found = models(await examine(configured(tmp_path, OPENAI_BASE_URL=server.url, **asked), []))
    speech, pictures = found["speech"], found["pictures"]
    assert (speech.state, pictures.state) == ("note", "note")
    assert speech.text == "gpt-4o-mini-ttts (plugins.voice.speech_model): the endpoint does not list it"
    assert "set plugins.voice.speech_model: did you mean gpt-4o-mini-tts?" in speech.remedy
    assert "one of `botcore api models`" in pictures.remedy


async def test_where_no_models_are_listed_none_is_called_well_or_wrong(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(missing=("models",))) as server:
        found = models(await examine(configured(tmp_path, OPENAI_BASE_URL=server.url), []))
    assert {one.state for one in found.values()} == {"note"}
    assert all("does not list its models" in one.text for one in found.values())


async def test_models_of_plugins_that_are_off_are_nobody_s_concern(tmp_path: Path) -> None:
    async with offline_api() as server:
        asked = {"OPENAI_BASE_URL": server.url, "BOTCORE_PLUGINS__DISABLED": "images,voice,api"}
        found = models(await examine(configured(tmp_path, **asked), []))
    assert found.keys() == {"chat"}


async def test_moderation_that_the_endpoint_has_not_fails(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(missing=("moderations",))) as server:
        off = states(await examine(configured(tmp_path, OPENAI_BASE_URL=server.url), []))
        asked = {"OPENAI_BASE_URL": server.url, "BOTCORE_MODERATION__OUTPUT": "block"}
        on = named(await examine(configured(tmp_path, **asked), []), "moderation")
    assert "moderation" not in off
    assert (on.state, "moderation.output" in on.remedy) == ("fail", True)


# ---- ffmpeg --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "state", "text"),
    [("exec /bin/false", "fail", "makes no ogg file"), (None, "note", "not found")],
    ids=["broken", "absent"],
)
async def test_ffmpeg_is_made_to_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, state: str, text: str
) -> None:
    assert named(await examine(configured(tmp_path), []), "ffmpeg").state == "ok"
    program = tmp_path / "ffmpeg"
    if script is not None:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
    else:
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(program))
        monkeypatch.setenv("PATH", str(tmp_path))
    found = named(await examine(configured(tmp_path), []), "ffmpeg")
    assert (found.state, text in found.text) == (state, True)
    assert "botcore-framework[voice]" in found.remedy


# ---- platforms and plugins -----------------------------------------------------------------------------------


class PostSettings(Settings):
    """Settings of a platform that sends letters."""

    enabled: bool = True
    """Whether there is a letter box."""


class Post:
    """An adapter that is only ever asked how it is."""

    platform = "post"
    outlet: Outlet

    def __init__(self, answer: Callable[[], Awaitable[Sequence[Finding]]]) -> None:
        self._answer = answer
        self.closed = False
        self.limits = Limits(1, edits=False, idempotent=False, typing_seconds=1, upload_bytes=1, fetch_bytes=1)

    async def start(self, gateway: Gateway) -> None:
        raise AssertionError("the doctor starts nothing")

    async def stop_receiving(self) -> None: ...

    async def close(self) -> None:
        self.closed = True

    async def check(self) -> Sequence[Finding]:
        return await self._answer()


def post(adapter: Adapter, given: dict[str, Mapping[str, str]] | None = None) -> Platform:
    def build(setup: Setup) -> Adapter:
        if given is not None:
            given["secrets"] = setup.secrets
        return adapter

    return Platform("post", PostSettings, build, secrets=("POST_STAMP", "POST_URL"), needs=("POST_STAMP",))


async def _well() -> Sequence[Finding]:
    return [Finding("post", "ok", "the letter box is open")]


async def _ill() -> Sequence[Finding]:
    raise ConfigError("POST_STAMP: the stamp is not valid")


async def test_a_platform_is_asked_with_its_secrets_and_closed_again(tmp_path: Path) -> None:
    adapter, given = Post(_well), dict[str, Any]()
    found = await examine(configured(tmp_path, POST_STAMP="1c", OPENAI_ORG_ID="o"), [post(adapter, given)])
    assert named(found, "post").text == "the letter box is open"
    assert given["secrets"] == {"POST_STAMP": "1c"}
    assert adapter.closed


async def test_a_platform_that_fails_is_closed_and_hides_nothing(tmp_path: Path) -> None:
    adapter = Post(_ill)
    found = await examine(configured(tmp_path, POST_STAMP="1c"), [post(adapter)])
    assert named(found, "post") == Finding("post", "fail", "POST_STAMP: the stamp is not valid")
    assert adapter.closed
    assert {"python", "database", "plugins", "ffmpeg"} <= states(found).keys()


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ({}, "off: POST_STAMP is not set"),
        ({"POST_STMAP": "1c"}, "off: POST_STAMP is not set (POST_STMAP is: did you mean POST_STAMP?)"),
        ({"POST_STAMP": "1c", "BOTCORE_POST__ENABLED": "no"}, "off: post.enabled is false"),
    ],
)
async def test_a_platform_that_is_off_says_why(tmp_path: Path, env: dict[str, str], text: str) -> None:
    found = named(await examine(configured(tmp_path, **env), [post(Post(_well))]), "post")
    assert (found.state, found.text) == ("note", text)


async def test_a_wrong_setting_of_a_platform_is_its_finding(tmp_path: Path) -> None:
    found = named(await examine(configured(tmp_path, BOTCORE_POST__ENABLD="no"), [post(Post(_well))]), "post")
    assert found.state == "fail"
    assert "did you mean post.enabled?" in found.text


async def test_what_is_risky_is_noted(tmp_path: Path) -> None:
    found = states(await examine(configured(tmp_path, BOTCORE_ACCESS__MODE="open", BOTCORE_LOGS__MESSAGE_TEXT="1"), []))
    assert (found["access"], found["logs"]) == ("note", "note")


async def test_a_broken_plugin_of_the_operator_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "rude.py").write_text("1 / 0")
    found = await examine(configured(tmp_path, BOTCORE_PLUGINS__FOLDER=str(tmp_path / "mine")), [])
    failed = [finding for finding in found if finding.name == "plugins" and finding.state == "fail"]
    assert len(failed) == 1
    assert "rude" in failed[0].text


# ---- the table -----------------------------------------------------------------------------------------------


def test_the_table_shows_everything_but_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    findings = [
        Finding("database", "ok", "at /a/very/long/path/" + "x" * 60),
        Finding("telegram", "fail", "hush-hush was refused", "ask for hush-hush"),
    ]
    Console(width=80).print(table(findings, Redactor(["hush-hush"])))
    shown = capsys.readouterr().out
    assert "hush" not in shown
    assert "fail" in shown
    assert shown.count("x") >= 60, "nothing is cut off"
