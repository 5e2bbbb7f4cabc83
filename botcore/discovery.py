"""Finding plugins and adapters: installed ones by their entry points, the operator's own in a folder.

    [project.entry-points."botcore.plugins"]          [project.entry-points."botcore.adapters"]
    images = "botcore_images:plugin"                  telegram = "botcore_telegram:adapter"

An entry point's name is the plugin's name. In the folder, each module and package that exports `plugin` is one; it is
imported by its path under a private name, so nothing there can shadow a library and `sys.path` stays as it is. What
cannot be loaded is named and left out; a setting that is wrong stops the start.
"""

import hashlib
import importlib.util
import inspect
import logging
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

from botcore.adapter import Platform
from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.errors import BotcoreError, ConfigError, NameTaken, PluginError
from botcore.plugin import Bot, Plugin

PLUGINS: Final = "botcore.plugins"
ADAPTERS: Final = "botcore.adapters"

T = TypeVar("T")
Kind = TypeVar("Kind", Plugin, Platform)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """A plugin or adapter that is there, before it is imported. `origin` says where, for the operator."""

    name: str
    origin: str
    load: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of loading the plugins: the values in the order of loading, and what went wrong with others."""

    plugins: tuple[Plugin, ...]
    errors: tuple[PluginError, ...]


def load_plugins(config: Config, registry: Registry, *, sources: Sequence[Source] | None = None) -> Loaded:
    """Load every plugin that is not disabled into the registry; each failure is logged and returned.

    `sources` replaces what is found. Raises ConfigError where a setting of a plugin is wrong, or where the settings
    name a plugin that is not there.
    """
    found = plugin_sources(Path(config.plugins.folder)) if sources is None else sources
    plugins: list[Plugin] = []
    errors: list[PluginError] = []
    known = {source.name for source in found}
    for source in found:
        if source.name in config.plugins.disabled:
            continue
        try:
            plugin = _value(source, Plugin)
            known.add(plugin.name)
            if plugin.name not in config.plugins.disabled:
                _set_up(plugin, source, config, registry)
                plugins.append(plugin)
        except PluginError as error:
            log.error("%s (%s); it is left out", error, source.origin, exc_info=error.__cause__)  # noqa: TRY400 - ours
            errors.append(error)
    config.require_plugins(known)
    return Loaded(tuple(plugins), tuple(errors))


def platforms(names: Collection[str] | None = None) -> list[Platform]:
    """The installed adapters, imported; only those in `names` where given. What cannot be imported is logged."""
    found, errors = load_platforms(names)
    for error in errors:
        log.error("%s; it is left out", error, exc_info=error.__cause__)
    return found


def load_platforms(names: Collection[str] | None = None) -> tuple[list[Platform], list[PluginError]]:
    """The installed adapters and the errors of those that cannot be imported, such as a missing library."""
    found: list[Platform] = []
    errors: list[PluginError] = []
    for source in adapter_sources():
        if names is not None and source.name not in names:
            continue
        try:
            found.append(_value(source, Platform))
        except PluginError as error:
            errors.append(error)
    return found, errors


def adapter_sources() -> list[Source]:
    """The installed adapters by name; nothing is imported until `load` is called."""
    return _installed(ADAPTERS)


def plugin_sources(folder: Path | None = None) -> list[Source]:
    """The installed plugins by name, then the folder's; nothing is imported until `load` is called."""
    return [*_installed(PLUGINS), *(_in_folder(folder) if folder is not None and folder.is_dir() else ())]


def _installed(group: str) -> list[Source]:
    points = {point.name: point for point in entry_points(group=group)}  # a package seen twice counts once
    return [Source(name, f"entry point {points[name].value}", points[name].load) for name in sorted(points)]


def _in_folder(folder: Path) -> Iterator[Source]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        file = path / "__init__.py" if path.is_dir() else path
        if file.suffix == ".py" and file.is_file():
            yield Source(path.stem, str(path), partial(_imported, path.stem, file))


def _imported(name: str, file: Path) -> Any:
    """Run a module of the operator's under a name of its own and return its `plugin`."""
    digest = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]
    private = f"_botcore_plugin_{digest}_{name}"
    package = [str(file.parent)] if file.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(private, file, submodule_search_locations=package)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module  # dataclasses, pydantic and relative imports look it up there
    try:
        spec.loader.exec_module(module)
        value = getattr(module, "plugin", None)
    except BaseException:
        del sys.modules[private]
        raise
    if value is None:
        del sys.modules[private]
        raise PluginError(name, 'it exports no plugin: end the file with plugin = Plugin(name="...", setup=setup)')
    return value


def _value(source: Source, kind: type[Kind]) -> Kind:
    """Import a source. Raises PluginError where that fails or where it is something else."""
    value = _guarded(source.name, "it cannot be imported", source.load)
    if not isinstance(value, kind):
        found = f"{type(value).__module__}.{type(value).__qualname__}"
        hint = f"; name the value in it, as in {value.__name__}:plugin" if isinstance(value, ModuleType) else ""
        raise PluginError(source.name, f"{source.origin} is a {found}, not a {kind.__module__}.{kind.__name__}{hint}")
    if source.origin.startswith("entry point") and value.name != source.name:
        raise PluginError(source.name, f"it calls itself {value.name!r}; name and entry point have to agree")
    return value


def _set_up(plugin: Plugin, source: Source, config: Config, registry: Registry) -> None:
    if plugin.name in registry.plugins:
        raise NameTaken(plugin.name, f"{source.origin}: the name", plugin.name, plugin.name)
    if not inspect.isclass(plugin.settings):
        raise PluginError(plugin.name, "its settings are no class: write settings=MySettings, without parentheses")
    if inspect.iscoroutinefunction(plugin.setup):
        raise PluginError(plugin.name, "its setup must be a plain `def`: it registers, and waits for nothing")
    settings = config.plugin_settings(plugin.name, plugin.settings)
    bot = Bot(plugin.name)
    _guarded(plugin.name, "its setup failed", lambda: plugin.setup(bot, settings))
    registry.add(bot)


def _guarded(plugin: str, what: str, work: Callable[[], T]) -> T:
    """Run a plugin's own code at load time. Raises PluginError for whatever it raises."""
    try:
        return work()
    except (PluginError, ConfigError):
        raise
    except (Exception, SystemExit) as error:  # a plugin's fault must not keep the others from loading
        told = error.said if isinstance(error, BotcoreError) and not str(error) else str(error)
        raise PluginError(plugin, f"{what}: {type(error).__name__}: {told}".rstrip(": ")) from error
