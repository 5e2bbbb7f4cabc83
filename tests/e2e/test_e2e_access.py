"""Who may talk to the bot: pairing from the first word to the first answer, lists, and what groups are told."""

import re

import pytest

from .conftest import House, OpenHouse
from .process import botcore
from .surroundings import environment


@pytest.fixture
async def paired(open_house: OpenHouse) -> House:
    """A bot that talks only to whom its owner let in."""
    return await open_house(access__mode="pairing")


async def operator(house: House, *arguments: str) -> str:
    """Run `botcore` beside the running bot, on the same settings; its output."""
    settings = {"access__mode": "pairing"}
    done = await botcore(house.folder, environment(house.folder, house.telegram, house.api, settings), *arguments)
    assert done.code == 0, done.errors
    return done.output


@pytest.mark.slow
async def test_a_stranger_is_let_in_by_the_operator(paired: House) -> None:
    house, ada = paired, paired.user()
    await ada.says("What is the meaning of life?")
    notice = (await house.answer(ada)).text
    found = re.search(r"code: (\w+)", notice)
    assert found is not None
    assert not house.api.requests.to("/chat/completions")
    assert f"{found[1]}  telegram:{ada.id} (Ada)" in await operator(house, "access", "list")
    assert await operator(house, "access", "approve", found[1]) == f"telegram:{ada.id} (Ada) may talk to the bot now.\n"
    house.api.script.reply("Forty-two.")
    await ada.says("What is the meaning of life?")
    assert (await house.answer(ada)).text == "Forty-two."
    assert house.asked() == ["What is the meaning of life?"]
    assert await operator(house, "access", "revoke", f"telegram:{ada.id}") == f"telegram:{ada.id} (Ada) is shut out.\n"
    await ada.says("And now?")
    assert "Forty" not in (await house.answer(ada)).text


@pytest.mark.slow
async def test_the_operator_makes_themselves_the_owner(paired: House) -> None:
    house, ada = paired, paired.user()
    await operator(house, "access", "owner", f"telegram:{ada.id}")
    await ada.says("/whoami")
    assert "Role: owner" in (await house.answer(ada)).text


async def test_the_code_of_a_stranger_stays_the_same(paired: House) -> None:
    house, ada, bob = paired, paired.user("Ada"), paired.user("Bob")
    codes: list[str] = []
    for person, text in ((ada, "hello"), (ada, "/start"), (bob, "hello")):
        await person.says(text)
        codes += re.findall(r"code: (\w+)", (await house.answer(person)).text)
    assert codes[0] == codes[1] != codes[2]


async def test_a_stranger_in_a_group_is_sent_to_the_private_chat(paired: House) -> None:
    house, eve = paired, paired.user("Eve")
    friends = house.telegram.group("Friends", [eve])
    await eve.says("/whoami", chat=friends)
    assert (await house.answer(eve, chat=friends)).text == (
        "I do not know you yet, Eve. Write to me in a private chat to ask for access."
    )


async def test_an_allowlist_lets_in_people_and_chats(open_house: OpenHouse) -> None:
    house = await open_house(access__mode="allowlist", access__allow="telegram:1000001, -1000000000002")
    ada, eve = house.user("Ada"), house.user("Eve")
    await ada.says("My name is Ada.")
    assert "Ada" in (await house.answer(ada)).text
    await eve.says("hello")
    told = (await house.answer(eve)).text
    assert (
        told
        == f"I am private and do not know you yet. Please ask my owner to let you in; your id is telegram:{eve.id}."
    )


async def test_an_open_bot_answers_everybody_up_to_a_rate(open_house: OpenHouse) -> None:
    house = await open_house(access__messages_per_minute="2")
    eve = house.user("Eve")
    for text in ("one", "two", "three"):
        await eve.says(text)
    await house.answer(eve)
    answers = [message.text for message in eve.chat.transcript() if message.from_bot]
    assert len(house.api.requests.to("/chat/completions")) == 2
    assert answers[2] == "That was a lot of messages in a short time. Please go on in 30 s."
