"""Conversations of people with a bot that runs on the real python-telegram-bot, over real HTTP."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import pytest
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    ChatMemberAdministrator,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    ReplyKeyboardMarkup,
    Update,
)
from telegram.constants import ChatAction
from telegram.error import BadRequest, Forbidden
from telegram.ext import Application, CallbackQueryHandler, ContextTypes, MessageHandler, TypeHandler, filters

from botcore.testing.telegram_server import Attachment, Message, TelegramServer, png

Handler = Callable[[Update, ContextTypes.DEFAULT_TYPE], Coroutine[Any, Any, None]]
Starter = Callable[..., Awaitable[None]]


@pytest.fixture
async def start(telegram: TelegramServer) -> AsyncIterator[Starter]:
    """Start a bot with handlers, polling as in production."""
    running: list[Any] = []

    async def start(*handlers: Any, allowed: list[str] | None = None) -> None:
        app = (
            Application.builder()
            .token(telegram.token)
            .base_url(telegram.base_url)
            .base_file_url(telegram.base_file_url)
            .concurrent_updates(True)
            .build()
        )
        app.add_handlers(handlers)
        await app.initialize()
        assert app.updater is not None
        await app.updater.start_polling(allowed_updates=allowed)
        await app.start()
        running.append(app)

    yield start
    for app in running:
        await app.updater.stop()
        await app.stop()
        await app.shutdown()


def on_message(handler: Handler) -> Any:
    return MessageHandler(filters.ALL, handler)


async def test_a_bot_greets_whoever_writes(telegram: TelegramServer, start: Starter) -> None:
    async def greet(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        assert update.effective_user is not None
        await update.effective_message.reply_text(f"Hello {update.effective_user.first_name}!")

    await start(on_message(greet))
    ada, bob = telegram.user("Ada", language="en"), telegram.user("Bob")
    await ada.says("hi")
    assert (await telegram.bot.answers(ada)).text == "Hello Ada!"
    await bob.says("hi")
    assert (await telegram.answer_to(bob)).text == "Hello Bob!"
    assert ada.chat.lines() == ["Ada: hi", "Helper: Hello Ada!"]


async def test_an_answer_that_grows_is_returned_once_it_is_settled(telegram: TelegramServer, start: Starter) -> None:
    async def stream(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        shown = await update.effective_message.reply_text("…")
        for text in ("Once", "Once upon", "Once upon a time."):
            await shown.edit_text(text)

    await start(on_message(stream))
    ada = telegram.user("Ada")
    await ada.says("tell me a story")
    answer = await telegram.bot.answers(ada, settled=lambda message: message.text.endswith("."))
    assert answer.history == ["…", "Once", "Once upon", "Once upon a time."]
    assert len(ada.chat.transcript()) == 2


async def test_a_missing_answer_shows_what_the_chat_looks_like(telegram: TelegramServer) -> None:
    ada = telegram.user("Ada")
    await ada.says("anybody there?")
    with pytest.raises(TimeoutError, match="Ada: anybody there"):
        await telegram.bot.answers(ada, timeout=0.01)
    with pytest.raises(TimeoutError, match="Ada: anybody there"):
        await ada.chat.wait_for(lambda seen: len(seen) > 1, timeout=0.01)


async def test_commands_mentions_and_links_carry_entities(telegram: TelegramServer, start: Starter) -> None:
    seen: list[dict[str, str]] = []

    async def note(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        assert message is not None
        seen.append({str(entity.type): text for entity, text in message.parse_entities().items()})
        await message.reply_text("noted")

    await start(on_message(note))
    ada = telegram.user("Ada")
    await ada.says("👋 /start@helper_bot hey @helper_bot see https://example.com/a?b=1, thanks")
    await telegram.bot.answers(ada)
    assert seen == [
        {"bot_command": "/start@helper_bot", "mention": "@helper_bot", "url": "https://example.com/a?b=1"},
    ]


async def test_privacy_mode_lets_through_what_is_meant_for_the_bot(telegram: TelegramServer, bot: Bot) -> None:
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    group = telegram.group("Friends", [ada, bob])
    await ada.says("good morning Bob", chat=group)
    await bob.says(f"what do you think, {telegram.bot.mention}?", chat=group)
    await bob.says("/ask@other_bot something", chat=group)
    command = await bob.says("/ask something", chat=group)
    named = await bob.says("/ask@helper_bot something", chat=group)
    sent = await bot.send_message(group.id, "Something.")
    question = await ada.says("really?", chat=group, reply_to=group.chat.messages[sent.message_id])
    updates = await bot.get_updates()
    assert [update.my_chat_member is not None for update in updates] == [True, False, False, False]
    assert [update.message.message_id for update in updates if update.message] == [command.id, named.id, question.id]
    assert question.reply_to == sent.message_id

    await group.promotes_bot()
    await ada.says("and now I read everything", chat=group)
    assert [update.message.text for update in await bot.get_updates(updates[-1].update_id + 1) if update.message] == [
        "and now I read everything"
    ]


async def test_a_bot_without_privacy_mode_reads_everything(telegram: TelegramServer, bot: Bot) -> None:
    telegram.world.reads_all_messages = True
    ada = telegram.user("Ada")
    group = telegram.group("Friends", [ada])
    await ada.says("good morning", chat=group)
    assert (await bot.get_me()).can_read_all_group_messages
    assert [update.message.text for update in await bot.get_updates() if update.message] == ["good morning"]


async def test_mentions_pass_privacy_where_told_so(telegram: TelegramServer, bot: Bot) -> None:
    telegram.world.mentions_pass_privacy = True
    ada = telegram.user("Ada")
    group = telegram.group("Friends", [ada])
    await ada.says("hello @someone_else", chat=group)
    await ada.says("hello @Helper_Bot", chat=group)
    assert [update.message.text for update in await bot.get_updates() if update.message] == ["hello @Helper_Bot"]


async def test_topics_of_a_forum_are_threads(telegram: TelegramServer, start: Starter) -> None:
    async def echo(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        if message is not None and message.text:
            await message.reply_text(message.text.removeprefix("/say "))

    await start(on_message(echo))
    ada = telegram.user("Ada")
    forum = telegram.group("Club", [ada], forum=True)
    plans, food = await forum.topic("Plans"), await forum.topic("Food")
    await ada.says("/say the sea", chat=forum, thread=plans)
    await ada.says("/say soup", chat=forum, thread=food)
    await ada.says("/say hello", chat=forum)
    assert (await telegram.bot.answers(ada, chat=forum, thread=food)).text == "soup"
    answer = await telegram.bot.answers(ada, chat=forum, thread=plans)
    assert (answer.text, answer.thread) == ("the sea", plans.id)
    general = await telegram.bot.answers(ada, chat=forum)
    assert (general.text, general.thread) == ("hello", None)


async def test_a_bot_opens_topics_where_it_may(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    friends, forum = telegram.group("Friends", [ada]), telegram.group("Club", [ada], forum=True)
    with pytest.raises(BadRequest, match="not a forum"):
        await bot.create_forum_topic(friends.id, "Plans")
    with pytest.raises(BadRequest, match="ot enough rights to create a topic"):
        await bot.create_forum_topic(forum.id, "Plans")
    await forum.promotes_bot()
    with pytest.raises(BadRequest, match="ot enough rights to create a topic"):
        await bot.create_forum_topic(forum.id, "Plans")
    await forum.promotes_bot(topics=True)
    with pytest.raises(BadRequest, match="non-empty"):
        await bot.create_forum_topic(forum.id, " ")
    topic = await bot.create_forum_topic(forum.id, "Plans")
    sent = await bot.send_message(forum.id, "first", message_thread_id=topic.message_thread_id)
    assert sent.message_thread_id == topic.message_thread_id
    assert all(update.message is None for update in await bot.get_updates())  # it is not told of its own topic
    member = await bot.get_chat_member(forum.id, bot.id)
    assert isinstance(member, ChatMemberAdministrator)
    assert member.can_manage_topics


async def test_a_message_in_a_topic_quotes_the_message_that_opened_the_topic(
    telegram: TelegramServer, bot: Bot
) -> None:
    ada = telegram.user("Ada")
    forum = telegram.group("Club", [ada], forum=True)
    plans = await forum.topic("Plans")
    said = await ada.says("/hi", chat=forum, thread=plans)
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert message.reply_to_message is not None
    assert message.reply_to_message.forum_topic_created is not None  # the trap: it is no reply of the person
    assert said.reply_to is None


async def test_replies_in_supergroups_carry_a_thread_that_is_no_topic(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    group = telegram.group("Crowd", [ada], supergroup=True)
    first = await ada.says("/one", chat=group)
    await ada.says("/two", chat=group, reply_to=first)
    message = (await bot.get_updates())[-1].message
    assert message is not None
    assert (message.message_thread_id, message.is_topic_message) == (first.id, None)


async def test_buttons_are_pressed_and_answered(telegram: TelegramServer, start: Starter) -> None:
    async def ask(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.effective_message is not None
        keys = [[InlineKeyboardButton("Yes", callback_data="y"), InlineKeyboardButton("Help", url="https://a.example")]]
        await update.effective_message.reply_text("Sure?", reply_markup=InlineKeyboardMarkup(keys))

    async def pressed(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer("Good", show_alert=True)
        await update.callback_query.edit_message_text(f"You chose {update.callback_query.data}")

    await start(on_message(ask), CallbackQueryHandler(pressed))
    ada = telegram.user("Ada")
    await ada.says("delete everything")
    question = await telegram.bot.answers(ada)
    assert [[button.label for button in row] for row in question.buttons] == [["Yes", "Help"]]
    press = await (await ada.presses("Yes", on=question)).answer()
    assert (press.text, press.alert) == ("Good", True)
    await ada.chat.wait_for(lambda seen: seen[-1].text == "You chose y")
    assert question.buttons == []
    with pytest.raises(ValueError, match="no button 'Yes'"):
        await ada.presses("Yes", on=question)


async def test_keys_of_a_reply_keyboard_send_their_label(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    await bot.send_message(ada.id, "Pick one", reply_markup=ReplyKeyboardMarkup([["Tea", "Coffee"]]))
    await ada.taps("Tea")
    assert ada.chat.lines() == ["Ada: hi", "Helper: Pick one", "Ada: Tea"]
    with pytest.raises(ValueError, match="no key 'Water'"):
        await ada.taps("Water")


async def test_people_edit_delete_and_forward(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    first = await ada.says("how odl is the moon?")
    await ada.edits(first, "how old is the moon?")
    second = await ada.says("never mind")
    await ada.deletes(second)
    await ada.forwards(first)
    updates = await bot.get_updates()
    assert [update.message.text if update.message else None for update in updates] == [
        "how odl is the moon?",
        None,
        "never mind",
        "how old is the moon?",
    ]
    assert updates[1].edited_message is not None
    assert updates[1].edited_message.text == "how old is the moon?"
    assert updates[3].message is not None
    assert updates[3].message.forward_origin is not None
    assert ada.chat.lines() == ["Ada: how old is the moon?"] * 2
    with pytest.raises(ValueError, match="did not write"):
        await telegram.user("Eve").edits(first, "mine")


async def test_long_pastes_arrive_as_several_messages(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    with pytest.raises(ValueError, match="pastes"):
        await ada.says("x" * 4097)
    parts = await ada.pastes("x" * 10_000)
    assert [len(part.text) for part in parts] == [4096, 4096, 1808]
    assert len(await bot.get_updates()) == 3


async def test_what_no_app_sends_can_be_injected(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    with pytest.raises(ValueError, match="inject"):
        await ada.says("half a \ud83d")
    broken = {"message": {"message_id": 1, "date": 0, "chat": {"id": ada.id, "type": "private"}, "text": "half \ud83d"}}
    number = telegram.inject(broken)
    (update,) = await bot.get_updates()
    assert update.update_id == number
    assert update.message is not None
    assert update.message.text == "half \ud83d"
    assert telegram.inject(b'{"update_id": 1, "message": 7}', update_id=number + 1) == number + 1


async def test_files_go_both_ways(telegram: TelegramServer, start: Starter) -> None:
    async def return_it(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        message = update.effective_message
        assert message is not None
        if message.voice is not None:
            sound = await (await message.voice.get_file()).download_as_bytearray()
            await message.reply_voice(bytes(sound), duration=3)
        elif message.photo:
            picture = await (await message.photo[-1].get_file()).download_as_bytearray()
            await message.reply_photo(bytes(picture), caption=f"*{message.caption}*", parse_mode="MarkdownV2")
        elif message.document is not None:
            await message.reply_document(message.document.file_id, caption=message.document.file_name)

    await start(on_message(return_it))
    ada = telegram.user("Ada")
    await ada.sends_voice(b"OggS sound", 3)
    voice = await telegram.bot.answers(ada)
    assert voice.media == "voice"
    stored = telegram.world.files.find(voice.file_id or "")
    assert stored is not None
    assert (stored.content, stored.media_type) == (b"OggS sound", "audio/ogg")

    await ada.sends_photo(png(640, 480), "the cat")
    photo = await telegram.bot.answers(ada)
    assert (photo.media, photo.text, photo.entities[0]["type"]) == ("photo", "the cat", "bold")
    assert [(size["width"], size["height"]) for size in photo.data["photo"]] == [(320, 240), (640, 480)]

    sent = await ada.sends_document(b"1,2,3", "numbers.csv")
    returned = await telegram.bot.answers(ada)
    assert (returned.text, returned.file_id) == ("numbers.csv", sent.file_id)


async def test_albums_go_both_ways(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    pictures = [Attachment("photo", png(10, 10)), Attachment("photo", png(20, 20))]
    await ada.sends_album(*pictures, caption="the coast")
    updates = await bot.get_updates()
    groups = {update.message.media_group_id for update in updates if update.message}
    assert len(updates) == 2
    assert len(groups) == 1
    assert None not in groups
    sent = await bot.send_media_group(
        ada.id, [InputMediaPhoto(png(30, 30), caption="one"), InputMediaPhoto(png(31, 31))]
    )
    assert len({message.media_group_id for message in sent}) == 1
    assert ada.chat.lines()[-2:] == ["Helper: [photo] one", "Helper: [photo]"]


async def test_reactions_are_seen_where_asked_for(telegram: TelegramServer, start: Starter) -> None:
    async def thank(update: Update, _: ContextTypes.DEFAULT_TYPE) -> None:
        if update.message_reaction is not None:
            await update.message_reaction.get_bot().send_message(update.message_reaction.chat.id, "thanks!")
        elif update.effective_message is not None:
            await update.effective_message.reply_text("like me")
            await update.effective_message.set_reaction("👀")

    await start(TypeHandler(Update, thank), allowed=["message", "message_reaction"])
    ada = telegram.user("Ada")
    question = await ada.says("hi")
    await ada.reacts("👍", await telegram.bot.answers(ada))
    assert (await telegram.bot.answers(ada)).text == "thanks!"
    assert question.reactions[telegram.bot.id] == [{"type": "emoji", "emoji": "👀"}]


async def test_who_blocks_the_bot_is_out_of_reach(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    await ada.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ada.id, "come back")
    with pytest.raises(ValueError, match="has blocked the bot"):
        await ada.says("hi")
    update = (await bot.get_updates())[-1].my_chat_member
    assert update is not None
    assert (update.old_chat_member.status, update.new_chat_member.status) == ("member", "kicked")
    await ada.unblocks()
    assert (await bot.send_message(ada.id, "welcome back")).text == "welcome back"


async def test_the_bot_is_thrown_out_and_taken_back(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    group = telegram.group("Friends", [ada])
    crowd = telegram.group("Crowd", [ada], supergroup=True)
    await group.kicks_bot()
    await crowd.kicks_bot()
    with pytest.raises(Forbidden, match="bot was kicked from the group chat"):
        await bot.send_message(group.id, "why?")
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(crowd.id, "why?")
    await ada.says("/unheard", chat=group)
    await group.adds_bot()
    await bot.send_message(group.id, "back")
    assert [update.message for update in await bot.get_updates() if update.message] == []


async def test_typing_and_drafts_can_be_waited_for(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("hi")
    await bot.send_chat_action(ada.id, ChatAction.TYPING)
    assert (await telegram.bot.acts(ada)).action == "typing"
    await bot.send_message_draft(ada.id, 5, "Once up")
    assert (await telegram.bot.drafts(ada, "Once")).id == 5
    assert ada.chat.draft is not None
    await bot.send_message(ada.id, "Once upon a time.")
    assert ada.chat.draft is None


async def test_command_menus_by_scope_and_language(telegram: TelegramServer, bot: Bot) -> None:
    ada, bob = telegram.user("Ada", language="de"), telegram.user("Bob")
    await ada.says("hi")
    await bot.set_my_commands([BotCommand("help", "what I can do")])
    await bot.set_my_commands([BotCommand("help", "was ich kann")], language_code="de")
    await bot.set_my_commands([BotCommand("mine", "only yours")], scope=BotCommandScopeChat(ada.id))
    assert [command.description for command in await bot.get_my_commands(language_code="de")] == ["was ich kann"]
    assert telegram.bot.commands(language="de") == [{"command": "help", "description": "was ich kann"}]
    assert telegram.bot.menu_for(ada) == [{"command": "mine", "description": "only yours"}]
    assert telegram.bot.menu_for(bob) == [{"command": "help", "description": "what I can do"}]
    await bot.delete_my_commands(scope=BotCommandScopeChat(ada.id))
    assert telegram.bot.menu_for(ada) == [{"command": "help", "description": "was ich kann"}]


async def test_chats_and_members_can_be_asked_about(telegram: TelegramServer, bot: Bot) -> None:
    ada, bob, eve = (telegram.user(name) for name in ("Ada", "Bob", "Eve"))
    group = telegram.group("Friends", [ada, bob], username="friends_of_ada")
    assert (await bot.get_chat("@friends_of_ada")).title == "Friends"
    assert (await bot.get_chat_member(group.id, ada.id)).status == "creator"
    assert (await bot.get_chat_member(group.id, bob.id)).status == "member"
    assert (await bot.get_chat_member(group.id, eve.id)).status == "left"
    await group.promotes_bot()
    assert (await bot.get_chat_member(group.id, telegram.bot.id)).status == "administrator"
    assert await bot.get_chat_member_count(group.id) == 3
    await group.adds(eve)
    assert (await bot.get_chat_member(group.id, eve.id)).status == "member"
    with pytest.raises(BadRequest, match="User not found"):
        await bot.get_chat_member(group.id, 5)


async def test_messages_are_copied_and_forwarded(telegram: TelegramServer, bot: Bot) -> None:
    ada, bob = telegram.user("Ada"), telegram.user("Bob")
    said = await ada.says("the recipe: @secret_sauce")
    await bob.says("hi")
    await bot.copy_message(bob.id, ada.id, said.id)
    await bot.forward_message(bob.id, ada.id, said.id)
    copied, forwarded = bob.chat.transcript()[-2:]
    assert (copied.text, forwarded.text) == (said.text, said.text)
    assert "forward_origin" not in copied.data
    assert forwarded.data["forward_origin"]["sender_user"]["first_name"] == "Ada"


async def test_waiting_ends_as_soon_as_the_condition_holds(telegram: TelegramServer, bot: Bot) -> None:
    ada = telegram.user("Ada")
    await ada.says("count")

    def three(seen: list[Message]) -> bool:
        return len(seen) == 4

    for number in range(3):
        await bot.send_message(ada.id, str(number))
    seen = await ada.chat.wait_for(three)
    assert [message.text for message in seen] == ["count", "0", "1", "2"]
    calls = await telegram.called("sendMessage", times=3)
    assert [call.params["text"] for call in calls] == ["0", "1", "2"]
