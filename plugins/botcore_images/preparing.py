"""Pictures of strangers made fit for a model: each by a process of its own, so that nothing here waits or breaks."""

import asyncio
import json
import logging
import os
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from botcore.errors import Unsuitable

log = logging.getLogger(__name__)

WORKBENCH: Final = Path(__file__).with_name("workbench.py")
AT_ONCE: Final = 2
"""Pictures that are open at once: each may take some hundred megabytes while it is."""
SECONDS: Final = 30.0
"""For one picture, by the clock; its processor time is limited by the workbench itself."""
NO_PILLOW: Final = "Pillow is missing: no picture can be changed or varied; install botcore-framework[images]"
_PIECE: Final = 1 << 16
_LONGEST_HEAD: Final = 1 << 16
_INHERITED: Final = ("LD_LIBRARY_PATH", "SYSTEMROOT")
"""Without these some systems start no Python; everything else in the environment may be secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What a model takes.

    `shape`: any, padded to a square, or cropped to one; `alpha`: a PNG in RGBA and nothing else; `longest`: the longest
    edge in pixels; `most_bytes` of the file; `most_pixels` of what is opened at all.
    """

    shape: Literal["any", "padded", "cropped"] = "any"
    alpha: bool = False
    longest: int = 2048
    most_bytes: int = 20_000_000
    most_pixels: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture that fits, and its mask; `notes` are for the person."""

    picture: bytes
    media_type: str
    width: int
    height: int
    mask: bytes | None = None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """A name with the right ending."""
        return f"picture.{self.media_type.removeprefix('image/')}"


def can_open() -> bool:
    """Whether Pillow is here."""
    try:
        import PIL  # noqa: PLC0415 - an extra; this alone loads next to nothing
    except ImportError:
        return False
    return bool(PIL.__version__)


class Preparing:
    """Opens pictures, a few at a time. One for the whole plugin."""

    def __init__(self, *, seconds: float = SECONDS, program: Path = WORKBENCH) -> None:
        self._seconds = seconds
        self._program = program
        self.turn = asyncio.Semaphore(AT_ONCE)
        """Held by whoever has a picture that was not made smaller yet."""

    async def prepare(self, picture: bytes, fit: Fit, mask: bytes | None = None) -> Prepared:
        """Make a picture fit. Raises Unsuitable, with one sentence."""
        if not can_open():
            log.warning(NO_PILLOW)
            raise Unsuitable("I cannot open pictures here. The operator can see why.")
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(self._program), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
        )
        feeding = asyncio.create_task(_hand_over(process, picture, fit, mask or b""))
        try:
            async with asyncio.timeout(self._seconds):
                return await _result(process, fit)
        except TimeoutError:
            log.warning("a picture of %d bytes was not open after %g s", len(picture), self._seconds)
            raise Unsuitable("That picture took too long to open.") from None
        except (EOFError, ValueError, KeyError, TypeError) as error:  # it ended without an answer, or with a wrong one
            log.warning("a picture of %d bytes broke the program that opens them: %r", len(picture), error)
            raise Unsuitable("I cannot open that picture.") from None
        finally:
            feeding.cancel()
            await asyncio.gather(feeding, _ended(process), return_exceptions=True)


async def _hand_over(process: Process, picture: bytes, fit: Fit, mask: bytes) -> None:
    """Write the order, piece by piece. A program that wants no more of it has answered, or is gone."""
    assert process.stdin is not None  # noqa: S101 - it was asked for
    head = json.dumps({"sizes": [len(picture), len(mask)], **asdict(fit)}).encode()
    with suppress(ConnectionError):
        for data in (struct.pack(">I", len(head)), head, picture, mask):
            for start in range(0, len(data), _PIECE):
                process.stdin.write(data[start : start + _PIECE])
                await process.stdin.drain()
        process.stdin.close()


async def _result(process: Process, fit: Fit) -> Prepared:
    """Read the answer: from a program that a picture may have taken over, so nothing in it is believed."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    length: int = struct.unpack(">I", await process.stdout.readexactly(4))[0]
    if length > _LONGEST_HEAD:
        raise ValueError("a head that is too long")
    head: dict[str, Any] = json.loads(await process.stdout.readexactly(length))
    if "refused" in head:
        raise Unsuitable(str(head["refused"])[:300])
    sizes = [int(size) for size in head["sizes"]]
    if not 1 <= len(sizes) <= 2 or not all(0 < size <= fit.most_bytes for size in sizes):
        raise ValueError("files that are too large")
    files = [await process.stdout.readexactly(size) for size in sizes]
    return Prepared(
        picture=files[0],
        media_type="image/jpeg" if head["media_type"] == "image/jpeg" else "image/png",
        width=int(head["width"]),
        height=int(head["height"]),
        mask=files[1] if len(files) > 1 else None,
        notes=tuple(str(note)[:300] for note in head["notes"]),
    )


async def _ended(process: Process) -> None:
    """See to its end, and to that of its pipes."""
    with suppress(ProcessLookupError):
        process.kill()
    assert process.stdout is not None  # noqa: S101 - it was asked for
    await process.stdout.read()
    await process.wait()
