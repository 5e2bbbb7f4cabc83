"""What a large file costs the client: a training file of 200 MB up and down, and how much memory that takes.

The server runs in a child process on a raw socket; each case runs in a process of its own. Memory is the growth of the
peak resident set (VmHWM, reset before the transfer) over what the process had after a small transfer of the same kind.

    python benchmarks/bench_uploads.py [--megabytes 200] [--only "up, a path"]
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from botcore.openai import Api

MB = 1_000_000
CASES = ("up, a path", "up, chunks", "up, chunks of unknown length", "down, chunks", "down, to a file")
AIM_MB = 40.0


@dataclass(frozen=True, slots=True)
class Figures:
    extra_mb: float
    """Peak of memory during the transfer, above that before it."""
    seconds: float
    cpu_seconds: float


# The server


async def serve(size: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                if head.startswith(b"get"):
                    await send_file(writer, small=b"/small/" in head, size=size)
                else:
                    taken = await take_body(reader, head)
                    body = json.dumps({"id": "file-1", "object": "file", "bytes": taken}).encode()
                    kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                    writer.write(kind + str(len(body)).encode() + b"\r\n\r\n" + body)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def send_file(writer: asyncio.StreamWriter, *, small: bool, size: int) -> None:
    left = MB if small else size
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nContent-Length: {left}\r\n\r\n".encode())
    piece = b"x" * 65536
    while left > 0:
        writer.write(piece[:left])
        left -= len(piece)
        await writer.drain()


async def take_body(reader: asyncio.StreamReader, head: bytes) -> int:
    """Read a body of known length, or chunked; give its size in bytes."""
    taken = 0
    if b"transfer-encoding: chunked" in head:
        while size := int(await reader.readline(), 16):
            taken += size
            await take(reader, size + 2)
        await reader.readline()
        return taken
    length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
    await take(reader, length)
    return length


async def take(reader: asyncio.StreamReader, left: int) -> None:
    while left:
        chunk = await reader.read(min(left, 262_144))
        if not chunk:
            raise ConnectionResetError
        left -= len(chunk)


# The client


async def chunks(size: int) -> AsyncIterator[bytes]:
    piece = b"x" * 65536
    while size > 0:
        yield piece[:size]
        size -= len(piece)


async def transfer(api: "Api", case: str, folder: Path, name: str, size: int) -> int:
    """Move one file; give the bytes that arrived at the other side."""
    from botcore.openai import Upload  # noqa: PLC0415 - only the client's process needs it

    if case == "up, a path":
        return (await api.files.upload(folder / f"{name}.jsonl")).size or 0
    if case.startswith("up, chunks"):
        told = None if "unknown" in case else size
        return (await api.files.upload(Upload.of(chunks(size), name="a.jsonl", size=told))).size or 0
    async with api.files.content(name) as stream:
        if case == "down, to a file":
            return await stream.save(folder / name)
        taken = 0
        async for chunk in stream:
            taken += len(chunk)
        return taken


def make_file(path: Path, size: int) -> None:
    with path.open("wb") as file:
        for start in range(0, size, MB):
            file.write(b"x" * min(MB, size - start))


async def run_case(case: str, url: str, size: int) -> Figures:
    from botcore.openai import Api, ApiSettings, Secret  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        if case == "up, a path":
            make_file(Path(folder) / "small.jsonl", MB)
            make_file(Path(folder) / "large.jsonl", size)
        async with Api(ApiSettings(base_url=url, api_key=Secret("sk-fake"), max_attempts=1)) as api:
            await transfer(api, case, Path(folder), "small", MB)  # imports, connections, buffers
            reset_peak()
            before, cpu, begun = memory_mb("VmRSS"), cpu_seconds(), time.monotonic()
            arrived = await transfer(api, case, Path(folder), "large", size)
            seconds, used, peak = time.monotonic() - begun, cpu_seconds() - cpu, memory_mb("VmHWM")
            if arrived < size:
                raise RuntimeError(f"{case}: {arrived} of {size} bytes arrived")
    return Figures(max(0.0, peak - before), seconds, used)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def reset_peak() -> None:
    """Let the kernel forget the peak so far (proc(5), clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def memory_mb(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024 / MB
    raise LookupError(name)


# The run


@contextmanager
def server(size: int) -> "Generator[str]":
    process = subprocess.Popen(
        [sys.executable, __file__, "--role", "server", "--megabytes", str(size // MB)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.communicate()


def measure(case: str, size: int) -> Figures:
    """Run one case in a process of its own. Raises `CalledProcessError` if it fails."""
    with server(size) as url:
        arguments = [sys.executable, __file__, "--role", case, "--url", url, "--megabytes", str(size // MB)]
        done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
        return Figures(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--role", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    given = parser.parse_args()
    size = given.megabytes * MB
    if given.role == "server":
        asyncio.run(serve(size))
    elif given.role:
        print(json.dumps(asdict(asyncio.run(run_case(given.role, given.url, size)))))
    else:
        print(f"a file of {given.megabytes} MB; aim: less than {AIM_MB:g} MB of extra memory")
        print(f"{'':30}" + "".join(f"{head:>14}" for head in ("extra MB", "MB/s", "CPU s/GB")))
        for case in (given.only,) if given.only else CASES:
            found = measure(case, size)
            speed, cpu = size / MB / found.seconds, found.cpu_seconds / size * 1e9
            print(f"{case:30}{found.extra_mb:14.1f}{speed:14.0f}{cpu:14.2f}")


if __name__ == "__main__":
    main()
