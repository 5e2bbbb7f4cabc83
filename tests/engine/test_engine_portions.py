"""The bot's event loop takes events in portions, and loses none."""

import asyncio
import selectors
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from botcore import loop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def selector() -> Iterator[loop.PortionSelector]:
    with loop.PortionSelector(portion=8) as made:
        yield made


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    with ExitStack() as stack:
        made = [socket.socketpair() for _ in range(100)]
        for pair in made:
            for end in pair:
                stack.enter_context(end)
        yield made


def test_everybody_gets_a_turn(selector: loop.PortionSelector, pairs: list[Pair]) -> None:
    for here, there in pairs:
        selector.register(here, selectors.EVENT_READ)
        there.send(b"x")
    seen: set[int] = set()
    for _ in range(13):  # nobody reads: all of them stay ready
        portion = selector.select(0)
        assert len(portion) <= 8
        seen |= {key.fd for key, _ in portion}
    assert len(seen) == 100


def test_it_is_told_apart_what_is_ready(selector: loop.PortionSelector, pairs: list[Pair]) -> None:
    here, there = pairs[0]
    both = selectors.EVENT_READ | selectors.EVENT_WRITE
    selector.register(here, both, "data")
    assert [(key.data, events) for key, events in selector.select(0)] == [("data", selectors.EVENT_WRITE)]
    there.send(b"x")
    assert [events for _, events in selector.select(0)] == [both]
    selector.modify(here, selectors.EVENT_READ, "other")
    assert [(key.data, events) for key, events in selector.select(0)] == [("other", selectors.EVENT_READ)]
    selector.unregister(here)
    assert selector.select(0) == []


def test_a_hang_up_wakes_the_reader(selector: loop.PortionSelector, pairs: list[Pair]) -> None:
    here, there = pairs[0]
    selector.register(here, selectors.EVENT_READ)
    there.close()
    assert [events for _, events in selector.select(1)] == [selectors.EVENT_READ]


def test_the_map_finds_files_even_when_they_are_closed(selector: loop.PortionSelector, pairs: list[Pair]) -> None:
    here, other = pairs[0]
    selector.register(here, selectors.EVENT_READ)
    with pytest.raises(KeyError):
        selector.register(here, selectors.EVENT_WRITE)
    known = selector.get_map()
    assert known[here].fileobj is known[here.fileno()].fileobj is here
    assert (list(known), len(known)) == ([here], 1)
    with pytest.raises(KeyError):
        selector.unregister(other)
    here.close()
    selector.unregister(here)
    with pytest.raises(KeyError):
        selector.unregister(here)


async def _talk() -> int:
    """A server, many clients, a process and a timer: what a loop is for."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    async def ask(port: int, number: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"%d\n" % number)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return int(answer)

    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=200)
    async with server:
        port = server.sockets[0].getsockname()[1]
        total = sum(await asyncio.gather(*(ask(port, number) for number in range(150))))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "raise SystemExit(3)")
    await asyncio.sleep(0.001)
    return total + await process.wait()


def test_asyncio_runs_on_it() -> None:
    assert loop.run(_talk()) == sum(range(150)) + 3
