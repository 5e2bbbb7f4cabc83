"""What a streamed chunk costs: 1,000 concurrent streams of 50 chunks, 20 ms apart.

The server runs in a child process on a raw socket and stamps every chunk with the time it was due, so that the delay
is the client's (and the machine's) alone. Clients: botcore's own, plain httpx (its own connection pool, `aiter_lines`,
json), and the official `openai` package where it can be imported. Each runs in a process of its own.

    python benchmarks/bench_streams.py [--streams 1000] [--chunks 50] [--gap 0.02] [--only botcore]

CPU is the client process's user + system time while the streams run, memory its growth from before the first stream to
the peak while all are open, both divided by what was served. `decoding` is the event decoder alone, without a network.
"""

import argparse
import asyncio
import importlib.util
import json
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any

Stream = Callable[[list[float]], Coroutine[Any, Any, None]]
CLIENTS = ("botcore", "httpx", "openai")


@dataclass(frozen=True, slots=True)
class Load:
    streams: int
    chunks: int
    gap: float


@dataclass(frozen=True, slots=True)
class Figures:
    cpu_us_per_chunk: float
    kib_per_stream: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    seconds: float
    missing: int


# The server


def chunk_at(due: float, finish: str | None) -> bytes:
    choice = {"index": 0, "delta": {"content": f" {due:.6f}"}, "logprobs": None, "finish_reason": finish}
    chunk = {
        "id": "chatcmpl-9x8y7z6w5v4u3t2s1r", "object": "chat.completion.chunk", "created": 1770000000,
        "model": "gpt-4o-mini-2024-07-18", "service_tier": "default", "system_fingerprint": "fp_0123456789",
        "choices": [choice], "usage": None,
    }  # fmt: skip
    data = b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nx-request-id: r\r\n\r\n"
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


async def serve(load: Load) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.partition(b"content-length:")[2].split(b"\r\n")[0]
        await reader.readexactly(int(length or b"0"))
        writer.write(HEAD)
        begun = time.monotonic()
        for number in range(1, load.chunks + 1):
            due = begun + number * load.gap
            await asyncio.sleep(due - time.monotonic())
            writer.write(chunk_at(time.monotonic(), "stop" if number == load.chunks else None))
        writer.write(DONE)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# The clients


def botcore_client(url: str, load: Load) -> tuple[Stream, Callable[[], Awaitable[None]]]:
    del load
    from botcore.openai import Api, ApiSettings, ChatRequest, Secret  # noqa: PLC0415 - each client in its own process

    api = Api(ApiSettings(base_url=url, api_key=Secret("sk-fake"), max_attempts=1))
    request = ChatRequest(model="m", messages=[{"role": "user", "content": "go"}])

    async def stream(delays: list[float]) -> None:
        async with api.chat.stream(request) as answer:
            async for delta in answer:
                if delta.text:
                    delays.append(time.monotonic() - float(delta.text))  # noqa: PERF401 - no list is wanted

    return stream, api.aclose


def httpx_client(url: str, load: Load) -> tuple[Stream, Callable[[], Awaitable[None]]]:
    import httpx  # noqa: PLC0415

    limits = httpx.Limits(max_connections=load.streams, max_keepalive_connections=load.streams)
    http = httpx.AsyncClient(timeout=120, limits=limits)
    body = {"model": "m", "messages": [{"role": "user", "content": "go"}], "stream": True}

    async def stream(delays: list[float]) -> None:
        async with http.stream("POST", f"{url}/v1/chat/completions", json=body) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    text = json.loads(line[6:])["choices"][0]["delta"]["content"]
                    delays.append(time.monotonic() - float(text))

    return stream, http.aclose


def openai_client(url: str, load: Load) -> tuple[Stream, Callable[[], Awaitable[None]]]:
    del load
    openai: Any = importlib.import_module("openai")
    api = openai.AsyncOpenAI(base_url=f"{url}/v1", api_key="sk-fake", timeout=120, max_retries=0)

    async def stream(delays: list[float]) -> None:
        messages = [{"role": "user", "content": "go"}]
        async for chunk in await api.chat.completions.create(model="m", messages=messages, stream=True):
            if chunk.choices and chunk.choices[0].delta.content:
                delays.append(time.monotonic() - float(chunk.choices[0].delta.content))  # noqa: PERF401

    return stream, api.close


async def run_client(name: str, url: str, load: Load) -> Figures:
    builders = {"botcore": botcore_client, "httpx": httpx_client, "openai": openai_client}
    stream, close = builders[name](url, load)
    await stream([])  # imports, connections, caches
    delays: list[float] = []
    memory, cpu, begun = rss_kib(), cpu_seconds(), time.monotonic()
    tasks = [asyncio.create_task(stream(delays)) for _ in range(load.streams)]
    peak = memory
    while not all(task.done() for task in tasks):
        await asyncio.sleep(0.1)
        peak = max(peak, rss_kib())
    results = await asyncio.gather(*tasks, return_exceptions=True)
    used, seconds = cpu_seconds() - cpu, time.monotonic() - begun
    await close()
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        print(f"{name}: {len(failed)} streams failed, the first with {failed[0]!r}", file=sys.stderr)
    delays.sort()
    count = len(delays) or 1
    delays = delays or [float("nan")]
    return Figures(
        cpu_us_per_chunk=used / count * 1e6,
        kib_per_stream=(peak - memory) / load.streams,
        p50_ms=delays[count // 2] * 1e3,
        p99_ms=delays[count * 99 // 100] * 1e3,
        max_ms=delays[-1] * 1e3,
        seconds=seconds,
        missing=load.streams * load.chunks - count,
    )


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def rss_kib() -> float:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - read ten times a second
        return int(statm.read().split()[1]) * resource.getpagesize() / 1024


# The decoder alone


def decoding_us(events: int = 50_000) -> dict[str, float]:
    """Microseconds per event of bytes that came one event at a time."""
    from botcore.openai.sse import EventDecoder  # noqa: PLC0415

    payload = chunk_at(1.0, None).split(b"\r\n")[1]
    chunks = [payload] * events
    decoder = EventDecoder()
    begun = time.process_time()
    found = sum(len(decoder.feed(chunk)) for chunk in chunks)
    figures = {"botcore.openai.sse": (time.process_time() - begun) / found * 1e6}
    if importlib.util.find_spec("httpx_sse"):
        figures["httpx_sse"] = asyncio.run(_httpx_sse_us(chunks))
    return figures


async def _httpx_sse_us(chunks: list[bytes]) -> float:
    httpx: Any = importlib.import_module("httpx")
    httpx_sse: Any = importlib.import_module("httpx_sse")

    async def body() -> Any:
        for chunk in chunks:
            yield chunk

    response = httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body())
    begun = time.process_time()
    found = 0
    async for _ in httpx_sse.EventSource(response).aiter_sse():
        found += 1
    return (time.process_time() - begun) / found * 1e6


# The run


def child(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True)


def measure(name: str, load: Load) -> Figures | None:
    shape = ("--streams", str(load.streams), "--chunks", str(load.chunks), "--gap", str(load.gap))
    server = child("--role", "server", *shape)
    try:
        assert server.stdout
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        client = child("--role", name, "--url", url, *shape)
        out, _ = client.communicate(timeout=600)
        return Figures(**json.loads(out)) if client.returncode == 0 else None
    finally:
        server.kill()
        server.communicate()


def report(load: Load, only: str | None) -> None:
    print(f"{load.streams} concurrent streams of {load.chunks} chunks, {load.gap * 1e3:g} ms apart")
    heads = ("CPU us/chunk", "KiB/stream", "p50 ms added", "p99 ms added", "max ms", "seconds")
    print(f"{'client':10}" + "".join(f"{head:>14}" for head in heads))
    for name in CLIENTS:
        if only and name != only:
            continue
        if not importlib.util.find_spec(name):
            print(f"{name:10} is not installed here")
            continue
        figures = measure(name, load)
        if figures is None:
            print(f"{name:10} failed")
            continue
        *values, missing = asdict(figures).values()
        print(
            f"{name:10}" + "".join(f"{value:14.2f}" for value in values), f"({missing} chunks missing)" * bool(missing)
        )
    if not only:
        print("decoding, us/event: " + ", ".join(f"{name} {cost:.2f}" for name, cost in decoding_us().items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--chunks", type=int, default=50)
    parser.add_argument("--gap", type=float, default=0.02, help="seconds between two chunks of a stream")
    parser.add_argument("--only", choices=CLIENTS)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    load = Load(given.streams, given.chunks, given.gap)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))
    if given.role == "server":
        asyncio.run(serve(load))
    elif given.role:
        print(json.dumps(asdict(asyncio.run(run_client(given.role, given.url, load)))))
    else:
        report(load, given.only)


if __name__ == "__main__":
    main()
