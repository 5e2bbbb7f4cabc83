"""When Telegram fails: an answer is visible exactly once all the same, in order."""

import pytest

from botcore.testing.telegram_server import TelegramServer

from .conftest import House, OpenHouse
from .surroundings import PATIENCE, eventually


def answers(house: House, number: int = 1_000_001) -> list[str]:
    """What the bot says in a private chat, as its owner sees it now."""
    return [message.text for message in house.telegram.people[number].chat.transcript() if message.from_bot]


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "description": "Too Many Requests: retry after 1", "retry_after": 1},
        {"status": 500, "description": "Internal Server Error"},
        {"status": 502, "description": "Bad Gateway"},
    ],
    ids=lambda fault: str(fault["status"]),
)
async def test_a_refused_call_is_repeated(house: House, method: str, fault: dict[str, object]) -> None:
    ada = house.user()
    house.api.script.reply("Hello, Ada.")
    house.telegram.faults.refuse(method, times=2, **fault)  # type: ignore[arg-type]
    await ada.says("Hello")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Hello, Ada.", timeout=PATIENCE)
    await house.idle()
    assert answers(house) == ["Hello, Ada."]


@pytest.mark.parametrize("method", ["sendMessage", "editMessageText"])
@pytest.mark.parametrize("kind", ["reset", "garble"])
@pytest.mark.parametrize("landed", [False, True])
async def test_a_call_that_breaks_is_repeated_and_shows_nothing_twice(
    house: House, method: str, kind: str, landed: bool
) -> None:
    ada = house.user()
    house.api.script.reply("Hello, Ada.")
    getattr(house.telegram.faults, kind)(method, landed=landed)
    await ada.says("Hello")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Hello, Ada.", timeout=PATIENCE)
    await house.idle()
    shown = answers(house)
    assert [text for text in shown if text != "…"] == ["Hello, Ada."]
    assert shown.count("…") <= (method == "sendMessage" and landed)  # an orphan, at worst


async def test_polls_that_fail_lose_nothing_and_say_so_once(house: House) -> None:
    house.log.expects("no messages from Telegram for now")
    ada = house.user()
    house.telegram.faults.refuse("getUpdates", status=502, description="Bad Gateway", times=2)
    house.telegram.faults.reset("getUpdates")
    await ada.says("Hello")
    await house.answer(ada)
    await eventually(lambda: house.log.has("no messages from Telegram for now"))
    house.api.script.reply("Here again.")
    await ada.says("And now?")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Here again.", timeout=PATIENCE)
    assert len([line for line in house.log.lines if "no messages from Telegram for now" in line]) == 1
    assert house.log.has("INFO .*Telegram answers again")


async def test_somebody_who_blocks_the_bot_costs_the_others_nothing(house: House) -> None:
    eve, ada = house.user("Eve"), house.user("Ada")
    hold = house.api.hold(times=2)
    await eve.says("Hello")
    await ada.says("Hello")
    await hold.reached(2, within=PATIENCE)
    await eve.blocks()
    hold.release()
    assert (await house.answer(ada)).text == "Hello!"
    await house.idle()
    await eve.unblocks()
    house.api.script.reply("Welcome back.", when="Sorry")
    await eve.says("Sorry")
    await eve.chat.wait_for(lambda seen: seen[-1].text == "Welcome back.", timeout=PATIENCE)


async def test_a_placeholder_that_somebody_deletes_is_replaced(house: House) -> None:
    ada = house.user()
    hold = house.api.hold()
    house.api.script.reply("Here all the same.")
    await ada.says("Hello")
    await hold.reached(within=PATIENCE)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "…", timeout=PATIENCE)
    await ada.deletes(ada.chat.transcript()[-1])
    hold.release()
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Here all the same.", timeout=PATIENCE)
    await house.idle()
    assert answers(house) == ["Here all the same."]


async def test_a_question_that_is_deleted_is_answered_without_a_reply(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    hold = house.telegram.faults.hold("sendMessage")
    question = await ada.says("/whoami@helper_bot", chat=friends)
    await hold.reached(timeout=PATIENCE)
    await ada.deletes(question)
    hold.release()
    answer = await house.answer(ada, chat=friends)
    assert answer.reply_to is None
    assert "Name: Ada" in answer.text


async def test_a_bot_that_is_thrown_out_of_a_group_goes_on_elsewhere(house: House) -> None:
    ada = house.user()
    friends = house.telegram.group("Friends", [ada])
    hold = house.api.hold()
    await ada.says("/retry@helper_bot", chat=friends)
    await friends.kicks_bot()
    await ada.says("Hello")
    await hold.reached(within=PATIENCE)
    hold.release()
    assert (await house.answer(ada)).text == "Hello!"


async def test_an_answer_that_is_refused_for_good_leaves_a_word_and_no_placeholder(house: House) -> None:
    ada = house.user()
    house.telegram.faults.refuse("editMessageText", status=400, description="Bad Request: message is not to our taste")
    await ada.says("/whoami")  # a command's answer comes in one edit
    await house.answer(ada)
    assert answers(house) == [
        "I have an answer, and could not show it here: the platform refused it. The operator can see why."
    ]
    assert house.log.has("WARNING .*refused by the platform: .*not to our taste")


async def test_flood_control_in_one_chat_does_not_hold_up_another(open_house: OpenHouse) -> None:
    house = await open_house(BOTCORE_DELIVERY__DRAIN_SECONDS="0")  # Ada's answer is held up for a minute
    ada, bob = house.user("Ada"), house.user("Bob")
    house.telegram.faults.refuse(
        "sendMessage", status=429, description="Too Many Requests: retry after 60", retry_after=60, where=ada.id
    )
    await ada.says("Hello")
    await house.telegram.called("sendMessage", timeout=PATIENCE)
    await bob.says("Hello")
    assert (await house.telegram.bot.answers(bob, timeout=PATIENCE)).text == "Hello!"


async def test_the_network_is_down_at_the_start(
    open_house: OpenHouse, telegram: TelegramServer, unused_port: int
) -> None:
    house = await open_house(TELEGRAM_API_URL=f"http://127.0.0.1:{unused_port}", BOTCORE_DELIVERY__DRAIN_SECONDS="0.5")
    assert house.log.has("does not answer yet, trying on")
    house.log.expects("no messages from Telegram for now")  # it goes again before the bot does
    ada = house.user()
    async with TelegramServer(port=unused_port, token=telegram.token) as late:
        dora = late.user("Dora")
        house.api.script.reply("Better late.")
        await dora.says("Hello")
        assert (await late.bot.answers(dora, timeout=PATIENCE)).text == "Better late."
        await eventually(lambda: house.log.has("Telegram answers now"))
    assert not ada.chat.lines()


async def test_two_bots_with_one_token_say_so_and_answer_once(
    open_house: OpenHouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = await open_house()
    house.log.expects("another process polls with the same token")
    await house.telegram.called("deleteWebhook", timeout=PATIENCE)
    second = await open_house(DATABASE_URL=f"sqlite:///{tmp_path_factory.mktemp('second')}/bot.db")
    await eventually(lambda: house.log.has("another process polls with the same token; stop it"))
    await second.engine.__aexit__(None, None, None)
    ada = house.user()
    house.api.script.reply("Only once.", times=None)
    await ada.says("Hello")
    await ada.chat.wait_for(lambda seen: seen[-1].text == "Only once.", timeout=PATIENCE)
    await house.idle()
    assert answers(house) == ["Only once."]
