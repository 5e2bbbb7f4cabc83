"""The event loop of the bot: asyncio's own, which takes events in small portions.

asyncio handles everything that has become readable before it looks at a timer or a new event. With a thousand streams
at once that is a thousand pieces of work in a row, during which nobody else gets a turn: 273 ms at the 99th percentile.
In portions of 8 (and of 4 finished units of the store, `store/worker.py`) it is 55 ms, for 0.3 ms more CPU a message at
saturation; docs/performance.md has the rounds. epoll gives its events in turn: no connection waits for ever.
"""

import asyncio
import math
import select
import selectors
import sys
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")

PORTION = 8
"""Events at a time. Each costs 0.1 to 0.5 ms until its conversation waits again."""


def run(main: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run` on this loop."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(main)


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop in portions, or asyncio's default where the system has no epoll."""
    if sys.platform == "linux":
        return asyncio.SelectorEventLoop(PortionSelector())
    return asyncio.new_event_loop()


if sys.platform == "linux":

    class PortionSelector(selectors.BaseSelector):
        """As `selectors.EpollSelector`, with at most `portion` events at a time."""

        def __init__(self, portion: int = PORTION) -> None:
            self._portion = portion
            self._epoll = select.epoll()
            self._keys: dict[int, selectors.SelectorKey] = {}
            self._by_object = _ByObject(self._keys)

        def register(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> selectors.SelectorKey:
            """Watch a file. Raises KeyError where it is watched already, ValueError for what is no file."""
            number = _number(fileobj)
            if number in self._keys:
                raise KeyError(f"{fileobj!r} is registered already")
            self._epoll.register(number, _mask(events))
            key = self._keys[number] = selectors.SelectorKey(fileobj, number, events, data)
            return key

        def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
            """Watch it no longer; a file that was closed is fine. Raises KeyError where it was not watched."""
            key = self._by_object[fileobj]
            del self._keys[key.fd]
            try:
                self._epoll.unregister(key.fd)
            except OSError:
                return key  # closed, and gone from epoll by itself
            return key

        def modify(self, fileobj: "FileDescriptorLike", events: int, data: Any = None) -> selectors.SelectorKey:
            """Watch for other events. Raises KeyError where it is not watched."""
            known = self._by_object[fileobj]
            if events != known.events:
                self._epoll.modify(known.fd, _mask(events))
            key = self._keys[known.fd] = selectors.SelectorKey(fileobj, known.fd, events, data)
            return key

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            """Wait up to `timeout` seconds (None: for ever; 0 or less: not at all)."""
            # epoll counts milliseconds: rounded up, so that a timer is never polled for in circles
            seconds = -1.0 if timeout is None else 0.0 if timeout <= 0 else math.ceil(timeout * 1e3) * 1e-3
            try:
                found = self._epoll.poll(seconds, self._portion)
            except InterruptedError:
                return []
            ready: list[tuple[selectors.SelectorKey, int]] = []
            for number, mask in found:
                key = self._keys.get(number)
                if key is not None:
                    ready.append((key, _events(mask) & key.events))
            return ready

        def close(self) -> None:
            """Watch nothing any more."""
            self._epoll.close()
            self._keys.clear()

        def get_map(self) -> "Mapping[FileDescriptorLike, selectors.SelectorKey]":
            """What is watched, by file or by number."""
            return self._by_object

    class _ByObject(Mapping["FileDescriptorLike", selectors.SelectorKey]):
        """The keys, to be found by number or by whatever has one."""

        def __init__(self, keys: dict[int, selectors.SelectorKey]) -> None:
            self._keys = keys

        def __getitem__(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
            try:
                return self._keys[_number(fileobj)]
            except ValueError:  # closed: known by itself only
                for key in self._keys.values():
                    if key.fileobj is fileobj:
                        return key
                raise KeyError(f"{fileobj!r} is not registered") from None

        def __iter__(self) -> Any:
            return (key.fileobj for key in self._keys.values())

        def __len__(self) -> int:
            return len(self._keys)

    def _mask(events: int) -> int:
        reads = select.EPOLLIN if events & selectors.EVENT_READ else 0
        return reads | (select.EPOLLOUT if events & selectors.EVENT_WRITE else 0)

    def _events(mask: int) -> int:
        """An error or a hang-up wakes both directions, as in `selectors`: whoever reads or writes then meets it."""
        writes = selectors.EVENT_WRITE if mask & ~select.EPOLLIN else 0
        return writes | (selectors.EVENT_READ if mask & ~select.EPOLLOUT else 0)


def _number(fileobj: "FileDescriptorLike") -> int:
    number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
    if number < 0:
        raise ValueError(f"{fileobj!r} is no open file")
    return number
