"""Server-sent events, decoded as bytes arrive (WHATWG HTML, section 9.2.6 "Interpreting an event stream").

Why not httpx-sse: it decodes every line to text and builds its events from an iterator of lines; it costs three times
as much per event as this decoder, and three generators more per chunk (benchmarks/bench_streams.py prints both), and a
stream's cost is almost nothing but events. The data stays bytes here, because the JSON parser wants bytes.

`id` and `retry` are read over: they serve a reconnection that this API does not offer.
"""

from typing import NamedTuple

_BOM = b"\xef\xbb\xbf"


class Event(NamedTuple):
    """One event: its name ("" where the server gave none) and its data lines, joined by newlines."""

    name: str
    data: bytes


class EventDecoder:
    """Turns chunks of bytes into events. The events do not depend on how the bytes were cut into chunks."""

    __slots__ = ("_after_cr", "_at_start", "_data", "_name", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[
            bytes
        ] = []  # of a line that has not ended; joined once, so that a long line costs no squares
        self._data: list[bytes] = []
        self._name = ""
        self._after_cr = False
        self._at_start = True

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes; give the events that they complete."""
        if self._at_start or self._after_cr:
            chunk = self._without_prefix(chunk)
        if not chunk:
            return []
        ends = chunk.endswith((b"\n", b"\r"))
        self._after_cr = chunk.endswith(b"\r")
        lines = chunk.splitlines()  # for bytes: \n, \r\n and \r, and nothing else
        if self._pieces:
            if ends or len(lines) > 1:
                lines[0] = b"".join((*self._pieces, lines[0]))
                self._pieces.clear()
            else:
                self._pieces.append(chunk)
                return []
        if not ends:
            self._pieces.append(lines.pop())
        return self._interpret(lines)

    def close(self) -> list[Event]:
        """End of the stream: give an event whose closing empty line was forgotten, as some servers do after [DONE].

        The specification drops it. A half event is told from a whole one by the JSON in it, which does not parse.
        """
        line = b"".join(self._pieces)
        self._pieces.clear()
        return self._interpret([line, b""] if line else [b""])

    def _without_prefix(self, chunk: bytes) -> bytes:
        """Drop a byte order mark at the very start, and the LF of a CR LF that was cut between two chunks."""
        if self._after_cr:
            if chunk:
                self._after_cr = False
            return chunk[1:] if chunk.startswith(b"\n") else chunk
        chunk = b"".join((*self._pieces, chunk))
        self._pieces.clear()
        if len(chunk) < len(_BOM) and _BOM.startswith(chunk):
            if chunk:
                self._pieces.append(chunk)
            return b""
        self._at_start = False
        return chunk.removeprefix(_BOM)

    def _interpret(self, lines: list[bytes]) -> list[Event]:
        events: list[Event] = []
        data = self._data
        for line in lines:
            if not line:
                if data:
                    events.append(Event(self._name, data[0] if len(data) == 1 else b"\n".join(data)))
                    data.clear()
                self._name = ""
            elif line.startswith(b"data: "):
                data.append(line[6:])
            elif line.startswith(b"data:"):
                data.append(line[5:])
            elif line.startswith(b"event:"):
                self._name = line[6:].removeprefix(b" ").decode("utf-8", "replace")
            elif line == b"data":
                data.append(b"")
        return events
