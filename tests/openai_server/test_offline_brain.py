"""Conversations with the built-in brain."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.testing.openai_server import INTRODUCTION, ModelCard, OfflineSettings
from botcore.testing.openai_server.brain.arithmetic import solve

if TYPE_CHECKING:
    from tests.openai_server.conftest import Client


class TestIntroduction:
    @pytest.fixture
    def settings(self) -> OfflineSettings:
        return OfflineSettings()

    async def test_the_first_answer_says_that_it_is_a_stand_in_and_later_ones_do_not(self, client: Client) -> None:
        assert "offline stand-in" in await client.say("hello")
        assert "offline stand-in" not in await client.say("I like tea")
        assert "offline stand-in" in await client.say("who are you?")
        assert "no language model" in await client.say("are you a real person?")

    async def test_it_says_so_in_the_language_of_the_question(self, client: Client) -> None:
        assert INTRODUCTION["zh"] in (await client.chat("你好")).text
        assert INTRODUCTION["ja"] in (await client.chat("こんにちは")).text
        assert all("offline stand-in" in text for text in INTRODUCTION.values())

    async def test_asked_who_it_is_it_says_it_once(self, client: Client) -> None:
        assert (await client.say("who are you?")).count("offline stand-in") == 1


TOLD_AND_ASKED = [
    ("my name is Ada", "what is my name?", "Your name is Ada."),
    ("Hi, I'm Ada Lovelace.", "who am I?", "Your name is Ada Lovelace."),
    ("please call me Countess", "What's my name again?", "Your name is Countess."),
    ("My name is Ada, nice to meet you", "do you remember my name?", "Your name is Ada."),
    ("My favorite color is dark green.", "what is my favourite colour?", "Your favourite colour is dark green."),
    ("My favourite colour is red", "what's my color?", "Your favourite colour is red."),
    ("I live in New York", "Where do I live?", "You live in New York."),
    ("I am 36 years old", "how old am I", "You are 36 years old."),
    ("I come from London.", "where am I from?", "You are from London."),
    ("I work as a mathematician", "where do I work?", "You work as a mathematician."),
    ("I have a dog called Rex", "what is my dog's name?", "Your dog is Rex."),
    ("I like green tea", "what do I like?", "You like green tea."),
    ("Remember that the door code is 4711.", "what is the door code?", "The door code is 4711."),
    ("please remember: milk and bread", "Is there anything about milk?", "You told me: milk and bread."),
    ("My name is Ada and my cat is Tom. Nice weather!", "what is my cat called?", "Your cat is Tom."),
    ("我叫小明", "我叫什么名字？", "你的名字是小明。"),
    ("我的爱好是下棋。", "我的爱好是什么?", "你的爱好是下棋。"),
    ("我住在北京", "我住在哪里", "你住在北京。"),
    ("私の名前は花子です。", "私の名前は何ですか", "あなたの名前は花子です。"),
    ("我叫🦊", "我叫什么", "你的名字是🦊。"),
]  # fmt: skip


@pytest.mark.parametrize(("told", "asked", "answer"), TOLD_AND_ASKED)
async def test_it_repeats_what_it_was_told(told: str, asked: str, answer: str, client: Client) -> None:
    before = (await client.chat(asked)).text
    assert answer not in before
    await client.say(told)
    await client.say("what a nice day")
    assert await client.say(asked) == answer


async def test_the_latest_word_counts_and_questions_tell_nothing(client: Client) -> None:
    await client.say("my name is Ada")
    await client.say("no, my name is Eve")
    await client.say("is my name is Bob?")
    assert await client.say("what is my name?") == "Your name is Eve."


async def test_in_a_group_everybody_has_a_memory_of_their_own(client: Client) -> None:
    ada, bob = ({"role": "user", "name": name, "content": f"my name is {name.title()}"} for name in ("ada", "bob"))
    ask: dict[str, Any] = {"role": "user", "content": "what is my name?"}
    assert (await client.chat(ada, bob, {**ask, "name": "ada"})).text == "Your name is Ada."
    assert (await client.chat(ada, bob, {**ask, "name": "bob"})).text == "Your name is Bob."
    assert "not told me" in (await client.chat(ada, bob, {**ask, "name": "eve"})).text


async def test_facts_in_the_system_message_are_known(client: Client) -> None:
    system = {"role": "system", "content": "Known from earlier: the user's favourite food is soup."}
    assert (await client.chat(system, "what is my favourite food?")).text == "Your favourite food is soup."


async def test_it_lists_all_that_it_knows(client: Client) -> None:
    await client.say("my name is Ada and I live in Paris")
    await client.say("remember that the key is under the mat")
    known = await client.say("what do you know about me?")
    assert known.splitlines() == ["- your name is Ada", "- you live in Paris", "- the key is under the mat"]


async def test_it_knows_what_was_said(client: Client) -> None:
    assert await client.say("what did I say first?") == "You have not said anything before this."
    await client.say("The rain in Spain")
    await client.say("stays in the plain")
    assert await client.say("what did I say last?") == "At last you said: “stays in the plain”."
    assert await client.say("What was my second message?") == "Before that you said: “The rain in Spain”."
    assert await client.say("what was my first question?") == "At first you said: “what did I say first?”."
    assert await client.say("how many messages have I sent?") == "You have sent 7 messages, with this one."
    assert "2. The rain in Spain\n3. stays in the plain" in await client.say("list everything I said")
    assert await client.say("say aha") == "aha"
    assert await client.say("what did you say?") == "I said: “aha”."


ANSWERS = [
    ("what is 12 * (3 + 4)?", "The answer is **84**."),
    ("2+2", "The answer is **4**."),
    ("calculate 10 / 4", "The answer is **2.5**."),
    ("What is 2 to the power of 10?", "The answer is **1024**."),
    ("1/0 = ?", "The answer is **undefined (division by zero)**."),
    ("7乘以6等于多少", "The answer is **42**."),
    ("count to 5", "1, 2, 3, 4, 5"),
    ("count from 3 to 1", "3, 2, 1"),
    ("数到3", "1, 2, 3"),
    ("how many words are in the quick brown fox?", "There are 4 words in it."),
    ('how many characters are in this text: "héllo🦊"', "There are 6 characters in it."),
    ("say hello world", "hello world"),
    ('repeat after me: "So be it"', "So be it"),
    ("write 3 lines", "Line 1\nLine 2\nLine 3"),
    ("tell me 2 sentences", "This is sentence 1 of 2. This is sentence 2 of 2."),
    ("thanks!", "You are welcome."),
    ("hello", "Hello!"),
    ("colourless green ideas", "You said: “colourless green ideas”."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "answer"), ANSWERS)
async def test_small_abilities(question: str, answer: str, client: Client) -> None:
    assert (await client.chat(question)).text == answer
    assert (await client.chat(question)).text == answer  # the same question has the same answer


@pytest.mark.parametrize(
    "text", ["call me on 2024-11-20", "2024-11-20", "+49 30 1234567", "version 1.2.3", "5", "3 + "]
)
async def test_not_every_number_is_a_sum(text: str, client: Client) -> None:
    assert "The answer is" not in (await client.chat(text)).text


async def test_code_is_shown_in_fences(client: Client) -> None:
    assert "```rust\nfn main()" in await client.say("write some code in Rust")
    block = "```python\nx = [1, 2]\nprint(x)\n```"
    assert await client.say(f"look:\n{block}") == f"Here is your code again:\n\n{block}"
    await client.say("fine")
    assert block in await client.say("show me my code again")
    assert "| Thing | Count | Note |" in await client.say("show me a table")
    everything = await client.say("show me all of markdown")
    for sample in ("# A heading", "**bold**", "> A quotation", "1. First", "```python", "[link]("):
        assert sample in everything


async def test_an_unclosed_fence_is_only_text(client: Client) -> None:
    assert (await client.chat("look:\n```\nx")).text == "You said: “look: ``` x”."


async def test_long_texts_have_the_wanted_length(client: Client) -> None:
    client.server.models["wide"] = ModelCard("wide", window=100_000)
    assert len((await client.chat("write 1500 words", model="wide")).text.split()) == 1500
    assert len((await client.chat("give me 5000 characters", model="wide")).text) == 5000


async def test_a_picture_and_an_empty_message_are_noticed(client: Client) -> None:
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    words = {"type": "text", "text": "what is this?"}
    answer = (await client.chat({"role": "user", "content": [picture, words, picture]})).text
    assert answer == "You sent 2 pictures with the words “what is this?”. I cannot look at pictures."
    assert (await client.chat("  ")).text == "You sent no text."
    assert (await client.chat({"role": "system", "content": "x"})).text == "You sent no text."


@pytest.mark.parametrize(
    ("system", "signature"),
    [
        ("You are Captain Blackbeard, a pirate. Be brief.", "— Captain Blackbeard"),
        ("You are a grumpy gardener who hates slugs.", "— a grumpy gardener"),
        ("From now on act as a Zen master.", "— a Zen master"),
        ("You are a helpful assistant named Marvin.", "— Marvin"),
        ("你是一位老师。请简短回答。", "— 一位老师"),
    ],
)
async def test_a_persona_signs_its_answers(system: str, signature: str, client: Client) -> None:
    answer = (await client.chat({"role": "system", "content": system}, "hello")).text
    assert answer == f"Hello!\n\n{signature}"


@pytest.mark.parametrize(
    "system",
    ["You are a helpful assistant.", "You are talking to Ada in a group.", "Answer briefly.", "You are an AI bot."],
)
async def test_an_ordinary_assistant_does_not_sign(system: str, client: Client) -> None:
    assert (await client.chat({"role": "developer", "content": system}, "hello")).text == "Hello!"


async def test_openings_and_closings_are_honoured(client: Client) -> None:
    system = 'Start every answer with "Ahoy!" and be kind. End each reply with "Arr."'
    assert (await client.chat({"role": "system", "content": system}, "hello")).text == "Ahoy! Hello! Arr."


async def test_json_is_answered_where_it_is_asked_for(client: Client) -> None:
    loose = await client.chat("say yes as json", response_format={"type": "json_object"})
    assert json.loads(loose.text)["answer"] == "yes as json"
    schema = {
        "type": "object",
        "properties": {
            "answer": {"type": "string"},
            "count": {"type": "integer"},
            "mood": {"enum": ["glad", "sad"]},
            "note": {"type": ["string", "null"]},
        },
        "required": ["answer", "count", "mood", "note"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "strict": True, "schema": schema}}
    strict = await client.chat("I have 3 apples and am sad", response_format=wanted)
    assert json.loads(strict.text) | {"answer": ""} == {"answer": "", "count": 3, "mood": "sad", "note": None}


@given(
    st.recursive(
        st.integers(0, 99).map(str),
        lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            lambda one: f"({one[0]} {one[1]} {one[2]})"
        ),
        max_leaves=8,
    ).filter(lambda text: text.startswith("("))
)
def test_sums_are_right(expression: str) -> None:
    assert solve(expression) == str(eval(expression))


@given(st.text(alphabet="0123456789+-*/^(). x", max_size=120))
def test_no_sum_breaks_the_solver(text: str) -> None:
    value = solve(text)
    assert value is None or value


HOSTILE = [
    "(" * 100, "-" * 100, "9^9^9^9", "show " * 6000, "in " * 9000, "```\n" * 7000, "my " * 9000, "覚えて" * 3000,
    "'" * 20000, "\x00", "a" * 30000, "my name is " + "x" * 20000, "how many words in " * 1500, "🦊" * 7000,
    "use " * 7000, "\u202e\u200d",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:12].encode("unicode_escape").decode() for text in HOSTILE])
async def test_no_text_takes_long_or_breaks_it(text: str, client: Client, weather: dict[str, Any]) -> None:
    async with asyncio.timeout(5):
        assert (await client.chat(text, tools=[weather])).status == 200
        assert (await client.chat(text[:3000], text[:3000], "what is my name?")).status == 200
