"""The official client uses the stand-in: models, conversations, completions, embeddings, moderations and pictures."""

from __future__ import annotations

import base64
import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
import openai
import pytest
from openai import AsyncOpenAI
from PIL import Image
from pydantic import BaseModel

from botcore.testing.openai_server import ErrorInStream, OfflineSettings, Status
from botcore.testing.openai_server.brain.continuing import go_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from openai.types import ImagesResponse
    from openai.types.chat import ChatCompletionContentPartParam, ChatCompletionMessageParam, ChatCompletionToolParam

    from botcore.testing.openai_server import OfflineApi

KEY = "sk-not-a-real-key-0123456789"
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather at a place.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def settings() -> OfflineSettings:
    return OfflineSettings(introduce=False, keys=frozenset({KEY}))


@pytest.fixture
async def official(server: OfflineApi) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(base_url=server.url, api_key=KEY, max_retries=0) as client:
        yield client


def png(size: int = 64, colour: tuple[int, int, int, int] = (200, 30, 30, 255)) -> bytes:
    file = io.BytesIO()
    Image.new("RGBA", (size, size), colour).save(file, "PNG")
    return file.getvalue()


def asked(content: str | list[ChatCompletionContentPartParam]) -> list[ChatCompletionMessageParam]:
    """A conversation of one message."""
    return [{"role": "user", "content": content}]


def pictures(answer: ImagesResponse) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(one.b64_json or ""))) for one in answer.data or []]


class TestModels:
    async def test_list_get_and_delete(self, official: AsyncOpenAI) -> None:
        names = [model.id async for model in official.models.list()]
        assert {"gpt-4o", "dall-e-2", "gpt-3.5-turbo-instruct"} <= set(names)
        assert (await official.models.retrieve("gpt-4o")).owned_by == "offline-stand-in"
        gone = await official.models.delete("ft:gpt-4o-mini:offline::sample")
        assert gone.deleted
        with pytest.raises(openai.NotFoundError):
            await official.models.retrieve("ft:gpt-4o-mini:offline::sample")


class Answer(BaseModel):
    city: str


class TestChat:
    async def test_plain(self, official: AsyncOpenAI) -> None:
        answer = await official.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "say hi"}]
        )
        assert answer.choices[0].message.content == "hi"
        assert answer.choices[0].finish_reason == "stop"
        assert answer.usage is not None
        assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens

    async def test_streamed_with_usage(self, official: AsyncOpenAI) -> None:
        stream = await official.chat.completions.create(
            model="gpt-4o",
            messages=asked("count to 12"),
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = [chunk async for chunk in stream]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert text.endswith("11, 12")
        assert chunks[-1].usage is not None

    async def test_the_client_s_own_stream_helper(self, official: AsyncOpenAI) -> None:
        async with official.chat.completions.stream(model="gpt-4o", messages=asked("say one two")) as stream:
            text = "".join([event.delta async for event in stream if event.type == "content.delta"])
            assert (await stream.get_final_completion()).choices[0].message.content == text == "one two"

    async def test_a_tool_call(self, official: AsyncOpenAI) -> None:
        messages = asked("call weather in Paris")
        whole = await official.chat.completions.create(model="gpt-4o", messages=messages, tools=[WEATHER])
        one = (whole.choices[0].message.tool_calls or [])[0]
        assert one.type == "function"
        assert (one.function.name, one.function.arguments) == ("weather", '{"city":"Paris"}')
        async with official.chat.completions.stream(model="gpt-4o", messages=messages, tools=[WEATHER]) as stream:
            message = (await stream.get_final_completion()).choices[0].message
        same = (message.tool_calls or [])[0].function
        assert (same.name, same.arguments) == ("weather", '{"city":"Paris"}')

    async def test_a_schema(self, official: AsyncOpenAI) -> None:
        parsed = await official.chat.completions.parse(
            model="gpt-4o", messages=asked("the city is Oslo"), response_format=Answer
        )
        assert isinstance(parsed.choices[0].message.parsed, Answer)

    async def test_a_picture(self, official: AsyncOpenAI) -> None:
        url = f"data:image/png;base64,{base64.b64encode(png()).decode()}"
        answer = await official.chat.completions.create(
            model="gpt-4o", messages=asked([{"type": "image_url", "image_url": {"url": url}}])
        )
        assert "64 x 64 pixels, mostly red" in (answer.choices[0].message.content or "")


class TestCompletions:
    async def test_plain(self, official: AsyncOpenAI) -> None:
        answer = await official.completions.create(
            model="gpt-3.5-turbo-instruct", prompt=["Say one", "Once upon a time"], logprobs=1
        )
        assert [choice.finish_reason for choice in answer.choices] == ["stop", "length"]
        assert answer.choices[0].text == "\n\none"
        assert answer.choices[0].logprobs is not None
        assert answer.choices[0].logprobs.text_offset == [7]

    async def test_streamed(self, official: AsyncOpenAI) -> None:
        stream = await official.completions.create(model="davinci-002", prompt="Once", stream=True, max_tokens=300)
        chunks = [chunk async for chunk in stream]
        assert len(chunks) > 10
        assert "".join(chunk.choices[0].text for chunk in chunks) == go_on("Once")
        assert chunks[-1].choices[0].finish_reason == "stop"


class TestEmbeddingsAndModerations:
    @pytest.mark.parametrize("form", ["float", "base64"])
    async def test_embeddings(self, form: str, official: AsyncOpenAI) -> None:
        encoding = {"encoding_format": "float"} if form == "float" else {}  # left out, the client asks for base64
        answer = await official.embeddings.create(
            model="text-embedding-3-small",
            input=["a cat", "a dog"],
            dimensions=64,
            **encoding,  # type: ignore[arg-type]  # one known key
        )
        vectors = np.array([one.embedding for one in answer.data])
        assert vectors.shape == (2, 64)
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)

    async def test_moderations(self, official: AsyncOpenAI) -> None:
        answer = await official.moderations.create(input=["fine", "I want to kill them."])
        assert [one.flagged for one in answer.results] == [False, True]
        assert answer.results[1].categories.violence
        assert answer.results[1].category_scores.violence > 0.5


class TestPictures:
    async def test_generations(self, official: AsyncOpenAI) -> None:
        answer = await official.images.generate(
            prompt="a red circle", model="dall-e-2", size="256x256", n=2, response_format="b64_json"
        )
        assert [one.size for one in pictures(answer)] == [(256, 256)] * 2
        newer = await official.images.generate(
            prompt="一只红色的猫", model="gpt-image-1", quality="low", output_format="webp", background="transparent"
        )
        assert pictures(newer)[0].format == "WEBP"
        assert newer.usage is not None
        assert newer.usage.output_tokens == 272
        told = await official.images.generate(prompt="a boat", model="dall-e-3")
        assert told.data is not None
        assert (told.data[0].url or "").startswith("http://127.0.0.1:")
        assert told.data[0].revised_prompt

    async def test_a_streamed_generation(self, official: AsyncOpenAI) -> None:
        stream = await official.images.generate(
            prompt="a red circle", model="gpt-image-1", stream=True, partial_images=2, quality="low"
        )
        kinds = [event.type async for event in stream]
        assert kinds == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]

    async def test_edits(self, official: AsyncOpenAI) -> None:
        mask = Image.new("RGBA", (256, 256), (0, 0, 0, 255))
        mask.paste((0, 0, 0, 0), (0, 0, 256, 100))
        file = io.BytesIO()
        mask.save(file, "PNG")
        answer = await official.images.edit(
            image=png(256), mask=file.getvalue(), prompt="sky", model="dall-e-2", size="256x256",
            response_format="b64_json",
        )  # fmt: skip
        changed = np.asarray(pictures(answer)[0].convert("RGB"))
        assert (changed[100:] == (200, 30, 30)).all()
        assert (changed[:100] != (200, 30, 30)).any()

    async def test_edits_of_several_pictures_streamed(self, official: AsyncOpenAI) -> None:
        images = [("a.png", png(), "image/png"), ("b.png", png(32), "image/png")]
        stream = await official.images.edit(image=images, prompt="both", model="gpt-image-1", stream=True)
        events = [event async for event in stream]
        assert [event.type for event in events] == ["image_edit.completed"]

    async def test_variations(self, official: AsyncOpenAI) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the client still has it, and says not for long
            answer = await official.images.create_variation(  # pyright: ignore[reportDeprecated] - the same
                image=png(), n=2, size="256x256", response_format="b64_json", model="dall-e-2"
            )
        assert [one.size for one in pictures(answer)] == [(256, 256)] * 2


class TestErrors:
    async def test_each_has_its_class(self, server: OfflineApi, official: AsyncOpenAI) -> None:
        with pytest.raises(openai.AuthenticationError):
            await official.with_options(api_key="sk-another-not-real-key").models.list()
        with pytest.raises(openai.NotFoundError) as missing:
            await official.completions.create(model="gpt-4o", prompt="x")
        assert missing.value.param == "model"
        with pytest.raises(openai.BadRequestError) as refused:
            await official.images.generate(prompt="flagged:violence", model="dall-e-3")
        assert refused.value.code == "content_policy_violation"
        assert refused.value.request_id == server.requests[-1].request_id
        server.faults.next(Status(429, retry_after=2))
        with pytest.raises(openai.RateLimitError):
            await official.images.generate(prompt="x")

    async def test_an_error_in_a_stream(self, server: OfflineApi, official: AsyncOpenAI) -> None:
        server.faults.next(ErrorInStream(after_chunks=2))
        stream = await official.completions.create(model="davinci-002", prompt="Once", stream=True)
        assert [(await anext(stream)).choices[0].text for _ in range(2)] == [" …", " in"]
        with pytest.raises(openai.APIError, match="server had an error"):
            await anext(stream)
