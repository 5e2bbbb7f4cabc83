"""What is looked at, in the order of the table."""

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from botcore.adapter import Finding, Platform, Setup
from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.discovery import Loaded, load_platforms, load_plugins
from botcore.doctor import endpoint, machine
from botcore.doctor.checks import Check, Findings, run
from botcore.errors import BotcoreError, PluginError

TIMEOUT = 20.0
"""Seconds for one check; connecting across the world with name resolution and TLS takes two or three."""


async def examine(config: Config, platforms: Sequence[Platform] | None = None, *, seconds: float = TIMEOUT) -> Findings:
    """Look at everything; the findings come in a fixed order. Nothing is received, sent, created or changed.

    `platforms` replaces the installed ones.
    """
    broken: Sequence[PluginError] = ()
    if platforms is None:
        platforms, broken = load_platforms()
    loaded = _loaded(config)
    plugins = () if isinstance(loaded, BotcoreError) else loaded.plugins
    checks = [
        Check("python", machine.python),
        Check("settings", lambda: _settings(config)),
        Check("database", lambda: _database(config)),
        Check("API", lambda: endpoint.api(config, plugins)),
        *(_platform(config, platform) for platform in platforms),
        Check("plugins", lambda: _plugins(loaded)),
        Check("ffmpeg", machine.ffmpeg),
        Check("pydub", lambda: machine.library("pydub", "pydub", "long recordings cannot be cut into pieces", "voice")),
        Check(
            "Pillow", lambda: machine.library("Pillow", "PIL.Image", "pictures cannot be changed or varied", "images")
        ),
    ]
    missing = [Finding(error.plugin, "fail", str(error), "install what it needs, or remove it") for error in broken]
    return [*await run(checks, seconds=seconds), *missing]


async def _settings(config: Config) -> Findings:
    where = str(config.file) if config.file else "no file: only defaults and the environment"
    found = [Finding("settings", "ok", where)]
    if config.access.mode == "open":
        text = "access.mode is open: whoever finds the bot talks at your cost"
        found.append(Finding("access", "note", text, "set access.mode to pairing or allowlist"))
    if config.logs.message_text:
        found.append(Finding("logs", "note", "logs.message_text is on: conversations are written into the log"))
    return found


async def _database(config: Config) -> Findings:
    from botcore.store import schema, urls  # noqa: PLC0415 - importing SQLAlchemy takes a while, --help does without
    from botcore.store.database import Database  # noqa: PLC0415

    address = urls.parse(config.store.url)
    if address.path is not None:
        try:
            if not address.path.exists():
                return [_new_file(address.path, str(address))]
            writable = os.access(address.path, os.W_OK) and os.access(address.path.parent, os.W_OK)
        except PermissionError:
            writable = False
        if not writable:
            return [_unwritable(str(address), address.path)]
    async with await Database.open(config.store.url, upgrade=False) as database:
        state = await database.read(schema.current)
    newest = schema.head()
    if state == newest:
        return [Finding("database", "ok", f"{address}, revision {state}")]
    text = f"{address}: {'no tables yet' if state is None else f'revision {state}, newest is {newest}'}"
    return [Finding("database", "note", text, "the next start brings it up to date, as `botcore db upgrade` does")]


def _new_file(path: Path, shown: str) -> Finding:
    """A database that the first start will make, where it can."""
    holder = next((parent for parent in path.parents if parent.exists()), Path("/"))
    if not holder.is_dir():
        return Finding("database", "fail", f"{shown}: {holder} is not a directory", "set store.url to another path")
    if not os.access(holder, os.W_OK | os.X_OK):
        return _unwritable(shown, holder)
    return Finding("database", "note", f"{shown} does not exist yet", "the first start makes it")


def _unwritable(shown: str, what: Path) -> Finding:
    remedy = "let whoever runs the bot write there (the file and its folder), or set store.url to another path"
    return Finding("database", "fail", f"{shown}: {what} cannot be written to", remedy)


def _platform(config: Config, platform: Platform) -> Check:
    async def look() -> Findings:
        settings = config.settings(platform.name, platform.settings)
        if not getattr(settings, "enabled", True):
            return [Finding(platform.name, "note", f"off: {platform.name}.enabled is false")]
        secrets = config.secrets([*platform.secrets, *platform.needs])
        if missing := [name for name in platform.needs if name not in secrets]:
            return [Finding(platform.name, "note", _off(missing, config.environment), "set it, if you want it on")]
        setup = Setup(settings, secrets, offline=config.offline, data_dir=config.store.folder)
        adapter = platform.build(setup)
        try:
            return await adapter.check()
        finally:
            await adapter.close()

    return Check(platform.name, look)


def _loaded(config: Config) -> Loaded | BotcoreError:
    """The plugins, or the wrong setting that keeps all of them from being loaded."""
    try:
        return load_plugins(config, Registry())
    except BotcoreError as error:
        return error


async def _plugins(loaded: Loaded | BotcoreError) -> Findings:
    if isinstance(loaded, BotcoreError):
        raise loaded
    names = ", ".join(plugin.name for plugin in loaded.plugins) or "none"
    found = [Finding("plugins", "ok", names)]
    return [*found, *(Finding("plugins", "fail", str(error), "mend it or disable it") for error in loaded.errors)]


def _off(missing: Sequence[str], environment: Mapping[str, str]) -> str:
    """Why a platform is off, with the variable that was probably meant to switch it on."""
    text = f"off: {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
    for name in missing:
        for close in difflib.get_close_matches(name, environment, n=1, cutoff=0.75):
            text += f" ({close} is: did you mean {name}?)"
    return text
