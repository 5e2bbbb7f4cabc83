"""config/botcore.toml is the types written out: every setting with its default and a line of why, and nothing else."""

import importlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from botcore.config import Config, load_config
from botcore.config.loading import SECTIONS
from botcore.config.printing import default_text, effective_text
from botcore.config.sections import Persona
from botcore.plugin import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "config" / "botcore.toml"


def entry_points(group: str) -> Iterator[tuple[str, Any]]:
    """What the project itself declares, in this checkout, installed or not."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, value in project["entry-points"][f"botcore.{group}"].items():
        module, _, attribute = value.partition(":")
        yield name, getattr(importlib.import_module(module), attribute)


def settings_of(group: str) -> dict[str, type[Settings]]:
    """The settings class of each adapter or plugin."""
    return {name: value.settings for name, value in entry_points(group)}


def all_sections() -> dict[str, type[BaseModel]]:
    """Every class of settings that the project has, by section."""
    plugins = {f"plugins.{name}": model for name, model in settings_of("plugins").items()}
    return {**SECTIONS, "personas": Persona, **settings_of("adapters"), **plugins}


def test_the_file_is_what_the_types_say() -> None:
    wanted = default_text(settings_of("adapters"), settings_of("plugins"))
    assert FILE.read_text(encoding="utf-8") == wanted, "run: botcore config --defaults > config/botcore.toml"


def test_every_setting_says_why_it_is_there() -> None:
    silent = [
        f"{section}.{name}"
        for section, model in all_sections().items()
        for name, field in model.model_fields.items()
        if len(field.description or "") < 10
    ]
    assert not silent, "these settings need a docstring below them"
    assert not [section for section, model in all_sections().items() if not (model.__doc__ or "").strip()]


def test_the_file_says_what_holds_without_it() -> None:
    read = load_config(FILE, {}, directory=ROOT / "tests", sections=settings_of("adapters"))
    plain = Config()
    for name in (*SECTIONS, "personas"):
        assert getattr(read, name) == getattr(plain, name), name
    for name, model in settings_of("adapters").items():
        assert read.settings(name, model) == model(), name
    for name, model in settings_of("plugins").items():
        assert read.plugin_settings(name, model) == model(), name


def test_settings_that_are_not_set_are_in_the_file_as_comments_that_work() -> None:
    """Whoever takes the # away gets something that is accepted."""
    text = FILE.read_text(encoding="utf-8")
    commented = [line for line in text.splitlines() if line.startswith("#") and line[1:2].isalpha()]
    assert "#temperature = 0.7" in commented
    uncommented = "\n".join(line.removeprefix("#") if line in commented else line for line in text.splitlines())
    assert set(tomllib.loads(uncommented)) == set(tomllib.loads(text))


def test_no_line_is_wider_than_the_project_s_lines() -> None:
    assert [line for line in FILE.read_text(encoding="utf-8").splitlines() if len(line) > 120] == []


def test_example_env_names_every_secret_and_sets_none() -> None:
    lines = (ROOT / "config" / "example.env").read_text().splitlines()
    names = {line.strip("#=") for line in lines if line.startswith("#") and line.endswith("=")}
    assert names == {
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "TELEGRAM_BOT_TOKEN",
        "TELEGRAM_API_URL",
        "DISCORD_BOT_TOKEN",
        "DISCORD_API_URL",
        "DATABASE_URL",
    }
    assert all(line.startswith("#") or not line for line in lines)


def test_what_is_in_force_is_printed_with_sources_and_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "botcore.toml").write_text('[chat]\nmodel = "m"\n[web]\nport = 1\ntoken = "page-hush"\n')
    env = {"DATABASE_URL": "postgresql://me:db-hush@h/d?password=more-hush", "BOTCORE_CHAT__STREAM": "no"}
    config = load_config(env=env, directory=tmp_path, sections=["web"])
    web = settings_of("adapters")["web"]
    shown = effective_text(config, {"web": config.settings("web", web)})
    assert 'model = "m"  # botcore.toml' in shown
    assert "stream = false  # environment: BOTCORE_CHAT__STREAM" in shown
    assert 'url = "postgresql://me:***@h/d?password=***"  # environment: DATABASE_URL' in shown
    assert "# token is set and not shown  # botcore.toml" in shown
    assert "hush" not in shown
    assert tomllib.loads(shown)["chat"]["model"] == "m"


@pytest.mark.parametrize("name", list(SECTIONS))
def test_every_section_is_documented(name: str) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert f"`[{name}]`" in text
