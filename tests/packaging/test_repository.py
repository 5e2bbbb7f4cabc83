"""What is committed: nothing that leads to a machine, a registry or an account; packages and locks that agree."""

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock")

# In parts, so that this file does not name them itself.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("npm" + "js", "org"),
        ("npm" + "js", "com"),
        ("npm" + "mirror", "com"),
        ("ana" + "conda", "org"),
        ("crates", "io"),
        ("ghcr", "io"),
    )
)
PATHS = tuple("/" + "/".join(parts) for parts in (("ro" + "ot", ""), ("wo" + "rk", ""), ("opt", "py" + "pi")))
SECRETS = re.compile(
    r"""
    (?P<telegram>\b\d{8,10}:[A-Za-z0-9_-]{35}\b)
    | (?P<api>\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{40,})
    | (?P<discord>\b[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,})
    | (?P<github>\bgh[pousr]_[A-Za-z0-9]{36})
    | (?P<cloud>\bAKIA[0-9A-Z]{16}\b)
    | (?P<key>-----BEGIN\ [A-Z ]*PRIVATE\ KEY-----)
    """,
    re.VERBOSE,
)
FAKE = re.compile(r"fake|example|test|hush|secret|wrong|dummy|A{6}|x{6}|(.)\1{5}", re.IGNORECASE)


def committed() -> Iterator[Path]:
    """The files under version control; in a copy without it, those that would be."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
        yield from (ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name)
        return
    ignored = {line.strip().strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    for folder, inner, files in os.walk(ROOT):
        inner[:] = [name for name in inner if name not in ignored and name != ".git"]
        yield from (Path(folder) / name for name in files if name not in ignored)


def texts() -> Iterator[tuple[str, str]]:
    """Name and text of every committed text file."""
    for file in committed():
        if file.is_file():
            data = file.read_bytes()
            if b"\0" not in data[:8000]:
                yield str(file.relative_to(ROOT)), data.decode("utf-8", "replace")


def test_no_registry_is_named() -> None:
    found = [(name, host) for name, text in texts() for host in HOSTS if host in text]
    assert not found


def test_no_path_of_a_machine_is_named() -> None:
    here = {path for path in (str(ROOT), str(Path.home())) if len(path) > 5}
    found = [
        f"{name}: {line.strip()[:100]}"
        for name, text in texts()
        for line in text.splitlines()
        if any(path in line for path in here) or re.search(rf"(?<![\w.])(?:{'|'.join(PATHS)})", line)
    ]
    assert not found


def test_no_secret_is_committed() -> None:
    found = [
        f"{name}: {match.lastgroup}"
        for name, text in texts()
        for match in SECRETS.finditer(text)
        if not FAKE.search(match[0]) and len(set(match[0])) > 12
    ]
    assert not found


def test_the_test_for_secrets_would_see_one() -> None:
    token = "8123456789" + ":" + "AAH" + "dqTcvCH1vGWJxfSeofSAs0K5PALDsaw"[:31] + "Q"
    assert SECRETS.search(f"token={token}")
    assert not FAKE.search(token)


def test_settings_of_one_machine_are_not_committed() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in committed()}
    assert not {name for name in names if Path(name).name == ".env" or name.endswith((".db", ".pyc", ".log"))}
    assert {"LICENSE", "README.md", "Makefile", "requirements.lock", ".ci/run", "config/botcore.toml"} <= names


# ---- locks ---------------------------------------------------------------------------------------------------


def requirements(lock: str) -> dict[str, str]:
    """The entries of a lock file by name, each with all its lines."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines))
    return {entry.partition("==")[0]: entry for entry in entries}


@pytest.mark.parametrize("lock", LOCKS)
def test_each_locked_package_has_a_version_and_hashes(lock: str) -> None:
    entries = requirements(lock)
    assert len(entries) > 30
    for name, entry in entries.items():
        assert re.match(r"[a-z0-9-]+==\S+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_download_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.findall(
        r"://|@ \S+|--index-url|--extra-index-url|--find-links|--trusted-host|^-i ", text, re.MULTILINE
    )


def test_the_locks_agree_and_hold_what_the_project_needs() -> None:
    product, development = requirements("requirements.lock"), requirements("requirements-dev.lock")
    version = re.compile(r"==([^\s;\\]+)")
    for name, entry in product.items():
        assert version.findall(development[name]) == version.findall(entry), name
    project = PROJECT["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    needed = {re.split(r"[\[><=;~! ]", line)[0].lower().replace("_", "-").replace(".", "-") for line in extras}
    needed |= {re.split(r"[\[><=;~! ]", line)[0].lower() for line in project["dependencies"]}
    assert needed - {"botcore-framework"} <= product.keys()
    assert {"hatchling", "editables"} <= product.keys(), "make run builds the project with them"


# ---- packages ------------------------------------------------------------------------------------------------


def packages() -> set[str]:
    """Every import package that the checkout has, by folder."""
    folders = [init.parent for kind in ("adapters", "plugins") for init in (ROOT / kind).glob("*/__init__.py")]
    found = {folder.relative_to(ROOT).as_posix() for folder in folders}
    return {"botcore", *found}


def test_each_package_is_in_the_wheel_and_under_the_contracts() -> None:
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == packages()
    linter = PROJECT["tool"]["importlinter"]
    names = {Path(folder).name for folder in packages()}
    assert set(linter["root_packages"]) == names
    outside = names - {"botcore"}
    layers, public = linter["contracts"][:2]
    assert set(layers["layers"][0].split(" | ")) == outside
    assert set(public["source_modules"]) == outside


def test_each_adapter_and_plugin_has_its_entry_point() -> None:
    declared = PROJECT["project"]["entry-points"]
    for folder in packages() - {"botcore"}:
        kind, name = folder.split("/")
        modules = {value.partition(":")[0] for value in declared[f"botcore.{kind}"].values()}
        assert name in modules


def test_the_distribution_does_not_take_a_stranger_s_name() -> None:
    assert PROJECT["project"]["name"] == "botcore-framework"
