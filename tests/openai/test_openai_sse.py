"""The decoder of server-sent events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from botcore.openai.sse import Event, EventDecoder


def decoded(*chunks: bytes) -> list[Event]:
    decoder = EventDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.close()


def reference(stream: bytes) -> list[Event]:
    """The specification's algorithm, line by line, on the whole stream at once."""
    text = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    events: list[Event] = []
    data: list[bytes] = []
    name = ""
    for line in [*text.split(b"\n"), b""]:  # the last empty line: an event that was not closed is not lost
        if not line:
            if data:
                events.append(Event(name, b"\n".join(data)))
            data, name = [], ""
            continue
        kind, _, value = line.partition(b":")
        if kind == b"data":
            data.append(value.removeprefix(b" "))
        elif kind == b"event" and b":" in line:
            name = value.removeprefix(b" ").decode("utf-8", "replace")
    return events


@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\ndata: b\n\n", [Event("", b"a"), Event("", b"b")]),
        (b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [Event("", b"a"), Event("", b"b"), Event("", b"c")]),
        (b": keep-alive\n\n:\n\ndata:a\n\n", [Event("", b"a")]),
        (b"data: a\ndata: b\ndata\n\n", [Event("", b"a\nb\n")]),
        (
            b"event: error\nid: 5\nretry: 10\nnonsense\ndata: {}\n\ndata: x\n\n",
            [Event("error", b"{}"), Event("", b"x")],
        ),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("", b"a")]),
        (b"data:  two spaces\n\n", [Event("", b" two spaces")]),
        (b"data: [DONE]", [Event("", b"[DONE]")]),
        (b"event: nothing\n\ndata: a\n\n", [Event("", b"a")]),
        (b"data: \xff\xfe\n\n", [Event("", b"\xff\xfe")]),
        (b"", []),
    ],
)
def test_streams(stream: bytes, events: list[Event]) -> None:
    assert decoded(stream) == events
    assert decoded(*(stream[place : place + 1] for place in range(len(stream)))) == events


PIECES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"data",
        b"event: e",
        b":c",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"x",
        b" ",
        b"\xef\xbb\xbf",
        b"\xc3",
        b"{}",
    ]
)


@given(st.lists(PIECES | st.binary(max_size=4), max_size=30), st.lists(st.integers(0, 60), max_size=8))
@example([b"\xef\xbb\xbf", b"data: x"], [1, 2])
@example([b"data: x\r\n\r\n"], [8, 9, 10, 11])
@example([b"\r", b"\n", b"data: x"], [1])
def test_any_cutting_gives_the_events_of_the_specification(pieces: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(pieces)
    places = sorted({0, len(stream), *(min(cut, len(stream)) for cut in cuts)})
    chunks = [stream[start:end] for start, end in pairwise(places)]
    assert decoded(*chunks) == decoded(stream) == reference(stream)


def test_a_long_line_in_many_chunks_takes_linear_time() -> None:
    decoder = EventDecoder()
    decoder.feed(b"data: ")
    for _ in range(20_000):  # joined at each chunk, these 20 MB would be copied 20,000 times
        assert decoder.feed(b"x" * 1000) == []
    (event,) = decoder.feed(b"\n\n")
    assert len(event.data) == 20_000_000
