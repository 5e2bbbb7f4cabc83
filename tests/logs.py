"""What is logged while a test runs: an error that the test did not expect fails it."""

import logging
import re
from collections.abc import Generator
from contextlib import contextmanager


class Log(logging.Handler):
    """What is logged. `expects` names errors that belong to the story."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self._errors: list[str] = []
        self._expected: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; the simulators' servers complain of clients that go away."""
        if record.name == "aiohttp.server":
            return
        line = f"{record.levelname} {record.name}: {record.getMessage()}"
        if record.exc_info:
            line = f"{line}\n{logging.Formatter().formatException(record.exc_info)}"
        self.lines.append(line)
        if record.levelno >= logging.ERROR:
            self._errors.append(line)

    def expects(self, pattern: str) -> None:
        """Errors that match are part of the story."""
        self._expected.append(pattern)

    def matching(self, pattern: str) -> list[str]:
        """The lines in which the pattern is found."""
        return [line for line in self.lines if re.search(pattern, line)]

    def has(self, pattern: str) -> bool:
        """Whether a line matches."""
        return bool(self.matching(pattern))

    @property
    def surprises(self) -> list[str]:
        """Errors that nobody expected."""
        return [line for line in self._errors if not any(re.search(pattern, line) for pattern in self._expected)]


@contextmanager
def heard() -> Generator[Log]:
    """Everything that is logged in this process, down to DEBUG."""
    log, root = Log(), logging.getLogger()
    level = root.level
    root.addHandler(log)
    root.setLevel(logging.DEBUG)
    yield log
    root.setLevel(level)
    root.removeHandler(log)
    assert log.surprises == []
