"""The simulated server refuses what Telegram refuses, in Telegram's words."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, InvalidToken

from botcore.testing.telegram_server import Limits, ManualClock, TelegramServer, telegram_server

Caller = Callable[..., Awaitable[Any]]


def refused(answer: Any, code: int = 400) -> str:
    assert answer["ok"] is False
    assert answer["error_code"] == code
    return str(answer["description"])


async def test_wrong_tokens_and_methods(telegram: TelegramServer, call: Caller) -> None:
    assert refused(await call("getMe", token="7000001:another"), 401) == "Unauthorized"
    assert refused(await call("getMe", token="no-token"), 404) == "Not Found"
    assert refused(await call("getMee"), 404) == "Not Found"
    assert (await call("GETME"))["result"]["username"] == "helper_bot"
    stranger = Bot("7000001:another", base_url=telegram.base_url)
    with pytest.raises(InvalidToken):
        await stranger.get_me()
    await stranger.request.shutdown()


@pytest.mark.parametrize(
    ("params", "description"),
    [
        ({"text": ""}, "Bad Request: message text is empty"),
        ({}, "Bad Request: message text is empty"),
        ({"text": " \n "}, "Bad Request: text must be non-empty"),
        ({"text": "\u200b\u2060"}, "Bad Request: text must be non-empty"),
        ({"text": "x" * 4097}, "Bad Request: message is too long"),
        ({"text": "😀" * 4097}, "Bad Request: message is too long"),
        ({"text": "<b>" + "x" * 32_762 + "</b>", "parse_mode": "HTML"}, "Bad Request: text is too long"),
        ({"text": "x", "parse_mode": "BBCode"}, "Bad Request: unsupported parse_mode"),
        ({"text": "x", "chat_id": ""}, "Bad Request: chat_id is empty"),
        ({"text": "x", "chat_id": "12345"}, "Bad Request: chat not found"),
        ({"text": "x", "chat_id": "@nobody_here"}, "Bad Request: chat not found"),
        ({"text": "x", "reply_parameters": '{"message_id": 99}'}, "Bad Request: message to be replied not found"),
        ({"text": "x", "reply_to_message_id": "99"}, "Bad Request: message to be replied not found"),
        ({"text": "x", "reply_parameters": "{"}, "Bad Request: can't parse reply parameters JSON object"),
        ({"text": "x", "reply_markup": "{"}, "Bad Request: can't parse reply keyboard markup JSON object"),
        ({"text": "x", "reply_markup": "[]"}, "Bad Request: object expected as reply markup"),
        ({"text": "x", "message_thread_id": "7"}, "Bad Request: message thread not found"),
    ],
)
async def test_messages_that_cannot_be_sent(
    telegram: TelegramServer, call: Caller, params: dict[str, str], description: str
) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    assert refused(await call("sendMessage", **{"chat_id": ada.id, **params})) == description
    assert ada.chat.lines() == ["Ada: hi"]


async def test_the_longest_texts_that_can_be_sent(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    assert len((await bot.send_message(ada.id, "😀" * 4096)).text or "") == 4096
    marked = "<b>" + "x" * 4096 + "</b>"
    assert len((await bot.send_message(ada.id, marked, parse_mode="HTML")).text or "") == 4096
    assert (await bot.send_message(ada.id, "  trimmed \n")).text == "trimmed"
    assert (await bot.send_message(ada.id, "a\0b\r\nc")).text == "a b\nc"


@pytest.mark.parametrize(
    ("button", "description"),
    [
        ({"text": "x", "callback_data": "é" * 33}, "Bad Request: BUTTON_DATA_INVALID"),
        ({"text": " ", "callback_data": "x"}, "Bad Request: inline keyboard button text must be non-empty"),
        (
            {"text": "x"},
            "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
        ),
        ({"callback_data": "x"}, "Bad Request: can't parse inline keyboard button: Can't find field \"text\""),
        (7, "Bad Request: can't parse inline keyboard button: InlineKeyboardButton must be an Object"),
    ],
)
async def test_buttons_that_cannot_be_shown(
    telegram: TelegramServer, call: Caller, button: object, description: str
) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    markup = json.dumps({"inline_keyboard": [[button]]})
    assert refused(await call("sendMessage", chat_id=ada.id, text="x", reply_markup=markup)) == description


async def test_callback_data_of_64_bytes_fits(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("go", callback_data="é" * 32)]])
    await bot.send_message(ada.id, "x", reply_markup=keys)
    press = await ada.presses("go", on=await telegram.bot.answers(ada))
    assert press.data == "é" * 32


async def test_edits_that_change_nothing(telegram: TelegramServer, bot: Bot, call: Caller) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    sent = await bot.send_message(ada.id, "*one*", parse_mode="MarkdownV2")
    same = {"chat_id": ada.id, "message_id": sent.message_id}
    expected = (
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as "
        "a current content and reply markup of the message"
    )
    assert refused(await call("editMessageText", **same, text=" <b>one</b> ", parse_mode="html")) == expected
    assert refused(await call("editMessageReplyMarkup", **same)) == expected
    assert (await call("editMessageText", **same, text="one"))["ok"]  # the bold is gone: a change
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("go", callback_data="1")]])
    await bot.edit_message_reply_markup(ada.id, sent.message_id, reply_markup=keys)
    with pytest.raises(BadRequest, match="not modified"):
        await bot.edit_message_text("one", ada.id, sent.message_id, reply_markup=keys)
    assert (await call("editMessageText", **same, text="one"))["ok"]  # without keyboard: that is taken away
    assert ada.chat.transcript()[-1].buttons == []


async def test_messages_that_cannot_be_edited(telegram: TelegramServer, bot: Bot, call: Caller) -> None:
    ada = telegram.user("Ada")
    said = await ada.says("hi")
    document = await bot.send_document(ada.id, b"data", caption="the data")
    sent = await bot.send_message(ada.id, "text")

    async def edit(method: str, number: int, **params: str) -> str:
        return refused(await call(method, chat_id=ada.id, message_id=number, **params))

    assert await edit("editMessageText", 99, text="x") == "Bad Request: message to edit not found"
    assert await edit("editMessageText", said.id, text="x") == "Bad Request: message can't be edited"
    no_text = "Bad Request: there is no text in the message to edit"
    assert await edit("editMessageText", document.message_id, text="x") == no_text
    no_caption = "Bad Request: there is no caption in the message to edit"
    assert await edit("editMessageCaption", sent.message_id, caption="x") == no_caption
    assert await edit("editMessageText", sent.message_id, text="") == "Bad Request: message text is empty"
    no_id = "Bad Request: message identifier is not specified"
    assert refused(await call("editMessageText", text="x")) == no_id
    await bot.edit_message_caption(ada.id, document.message_id, caption="new data")
    assert ada.chat.transcript()[1].history == ["the data", "new data"]
    await bot.edit_message_caption(ada.id, document.message_id)
    assert ada.chat.transcript()[1].text == ""


async def test_messages_that_cannot_be_deleted(call: Caller) -> None:
    clock = ManualClock()
    async with (
        telegram_server(limits=Limits.none(), clock=clock) as telegram,
        Bot(telegram.token, base_url=telegram.base_url) as bot,
    ):
        ada = telegram.user("Ada")
        group = telegram.group("Friends", [ada])
        said, other = await ada.says("/hi", chat=group), await ada.says("hi")
        sent = await bot.send_message(group.id, "old news")
        assert await bot.delete_message(ada.id, other.id)
        with pytest.raises(BadRequest, match="Message to delete not found"):
            await bot.delete_message(ada.id, other.id)
        with pytest.raises(BadRequest, match=r"Message can't be deleted$"):
            await bot.delete_message(group.id, said.id)
        clock.advance(48 * 3600 + 1)
        with pytest.raises(BadRequest, match="Message can't be deleted for everyone"):
            await bot.delete_message(group.id, sent.message_id)
        fresh = await bot.send_message(group.id, "new")
        assert await bot.delete_messages(group.id, [fresh.message_id, 12345])
        assert group.lines() == ["Ada: /hi", "Helper: old news"]


async def test_topics_that_cannot_be_written_to(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    forum = telegram.group("Club", [ada], forum=True)
    plans = await forum.topic("Plans")
    assert (await bot.send_message(forum.id, "x", message_thread_id=plans.id)).message_thread_id == plans.id
    for general_or_unknown in (1, 999):
        with pytest.raises(BadRequest, match="Message thread not found"):
            await bot.send_message(forum.id, "x", message_thread_id=general_or_unknown)
    assert await bot.send_chat_action(forum.id, "typing", message_thread_id=1)  # typing wants what sending refuses
    await forum.closes(plans)
    with pytest.raises(BadRequest, match=r"(?i)TOPIC_CLOSED"):
        await bot.send_message(forum.id, "x", message_thread_id=plans.id)


async def test_other_methods_check_what_they_are_given(telegram: TelegramServer, call: Caller) -> None:
    ada = telegram.user("Ada")
    group = telegram.group("Friends", [ada])
    said = await ada.says("hi")
    at = {"chat_id": ada.id, "message_id": said.id}
    wrong_action = "Bad Request: wrong parameter action in request"
    assert refused(await call("sendChatAction", chat_id=ada.id, action="dancing")) == wrong_action
    old_query = "Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert refused(await call("answerCallbackQuery", callback_query_id="1")) == old_query
    wrong = json.dumps([{"type": "emoji", "emoji": "🦖"}])
    assert refused(await call("setMessageReaction", **at, reaction=wrong)) == "Bad Request: REACTION_INVALID"
    two = json.dumps([{"type": "emoji", "emoji": "👍"}] * 2)
    assert refused(await call("setMessageReaction", **at, reaction=two)) == "Bad Request: REACTIONS_TOO_MANY"
    unknown = "Bad Request: message to react not found"
    assert refused(await call("setMessageReaction", chat_id=ada.id, message_id=77)) == unknown
    assert refused(await call("sendMessageDraft", chat_id=ada.id, draft_id=0, text="x")).startswith("Bad Request")
    assert refused(await call("sendMessageDraft", chat_id=group.id, draft_id=1, text="x")).startswith("Bad Request")
    for command, complaint in (
        ({"command": "Help", "description": "x"}, "BOT_COMMAND_INVALID"),
        ({"command": "", "description": "x"}, "command must be non-empty"),
        ({"command": "help", "description": ""}, "command description must be non-empty"),
        ({"command": "help", "description": "x" * 257}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"command": "help"}, "can't parse BotCommand: Can't find field \"description\""),
    ):
        assert refused(await call("setMyCommands", commands=json.dumps([command]))) == f"Bad Request: {complaint}"
    many = json.dumps([{"command": f"c{number}", "description": "x"} for number in range(101)])
    assert refused(await call("setMyCommands", commands=many)) == "Bad Request: BOT_COMMANDS_TOO_MUCH"
    scope = json.dumps({"type": "planet"})
    assert "Unsupported type" in refused(await call("getMyCommands", scope=scope))


async def test_strangers_cannot_be_written_to_first(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(ada.id, "hello, stranger")
    await ada.says("hi")
    await bot.send_message(ada.id, "hello, Ada")
    await ada.deletes_account()
    with pytest.raises(Exception, match="user is deactivated"):
        await bot.send_message(ada.id, "hello?")


async def test_nothing_is_half_done_when_refused(telegram: TelegramServer, call: Caller) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    item = {"type": "photo", "media": "unknown-file"}
    answer = await call("sendMediaGroup", chat_id=ada.id, media=json.dumps([item]))
    assert refused(answer) == "Bad Request: wrong file identifier/HTTP URL specified"
    assert ada.chat.lines() == ["Ada: hi"]
