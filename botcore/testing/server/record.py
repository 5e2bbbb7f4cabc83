"""The record of what was called, which can be waited on."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, Self, TypeVar

from botcore.testing.server.news import News

CallT = TypeVar("CallT")


class Record(Generic[CallT]):
    """The last calls, oldest first. Reads like a sequence; whoever waits for `news` looks again at each call."""

    def __init__(self, keep: int, news: News) -> None:
        self._kept: deque[CallT] = deque(maxlen=keep)
        self.news = news

    def __iter__(self) -> Iterator[CallT]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)

    def __getitem__(self, index: int) -> CallT:
        return self._kept[index]

    @property
    def enabled(self) -> bool:
        """Whether any are kept."""
        return self._kept.maxlen != 0

    def add(self, call: CallT) -> None:
        """Keep one more; the oldest goes when there are too many."""
        self._kept.append(call)
        self.news.tell()

    def clear(self) -> None:
        """Forget them."""
        self._kept.clear()

    async def wait_until(self, condition: Callable[[Self], bool], within: float = 5.0) -> None:
        """Wait until `condition` holds of this record.

        Raises:
            TimeoutError: it did not within `within` seconds.
        """
        await self.news.wait_for(lambda: condition(self), within)
