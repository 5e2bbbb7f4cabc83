"""`botcore chat` at a (pseudo) terminal, typed into as a person would."""

import os
import pty
import select
import signal
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.slow


class Screen:
    """The near end of a terminal."""

    def __init__(self, near: int, far: int) -> None:
        self.near, self.far = near, far
        self._shown = ""

    def until(self, text: str, seconds: float = 40) -> str:
        """Wait until a text is shown; return what was shown up to it since the last call."""
        end = time.monotonic() + seconds
        while text not in self._shown:
            left = end - time.monotonic()
            assert left > 0, f"{text!r} was not shown, but: {self._shown!r}"
            if select.select([self.near], [], [], left)[0]:
                self._shown += os.read(self.near, 65536).decode("utf-8", "replace")
        before, _, self._shown = self._shown.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.near, text.encode())


@pytest.fixture
def screen() -> Iterator[Screen]:
    near, far = pty.openpty()
    yield Screen(near, far)
    os.close(near)
    os.close(far)


def test_a_person_talks_and_leaves_in_the_middle_of_a_line(
    screen: Screen, started: Callable[..., "subprocess.Popen[str]"]
) -> None:
    before: list[Any] = termios.tcgetattr(screen.far)
    process = started("chat", at=screen.far, TERM="xterm")
    screen.until("> ")
    screen.type("what is a durian?\r")
    assert "durian" in screen.until("> ").split("what is a durian?", 1)[1]
    screen.type("half a li")
    screen.until("half a li")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    assert termios.tcgetattr(screen.far) == before, "the shell gets its terminal back as it was"
