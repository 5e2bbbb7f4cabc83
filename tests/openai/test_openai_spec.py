"""What the client sends, held against the public OpenAPI description where it is at hand."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from botcore.openai import ChatRequest
from botcore.openai.chat import COMPLETIONS
from botcore.openai.embeddings import EMBEDDINGS
from botcore.openai.models import DELETE, GET, LIST
from botcore.openai.moderations import MODERATIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def spec(shared_specs: Path) -> dict[str, Any]:
    text = (shared_specs / "openai-2.3.0.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


def properties(spec: dict[str, Any], name: str) -> set[str]:
    schema = spec["components"]["schemas"][name]
    found = set(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        found |= set(part.get("properties", {}))
        if "$ref" in part:
            found |= properties(spec, part["$ref"].rpartition("/")[2])
    return found


@pytest.mark.slow
def test_parameters_and_paths_are_those_of_the_description(spec: dict[str, Any]) -> None:
    ours = {member.name for member in fields(ChatRequest)} - {"extra"}
    assert ours <= properties(spec, "CreateChatCompletionRequest")
    assert {"stream", "stream_options"} <= properties(spec, "CreateChatCompletionRequest")
    assert {"input", "model"} <= properties(spec, "CreateModerationRequest")
    assert {"input", "model", "dimensions", "encoding_format", "user"} <= properties(spec, "CreateEmbeddingRequest")
    for endpoint in (COMPLETIONS, EMBEDDINGS, MODERATIONS, LIST, GET, DELETE):
        assert endpoint.method.lower() in spec["paths"][endpoint.path.replace("{}", "{model}")]
