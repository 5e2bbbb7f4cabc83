"""The page for people names every command that the bot comes with."""

from pathlib import Path

from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.discovery import load_plugins, plugin_sources

DOC = (Path(__file__).resolve().parents[2] / "docs" / "chatting.md").read_text()


def test_every_command_is_described() -> None:
    registry = Registry()
    load_plugins(Config(), registry, sources=plugin_sources())
    names = [known.command.name for known in registry.commands()]
    assert len(names) >= 9
    missing = [name for name in names if f"`/{name}`" not in DOC]
    assert not missing
