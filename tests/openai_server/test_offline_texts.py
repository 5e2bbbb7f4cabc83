"""The older text endpoints, completions and edits, and the same jobs done through a conversation."""

from __future__ import annotations

import base64
import io
import json
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from botcore.testing.openai_server import INTRODUCTION, OfflineSettings, Pace
from botcore.testing.openai_server.brain.continuing import between, go_on
from botcore.testing.openai_server.brain.editing import edit

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client, Reply

INSTRUCT = "gpt-3.5-turbo-instruct"


async def complete(client: Client, prompt: Any = "Once upon a time", **fields: Any) -> Reply:
    body = {"model": INSTRUCT, "prompt": prompt, **fields}
    return await client.send("POST", "/completions", body)


async def texts(client: Client, prompt: Any = "Once upon a time", **fields: Any) -> list[str]:
    reply = await complete(client, prompt, **fields)
    assert reply.status == 200, reply.body
    choices = reply.json["choices"]
    assert [one["index"] for one in choices] == list(range(len(choices)))
    return [one["text"] for one in choices]


async def streamed(client: Client, prompt: Any = "Once upon a time", **fields: Any) -> list[dict[str, Any]]:
    body = {"model": INSTRUCT, "prompt": prompt, "stream": True, **fields}
    async with client.http.post(client.server.url + "/completions", json=body) as response:
        events = [event.removeprefix("data: ") for event in (await response.text()).split("\n\n") if event]
    assert events[-1] == "[DONE]"
    return [json.loads(event) for event in events[:-1]]


class TestCompletions:
    async def test_a_text_goes_on_up_to_the_usual_16_tokens(self, client: Client) -> None:
        reply = await complete(client)
        choice = reply.json["choices"][0]
        assert choice["text"] == go_on("Once upon a time").encode()[:64].decode(errors="ignore")
        assert (choice["finish_reason"], choice["logprobs"]) == ("length", None)
        assert reply.json["usage"] == {"prompt_tokens": 4, "completion_tokens": 16, "total_tokens": 20}
        assert reply.json["object"] == "text_completion"

    async def test_with_room_it_comes_to_an_end_and_says_what_it_is(self, client: Client) -> None:
        choice = (await complete(client, max_tokens=500)).json["choices"][0]
        assert choice["finish_reason"] == "stop"
        assert "offline stand-in without a language model" in choice["text"]

    async def test_what_can_be_answered_is(self, client: Client) -> None:
        assert await texts(client, "Say this is a test") == ["\n\nthis is a test"]
        assert await texts(client, "What is 6 * 7?") == ["\n\nThe answer is **42**."]
        assert "离线替身" in (await texts(client, "从前", max_tokens=200))[0]

    async def test_several_choices_and_several_prompts(self, client: Client) -> None:
        assert len(set(await texts(client, n=3, best_of=4))) == 3
        both = await texts(client, ["Say one", "Say two"], n=2)
        assert both == ["\n\none", "\n\none", "\n\ntwo", "\n\ntwo"]

    async def test_echo_begins_with_the_prompt(self, client: Client) -> None:
        assert await texts(client, "Say cheese", echo=True) == ["Say cheese\n\ncheese"]
        assert await texts(client, "Say cheese", echo=True, max_tokens=0) == ["Say cheese"]

    async def test_a_suffix_is_led_up_to(self, client: Client) -> None:
        text = (await texts(client, "def answer():", suffix="return 42", max_tokens=100))[0]
        assert text == between("def answer():", "return 42")
        assert "def answer():" in text
        assert "return 42" in text

    async def test_stop_sequences_are_left_out(self, client: Client) -> None:
        choice = (await complete(client, "Say one two three", stop=[" three", "zzz"])).json["choices"][0]
        assert (choice["text"], choice["finish_reason"]) == ("\n\none two", "stop")

    @pytest.mark.parametrize("echo", [False, True])
    async def test_logprobs_cover_the_text(self, echo: bool, client: Client) -> None:
        choice = (await complete(client, "Say hello there", logprobs=2, echo=echo)).json["choices"][0]
        given = choice["logprobs"]
        assert "".join(given["tokens"]) == choice["text"]
        begin = 0 if echo else len("Say hello there")
        ends = accumulate((len(token) for token in given["tokens"]), initial=begin)
        assert given["text_offset"] == [*ends][:-1]
        assert all(value < 0 for value in given["token_logprobs"])
        for token, others in zip(given["tokens"], given["top_logprobs"], strict=True):
            assert len(others) == 2
            assert max(others, key=lambda one: others[one]) == token

    async def test_token_numbers_are_counted(self, client: Client) -> None:
        reply = await complete(client, [1212, 318, 257], max_tokens=40)
        assert "3 token numbers" in reply.json["choices"][0]["text"]
        assert reply.json["usage"]["prompt_tokens"] == 3
        assert len(await texts(client, [[1, 2], [3]])) == 2

    async def test_a_stream_is_the_same_text(self, client: Client) -> None:
        options = {"n": 2, "logprobs": 1, "echo": True}
        whole = await complete(client, **options)
        chunks = await streamed(client, **options, stream_options={"include_usage": True})
        assert chunks.pop()["usage"] == whole.json["usage"]
        for choice in whole.json["choices"]:
            mine = [one for chunk in chunks for one in chunk["choices"] if one["index"] == choice["index"]]
            assert "".join(one["text"] for one in mine) == choice["text"]
            assert [one["finish_reason"] for one in mine] == [None] * (len(mine) - 1) + ["length"]
            offsets = [at for one in mine if one["logprobs"] for at in one["logprobs"]["text_offset"]]
            assert offsets == choice["logprobs"]["text_offset"]

    async def test_the_pace_is_kept(self, client: Client) -> None:
        client.server.pace = Pace(chunks=7)
        chunks = await streamed(client, max_tokens=500)
        assert len([one for one in chunks if one["choices"][0]["text"]]) == 7

    async def test_scripts_apply(self, client: Client) -> None:
        client.server.script.reply(["a", "b"], when="upon")
        assert [one["choices"][0]["text"] for one in await streamed(client)] == ["a", "b", ""]
        client.server.script.content_filter("bad")
        assert (await complete(client)).json["choices"][0]["finish_reason"] == "content_filter"

    @pytest.mark.parametrize(
        ("fields", "status", "param"),
        [
            ({"model": "gpt-4o"}, 404, "model"),
            ({"model": "nothing"}, 404, None),
            ({"prompt": 5}, 400, "prompt"),
            ({"prompt": []}, 400, "prompt"),
            ({"prompt": ["a", 5]}, 400, "prompt"),
            ({"max_tokens": -1}, 400, "max_tokens"),
            ({"logprobs": 6}, 400, "logprobs"),
            ({"n": 3, "best_of": 2}, 400, "best_of"),
            ({"best_of": 2, "stream": True}, 400, "best_of"),
            ({"temperature": 3}, 400, "temperature"),
            ({"max_tokens": 5000}, 400, None),
            ({"messages": []}, 400, "messages"),
            ({"stream_options": {}}, 400, "stream_options"),
        ],
    )
    async def test_refusals(self, fields: dict[str, Any], status: int, param: str | None, client: Client) -> None:
        reply = await complete(client, **fields)
        assert (reply.status, reply.error["param"]) == (status, param)


class TestEdits:
    @pytest.mark.parametrize(
        ("instruction", "text", "wanted"),
        [
            ("Fix the spelling mistakes", "What day of the wek is it?", "What day of the week is it?"),
            ("correct it", "i  dont recieve Teh mail. he wont", "I don't receive The mail. He won't"),
            ("Write it in UPPER CASE.", "Grüße 你好", "GRÜSSE 你好"),
            ("make it lowercase", "ABC", "abc"),
            ("replace 'cat' with \"dog\"", "a cat and a cat", "a dog and a dog"),
            ("replace cat by small dog", "a cat", "a small dog"),
            ('remove the word "very"', "a very very good day", "a good day"),
            ('add "The end." at the end', "Once. ", "Once. The end."),
            ("put '> ' at the beginning", "x", "> x"),
            ("reverse the words", "one two three", "three two one"),
            ("sort the lines", "b\na\nC", "a\nb\nC"),
            ("turn it into a numbered list", "a\n\nb", "1. a\n2. b"),
            ("as bullet points", "a\nb", "- a\n- b"),
            ("remove all punctuation", "a, b!", "a b"),
            ("shorten it", "One. Two. Three.", "One."),
            ("sound more excited", "Hi there. Nice.", "Hi there! Nice!"),
            ("改正错别字", "teh", "The"),
        ],
    )
    async def test_instructions_are_followed(self, instruction: str, text: str, wanted: str, client: Client) -> None:
        body = {"model": "text-davinci-edit-001", "input": text, "instruction": instruction}
        reply = await client.send("POST", "/edits", body)
        assert reply.json["choices"] == [{"text": wanted, "index": 0}]
        assert reply.json["object"] == "edit"

    async def test_what_cannot_be_done_is_said(self, client: Client) -> None:
        assert edit("Bonjour", "Translate to English").startswith("Bonjour\n\n[offline stand-in:")
        body = {"model": "code-davinci-edit-001", "instruction": "write a poem", "n": 2}
        choices = (await client.send("POST", "/edits", body)).json["choices"]
        assert len(choices) == 2
        assert "write a poem" in choices[0]["text"]

    @pytest.mark.parametrize(
        ("fields", "status", "param"),
        [
            ({"model": "gpt-4o"}, 404, "model"),
            ({"instruction": None}, 400, "instruction"),
            ({"n": 21}, 400, "n"),
            ({"stop": "x"}, 400, "stop"),
            ({"input": "long " * 5000}, 400, None),
        ],
    )
    async def test_refusals(self, fields: dict[str, Any], status: int, param: str | None, client: Client) -> None:
        body = {"model": "text-davinci-edit-001", "instruction": "mend it", **fields}
        reply = await client.send("POST", "/edits", body)
        assert (reply.status, reply.error["param"]) == (status, param)


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (64, 32)) -> dict[str, Any]:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    url = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


class TestLooking:
    async def test_something_true_is_said_of_a_picture(self, client: Client) -> None:
        words = {"type": "text", "text": "what is this?"}
        answer = (await client.chat({"role": "user", "content": [words, picture((214, 40, 40))]})).text
        assert answer == (
            "You sent 1 picture with the words “what is this?”: a PNG picture of 64 x 32 pixels, mostly red (100%). "
            "I see sizes and colours, not what is shown."
        )

    async def test_several_and_unreadable_ones(self, client: Client) -> None:
        broken = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
        far = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
        answer = (await client.chat({"role": "user", "content": [picture((38, 98, 210)), broken, far]})).text
        assert "1. a PNG picture of 64 x 32 pixels, mostly blue (100%); 2. one that I cannot read; 3. one" in answer

    async def test_a_drawn_picture_is_seen_by_its_url(self, client: Client) -> None:
        body = {"prompt": "red", "size": "512x512"}
        url = (await client.send("POST", "/images/generations", body)).json["data"][0]["url"]
        message = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
        assert "512 x 512 pixels, mostly" in (await client.chat(message)).text


class TestThroughAConversation:
    """What a client does where the endpoints are missing: it asks for the result alone."""

    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings(missing=("edits", "images/variations", "completions"))

    async def test_an_edit(self, client: Client) -> None:
        system = {"role": "system", "content": "You edit texts. Answer with the text alone: no introduction."}
        message = "Instruction:\nFix the spelling\n\nText:\nWhat day of the wek is it?"
        assert (await client.chat(system, message)).text == "What day of the week is it?"

    async def test_a_continuation_and_an_insertion(self, client: Client) -> None:
        system = {"role": "system", "content": "You complete texts. Answer with the continuation alone."}
        assert (await client.chat(system, "Once upon")).text == go_on("Once upon")
        assert (await client.chat(system, "Beginning:\na\n\nEnd:\nz")).text == between("a", "z")

    async def test_a_variation_has_the_picture_s_colours(self, client: Client) -> None:
        words = {"type": "text", "text": "Describe this picture. The description alone."}
        seen = (await client.chat({"role": "user", "content": [words, picture((56, 150, 72), (80, 80))]})).text
        assert seen == "A PNG picture of 80 x 80 pixels, mostly green (100%)."
        body = {"prompt": seen, "size": "256x256"}
        url = (await client.send("POST", "/images/generations", body)).json["data"][0]["url"]
        drawn = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}
        assert "mostly green" in (await client.chat(drawn)).text

    async def test_otherwise_it_introduces_itself(self, client: Client) -> None:
        assert INTRODUCTION["en"] in (await client.chat("hello")).text
