"""Where settings are read from: the TOML file, `.env` and the environment."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from botcore.config.faults import nearest
from botcore.config.tree import Tree
from botcore.errors import ConfigError

PREFIX = "BOTCORE_"
PLACES = ("config/botcore.toml", "botcore.toml")
"""Where the file is looked for, below the working directory."""

_NOT_SETTINGS = ("BOTCORE_CONFIG", "BOTCORE_SHARED", "BOTCORE_TEST_", "BOTCORE_REQUIRE_")
_WINNERS = {"DATABASE_URL": ("store", "url"), "OPENAI_BASE_URL": ("api", "base_url")}
"""Variables with names that other programs know too; they win over the setting of the same meaning."""


def find(path: str | Path | None, env: Mapping[str, str], directory: Path) -> Path | None:
    """The settings file: the one named by option or BOTCORE_CONFIG, or the first there is; None: only defaults.

    Raises ConfigError where a file is named and is not there.
    """
    named = path or env.get("BOTCORE_CONFIG") or None
    if named is None:
        return next((directory / place for place in PLACES if (directory / place).is_file()), None)
    found = directory / named
    if not found.is_file():
        source = "--config" if path else "BOTCORE_CONFIG"
        raise ConfigError(f"{source}: there is no file {named}; name one that exists, or leave it out for the defaults")
    return found


def label(path: Path, directory: Path) -> str:
    """A file's name for messages: relative where it lies below the working directory."""
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)


def read_toml(path: Path, name: str) -> dict[str, Any]:
    """The tables of a TOML file. Raises ConfigError, one line, for what is not TOML."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))  # editors on Windows write a byte order mark
    except OSError as error:
        raise ConfigError(f"{name}: cannot be read: {error.strerror}; check its permissions") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name}: is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: is not valid TOML: {error}; texts need quotes, lists brackets") from error


def read_dotenv(directory: Path) -> dict[str, str]:
    """The variables of `.env` in a directory, as they stand (no interpolation); none without the file.

    Raises ConfigError for a line that is not NAME=value.
    """
    path = directory / ".env"
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for binding in parse_stream(stream):
                if binding.error:
                    raise ConfigError(f".env: line {binding.original.line} is not NAME=value; quote values with spaces")
                if binding.key is not None and binding.value is not None:
                    found[binding.key] = binding.value
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f".env: cannot be read as UTF-8 text ({error.__class__.__name__}); check it") from error
    return found


def environment(env: Mapping[str, str], dotenv: Mapping[str, str]) -> dict[str, str]:
    """Both together, the environment before `.env`. An empty variable counts as not set."""
    return {name: value.strip() for source in (dotenv, env) for name, value in source.items() if value.strip()}


def add_environment(tree: Tree, variables: Mapping[str, str], dotenv: Mapping[str, str]) -> list[str]:
    """Merge BOTCORE_SECTION__KEY variables into the tree; return a line for each that cannot be one."""
    faults: list[str] = []
    for name in sorted(variables):
        origin = f".env: {name}" if dotenv.get(name, "").strip() == variables[name] else f"environment: {name}"
        if name in _WINNERS:
            tree.put(_WINNERS[name], variables[name], origin)
        elif name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS):
            path = tuple(part.lower() for part in name.removeprefix(PREFIX).split("__"))
            if len(path) < 2 or not all(path):
                faults.append(f"{origin}: is not BOTCORE_SECTION__KEY{_respelt(name)}; rename or unset it")
            elif name not in _overridden(variables):
                tree.put(path, variables[name], origin)
    return faults


def _overridden(variables: Mapping[str, str]) -> set[str]:
    return {f"{PREFIX}{'__'.join(path).upper()}" for winner, path in _WINNERS.items() if winner in variables}


def _respelt(name: str) -> str:
    """A hint for the commonest slip, one underscore instead of two."""
    section, _, key = name.removeprefix(PREFIX).partition("_")
    if section and key and "__" not in name:
        return f" (two underscores: {PREFIX}{section}__{key})"
    meant = nearest(name, ["botcore_config"])
    return " (did you mean BOTCORE_CONFIG?)" if meant else ""
