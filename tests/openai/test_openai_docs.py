"""What docs/api-client.md says is so."""

from __future__ import annotations

import doctest
import importlib
import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import botcore.openai
from botcore import errors
from botcore.openai import Api, ApiSettings, Secret
from botcore.testing.openai_server import OfflineSettings, offline_api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.openai.conftest import ScriptedServer

DOC = (Path(__file__).parents[2] / "docs/api-client.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
RESOURCES = (
    "chat", "completions", "edits", "images", "embeddings", "moderations", "audio", "models", "files", "fine_tuning",
    "fine_tunes", "tuning", "fallbacks",
)  # fmt: skip


def snippet(number: int) -> Any:
    names: dict[str, Any] = {}
    exec(compile(SNIPPETS[number], "docs/api-client.md", "exec", dont_inherit=True), names)
    return names["example"]


async def test_the_examples_run(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(SNIPPETS) == 3
    async with offline_api(OfflineSettings(introduce=False, missing=("edits",), answer="Hello!")) as offline:
        monkeypatch.setenv("OPENAI_BASE_URL", offline.url)
        await snippet(0)()
        assert capsys.readouterr().out.count("Hello!") == 2
    async with (
        offline_api(OfflineSettings(introduce=False, missing=("edits",))) as offline,
        Api(ApiSettings(base_url=offline.url, api_key=Secret("sk-fake"))) as api,
    ):
        await snippet(2)(api)
        assert "GOOD MORNING chat this server has no POST /edits" in capsys.readouterr().out

    async def voice() -> AsyncIterator[bytes]:
        yield b"RIFF"

    stored = {"id": "file-1", "object": "file", "bytes": 17, "filename": "training.jsonl", "purpose": "user_data"}
    server.will(
        server.answer(stored),
        server.answer(b'{"messages": []}\n', content_type="application/jsonl"),
        server.answer({"text": "good morning"}),
    )
    async with Api(ApiSettings(base_url=server.url)) as api:
        await snippet(1)(api, voice())
    assert (tmp_path / "copy.jsonl").read_text() == '{"messages": []}\n'
    assert capsys.readouterr().out.endswith("good morning\n")


@pytest.mark.parametrize("name", ["form", "logprobs", "media_type", "settings", "upload"])
def test_the_examples_in_the_code_are_so(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"botcore.openai.{name}"))
    assert (found.failed, found.attempted > 0) == (0, True)


def test_every_call_is_described() -> None:
    api = Api()
    for resource in RESOURCES:
        assert f"`{resource}." in DOC, resource
        found = inspect.getmembers(getattr(api, resource), callable)
        for name in (name for name, _ in found if not name.startswith("_")):
            assert re.search(rf"`(?:{resource})?\.{name}\(", DOC), f"{resource}.{name}"


def test_every_request_setting_and_error_is_described() -> None:
    requests = [name for name in botcore.openai.__all__ if name.endswith("Request")]
    assert len(requests) == 12
    settings = {one.name for one in fields(ApiSettings)} - {"base_url", "api_key", "organization", "project", "proxy"}
    kinds = [name for name, kind in vars(errors).items() if isinstance(kind, type) and kind.__base__ is errors.ApiError]
    for name in (*requests, *settings, *kinds):
        assert f"{name}`" in DOC or f"({name}" in DOC, name
