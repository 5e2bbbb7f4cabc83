"""What goes wrong with pictures: refused prompts, a service in trouble, bad links, bad pictures."""

import asyncio
import base64
import json
from typing import Any

import pytest

from botcore.messages import File
from botcore.testing.openai_server import Hang, OfflineSettings, Reset, Status, offline_api
from tests.engine.conftest import StartHouse

from .conftest import Album, Painter, asked, pictures, plain

# ---- refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["gpt-image-1", "dall-e-3"])
async def test_a_prompt_that_the_service_refuses_says_so(start: StartHouse, model: str) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model=model))
    said = await ada.says("/image I will kill you with a knife")
    assert said.text == "The service does not draw that: its safety system refused it. Please describe something else."
    assert not said.pieces[-1].buttons


async def test_a_moderated_prompt_never_reaches_the_service(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), moderation__input="block"))
    said = await ada.says("/image I will kill you with a knife")
    assert "the moderation flagged it" in said.text
    drawn = await ada.says("/image a red fox")
    assert "the moderation flagged it" in (await ada.says("let it kill them with a knife", to=drawn)).text
    assert len(asked(ada.house.api, "generations")) == 1
    assert not asked(ada.house.api, "edits")


async def test_a_prompt_that_is_only_warned_of_is_drawn_with_the_warning(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), moderation__input="warn"))
    flagged = {"flagged": True, "categories": {"violence": True}, "category_scores": {"violence": 0.9}}
    body = json.dumps({"id": "modr-1", "model": "m", "results": [flagged]})
    ada.house.api.faults.next(Status(200, body=body), path="/moderations")
    drawn = await ada.says("/image a battle of knights")
    assert drawn.text.startswith("⚠️ The moderation flagged your message (violence).")
    assert len(pictures(drawn)) == 1
    assert "flagged" not in (await ada.says("/image a red fox")).text


async def test_who_has_used_up_the_day_draws_no_more(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), budget__tokens_per_day="1000", plugins__images__quality="high"))
    drawn = await ada.says("/image a fox")
    assert len(pictures(drawn)) == 1
    assert "used up" in (await ada.says("/image another fox")).text
    assert "used up" in (await ada.says("make it blue", to=drawn)).text  # a reply goes through the gate as well
    assert "used up" in (await ada.presses("Variation", drawn)).text


async def test_pictures_without_a_told_usage_count_as_well(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model="dall-e-2", plugins__images__picture_tokens="700"))
    assert len(pictures(await ada.says("/image --count 2 a fox"))) == 2
    assert "1,400" in (await ada.says("/usage")).text


# ---- the service ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Status(429), "busy (rate limit)"),
        (Status(429, code="insufficient_quota"), "quota at the language model's service is used up"),
        (Status(500), "has a fault right now"),
        (Status(401), "does not accept my key"),
        (Status(400, message="no"), "did not accept my request"),
        (Status(404, code="model_not_found", message="The model `x` does not exist"), "no picture model gpt-image-1"),
        (Status(200, body='{"created": 1, "data": []}'), "sent something I could not read"),
        (Status(200, body='{"data": [{"b64_json": "%%%"}]}'), "sent something I could not read"),
        (Status(200, body='{"data": [{"b64_json": "aGVsbG8="}]}'), "The service sent no picture."),
        (Reset(), "cannot reach"),
        (Hang(), "took too long"),
    ],
)
async def test_a_service_in_trouble_is_told_in_a_sentence(start: StartHouse, fault: Any, said: str) -> None:
    ada = Painter(await start(room=Album(), api__attempts="1", api__read_seconds="1"))
    ada.house.api.faults.always(fault, path="/images/generations")
    assert said in (await ada.says("/image a red fox")).text
    ada.house.api.faults.clear()
    assert len(pictures(await ada.says("/image a red fox"))) == 1


async def test_a_service_without_pictures_says_so(start: StartHouse) -> None:
    async with offline_api(OfflineSettings(introduce=False, missing=("images",))) as api:
        ada = Painter(await start(room=Album(), api=api))
        for line in ("/image a red fox", "/image make it blue", "/vary"):
            sent = [ada.room.keep(plain())] if line != "/image a red fox" else []
            assert (await ada.says(line, *sent)).text == (
                "The service that I am connected to does not offer this for pictures."
            )


async def test_of_several_those_that_came_are_shown(start: StartHouse) -> None:
    ada = Painter(await start(room=Album(), plugins__images__model="dall-e-3", api__attempts="1"))
    ada.house.api.faults.next(Status(500), path="/images/generations", skip=1)
    shown = await ada.says("/image --count 3 a red fox")
    assert len(pictures(shown)) == 2
    assert "2 of 3 pictures came: The language model's service has a fault right now." in "\n".join(ada.room.visible())


async def test_a_service_that_gives_fewer_than_asked_is_told(ada: Painter) -> None:
    encoded = base64.b64encode(plain()).decode()
    body = f'{{"created": 1, "data": [{{"b64_json": "{encoded}"}}]}}'
    ada.house.api.faults.next(Status(200, body=body), path="/images/generations")
    shown = await ada.says("/image --count 2 a red fox")
    assert len(pictures(shown)) == 1
    assert "1 of 2 pictures came." in "\n".join(ada.room.visible())


# ---- links ---------------------------------------------------------------------------------------------------


class Inside:
    """A server on loopback that is not the API: nobody may be led to it."""

    def __init__(self) -> None:
        self.connections = 0

    def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.close()


async def test_a_link_into_the_private_network_is_not_followed(ada: Painter) -> None:
    inside = Inside()
    async with await asyncio.start_server(inside, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        for url in (f"http://127.0.0.1:{port}/a.png", f"https://127.0.0.1:{port}/a.png", f"https://localhost:{port}/a"):
            body = f'{{"created": 1, "data": [{{"url": "{url}"}}]}}'
            ada.house.api.faults.next(Status(200, body=body), path="/images/generations")
            said = (await ada.says("/image a red fox")).text
            assert said.startswith("A picture was drawn, but I cannot fetch it. I ")
    assert inside.connections == 0


async def test_a_link_that_has_expired_is_told(start: StartHouse) -> None:
    async with offline_api(OfflineSettings(introduce=False, picture_life=-1.0)) as api:
        ada = Painter(await start(room=Album(), api=api, plugins__images__model="dall-e-3"))
        said = (await ada.says("/image a red fox")).text
        assert said == (
            "A picture was drawn, but I cannot fetch it. That link does not work: its server answered with 404."
        )


async def test_a_picture_may_come_as_a_data_link(ada: Painter) -> None:
    encoded = base64.b64encode(plain()).decode()
    body = f'{{"created": 1, "data": [{{"url": "data:image/png;base64,{encoded}"}}]}}'
    ada.house.api.faults.next(Status(200, body=body), path="/images/generations")
    assert pictures(await ada.says("/image a red fox")) == [plain()]


# ---- people's pictures ---------------------------------------------------------------------------------------


async def test_a_picture_that_cannot_be_used_is_told_before_anything_is_sent(ada: Painter) -> None:
    for sent, said in (
        (ada.room.keep(plain()[:300]), "That picture is damaged or incomplete."),
        (ada.room.document(b"<svg xmlns='x'/>", "a.svg"), "That is an SVG drawing; I take PNG, JPEG, WebP and GIF"),
        (ada.room.document(b"%PDF-1.7", "a.png"), "That is a PDF document; I take PNG, JPEG, WebP and GIF pictures."),
        (ada.room.keep(plain(size=(1, 1))), "That picture is too small: 1 x 1 pixels."),
        (File(ref="none", size=30_000_000), "That file is too large: 30.0 MB, and I take 20.0 MB."),
    ):
        assert (await ada.says("/image make it blue", sent)).text.startswith(said)
    marked = await ada.says("/image make it blue", ada.room.keep(plain()), ada.room.keep(plain(size=(240, 320))))
    assert marked.text == "The mask has another shape (240 x 320 pixels) than the picture (320 x 240)."
    assert not asked(ada.house.api, "edits")
