"""What the README says is true: its snippets run, its links lead somewhere, its commands exist."""

import re
import tomllib
from pathlib import Path

import pytest

from botcore.commands.gate import Call, Gate
from botcore.commands.registry import Found, Registry
from botcore.config import load_config
from botcore.discovery import load_plugins
from tests.commands.memory import MemoryContext

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


async def test_the_plugin_of_the_readme_rolls(tmp_path: Path) -> None:
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    folder = tmp_path / "my_plugins"
    folder.mkdir()
    (folder / "dice.py").write_text(snippet)
    registry = Registry()
    config = load_config(env={"BOTCORE_PLUGINS__FOLDER": str(folder)}, directory=tmp_path)
    assert not load_plugins(config, registry).errors
    found = registry.find("/roll 20")
    assert isinstance(found, Found)
    reply = await Gate(registry).invoke(Call(found.registered, found.text), MemoryContext())
    assert reply is not None
    assert re.fullmatch(r"You rolled \d{1,2}\.", reply.text)  # type: ignore[union-attr]
    assert registry.tool("roll") is not None


def test_every_local_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(links) > 10
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)", README))
    makefile = (ROOT / "Makefile").read_text()
    assert {"run", "test", "check", "bench", "system"} <= targets
    assert not [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


@pytest.mark.parametrize("extra", ["telegram", "web", "postgres", "all"])
def test_every_extra_exists(extra: str) -> None:
    assert f"'.[{extra}]'" in README
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert extra in metadata["project"]["optional-dependencies"]
