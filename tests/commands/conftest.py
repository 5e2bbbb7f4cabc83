"""What the tests of the commands share."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture(scope="session")
def discord_schemas(shared_specs: Path) -> dict[str, Any]:
    """Discord's components, as JSON Schemas."""
    file = next(shared_specs.glob("discord-v10-*.json"))
    components: dict[str, Any] = json.loads(file.read_text())["components"]
    return components


@pytest.fixture(scope="session")
def function_object(shared_specs: Path) -> dict[str, Any]:
    """The schema of a tool's function in the newest description of the OpenAI API."""
    text = (shared_specs / "openai-2.3.0.yaml").read_text()
    block = re.search(r"^    FunctionObject:\n(?:     .*\n)+", text, re.MULTILINE)
    assert block is not None
    schema: dict[str, Any] = yaml.safe_load(block[0])["FunctionObject"]
    schema["properties"]["parameters"] = {"type": "object", "additionalProperties": True}
    return schema
