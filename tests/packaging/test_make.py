"""`make` on machines where something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def finder(folder: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Look for a Python where only the programs in `folder` and the shell's own are."""
    for name in ("sh", "head"):
        if not (folder / name).exists():
            (folder / name).symlink_to(shutil.which(name) or name)
    return subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "python"), "-c", "print('found')"],
        env={"PATH": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_python_that_fits_is_found(tmp_path: Path) -> None:
    program(tmp_path / "python3", 'echo "Python 3.8.2"; exit 1')
    program(tmp_path / "python3.12", f'exec {sys.executable} "$@"')
    assert finder(tmp_path).stdout == "found\n"


def test_the_operator_may_name_one(tmp_path: Path) -> None:
    assert finder(tmp_path, PYTHON=sys.executable).stdout == "found\n"


def test_without_python_it_says_what_to_install(tmp_path: Path) -> None:
    done = finder(tmp_path)
    assert done.returncode == 1
    assert "install Python 3.11 or newer" in done.stderr


def test_an_old_python_or_one_without_venv_is_named_with_the_remedy(tmp_path: Path) -> None:
    program(tmp_path / "python3", '[ "$1" = --version ] && echo "Python 3.8.2"; exit 1')
    done = finder(tmp_path)
    assert done.returncode == 1
    assert "python3 (Python 3.8.2)" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="no make here")
def test_make_alone_lists_the_targets() -> None:
    shown = subprocess.run(["make"], cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True).stdout
    for target in ("run", "test", "slow", "check", "lock", "system", "bench", "clean"):
        assert f"make {target} " in shown
