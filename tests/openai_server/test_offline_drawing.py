"""Pictures from words: what a prompt says is what is drawn, the same every time, and every script can be read."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from botcore.testing.openai_server.drawing.colours import COLOURS, SHADES
from botcore.testing.openai_server.drawing.lettering import Lettering
from botcore.testing.openai_server.drawing.looking import UnreadablePicture, look, see_through, unpack
from botcore.testing.openai_server.drawing.picture import Wish, change, paint, vary
from botcore.testing.openai_server.drawing.scene import THINGS, Thing, read_scene
from botcore.testing.openai_server.drawing.shapes import SHAPES

RED, BLUE, GREEN = COLOURS["red"], COLOURS["blue"], COLOURS["green"]


def share_of(picture: Image.Image, colour: tuple[int, int, int]) -> float:
    """How much of a picture has exactly this colour."""
    pixels = np.asarray(picture.convert("RGB"))
    return float((pixels == np.array(colour)).all(axis=2).mean())


class TestReadingPrompts:
    @pytest.mark.parametrize(
        ("prompt", "things", "background"),
        [
            ("a red circle", [Thing("circle", RED)], ()),
            ("three red circles on a blue background", [Thing("circle", RED)] * 3, (BLUE,)),
            ("a big blue square, and a small tree", [Thing("square", BLUE, 1.4), Thing("tree", None, 0.6)], ()),
            ("Sun over MOUNTAINS", [Thing("sun"), Thing("mountain")], ()),
            ("boxes, flowers and fishes", [Thing("square"), Thing("flower"), Thing("fish")], ()),
            ("a dark red house", [Thing("house", SHADES["dark red"])], ()),
            ("2 old friends and 3 stars", [Thing("star")] * 3, ()),
            ("mostly red (62%), then blue (30%), 512 x 512 pixels", [], (RED, BLUE)),
            ("一只红色的猫和三棵树", [Thing("cat", RED), *[Thing("tree")] * 3], ()),
            ("青い空に赤い丸", [Thing("circle", RED)], (BLUE,)),
            ("A cute baby sea otter", [], ()),
            ("a category of startled moonlighters", [], ()),
        ],
    )
    def test_things_and_colours_are_understood(
        self, prompt: str, things: list[Thing], background: tuple[tuple[int, int, int], ...]
    ) -> None:
        scene = read_scene(prompt)
        assert list(scene.things) == things
        assert scene.background == background

    @given(st.text(max_size=200))
    def test_any_text_is_a_prompt(self, prompt: str) -> None:
        assert len(read_scene(prompt).things) <= 24

    def test_everything_that_is_understood_can_be_drawn(self) -> None:
        assert THINGS.keys() == SHAPES.keys()


class TestPainting:
    @pytest.mark.parametrize("kind", sorted(SHAPES))
    def test_each_thing_leaves_its_colour(self, kind: str) -> None:
        picture = paint(Wish(f"a green {kind} on a white background", (256, 256)))
        assert share_of(picture, GREEN) > 0.02
        assert share_of(paint(Wish(f"a blue {kind}", (256, 256))), GREEN) < 0.01 or kind == "flower"

    def test_a_red_circle_is_round_and_in_the_middle(self) -> None:
        picture = paint(Wish("a red circle on a white background", (400, 400)))
        red = (np.asarray(picture) == np.array(RED)).all(axis=2)
        rows, columns = np.nonzero(red)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert abs(height - width) <= 4
        assert abs(float(columns.mean()) - 199.5) < 2
        assert red.sum() / (height * width) == pytest.approx(np.pi / 4, abs=0.02)

    @pytest.mark.parametrize("size", [(256, 256), (1024, 1024), (1792, 1024), (16, 48), (1024, 1536)])
    def test_the_size_is_exact(self, size: tuple[int, int]) -> None:
        assert paint(Wish("a tree and a house", size)).size == size

    def test_the_same_wish_gives_the_same_picture_and_another_variant_another(self) -> None:
        one, same, other = (paint(Wish("a quiet evening", (128, 128), variant)) for variant in (0, 0, 1))
        assert one.tobytes() == same.tobytes()
        assert one.tobytes() != other.tobytes()

    def test_a_transparent_background_is_transparent(self) -> None:
        picture = paint(Wish("a red star", (256, 256), transparent=True))
        assert picture.mode == "RGBA"
        assert picture.getpixel((2, 2))[3] == 0  # type: ignore[index]  # RGBA pixels are tuples
        assert share_of(picture, RED) > 0.02

    @settings(max_examples=25)
    @given(st.text(max_size=300))
    def test_any_prompt_can_be_painted(self, prompt: str) -> None:
        assert paint(Wish(prompt, (96, 96))).size == (96, 96)


def written(text: str, size: int = 48) -> bytes:
    """A text in black on white, as pixels."""
    picture = Image.new("RGB", (1200, 120), (255, 255, 255))
    letters = Lettering(text)
    block = letters.fit(1180, 110, size, 9)
    letters.draw(ImageDraw.Draw(picture), (0, 0, 1200, 120), block, (0, 0, 0))
    return picture.tobytes()


class TestLettering:
    @pytest.mark.parametrize(
        "text",
        [
            "永和九年岁在癸丑",
            "いろはにほへとちり",
            "カタカナヲカク",
            "國語書寫漢字",
            "가나다라마바사",
            "Привет",
            "Ωμέγα",
        ],
    )
    def test_every_character_has_a_glyph_of_its_own(self, text: str) -> None:
        assert Lettering(text).text == text
        drawn = [written(char) for char in dict.fromkeys(text)]
        assert len(set(drawn)) == len(drawn), "two characters look the same: they are boxes"
        assert written(" ") not in drawn
        assert written("\U0010fffe") not in drawn

    def test_what_no_font_has_is_left_out(self) -> None:
        assert Lettering("a\U0010fffeb\U000e0123c").text in {"a bc", "a b c", "abc"}
        assert written("\U0010fffe") == written("")

    def test_scripts_are_mixed_in_one_line(self) -> None:
        assert written("Otter 水獺 カワウソ") != written("Otter") != written("水獺")

    @pytest.mark.parametrize("text", ["word " * 60, "长" * 200, "x" * 300, "混ざった text を書く。" * 12])
    def test_lines_stay_inside_and_keep_their_order(self, text: str) -> None:
        letters = Lettering(text)
        block = letters.fit(300, 400, 40, 8)
        assert len(block.lines) > 1
        assert block.width <= 300
        assert block.height <= 400
        assert "".join("".join(block.lines).split()) == "".join(text.split())
        assert not any(line.startswith(("。", "、", ",")) for line in block.lines)

    def test_what_does_not_fit_ends_with_an_ellipsis(self) -> None:
        block = Lettering("far too many words " * 100).fit(200, 60, 30, 10)
        assert block.lines[-1].endswith("…")
        assert block.height <= 60

    def test_a_larger_box_has_larger_letters(self) -> None:
        letters = Lettering("some words that have to be wrapped in a box")
        sizes = [letters.fit(width, 200, 80, 8).size for width in (60, 120, 240, 480)]
        assert all(one <= more for one, more in pairwise(sizes))
        assert sizes[0] < sizes[-1]


def noise(size: int, mode: str = "RGB") -> Image.Image:
    """A picture in which every pixel differs from its neighbours."""
    bands = len(mode)
    values = np.random.default_rng(7).integers(0, 256, (size, size, bands), dtype=np.uint8)
    if mode == "RGBA":
        values[:, :, 3] = 255
    return Image.fromarray(values)


def mask_of(size: int, hole: tuple[int, int, int, int], outside: int = 255) -> Image.Image:
    mask = Image.new("RGBA", (size, size), (0, 0, 0, outside))
    mask.paste((0, 0, 0, 0), hole)
    return mask


class TestChanging:
    @pytest.mark.parametrize("outside", [255, 128, 1])
    def test_only_fully_transparent_areas_change(self, outside: int) -> None:
        original = noise(256)
        changed = change([original], mask_of(256, (64, 32, 192, 160), outside), Wish("a red square", (256, 256)))
        before, after = np.asarray(original), np.asarray(changed)
        hole = np.zeros((256, 256), dtype=bool)
        hole[32:160, 64:192] = True
        assert (before[~hole] == after[~hole]).all()
        assert (before[hole] != after[hole]).any(axis=1).mean() > 0.99

    def test_without_a_mask_the_picture_s_own_holes_are_filled(self) -> None:
        original = noise(128, "RGBA")
        original.paste((0, 0, 0, 0), (0, 0, 64, 128))
        changed = change([original], None, Wish("a blue square", (128, 128)))
        assert changed.mode == "RGB"
        assert (np.asarray(changed)[:, 64:] == np.asarray(original)[:, 64:, :3]).all()

    def test_a_whole_picture_without_a_mask_shines_through(self) -> None:
        original = Image.new("RGB", (128, 128), (255, 0, 0))
        changed = np.asarray(change([original], None, Wish("a blue square", (128, 128))))
        assert (changed[:, :, 0] >= 127).all()
        assert changed.std() > 5

    def test_further_pictures_appear_in_what_is_painted(self) -> None:
        more = [Image.new("RGB", (40, 40), (1, 2, 3)), Image.new("RGB", (40, 40), (4, 5, 6))]
        changed = change([noise(256), *more], mask_of(256, (0, 0, 256, 128)), Wish("sky", (256, 256)))
        assert share_of(changed, (1, 2, 3)) > 0.01
        assert share_of(changed, (4, 5, 6)) > 0.01

    def test_another_size_keeps_the_mask_in_proportion(self) -> None:
        original = Image.new("RGB", (512, 512), (9, 99, 199))
        changed = change([original], mask_of(512, (0, 0, 256, 512)), Wish("a red square", (256, 256)))
        assert changed.size == (256, 256)
        assert (np.asarray(changed)[:, 128:] == np.array((9, 99, 199))).all()
        assert share_of(changed, (9, 99, 199)) == pytest.approx(0.5, abs=0.01)

    def test_variations_differ_from_the_picture_and_from_each_other(self) -> None:
        original = paint(Wish("a red tree", (128, 128)))
        made = [vary(original, (256, 256), variant) for variant in range(3)]
        assert {one.size for one in made} == {(256, 256)}
        assert len({one.tobytes() for one in made} | {original.resize((256, 256)).tobytes()}) == 4
        assert vary(original, (256, 256), 1).tobytes() == made[1].tobytes()


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


class TestLooking:
    @pytest.mark.parametrize("name", sorted(SHADES))
    def test_every_named_colour_is_recognised(self, name: str) -> None:
        seen = look(encoded(Image.new("RGB", (20, 10), SHADES[name])))
        assert seen.colours == ((name, 1.0),)
        assert (seen.width, seen.height, seen.format) == (20, 10, "PNG")

    def test_what_is_told_can_be_drawn_again(self) -> None:
        picture = Image.new("RGB", (100, 100), RED)
        picture.paste(BLUE, (0, 0, 100, 30))
        told = look(encoded(picture, "WEBP")).told()
        assert told.startswith("a WEBP picture of 100 x 100 pixels, mostly red (")
        assert read_scene(told).background == (RED, BLUE)
        assert not read_scene(told).things

    def test_transparency_is_seen(self) -> None:
        assert look(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 0)))).transparent
        assert "partly transparent" in look(encoded(Image.new("RGBA", (8, 8), (255, 0, 0, 100)))).told()
        assert not see_through(Image.new("RGB", (8, 8)))

    def test_what_is_no_picture_is_refused(self) -> None:
        bomb = encoded(Image.new("1", (9000, 9000)))
        for data in (b"", b"hello", encoded(Image.new("RGB", (50, 50)))[:60], encoded(noise(9), "BMP"), bomb):
            with pytest.raises(UnreadablePicture):
                unpack(data)
