"""The wheel: what is in it, and that it runs where nothing else of the project is."""

import configparser
import os
import signal
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = [Path(folder) for folder in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    """The wheel's files."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an empty environment with the wheel; its dependencies are borrowed from the one that runs this.

    A path in a .pth file is searched, but the .pth files inside it are not: the borrowed folder's link to the checkout
    has no effect.
    """
    folder = tmp_path_factory.mktemp("installed") / "environment"
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n" + sysconfig.get_path("platlib") + "\n")
    return folder / "bin"


def run(installed: Path, directory: Path, program: str, *arguments: str) -> str:
    """Run a program of the environment in a directory where nothing is; return what it wrote."""
    done = subprocess.run(
        [str(installed / program), *arguments],
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "COLUMNS": "200"}


# ---- what is in it -------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_packages_the_defaults_and_nothing_else(contents: dict[str, bytes]) -> None:
    name = f"botcore_framework-{PROJECT['project']['version']}.dist-info"
    assert {path.split("/")[0] for path in contents} == {*(folder.name for folder in PACKAGES), name}
    strange = [path for path in contents if path.endswith((".pyc", ".db", ".env.local")) or "/tests/" in path]
    assert not strange


def test_every_source_file_is_in_the_wheel(contents: dict[str, bytes]) -> None:
    for folder in PACKAGES:
        for file in (ROOT / folder).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                inside = f"{folder.name}/{file.relative_to(ROOT / folder).as_posix()}"
                assert inside in contents, "a file that git ignores does not get into the wheel either"


def test_types_migrations_defaults_and_licence_come_along(contents: dict[str, bytes]) -> None:
    assert "botcore/py.typed" in contents
    assert any(path.startswith("botcore/store/migrations/versions/") for path in contents)
    for name in ("botcore.toml", "example.env"):
        assert contents[f"botcore/defaults/{name}"] == (ROOT / "config" / name).read_bytes()
    assert any(path.endswith("licenses/LICENSE") for path in contents)


def test_the_entry_points_are_those_of_the_project(contents: dict[str, bytes]) -> None:
    (path,) = [path for path in contents if path.endswith("entry_points.txt")]
    parser = configparser.ConfigParser(delimiters=("=",))
    parser.read_string(contents[path].decode())
    found = {section: dict(parser[section]) for section in parser.sections()}
    wanted = {"console_scripts": PROJECT["project"]["scripts"], **PROJECT["project"]["entry-points"]}
    assert found == wanted


# ---- that it runs --------------------------------------------------------------------------------------------


def test_the_environment_does_not_see_the_checkout(installed: Path, tmp_path: Path) -> None:
    names = ", ".join(folder.name for folder in PACKAGES)
    shown = run(
        installed, tmp_path, "python", "-c", f"import sys, {names}; print(*({names},), *sys.path, sep='\\n')"
    ).splitlines()
    modules, path = shown[: len(PACKAGES)], shown[len(PACKAGES) :]
    assert all(str(installed.parent) in module for module in modules)
    seen = {Path(entry).resolve() for entry in path if entry}
    assert not seen & {ROOT, ROOT / "adapters", ROOT / "plugins"}


def test_the_command_runs(installed: Path, tmp_path: Path) -> None:
    assert run(installed, tmp_path, "botcore", "version").startswith(f"botcore {PROJECT['project']['version']}")
    assert "offline-api" in run(installed, tmp_path, "botcore", "--help")
    assert 'model = "gpt-5-mini"' in run(installed, tmp_path, "botcore", "config")


def test_adapters_and_plugins_are_found(installed: Path, tmp_path: Path) -> None:
    sections = tomllib.loads(run(installed, tmp_path, "botcore", "config", "--defaults"))
    assert PROJECT["project"]["entry-points"]["botcore.adapters"].keys() <= sections.keys()


def test_the_database_is_made(installed: Path, tmp_path: Path) -> None:
    assert "brought to revision" in run(installed, tmp_path, "botcore", "db", "upgrade")
    assert (tmp_path / "data" / "botcore.db").is_file()


def test_the_bot_starts_and_ends(installed: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(installed / "botcore"), "run"],
        cwd=tmp_path,
        env={**environment(), "BOTCORE_WEB__PORT": "0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if '"ready: ' in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
