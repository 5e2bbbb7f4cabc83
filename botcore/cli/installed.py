"""The adapters and plugins that are installed, for commands that look at them without running the bot."""

from collections.abc import Iterator
from importlib.metadata import entry_points
from typing import Any

from botcore.adapter import Platform
from botcore.errors import PluginError
from botcore.plugin import Plugin


def platforms() -> dict[str, Platform]:
    """Every installed platform by name. Raises PluginError for one that cannot be imported."""
    return {name: value for name, value in _loaded("botcore.adapters") if isinstance(value, Platform)}


def plugins() -> dict[str, Plugin]:
    """Every installed plugin by name. Raises PluginError for one that cannot be imported."""
    return {name: value for name, value in _loaded("botcore.plugins") if isinstance(value, Plugin)}


def _loaded(group: str) -> Iterator[tuple[str, Any]]:
    for point in entry_points(group=group):
        try:
            yield point.name, point.load()
        except (ImportError, AttributeError) as error:
            raise PluginError(point.name, f"cannot be imported from {point.value}: {error}") from error
