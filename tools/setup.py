"""Makes .venv and installs the locked packages and the project into it; does nothing where that is done already.

Run by the Makefile: `tools/python tools/setup.py LOCK`. Standard library only. Two that run at the same time wait for
each other, and one that is killed leaves nothing that the next one takes for finished: the mark is written last.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
MARKS = VENV / ".installed"
"""One file per lock, inside the environment, so that it goes when that goes. It holds what was installed."""

CONTAINS = {"requirements.lock": "requirements-dev.lock"}
"""Whoever has the second has the first."""


def main(lock: str) -> None:
    """Install `lock`, if it or one that contains it is not there yet."""
    if _done(lock):
        return
    stamps = ROOT / ".stamps"
    stamps.mkdir(exist_ok=True)
    with (stamps / "setup.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # ends with the process, however that ends
        if not _done(lock):
            _install(lock)


def _done(lock: str) -> bool:
    return PYTHON.exists() and any(
        _read(MARKS / name) == _state(name) for name in (lock, CONTAINS.get(lock, lock)) if (ROOT / name).exists()
    )


def _state(lock: str) -> str:
    """What an installation depends on, as one word."""
    state = hashlib.sha256(str(VENV).encode())  # a moved environment has the old path in its scripts
    for name in (lock, "pyproject.toml"):
        state.update((ROOT / name).read_bytes())
    return state.hexdigest()


def _install(lock: str) -> None:
    if not _usable():
        print(f"making {VENV} with Python {sys.version.split()[0]}", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
        _run(sys.executable, "-m", "venv", str(VENV))
    shutil.rmtree(MARKS, ignore_errors=True)
    print(f"installing {lock} (once; takes a minute or two)", flush=True)
    pip = (str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    _run(*pip, "--require-hashes", "--requirement", lock)
    _run(*pip, "--no-deps", "--no-build-isolation", "--editable", ".")
    MARKS.mkdir()
    (MARKS / lock).write_text(_state(lock))


def _usable() -> bool:
    """Whether .venv is there, works, is recent enough, and is where it was made."""
    check = "import sys, pip; print(sys.version_info >= (3, 11), sys.prefix)"
    try:
        asked = subprocess.run([str(PYTHON), "-c", check], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return asked.stdout.strip() == f"True {VENV}"


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
        sys.exit(f"make: this failed: {' '.join(command)}")


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


if __name__ == "__main__":
    main(sys.argv[1])
