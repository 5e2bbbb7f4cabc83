"""docs/offline-api.md leaves nothing out."""

from dataclasses import fields
from pathlib import Path

import pytest

from botcore.testing.openai_server import OfflineSettings, Pace, TuningPace
from botcore.testing.openai_server.control import HANDLERS
from botcore.testing.openai_server.faults import FAULTS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "offline-api.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_documented_with_its_fields(name: str) -> None:
    kind = FAULTS[name]
    row = next(line for line in DOCUMENT.splitlines() if f"| `{name}` |" in line)
    named = ", ".join(field.name for field in fields(kind) if field.name != "status" or name != "status")
    assert row.startswith(f"| `{kind.__name__}(")
    assert named in row


@pytest.mark.parametrize("field", [one.name for kind in (OfflineSettings, Pace, TuningPace) for one in fields(kind)])
def test_every_setting_is_documented(field: str) -> None:
    assert f"`{field}`" in DOCUMENT or f"{field}=" in DOCUMENT


@pytest.mark.parametrize(("method", "area"), sorted(HANDLERS))
def test_every_control_request_is_documented(method: str, area: str) -> None:
    path = f"/_offline/{area.removesuffix('/*')}".rstrip("/")
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("|") and path in line and method in line]
    assert rows
