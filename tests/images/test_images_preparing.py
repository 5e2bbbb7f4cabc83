"""People's pictures are opened, turned, converted and cut to what a model takes, or refused in one sentence."""

import io
import struct
import sys
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from botcore.errors import Unsuitable
from botcore_images import workbench
from botcore_images.families import DALL_E_2, GPT, VARIED
from botcore_images.preparing import Fit, Preparing
from botcore_images.workbench import Order, Unfit, work

from .conftest import BLACK, BLUE, GREEN, RED, WHITE, colour_at, decoded, encoded, plain


def order(fit: Fit | None = None, most_bytes: int | None = None) -> Order:
    fit = fit or Fit()
    return Order(fit.shape, fit.alpha, fit.longest, most_bytes or fit.most_bytes, fit.most_pixels)


def near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """JPEG and colour conversions are not exact."""
    return all(abs(one - other) <= 12 for one, other in zip(found, wanted, strict=True))


FITS = {"gpt": GPT.edits or Fit(), "dall-e-2": DALL_E_2.edits or Fit(), "variation": VARIED}
MODES = {
    "PNG": ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"], "JPEG": ["L", "RGB", "CMYK"], "WEBP": ["RGB", "RGBA"],
    "GIF": ["1", "L", "P", "RGB", "RGBA"],
}  # fmt: skip


@settings(max_examples=60)
@given(
    kind_and_mode=st.sampled_from([(kind, mode) for kind, modes in MODES.items() for mode in modes]),
    width=st.integers(16, 1500),
    height=st.integers(16, 1500),
    name=st.sampled_from(list(FITS)),
    orientation=st.integers(1, 8),
)
def test_any_picture_comes_out_as_the_model_takes_it(
    kind_and_mode: tuple[str, str], width: int, height: int, name: str, orientation: int
) -> None:
    kind, mode = kind_and_mode
    fit = FITS[name]
    options: dict[str, Any] = {}
    if kind in ("JPEG", "PNG", "WEBP"):
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    data = encoded(Image.new(mode, (width, height)), kind, **options)
    mask = encoded(Image.new("L", (width, height) if orientation < 5 or kind == "GIF" else (height, width), 255))
    if max(width, height) > 20 * min(width, height):
        with pytest.raises(Unfit, match="too narrow"):
            work(order(fit), data, mask)
        return
    answer, files = work(order(fit), data, mask)
    picture, marks = decoded(files[0]), decoded(files[1])
    assert picture.size == marks.size == (answer["width"], answer["height"])
    assert max(picture.size) <= fit.longest
    assert len(files[0]) <= fit.most_bytes
    assert picture.mode in ("RGB", "RGBA")
    assert marks.mode == "RGBA"
    if fit.alpha:
        assert (picture.format, picture.mode) == ("PNG", "RGBA")
    if fit.shape != "any":
        assert picture.width == picture.height
    elif orientation >= 5 and kind != "GIF":
        assert abs(picture.width / picture.height - height / width) < 0.2 * height / width


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_its_camera_says(orientation: int) -> None:
    turned = {
        1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }[orientation]  # fmt: skip
    upright = Image.new("RGB", (200, 100), GREEN)
    upright.paste(RED, (0, 0, 60, 50))
    stored = upright if turned is None else upright.transpose(turned)
    exif = Image.Exif()
    exif[0x0112] = orientation
    _, [data] = work(order(), encoded(stored, "PNG", exif=exif), b"")
    assert decoded(data).size == (200, 100)
    assert colour_at(data, 0.1, 0.1) == RED
    assert colour_at(data, 0.9, 0.9) == GREEN


def test_colours_survive() -> None:
    grey = Image.new("I;16", (64, 64), 0x8000)
    assert near(colour_at(work(order(), encoded(grey), b"")[1][0]), (128, 128, 128))
    cmyk = Image.new("RGB", (64, 64), BLUE).convert("CMYK")
    assert near(colour_at(work(order(), encoded(cmyk, "JPEG"), b"")[1][0]), BLUE)
    palette = Image.new("RGB", (64, 64), RED).quantize(4)
    assert near(colour_at(work(order(), encoded(palette), b"")[1][0]), RED)


def test_of_a_moving_picture_the_first_frame_is_taken() -> None:
    first, second = Image.new("RGB", (64, 64), RED), Image.new("RGB", (64, 64), BLUE)
    for kind in ("GIF", "WEBP", "PNG"):
        data = encoded(first, kind, save_all=True, append_images=[second], duration=100)
        answer, files = work(order(), data, b"")
        assert near(colour_at(files[0]), RED)
        assert answer["notes"] == ["Of a moving picture I took the first frame."]


def test_a_picture_is_made_smaller_until_it_fits() -> None:
    noise = Image.effect_noise((1200, 900), 90).convert("RGB")
    _, [data] = work(order(most_bytes=300_000), encoded(noise), b"")
    assert len(data) <= 300_000
    assert abs(decoded(data).width / decoded(data).height - 4 / 3) < 0.02


def test_transparency_is_kept_where_it_is() -> None:
    half = Image.new("RGBA", (100, 50), (*RED, 255))
    half.paste((0, 0, 0, 0), (0, 0, 50, 50))
    for kind in ("PNG", "WEBP", "GIF"):
        _, [data] = work(order(DALL_E_2.edits or Fit()), encoded(half, kind), b"")
        alpha = decoded(data).getchannel("A")
        assert decoded(data).size == (100, 100)
        assert [alpha.getpixel((x, 50)) for x in (10, 90)] == [0, 255]


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (plain(BLACK), "The mask marks nothing"),
        (plain((*BLACK, 255)), "The mask marks nothing"),
        (plain(WHITE, (320, 320)), "The mask has another shape (320 x 320 pixels) than the picture (320 x 240)."),
        (plain(WHITE)[:200], "That mask is damaged or incomplete."),
        (b"GIF89a", "That mask is damaged or incomplete."),
        (b"hello", "That is no picture that I know"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused(mask: bytes, said: str) -> None:
    with pytest.raises(Unfit) as unfit:
        work(order(), plain(), mask)
    assert str(unfit.value).startswith(said)


# ---- hostile pictures, in the process that opens them ---------------------------------------------------------


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, pixels: bytes = b"", *more: bytes) -> bytes:
    """A PNG that says it has that size."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    """An extended WebP that says it has that size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


HOSTILE = {
    "nothing": (b"", "That picture is empty."),
    "text": (b"hello", "That is no picture that I know; I take PNG, JPEG, WebP and GIF pictures."),
    "bomb": (png(50_000, 50_000, zlib.compress(bytes(1000))), "That picture is too large: 50000 x 50000 pixels"),
    "bomb of zlib": (png(6000, 6000, zlib.compress(bytes(3 * 6000 * 6000 + 6000), 9)), None),
    "giant": (png(2**31 - 1, 2**31 - 1), "That picture is "),
    "no pixels": (png(0, 100), "That picture is "),
    "a line": (png(40_000, 16), "That picture is too narrow: 40000 x 16 pixels."),
    "webp bomb": (webp(16_000, 16_000), "That picture is too large: 16000 x 16000 pixels"),
    "webp stub": (b"RIFF\0\0\0\0WEBPVP8 ", "That picture is damaged or incomplete."),
    "cut": (plain(size=(500, 500))[:400], "That picture is damaged or incomplete."),
    "cut jpeg": (encoded(Image.effect_noise((500, 500), 90), "JPEG")[:9000], "That picture is damaged or incomplete."),
    "only a head": (b"\xff\xd8\xff\xe0", "That picture is damaged or incomplete."),
    "wrong data": (png(100, 100, zlib.compress(b"short")), "That picture is damaged or incomplete."),
    "no zlib": (png(100, 100, b"\x78\x9c" + b"\xff" * 50), "That picture is damaged or incomplete."),
    "text bomb": (
        png(64, 64, zlib.compress(bytes(64 * 193)), chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 9))),
        None,
    ),
    "bad exif": (encoded(Image.new("RGB", (64, 64)), "PNG", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff"), None),
    "svg": (b'<?xml version="1.0"?><svg><image href="file:///etc/passwd"/></svg>', "That is an SVG drawing"),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "That is a HEIC picture"),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0", "That is a film"),
    "bmp": (b"BM" + bytes(60), "That is a BMP picture"),
    "tiff": (b"II*\0" + bytes(60), "That is a TIFF picture"),
    "eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) run", "That is no picture that I know"),
}


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_a_hostile_picture_is_refused_or_opened_and_nothing_else(name: str) -> None:
    data, said = HOSTILE[name]
    if said is None:  # opening it is fine, as long as it stays within the limits
        with suppress(Unsuitable):
            prepared = await Preparing().prepare(data, Fit())
            assert decoded(prepared.picture).size == (prepared.width, prepared.height)
        return
    with pytest.raises(Unsuitable) as refused:
        await Preparing().prepare(data, Fit())
    assert refused.value.said.startswith(said)
    assert refused.value.said.count(".") >= 1
    assert "\n" not in refused.value.said


@settings(max_examples=80)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]),
    place=st.floats(0, 1),
    noise=st.binary(min_size=1, max_size=40),
    cut=st.booleans(),
)
def test_a_broken_picture_is_opened_or_refused(kind: str, place: float, noise: bytes, cut: bool) -> None:
    good = encoded(Image.effect_noise((60, 40), 60).convert("RGB"), kind)
    at = int(place * len(good))
    broken = good[:at] + noise + (b"" if cut else good[at + len(noise) :])
    try:
        answer, files = work(order(), broken, b"")
    except Unfit:
        return
    assert decoded(files[0]).size == (answer["width"], answer["height"])


# ---- the process ---------------------------------------------------------------------------------------------


def program(folder: Path, text: str) -> Path:
    path = folder / "bench.py"
    path.write_text(text)
    return path


FLOOD = """
import sys
head = b'{"sizes": [99999999999]}'
sys.stdout.buffer.write(len(head).to_bytes(4, "big") + head)
while True:
    sys.stdout.buffer.write(bytes(65536))
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "I cannot open that picture."),
        ("import sys; sys.exit(1)", "I cannot open that picture."),
        ("import sys; sys.stdout.buffer.write(b'\\xff' * 100_000)", "I cannot open that picture."),
        ("import sys; sys.stdout.buffer.write(b'\\0\\0\\0\\2{}')", "I cannot open that picture."),
        ("while True: pass", "That picture took too long to open."),
        (FLOOD, "I cannot open that picture."),
    ],
)
async def test_a_program_that_breaks_costs_one_picture(tmp_path: Path, text: str, said: str) -> None:
    preparing = Preparing(seconds=3, program=program(tmp_path, text))
    with pytest.raises(Unsuitable) as refused:
        await preparing.prepare(plain(size=(600, 600)), Fit())
    assert refused.value.said == said


async def test_it_gets_no_secret_and_can_open_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "fake-key")
    source = Path(workbench.__file__).read_text()
    tries = """
def work(order, picture, mask):
    import os, socket
    found = []
    for name, attempt in {
        "file": lambda: open("/etc/hosts"),
        "socket": lambda: socket.socket(),
        "memory": lambda: bytearray(2 * 1024**3),
        "secret": lambda: os.environ["OPENAI_API_KEY"],
    }.items():
        try:
            attempt()
            found.append(name)
        except (OSError, MemoryError, KeyError):
            pass
    raise Unfit(f"{found}")

if __name__ == "__main__":
"""
    spoilt = source.replace('if __name__ == "__main__":\n', f"import socket\n{tries}")
    preparing = Preparing(program=program(tmp_path, spoilt))
    with pytest.raises(Unsuitable) as refused:
        await preparing.prepare(plain(), Fit())
    assert refused.value.said == "[]"
    assert sys.platform == "linux"


async def test_a_large_photo_takes_little_memory() -> None:
    photo = io.BytesIO()
    Image.new("RGB", (7000, 7000), GREEN).save(photo, "JPEG")
    prepared = await Preparing().prepare(photo.getvalue(), Fit())
    assert max(prepared.width, prepared.height) <= 2048
    assert near(colour_at(prepared.picture), GREEN)


def test_a_telephones_photo_is_never_held_at_its_full_size() -> None:
    photo = encoded(Image.new("RGB", (4000, 3000), GREEN), "JPEG")
    assert workbench.opened(photo, "picture", order(GPT.edits)).image.size == (2000, 1500)
    nearly = encoded(Image.new("RGB", (2400, 1800), GREEN), "JPEG")
    assert workbench.opened(nearly, "picture", order(GPT.edits)).image.size == (2048, 1536)
