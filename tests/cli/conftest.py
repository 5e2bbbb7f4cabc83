"""The command line as an operator has it: a process of its own in an empty directory."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from botcore.cli import main
from tests.forked import fork

ROOT = Path(__file__).parents[2]
MAIN = "from botcore.cli import main; main()"


def environment(**more: str) -> dict[str, str]:
    """Variables for a child: what the system needs, where the checkout is, and no setting of whoever runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    path = os.pathsep.join(str(ROOT / folder) for folder in ("", "adapters", "plugins"))
    return {**kept, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "COLUMNS": "200", **more}


@dataclass(frozen=True)
class Ended:
    """What a finished command left."""

    code: int
    out: str
    err: str


def _command(_: Callable[[], None], arguments: Sequence[str]) -> None:
    main(arguments)


@pytest.fixture
def process(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ended]:
    """Run `botcore ...` to its end in a process of its own, forked from one that has imported it."""

    def process(*arguments: str, said: str = "", **env: str) -> Ended:
        written = tmp_path_factory.mktemp("written")
        out, err = written / "out", written / "err"
        forked = fork(_command, arguments, env=environment(**env), folder=tmp_path, out=out, err=err, said=said)
        forked.process.join(timeout=45)
        code = forked.process.exitcode
        if code is None:
            forked.process.kill()
            pytest.fail(f"{arguments} did not end:\n{err.read_text()}")
        return Ended(code, out.read_text(), err.read_text())

    return process


@pytest.fixture
def botcore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run `botcore ...` to its end in this process, which is quicker; for commands that set no logging up."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # main replaces it

    def botcore(*arguments: str, **env: str) -> Ended:
        with monkeypatch.context() as patch:
            for name in set(os.environ) - environment().keys():
                patch.delenv(name)
            for name, value in environment(**env).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as caught:
                main(arguments)
        shown = capsys.readouterr()
        return Ended(caught.value.code if isinstance(caught.value.code, int) else 0, shown.out, shown.err)

    return botcore


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `botcore ...` and leave it running; what still runs at the end of the test is killed.

    `at` is the terminal it is started at; without, its output can be read from the process.
    """
    processes: list[subprocess.Popen[str]] = []

    def started(*arguments: str, at: int | None = None, **env: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", MAIN, *arguments],
            cwd=tmp_path,
            env=environment(**env),
            stdin=subprocess.DEVNULL if at is None else at,
            stdout=subprocess.PIPE if at is None else at,
            stderr=subprocess.PIPE if at is None else at,
            text=True,
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()
