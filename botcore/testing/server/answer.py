"""The next thing that the bot says somewhere, once it says something."""

from collections import deque
from collections.abc import Callable
from typing import Protocol, TypeVar

from botcore.testing.server.news import News

_PLACEHOLDERS = frozenset({"", "…", "...", "⏳"})


class Said(Protocol):
    """A message."""

    @property
    def deleted(self) -> bool:
        """Whether it is gone."""
        ...


SaidT = TypeVar("SaidT", bound=Said)


def is_placeholder(text: str) -> bool:
    """Whether a text waits to be edited."""
    return text.strip() in _PLACEHOLDERS


async def next_answer(
    unread: deque[SaidT],
    news: News,
    fits: Callable[[SaidT], bool],
    timeout: float,
    complaint: Callable[[], str],
) -> SaidT:
    """The first unread message that `fits`, now or after later news of the place; from then on it is read.

    Raises:
        TimeoutError: after `timeout` seconds, with what `complaint` says then.
    """

    def look() -> SaidT | None:
        for message in unread:
            if not message.deleted and fits(message):
                unread.remove(message)
                return message
        return None

    return await news.wait_for(look, timeout, complaint)
