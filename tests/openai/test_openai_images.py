"""Pictures: drawn, edited, varied."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from botcore import errors
from botcore.openai import Api, ImageEditRequest, ImageRequest, Upload, VariationRequest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.openai.conftest import ScriptedServer

PNG = b"\x89PNG\r\n\x1a\n...."
ENCODED = base64.b64encode(PNG).decode()
LINKED = {"created": 1589478378, "data": [{"url": "https://pictures.invalid/1.png"}]}


async def test_pictures_come_as_links(api: Api, server: ScriptedServer) -> None:
    both = {
        **LINKED,
        "data": [{"url": "https://a.invalid/1"}, {"url": "https://a.invalid/2", "revised_prompt": "an otter"}],
    }
    server.will(server.answer(both, x_request_id="r-1", x_ratelimit_remaining_requests="4"))
    request = ImageRequest(prompt="A cute baby sea otter", n=2, size="1024x1024", response_format="url")
    found = await api.images.generate(request)
    assert [picture.url for picture in found] == ["https://a.invalid/1", "https://a.invalid/2"]
    assert [picture.revised_prompt for picture in found] == [None, "an otter"]
    assert (len(found), found.created, found.request_id, found.headers.remaining_requests) == (2, 1589478378, "r-1", 4)
    assert found.usage is None
    assert server.asked[0].target == "/v1/images/generations"
    assert server.asked[0].json == {
        "prompt": "A cute baby sea otter", "n": 2, "size": "1024x1024", "response_format": "url"
    }  # fmt: skip


async def test_pictures_come_as_data_with_all_that_newer_models_say(api: Api, server: ScriptedServer) -> None:
    usage = {
        "input_tokens": 60, "output_tokens": 40, "total_tokens": 100,
        "input_tokens_details": {"text_tokens": 10, "image_tokens": 50},
    }  # fmt: skip
    raw = {
        "created": 1, "data": [{"b64_json": ENCODED, "brand_new": 1}], "background": "transparent", "size": "1024x1536",
        "output_format": "webp", "quality": "ultra", "usage": usage, "also_new": 2,
    }  # fmt: skip
    server.will(server.answer(raw))
    request = ImageRequest(
        prompt="x", model="gpt-image-1", quality="high", background="transparent", moderation="low", style="vivid",
        output_format="webp", output_compression=0, user="u", extra={"partial_images": 0},
    )  # fmt: skip
    found = await api.images.generate(request)
    (picture,) = found.pictures
    assert (picture.data, picture.url, picture.raw) == (PNG, None, {"brand_new": 1})
    assert (found.background, found.size, found.output_format, found.quality) == (
        "transparent", "1024x1536", "webp", "ultra"
    )  # fmt: skip
    assert found.usage
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.total_tokens) == (60, 40, 100)
    assert (found.text_tokens, found.image_tokens) == (10, 50)
    assert found.raw["also_new"] == 2
    assert "data" not in found.raw
    assert set(server.asked[0].json) == {
        "prompt", "model", "quality", "background", "moderation", "style", "output_format", "output_compression",
        "user", "partial_images",
    }  # fmt: skip
    assert await api.images.fetch(picture) == PNG


@pytest.mark.parametrize(
    "data",
    [None, [], {}, [1], [{}], [{"url": ""}], [{"url": 5}], [{"b64_json": "%%%"}], [{"b64_json": "AAA"}], "text"],
)
async def test_an_answer_without_pictures_is_a_bad_response(api: Api, server: ScriptedServer, data: object) -> None:
    server.will(server.answer({"created": 1, "data": data}, x_request_id="r-2"))
    with pytest.raises(errors.BadResponse) as caught:
        await api.images.generate(ImageRequest(prompt="x"))
    assert caught.value.request_id == "r-2"


async def test_a_large_picture_is_decoded(api: Api, server: ScriptedServer) -> None:
    data = PNG * 200_000
    server.will(server.answer({"data": [{"b64_json": base64.b64encode(data).decode()}]}))
    assert (await api.images.generate(ImageRequest(prompt="x"))).pictures[0].data == data


async def test_a_refused_picture_says_why(api: Api, server: ScriptedServer) -> None:
    server.will(server.fault(400, "Your request was rejected by the safety system", "moderation_blocked"))
    with pytest.raises(errors.ContentFiltered, match="safety system"):
        await api.images.generate(ImageRequest(prompt="x"))


async def test_a_picture_is_edited_where_the_mask_is_clear(api: Api, server: ScriptedServer, tmp_path: Path) -> None:
    (tmp_path / "otter.png").write_bytes(PNG)
    server.will(server.answer(LINKED))
    request = ImageEditRequest(
        image=tmp_path / "otter.png",
        mask=PNG,
        prompt="with a béret",
        model="dall-e-2",
        n=2,
        size="512x512",
        quality="high",
        background="opaque",
        input_fidelity="high",
        output_format="png",
        output_compression=90,
        response_format="url",
        user="u",
        extra={"stream": False},
    )
    await api.images.edit(request)
    asked = server.asked[0]
    assert asked.target == "/v1/images/edits"
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert asked.fields == {
        "prompt": "with a béret", "model": "dall-e-2", "n": "2", "size": "512x512", "quality": "high",
        "background": "opaque", "input_fidelity": "high", "output_format": "png", "output_compression": "90",
        "response_format": "url", "user": "u", "stream": "false",
    }  # fmt: skip
    assert [part for part in asked.form if part[1]] == [
        ("image", "otter.png", "image/png", PNG),
        ("mask", "file.png", "image/png", PNG),
    ]


async def test_several_pictures_are_edited_together(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(LINKED))
    images = (Upload.of(PNG, name="a.png"), Upload.of(PNG, name="b.png"))
    told: list[int] = []
    await api.images.edit(
        ImageEditRequest(image=images, prompt="both"), progress=lambda sent, total: told.append(total or 0)
    )
    assert [part[:2] for part in server.asked[0].form if part[1]] == [("image[]", "a.png"), ("image[]", "b.png")]
    assert set(told) == {len(server.asked[0].body)}
    await api.images.edit(ImageEditRequest(image=(PNG,), prompt="one"))
    assert [part[0] for part in server.asked[1].form if part[1]] == ["image"]


async def test_a_picture_is_varied(api: Api, server: ScriptedServer) -> None:
    server.will(server.answer(LINKED))
    found = await api.images.vary(VariationRequest(image=PNG, n=2, size="256x256", response_format="url", user="u"))
    assert found.pictures[0].url == "https://pictures.invalid/1.png"
    assert server.asked[0].target == "/v1/images/variations"
    assert server.asked[0].fields == {"n": "2", "size": "256x256", "response_format": "url", "user": "u"}
    assert server.asked[0].form[-1] == ("image", "file.png", "image/png", PNG)


async def test_what_is_asked_with_shows_nothing_of_it() -> None:
    requests: list[Any] = [
        ImageRequest(prompt="my secret"),
        ImageEditRequest(image=b"my secret", mask=b"my secret", prompt="my secret"),
        VariationRequest(image=b"my secret"),
    ]
    assert not any("secret" in repr(request) for request in requests)
