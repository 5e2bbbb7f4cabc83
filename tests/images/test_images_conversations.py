"""Pictures as people have them drawn, changed and varied, through the whole engine."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow

from botcore.messages import Image, Message, Press, Quote, Text
from botcore.testing.loop_watch import LoopWatch
from botcore.testing.openai_server import OfflineSettings, offline_api
from tests.engine.conftest import House, StartHouse, house_with

from .conftest import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    Album,
    Painter,
    asked,
    colour_at,
    decoded,
    encoded,
    fields,
    pictures,
    plain,
    upload,
)

# ---- drawing -------------------------------------------------------------------------------------------------


async def test_a_picture_is_drawn_while_one_watches(ada: Painter) -> None:
    shown = await ada.says("/image a red fox in the snow")
    [picture] = pictures(shown)
    assert decoded(picture).size == (1024, 1024)
    assert "🎨 Drawing …" in shown.history
    assert [[button.says for button in row] for row in shown.pieces[-1].buttons] == [["/vary"]]
    [request] = asked(ada.house.api, "generations")
    assert request.json == {"prompt": "a red fox in the snow", "model": "gpt-image-1", "n": 1, "size": "auto"}


async def test_several_are_an_album_in_the_wanted_size_and_quality(ada: Painter) -> None:
    shown = await ada.says("/draw --count 3 --size wide --quality low a lighthouse, at dawn")
    assert [decoded(picture).size for picture in pictures(shown)] == [(1536, 1024)] * 3
    assert [button.says for row in shown.pieces[-1].buttons for button in row] == ["/vary 1", "/vary 2", "/vary 3"]
    [request] = asked(ada.house.api, "generations")
    assert (request.json["n"], request.json["size"], request.json["quality"]) == (3, "1536x1024", "low")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/image", "prompt is missing"),
        ("/image --count 5 a fox", "count"),
        ("/image --size huge a fox", "size"),
        ("/image --size 1792x1024 a fox", "gpt-image-1 does not draw in 1792x1024; it takes 1024x1024, "),
        ("/image " + "x" * 33_000, "Your description has 33,000 characters; gpt-image-1 takes 32,000."),
        ("/vary", "Reply to a picture, or send one along"),
        ("/vary 11", "which"),
    ],
)
async def test_what_cannot_be_is_said_before_anything_is_paid(ada: Painter, line: str, said: str) -> None:
    assert said in (await ada.says(line)).text
    assert not asked(ada.house.api, "generations")


async def test_links_are_fetched_and_the_revised_prompt_is_shown(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model="dall-e-3"))
    shown = await ada.says("/image --count 2 --size wide --quality high a *red* fox")
    found = pictures(shown)
    assert [decoded(picture).size for picture in found] == [(1792, 1024)] * 2
    captions = [part.caption for part in shown.pieces[-1].attachments if isinstance(part, Image)]
    assert captions == [r"a \*red\* fox, in a clear and simple style."] * 2
    requests = asked(ada.house.api, "generations")  # this model draws one at a time
    assert [(one.json["n"], one.json["quality"]) for one in requests] == [(1, "hd"), (1, "hd")]
    assert (
        len(ada.house.api.requests.to("/pictures"))
        + len([one for one in ada.house.api.requests if one.path.startswith("/pictures/")])
        == 2
    )


async def test_the_model_draws_when_it_is_asked_to(ada: Painter) -> None:
    script = ada.house.api.script
    script.tool_calls([("image", {"prompt": "a blue whale", "count": 2})], text="With pleasure.")
    script.reply("Here it is.")
    shown = await ada.says("please draw me a blue whale")
    assert len(pictures(shown)) == 2
    assert shown.text == "With pleasure.\n\nHere it is."
    assert any("With pleasure.\n\n🎨 Drawing …" in frame for frame in shown.history)
    varied = await ada.presses("Variation of 2", shown)
    assert len(pictures(varied)) == 1


async def test_what_was_used_counts(ada: Painter) -> None:
    await ada.says("/image --quality high a fox")
    assert "4,16" in (await ada.says("/usage")).text


# ---- changing ------------------------------------------------------------------------------------------------


async def test_a_reply_to_a_drawn_picture_changes_it(ada: Painter) -> None:
    drawn = await ada.says("/image a red fox")
    changed = await ada.says("make it blue", to=drawn)
    assert len(pictures(changed)) == 1
    assert "🎨 Changing the picture …" in changed.history
    [request] = asked(ada.house.api, "edits")
    assert fields(request)["prompt"] == "make it blue"
    again = await ada.says("and now green", to=changed)
    assert len(pictures(again)) == 1
    assert len(asked(ada.house.api, "edits")) == 2


async def test_a_question_about_it_goes_to_the_model_which_sees_it(ada: Painter) -> None:
    drawn = await ada.says("/image a red fox")
    answer = await ada.says("what colours are in it?", to=drawn)
    assert not pictures(answer)
    assert "1024 x 1024" in answer.text
    assert not asked(ada.house.api, "edits")
    assert not pictures(await ada.says("thank you so much!", to=drawn))


async def test_a_picture_of_anybodys_is_changed_by_the_command(ada: Painter) -> None:
    theirs = ada.room.keep(plain(RED, (640, 480), "JPEG"), media_type="image/jpeg")
    by_reply = await ada.says("/image make it blue", to=[theirs])
    assert len(pictures(by_reply)) == 1
    sent = await ada.says("/image --count 2 make it green", ada.room.keep(plain(RED)))
    assert len(pictures(sent)) == 2
    first, second = asked(ada.house.api, "edits")
    assert decoded(await upload(first, "image")).size == (640, 480)
    assert fields(second)["n"] == "2"
    fresh = await ada.says("/image --fresh a green hill", to=[theirs])
    assert len(pictures(fresh)) == 1
    assert len(asked(ada.house.api, "edits")) == 2


async def test_a_plain_reply_to_somebody_elses_picture_is_talk(ada: Painter) -> None:
    theirs = ada.room.keep(plain())
    assert not pictures(await ada.says("make it blue", to=[theirs]))
    assert not asked(ada.house.api, "edits")


@pytest.mark.parametrize("kind", ["white", "transparent", "document"])
async def test_only_what_the_mask_marks_is_painted_anew(ada: Painter, kind: str) -> None:
    if kind == "white":
        marks = Pillow.new("L", (400, 400), 0)
        marks.paste(255, (0, 0, 200, 400))
    else:
        marks = Pillow.new("RGBA", (400, 400), (0, 0, 0, 255))
        marks.paste((0, 0, 0, 0), (0, 0, 200, 400))
    data = encoded(marks)
    mask = ada.room.document(data, "mask.png") if kind == "document" else ada.room.keep(data)
    shown = await ada.says("/image a blue field", ada.room.keep(plain(RED, (400, 400))), mask)
    [picture] = pictures(shown)
    assert colour_at(picture, 0.9, 0.9) == RED
    assert colour_at(picture, 0.1, 0.1) != RED
    [request] = asked(ada.house.api, "edits")
    sent = decoded(await upload(request, "mask"))
    assert sent.mode == "RGBA"
    assert sent.getchannel("A").getpixel((10, 10)) == 0
    assert sent.getchannel("A").getpixel((390, 10)) == 255


async def test_the_older_model_gets_a_square_png_with_transparency(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model="dall-e-2"))
    picture = ada.room.keep(plain(RED, (600, 300), "JPEG"))
    said = await ada.says("/image a blue field", picture)
    assert "only paints anew what is transparent: send a mask" in said.text
    mask = encoded(decoded(plain(WHITE, (1200, 600))))
    shown = await ada.says("/image a blue field", picture, ada.room.keep(mask))
    assert len(pictures(shown)) == 1
    [request] = asked(ada.house.api, "edits")
    image, marks = decoded(await upload(request, "image")), decoded(await upload(request, "mask"))
    assert (image.format, image.mode, image.size) == ("PNG", "RGBA", (600, 600))
    assert marks.size == image.size


async def test_a_model_that_only_draws_says_so(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model="dall-e-3"))
    said = await ada.says("/image make it blue", ada.room.keep(plain()))
    assert said.text.startswith("dall-e-3 draws, but does not change pictures.")


# ---- varying -------------------------------------------------------------------------------------------------


async def test_a_button_varies_the_picture_above_it(ada: Painter) -> None:
    drawn = await ada.says("/image --count 2 a red fox")
    varied = await ada.presses("Variation of 2", drawn)
    assert len(pictures(varied)) == 1
    [request] = asked(ada.house.api, "edits")
    assert decoded(await upload(request, "image")).tobytes() == decoded(pictures(drawn)[1]).convert("RGB").tobytes()
    assert len(pictures(await ada.says("/vary --count 2", to=varied))) == 2
    said = await ada.says("/vary 3", to=drawn)
    assert said.text == "There is no picture 3: I see only 2 pictures there."


async def test_a_platform_that_tells_one_picture_of_an_album_is_enough(ada: Painter) -> None:
    drawn = await ada.says("/image --count 3 a red fox")
    first = ada.room.parts_of(drawn)[:1]
    await ada.happens(Press(drawn.id, "/vary 3", first))
    assert len(pictures(await ada.answer())) == 1
    await ada.begins("/vary 2", quote=Quote(drawn.id, "bot", mine=True, parts=first))
    assert len(pictures(await ada.answer())) == 1
    sent = [decoded(await upload(one, "image")).tobytes() for one in asked(ada.house.api, "edits")]
    assert sent == [decoded(pictures(drawn)[at]).convert("RGB").tobytes() for at in (2, 1)]
    await ada.happens(Press(drawn.id, "/vary 4", first))
    assert "I see only 3 pictures there" in (await ada.answer()).text


async def test_the_variations_endpoint_where_it_is_meant(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__vary_model="dall-e-2"))
    shown = await ada.says("/vary --count 2", ada.room.keep(plain(BLUE, (700, 500), "JPEG")))
    assert len(pictures(shown)) == 2
    [request] = asked(ada.house.api, "variations")
    assert decoded(await upload(request, "image")).size == (500, 500)


async def test_without_that_endpoint_it_is_described_and_drawn(start: StartHouse) -> None:
    async with offline_api(OfflineSettings(introduce=False, missing=("images/variations",))) as api:
        ada = Painter(await start(room=Album(), api=api, plugins__images__model="dall-e-3"))
        shown = await ada.says("/vary", ada.room.keep(plain(BLUE, (500, 500))))
        assert len(pictures(shown)) == 1
        assert "this server has no POST /images/variations" in "".join(ada.room.visible())
        [request] = asked(api, "generations")
        assert "blue" in request.json["prompt"]


# ---- restarts, stops -----------------------------------------------------------------------------------------


async def test_a_button_works_after_a_restart(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(introduce=False)) as api:
        room = Album()
        async with house_with(tmp_path, room=room, api=api) as house:
            drawn = await Painter(house).says("/image a red fox")
        async with house_with(tmp_path, room=room, api=api) as house:
            varied = await Painter(house).presses("Variation", drawn)
            assert len(pictures(varied)) == 1


async def test_a_restart_after_the_answer_was_written_pays_once(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(introduce=False)) as api:
        room, died = Album(), asyncio.Event()

        def die(what: str) -> None:
            room.dead = True
            died.set()

        async with house_with(tmp_path, room=room, api=api, delivery__drain_seconds="0") as house:
            room.faults = [lambda _: None, lambda _: None, die]  # the placeholder goes out, the picture does not
            await Painter(house).begins("/image a red fox")
            await asyncio.wait_for(died.wait(), 30)
        async with house_with(tmp_path, room=room, api=api) as house:
            await room.until(lambda: any(one.final for one in room.shown), timeout=30)
        assert len(pictures(room.shown[-1])) == 1
        assert len(asked(api, "generations")) == 1


async def test_a_turn_that_is_cut_in_the_middle_asks_for_the_rest_alone(tmp_path: Path) -> None:
    async with offline_api(OfflineSettings(introduce=False)) as api:
        room = Album()
        settings: dict[str, Any] = {"plugins__images__model": "dall-e-3", "delivery__drain_seconds": "0"}
        async with house_with(tmp_path, room=room, api=api, **settings) as house:
            hold = api.hold(path="/images/generations", times=1)
            await Painter(house).begins("/image --count 2 a red fox")
            await room.until(lambda: any("1 of 2" in text for text in room.visible()), timeout=30)
            await hold.reached()
        hold.release()
        async with house_with(tmp_path, room=room, api=api, **settings) as house:
            await room.until(lambda: any(one.final for one in room.shown), timeout=30)
        assert len(pictures(room.shown[-1])) == 2
        states = [one.state for one in asked(api, "generations")]
        assert sorted(states) == ["answered", "answered", "disconnected"]


async def test_stop_ends_it(ada: Painter) -> None:
    hold = ada.house.api.hold(path="/images/generations")
    await ada.begins("/image a red fox")
    await hold.reached()
    await ada.happens(Message("stop", (Text("/stop"),)))
    shown = [await ada.answer(), await ada.answer()]
    assert not any(pictures(one) for one in shown)
    assert any("Stopped" in one.text for one in shown)
    hold.release()
    assert len(pictures(await ada.says("/image a green hill"))) == 1


async def test_many_edits_at_once_never_block_the_loop(house: House) -> None:
    painters = [Painter(house, f"P{number}", f"c{number}") for number in range(8)]
    photo = house.room.keep(plain(GREEN, (3000, 2000), "JPEG"))  # type: ignore[attr-defined]  # an Album
    await painters[0].says("/image warm up", photo)  # the stand-in draws in this process: it loads what it needs
    with LoopWatch() as watch:
        for painter in painters:
            await painter.happens(Message("m", (photo, Text("/image make it blue"))))
        answers = [await painter.answer() for painter in painters]
    assert all(pictures(answer) for answer in answers)  # decoded here, not while the loop is watched
    assert not watch.blocked, watch.blocked


async def test_a_press_without_pictures_says_what_is_missing(ada: Painter) -> None:
    await ada.happens(Press("1", "/vary"))
    assert "Reply to a picture" in (await ada.answer()).text
