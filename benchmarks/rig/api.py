"""The model of the benchmarks: chat completions, plain and streamed, at a fixed pace, in a process of its own.

Every answer says when its first token left (`t=<monotonic seconds>`), so that whoever sees it can tell how old it is,
and which question it answers (`re=<last word of the question>`); it ends with `END`.
"""

import argparse
import asyncio
import time
from typing import Any, Final

import orjson

from benchmarks.rig.http import Exchange, listen

END: Final = "END"
_WORDS: Final = ("an", "answer", "of", "some", "length", "that", "says", "little", "at", "a", "good", "model's", "pace")


class Model:
    """Answers in `chunks` pieces, `gap` seconds apart; at a gap of 0 all of them leave in one write.

    `first`: seconds before the first piece of a paced stream. `letters`: of each piece; 0: three words.
    """

    def __init__(self, chunks: int, gap: float, first: float, letters: int) -> None:
        self._chunks = chunks
        self._letters = letters
        self._gap = gap
        self._first = first

    def handle(self, exchange: Exchange) -> None:
        """Answer one request."""
        request = orjson.loads(exchange.body)
        said = request["messages"][-1]["content"].rsplit(" ", 1)[-1]
        if not request.get("stream"):
            text = "".join(self._texts(said))
            message = {"role": "assistant", "content": text, "refusal": None}
            choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
            exchange.answer(_envelope("chat.completion", [choice], _USAGE))
            return
        exchange.begin_stream()
        if self._gap:
            _Stream(exchange, self._texts(said, dated=False), self._gap, self._first).start()
        else:
            exchange.piece(b"".join(_chunks(self._texts(said))))
            exchange.end_stream()

    def _texts(self, said: str, *, dated: bool = True) -> list[str]:
        words = [f" {_WORDS[n % len(_WORDS)]} and {_WORDS[-n % len(_WORDS)]}" for n in range(self._chunks)]
        if size := self._letters:
            text = "".join(words)
            words = [text[n * size : n * size + size] for n in range(self._chunks)]
        words[0] = f"t={time.monotonic():.6f} re={said}" if dated else f" re={said}"
        words[-1] = f" {END}"
        return words


class _Stream:
    """One answer, a piece at a time."""

    __slots__ = ("_begun", "_exchange", "_gap", "_sent", "_texts")

    def __init__(self, exchange: Exchange, texts: list[str], gap: float, first: float) -> None:
        self._exchange, self._texts, self._gap, self._sent = exchange, texts, gap, 0
        self._begun = time.monotonic() + first

    def start(self) -> None:
        """Wait for the time of the first piece."""
        asyncio.get_running_loop().call_later(max(0.0, self._begun - time.monotonic()), self._step)

    def _step(self) -> None:
        if self._exchange.gone:
            return
        text = self._texts[self._sent]
        if self._sent == 0:
            text = f"t={time.monotonic():.6f}{text}"
        self._sent += 1
        last = self._sent == len(self._texts)
        self._exchange.piece(b"".join(_chunks([text], finish=last)))
        if last:
            self._exchange.end_stream()
        else:
            due = self._begun + self._sent * self._gap  # no drift: a late piece does not delay the next
            asyncio.get_running_loop().call_later(max(0.0, due - time.monotonic()), self._step)


_USAGE: Final = {"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180}


def _envelope(kind: str, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> bytes:
    return orjson.dumps(
        {
            "id": "chatcmpl-9x8y7z6w5v4u3t2s1r",
            "object": kind,
            "created": 1770000000,
            "model": "bench-model",
            "system_fingerprint": "fp_0123456789",
            "choices": choices,
            "usage": usage,
        }
    )


def _chunks(texts: list[str], *, finish: bool = True) -> list[bytes]:
    found = [_event({"content": text}, None) for text in texts]
    if finish:
        found.append(_event({}, "stop"))
        found.append(b"data: " + _envelope("chat.completion.chunk", [], _USAGE) + b"\n\ndata: [DONE]\n\n")
    return found


def _event(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: " + _envelope("chat.completion.chunk", [choice], None) + b"\n\n"


async def _serve(model: Model) -> None:
    server, url = await listen(model.handle)
    print(url, flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=8)
    parser.add_argument("--gap", type=float, default=0.0, help="seconds between two chunks")
    parser.add_argument("--first", type=float, default=0.0, help="seconds before the first")
    parser.add_argument("--letters", type=int, default=0, help="letters of a chunk; 0: three words")
    given = parser.parse_args()
    asyncio.run(_serve(Model(given.chunks, given.gap, given.first, given.letters)))


if __name__ == "__main__":
    main()
