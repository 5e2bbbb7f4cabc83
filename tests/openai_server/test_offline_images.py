"""Pictures over the API: generations, edits and variations in every form, and the public API's refusals."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import pytest
from PIL import Image

from botcore.testing.openai_server import CutStream, OfflineSettings, Status
from botcore.testing.openai_server.gallery import Gallery

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client, Reply

GENERATIONS, EDITS, VARIATIONS = "/images/generations", "/images/edits", "/images/variations"


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


def plain(size: int = 256, colour: tuple[int, ...] = (10, 120, 230), mode: str = "RGBA") -> bytes:
    return encoded(Image.new(mode, (size, size), colour if mode == "RGB" else (*colour, 255)))


def hollow(size: int = 256, box: tuple[int, int, int, int] = (0, 0, 128, 128)) -> bytes:
    """A mask with one fully transparent box."""
    mask = Image.new("RGBA", (size, size), (0, 0, 0, 255))
    mask.paste((0, 0, 0, 0), box)
    return encoded(mask)


async def generate(client: Client, prompt: str = "a red circle", **fields: Any) -> Reply:
    return await client.send("POST", GENERATIONS, {"prompt": prompt, **fields})


async def upload(client: Client, path: str, files: list[tuple[str, bytes]], **fields: Any) -> Reply:
    form = [(name, io.BytesIO(data), f"{name}.png", "image/png") for name, data in files]
    return await client.upload(path, *form, **fields)


def pictures(reply: Reply) -> list[Image.Image]:
    assert reply.status == 200, reply.body
    return [opened(base64.b64decode(one["b64_json"])) for one in reply.json["data"]]


class TestGenerations:
    async def test_a_url_leads_to_the_picture_without_a_key(self, client: Client) -> None:
        reply = await generate(client, size="256x256", n=2)
        assert reply.status == 200
        urls = [one["url"] for one in reply.json["data"]]
        assert len(set(urls)) == 2
        for url in urls:
            async with client.http.get(url) as response:
                assert response.content_type == "image/png"
                assert opened(await response.read()).size == (256, 256)

    @pytest.mark.parametrize(
        ("model", "size"),
        [
            ("dall-e-2", "256x256"),
            ("dall-e-2", "512x512"),
            ("dall-e-3", "1792x1024"),
            ("dall-e-3", "1024x1792"),
        ],
    )
    async def test_sizes_of_the_older_models(self, model: str, size: str, client: Client) -> None:
        reply = await generate(client, model=model, size=size, response_format="b64_json")
        assert "x".join(map(str, pictures(reply)[0].size)) == size
        assert set(reply.json) == {"created", "data"}

    @pytest.mark.parametrize(
        ("model", "size", "wanted"),
        [
            ("gpt-image-1", "auto", (1024, 1024)),
            ("gpt-image-1", "1536x1024", (1536, 1024)),
            ("gpt-image-1-mini", "1024x1536", (1024, 1536)),
            ("gpt-image-2", "1536x864", (1536, 864)),
        ],
    )
    async def test_sizes_of_the_newer_models(
        self, model: str, size: str, wanted: tuple[int, int], client: Client
    ) -> None:
        reply = await generate(client, model=model, size=size, quality="low")
        assert pictures(reply)[0].size == wanted
        assert reply.json["size"] == f"{wanted[0]}x{wanted[1]}"
        assert reply.json["quality"] == "low"

    @pytest.mark.parametrize(("output_format", "kind"), [("png", "PNG"), ("jpeg", "JPEG"), ("webp", "WEBP")])
    async def test_formats(self, output_format: str, kind: str, client: Client) -> None:
        reply = await generate(client, output_format=output_format, quality="low")
        assert pictures(reply)[0].format == kind
        assert reply.json["output_format"] == output_format

    async def test_compression_makes_it_smaller(self, client: Client) -> None:
        sizes = [
            len((await generate(client, output_format="jpeg", output_compression=level)).body) for level in (10, 90)
        ]
        assert sizes[0] < sizes[1]

    async def test_a_transparent_background(self, client: Client) -> None:
        reply = await generate(client, model="gpt-image-1", background="transparent", quality="low")
        picture = pictures(reply)[0]
        assert picture.mode == "RGBA"
        assert np.asarray(picture)[0, 0, 3] == 0
        assert reply.json["background"] == "transparent"

    async def test_the_same_prompt_is_the_same_picture(self, client: Client) -> None:
        one, two = [await generate(client, "你好", size="256x256", response_format="b64_json") for _ in range(2)]
        other = await generate(client, "再见", size="256x256", response_format="b64_json")
        assert one.json["data"] == two.json["data"] != other.json["data"]

    async def test_usage_grows_with_quality_size_and_number(self, client: Client) -> None:
        async def output(**fields: Any) -> int:
            usage = (await generate(client, model="gpt-image-1", **fields)).json["usage"]
            assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
            found: int = usage["output_tokens"]
            return found

        assert await output(quality="low") == 272
        assert await output(quality="low", n=2) == 544
        assert await output(quality="medium") == 1056
        assert await output(quality="low", size="1536x1024") == 408

    async def test_dall_e_3_tells_its_prompt(self, client: Client) -> None:
        reply = await generate(client, "a red circle.", model="dall-e-3", style="natural", quality="hd")
        assert reply.json["data"][0]["revised_prompt"].startswith("a red circle, ")

    async def test_a_stream_has_coarse_pictures_first(self, client: Client) -> None:
        body = {"prompt": "a red circle", "model": "gpt-image-1", "stream": True, "partial_images": 2}
        async with client.http.post(client.server.url + GENERATIONS, json=body) as response:
            assert response.content_type == "text/event-stream"
            events = [event.split("\n") for event in (await response.text()).split("\n\n") if event]
        data = [json.loads(lines[1].removeprefix("data: ")) for lines in events]
        assert [lines[0].removeprefix("event: ") for lines in events] == [one["type"] for one in data]
        assert [one["type"].rpartition(".")[2] for one in data] == ["partial_image", "partial_image", "completed"]
        drawn = [opened(base64.b64decode(one["b64_json"])) for one in data]
        assert {one.size for one in drawn} == {(1024, 1024)}
        assert data[-1]["usage"]["output_tokens"] > 0
        whole = await generate(client, model="gpt-image-1")
        assert whole.json["data"][0]["b64_json"] == data[-1]["b64_json"]

    async def test_the_loop_is_free_while_it_draws(self, client: Client) -> None:
        drawing = asyncio.create_task(generate(client, model="gpt-image-2", size="3840x2160", n=2, quality="low"))
        await client.server.requests.wait_for(1)
        assert (await client.send("GET", "/models")).status == 200
        assert not drawing.done()
        assert (await drawing).status == 200

    @pytest.mark.parametrize(
        ("fields", "status", "param", "code"),
        [
            ({"size": "300x300"}, 400, "size", "invalid_value"),
            ({"model": "dall-e-3", "size": "256x256"}, 400, "size", "invalid_value"),
            ({"model": "gpt-image-2", "size": "1000x1000"}, 400, "size", "invalid_value"),
            ({"model": "gpt-image-2", "size": "3200x160"}, 400, "size", "invalid_value"),
            ({"n": 0}, 400, "n", "integer_below_minimum_value"),
            ({"n": 11}, 400, "n", "integer_above_maximum_value"),
            ({"n": "two"}, 400, "n", "invalid_type"),
            ({"model": "dall-e-3", "n": 2}, 400, "n", "invalid_value"),
            ({"model": "painter"}, 404, "model", "model_not_found"),
            ({"model": "gpt-4o"}, 400, "model", "invalid_value"),
            ({"prompt": None}, 400, "prompt", "missing_required_parameter"),
            ({"prompt": "  "}, 400, "prompt", "empty_string"),
            ({"prompt": "x" * 1001}, 400, "prompt", "string_above_max_length"),
            ({"model": "gpt-image-1", "response_format": "url"}, 400, "response_format", "unknown_parameter"),
            ({"model": "dall-e-2", "style": "vivid"}, 400, "style", "unknown_parameter"),
            ({"quality": "hd"}, 400, "quality", "invalid_value"),
            ({"response_format": "tiff"}, 400, "response_format", "invalid_value"),
            ({"output_format": "gif"}, 400, "output_format", "invalid_value"),
            ({"output_format": "jpeg", "background": "transparent"}, 400, "background", "invalid_value"),
            ({"partial_images": 4}, 400, "partial_images", "integer_above_maximum_value"),
        ],
    )
    async def test_refusals(self, fields: dict[str, Any], status: int, param: str, code: str, client: Client) -> None:
        reply = await client.send("POST", GENERATIONS, {"prompt": "a tree", **fields})
        assert (reply.status, reply.error["param"], reply.error["code"]) == (status, param, code)

    async def test_prompts_that_are_not_allowed(self, client: Client) -> None:
        older = await generate(client, "flagged:violence")
        assert (older.status, older.error["code"]) == (400, "content_policy_violation")
        newer = await generate(client, "flagged:violence", model="gpt-image-1")
        assert (newer.status, newer.error["code"]) == (400, "moderation_blocked")
        assert newer.error["type"] == "image_generation_user_error"
        assert newer.headers["x-request-id"] in newer.error["message"]
        lenient = await generate(client, "flagged:violence", model="gpt-image-1", moderation="low", quality="low")
        assert lenient.status == 200


class TestUrls:
    async def test_a_wrong_name_and_a_key_in_the_wrong_place(self, client: Client) -> None:
        reply = await client.send("GET", "/pictures/guessed.png")
        assert (reply.status, reply.error["code"]) == (404, "not_found")

    async def test_downloads_can_fail_too(self, client: Client) -> None:
        url = (await generate(client, size="256x256")).json["data"][0]["url"]
        path = url.removeprefix(client.server.url)
        client.server.faults.next(Status(503), path=path)
        client.server.faults.next(CutStream(), path=path)
        async with client.http.get(url) as response:
            assert response.status == 503
        async with client.http.get(url) as response:
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        async with client.http.get(url) as response:
            assert response.status == 200

    def test_pictures_expire_and_make_room(self) -> None:
        now = 1000.0
        gallery = Gallery(60.0, lambda: now)
        first = gallery.hang(b"1" * 40_000_000, "png")
        assert gallery.find(first) is not None
        second = gallery.hang(b"2" * 40_000_000, "webp")
        assert gallery.find(first) is None
        found = gallery.find(second)
        assert found is not None
        assert found.media_type == "image/webp"
        now += 60
        assert gallery.find(second) is None


class TestExpiry:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(picture_life=0.0, keys=frozenset({"sk-not-a-real-key"}))

    async def test_an_expired_picture_is_gone(self, client: Client) -> None:
        headers = {"authorization": "Bearer sk-not-a-real-key"}
        reply = await client.send("POST", GENERATIONS, {"prompt": "x", "size": "256x256"}, headers=headers)
        async with client.http.get(reply.json["data"][0]["url"]) as response:
            assert response.status == 404  # not 401: the name is all that is needed


class TestEdits:
    @pytest.mark.parametrize("model", ["dall-e-2", "gpt-image-2"])
    async def test_only_what_the_mask_leaves_open_changes(self, model: str, client: Client) -> None:
        original = np.random.default_rng(1).integers(0, 256, (256, 256, 3), dtype=np.uint8)
        files = [("image", encoded(Image.fromarray(original))), ("mask", hollow(256, (100, 50, 200, 250)))]
        fields = {"response_format": "b64_json"} if model == "dall-e-2" else {}
        reply = await upload(client, EDITS, files, prompt="a red heart", model=model, size="256x256", **fields)
        changed = np.asarray(pictures(reply)[0])
        hole = np.zeros((256, 256), dtype=bool)
        hole[50:250, 100:200] = True
        assert (changed[~hole] == original[~hole]).all()
        assert (changed[hole] != original[hole]).any()

    async def test_several_pictures_in_either_form_of_a_list(self, client: Client) -> None:
        files = [("image[]", plain(64, (250, 0, 0))), ("image[]", plain(64, (0, 250, 0))), ("mask", hollow(64))]
        reply = await upload(client, EDITS, files, prompt="sky", model="gpt-image-1", quality="low")
        picture = np.asarray(pictures(reply)[0].convert("RGB"))
        assert ((picture == (0, 250, 0)).all(axis=2)).mean() > 0.01
        assert reply.json["usage"]["input_tokens_details"]["image_tokens"] == 2 * 323

    async def test_auto_follows_the_picture_s_shape(self, client: Client) -> None:
        wide = encoded(Image.new("RGB", (300, 200), (1, 2, 3)), "JPEG")
        reply = await upload(client, EDITS, [("image", wide)], prompt="sky", model="gpt-image-1", quality="low")
        assert pictures(reply)[0].size == (1536, 1024)

    async def test_json_with_a_data_url_and_with_an_own_picture(self, client: Client) -> None:
        drawn = (await generate(client, size="256x256")).json["data"][0]["url"]
        data = f"data:image/png;base64,{base64.b64encode(plain()).decode()}"
        body = {"prompt": "sky", "images": [{"image_url": data}, {"image_url": drawn}], "quality": "low"}
        assert pictures(await client.send("POST", EDITS, body))[0].size == (1024, 1024)
        for image, param in (
            ({"image_url": "https://example.org/a.png"}, "images[0].image_url"),
            ({"image_url": "data:image/png;base64,!"}, "images[0].image_url"),
            ({"file_id": "file-1"}, "images[0].file_id"),
        ):
            reply = await client.send("POST", EDITS, {**body, "images": [image]})
            assert (reply.status, reply.error["param"]) == (400, param)

    @pytest.mark.parametrize(
        ("files", "fields", "param", "said"),
        [
            ([], {}, "image", "Missing required"),
            ([("image", plain())], {"prompt": ""}, "prompt", "empty"),
            ([("image", plain(mode="RGB"))], {}, "image", "RGBA"),
            ([("image", b"no picture")], {}, "image", "must be a PNG"),
            ([("image", encoded(Image.new("RGB", (9, 9)), "JPEG"))], {}, "image", "must be a PNG"),
            ([("image", encoded(Image.new("RGBA", (9, 8))))], {}, "image", "square"),
            ([("image", plain() + b"\0" * 4 * 1024 * 1024)], {}, "image", "less than 4 MB"),
            ([("image", plain()), ("mask", hollow(128))], {}, "mask", "mask size"),
            ([("image", plain()), ("mask", plain(mode="RGB"))], {}, "mask", "alpha channel"),
            ([("image", plain()), ("mask", b"?")], {}, "mask", "must be a PNG"),
            ([("image", plain()), ("image", plain())], {}, "image", "Too many"),
            ([("image", b"?")], {"model": "gpt-image-1"}, "image", "Invalid image file"),
            ([("image", plain())], {"model": "dall-e-3"}, "model", "does not support"),
            ([("image", plain())], {"size": "64x64"}, "size", "Supported values"),
            ([("image", plain())], {"n": "many"}, "n", "expected an integer"),
            ([("image", plain())], {"colour": "red"}, "colour", "Unknown parameter"),
        ],
    )
    async def test_refusals(
        self, files: list[tuple[str, bytes]], fields: dict[str, Any], param: str, said: str, client: Client
    ) -> None:
        reply = await upload(client, EDITS, files, **{"prompt": "a hat", **fields})
        assert (reply.status, reply.error["param"]) == (400, param)
        assert said in reply.error["message"]

    async def test_json_where_a_form_belongs(self, client: Client) -> None:
        reply = await client.send("POST", VARIATIONS, {"image": "?"})
        assert reply.status == 400
        assert "expected multipart/form-data" in reply.error["message"]


class TestVariations:
    async def test_each_is_different_and_of_the_wanted_size(self, client: Client) -> None:
        drawn = pictures(await generate(client, "a blue boat", size="512x512", response_format="b64_json"))[0]
        files = [("image", encoded(drawn))]
        reply = await upload(client, VARIATIONS, files, n=3, size="256x256", response_format="b64_json")
        made = pictures(reply)
        assert [one.size for one in made] == [(256, 256)] * 3
        assert len({one.tobytes() for one in made}) == 3
        again = await upload(client, VARIATIONS, files, n=3, size="256x256", response_format="b64_json")
        assert again.json["data"] == reply.json["data"]

    async def test_a_url_is_usual(self, client: Client) -> None:
        reply = await upload(client, VARIATIONS, [("image", plain())], user="u")
        async with client.http.get(reply.json["data"][0]["url"]) as response:
            assert opened(await response.read()).size == (1024, 1024)

    async def test_refusals(self, client: Client) -> None:
        for files, fields in (([], {}), ([("image", b"?")], {}), ([("image", plain())], {"model": "gpt-image-1"})):
            reply = await upload(client, VARIATIONS, files, **fields)
            assert reply.status == 400


class TestMissing:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(missing=("edits", "images/variations", "fine-tunes", "completions"))

    @pytest.mark.parametrize("path", ["/edits", VARIATIONS, "/fine-tunes", "/fine-tunes/ft-1/events", "/completions"])
    async def test_what_is_missing_answers_as_an_unknown_url(self, path: str, client: Client) -> None:
        reply = await client.send("POST", path, {})
        assert (reply.status, reply.error["message"]) == (404, f"Invalid URL (POST /v1{path})")

    async def test_what_has_a_longer_name_is_there(self, client: Client) -> None:
        assert (await client.chat("hello")).status == 200
        assert (await generate(client, size="256x256")).status == 200
        assert (await client.send("POST", EDITS, {})).status == 400


WITHOUT_PILLOW = """
import asyncio, json, sys, urllib.request
sys.modules["PIL"] = None  # as if it were not installed
from botcore.testing.openai_server import OfflineSettings, offline_api

def ask(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        return urllib.request.urlopen(request, timeout=20).read().decode()
    except urllib.error.HTTPError as refused:
        return f"{refused.code} {refused.read().decode()}"

async def main():
    async with offline_api(OfflineSettings(introduce=False)) as server:
        drawn = await asyncio.to_thread(ask, server.url + "/images/generations", {"prompt": "a tree"})
        part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
        chat = {"model": "gpt-4o", "messages": [{"role": "user", "content": [part]}]}
        print(drawn, await asyncio.to_thread(ask, server.url + "/chat/completions", chat))

asyncio.run(main())
"""


async def test_without_pillow_only_pictures_are_missing() -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", WITHOUT_PILLOW, stdout=asyncio.subprocess.PIPE)
    said = (await process.communicate())[0].decode()
    assert "501" in said
    assert "botcore-framework[offline]" in said
    assert "I cannot look at pictures" in said
