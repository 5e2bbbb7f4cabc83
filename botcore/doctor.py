"""`botcore doctor`: everything that a running bot needs, looked at without running one.

The checks run at the same time, each with its own time-out, and one that fails hides none of the others.
"""

import asyncio
import difflib
import importlib
import sys
import warnings
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from botcore.adapter import Finding, Platform, Setup
from botcore.commands.registry import Registry
from botcore.config import Config
from botcore.discovery import load_platforms, load_plugins
from botcore.errors import BotcoreError, PluginError

TIMEOUT = 20.0
"""Seconds for one check; connecting across the world with name resolution and TLS takes two or three."""
OLDEST_PYTHON = (3, 11)

Findings: TypeAlias = Sequence[Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at."""

    name: str
    look: Callable[[], Awaitable[Findings]]


async def examine(config: Config, platforms: Sequence[Platform] | None = None, *, seconds: float = TIMEOUT) -> Findings:
    """Look at everything; the findings come in a fixed order. Nothing is received, sent, created or changed.

    `platforms` replaces the installed ones.
    """
    broken: Sequence[PluginError] = ()
    if platforms is None:
        platforms, broken = load_platforms()
    checks = [
        Check("python", _python),
        Check("settings", lambda: _settings(config)),
        Check("database", lambda: _database(config)),
        Check("API", lambda: _api(config)),
        *(_platform(config, platform) for platform in platforms),
        Check("plugins", lambda: _plugins(config)),
        Check("ffmpeg", _ffmpeg),
        Check("pydub", lambda: _library("pydub", "pydub", "long recordings cannot be cut into pieces", "voice")),
        Check("Pillow", lambda: _library("Pillow", "PIL.Image", "pictures cannot be changed or varied", "images")),
    ]
    missing = [Finding(error.plugin, "fail", str(error), "install what it needs, or remove it") for error in broken]
    return [*await run(checks, seconds=seconds), *missing]


async def run(checks: Sequence[Check], *, seconds: float) -> Findings:
    """Run checks at the same time. One that raises or takes longer than so many seconds is itself a finding."""
    tasks = [asyncio.create_task(_within(check, seconds), name=f"doctor: {check.name}") for check in checks]
    found = await asyncio.gather(*tasks, return_exceptions=True)
    findings: list[Finding] = []
    for check, result in zip(checks, found, strict=True):
        match result:
            case TimeoutError():
                remedy = "see whether the address is right and the network lets it through"
                findings.append(Finding(check.name, "fail", f"no answer within {seconds:g} s", remedy))
            case BotcoreError():
                findings.append(Finding(check.name, "fail", str(result)))
            case Exception():
                remedy = "this is a fault of the program: please report it"
                findings.append(Finding(check.name, "fail", f"{type(result).__name__}: {result}", remedy))
            case BaseException():
                raise result
            case _:
                findings.extend(result)
    return findings


async def _within(check: Check, seconds: float) -> Findings:
    async with asyncio.timeout(seconds):
        return await check.look()


async def _python() -> Findings:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        return [Finding("python", "fail", version, "install Python 3.11 or newer")]
    return [Finding("python", "ok", version)]


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
    if address.path is not None and not address.path.exists():
        return [_new_file(address.path, str(address))]
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
    return Finding("database", "note", f"{shown} does not exist yet", "the first start makes it")


async def _api(config: Config) -> Findings:
    if config.offline:
        text = "the built-in stand-in answers: there is neither OPENAI_API_KEY nor OPENAI_BASE_URL"
        return [Finding("API", "note", text, "set OPENAI_API_KEY in the environment or in .env")]
    from botcore.app import api_settings  # noqa: PLC0415 - as above
    from botcore.openai import Api  # noqa: PLC0415

    async with Api(api_settings(config)) as api:
        found = await api.probe()
        listed = {model.id for model in await api.models.list()} if found["models.list"].state == "ok" else set[str]()
    remedy = "see OPENAI_API_KEY and OPENAI_BASE_URL"
    chat = found["chat.completions"]
    if chat.state in ("refused", "unreachable") and all(one.state == chat.state for one in found.values()):
        return [Finding("API", "fail", f"{config.api.base_url}: {chat.state}: {chat.reason}", remedy)]
    findings: list[Finding] = []
    for name, finding in found.items():
        match finding.state:
            case "ok":
                findings.append(Finding(f"API: {name}", "ok", config.api.base_url))
            case "missing":
                findings.append(Finding(f"API: {name}", "note", f"missing: {finding.reason}", "what needs it is off"))
            case "refused" | "unreachable":
                findings.append(Finding(f"API: {name}", "fail", f"{finding.state}: {finding.reason}", remedy))
    return [*findings, *_models(config, listed)]


def _models(config: Config, listed: Collection[str]) -> Findings:
    """The models that are set and not on offer; some servers take names that they do not list."""
    named = {"chat.model": config.chat.model}
    named |= {f"personas.{name}.model": persona.model for name, persona in config.personas.items() if persona.model}
    return [
        Finding("API: model", "note", f"{key}: the endpoint does not list {model}", f"/model lists others; set {key}")
        for key, model in named.items()
        if listed and model not in listed
    ]


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


async def _plugins(config: Config) -> Findings:
    loaded = load_plugins(config, Registry())
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


async def _ffmpeg() -> Findings:
    from botcore.audio import find_ffmpeg  # noqa: PLC0415 - as above

    if path := find_ffmpeg():
        return [Finding("ffmpeg", "ok", path)]
    text = "not found: voice messages in formats the API does not take cannot be converted"
    return [Finding("ffmpeg", "note", text, "install ffmpeg, or the extra botcore-framework[voice]")]


async def _library(name: str, module: str, without: str, extra: str) -> Findings:
    """A library of an extra, which a plugin does without; loaded, since one that is there may lack what it needs."""
    try:
        with warnings.catch_warnings(action="ignore"):
            loaded = importlib.import_module(module)
    except ImportError as error:
        remedy = f"install the extra botcore-framework[{extra}]"
        return [Finding(name, "note", f"not found ({error}): {without}", remedy)]
    return [Finding(name, "ok", getattr(loaded, "__version__", "installed"))]
