"""getChat, getChatMember, getChatMemberCount, setMessageReaction, createForumTopic, answerCallbackQuery."""

from typing import Any

from botcore.testing.telegram_server.access import find_chat, find_message, writable_chat
from botcore.testing.telegram_server.model import Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.world import TOPIC_COLOUR, World, member_json

#: https://core.telegram.org/bots/api#reactiontypeemoji; a variation selector behind the character is accepted
_EMOJI = (
    "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤\u200d🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 "
    "🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨\u200d💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 "
    "🙊 😎 👾 🤷\u200d♂ 🤷 🤷\u200d♀ 😡"
)
REACTIONS = frozenset(_EMOJI.split())
_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
_MAX_TOPIC = 128  # characters of a topic's name
_MAX_TOAST = 200  # characters of answerCallbackQuery's text


def get_chat(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#getchat."""
    chat = find_chat(world, params)
    return {**chat.as_json(), "accent_color_id": 2, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}


def get_chat_member(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#getchatmember."""
    chat = find_chat(world, params)
    user = world.users.get(params.integer("user_id"))
    if params.integer("user_id") <= 0:
        raise bad_request("Invalid user_id specified")
    if user is None:
        raise bad_request("user not found")
    if user.is_bot:
        return member_json(user, chat.bot_status, topics=chat.bot_manages_topics)
    if not chat.is_group:
        return member_json(user, "member" if user == chat.user else "left")
    members = list(chat.members)
    if user.id not in chat.members:
        return member_json(user, "left")
    return member_json(user, "creator" if members[0] == user.id else "member")


def get_chat_member_count(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#getchatmembercount."""
    chat = find_chat(world, params)
    return len(chat.members) + (chat.bot_status in {"member", "administrator"}) if chat.is_group else 2


def set_message_reaction(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#setmessagereaction: an ordinary bot may set one emoji."""
    chat = find_chat(world, params)
    message = find_message(chat, params, "message to react")
    given = params.json("reaction", "reaction types") or []
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise bad_request("Expected an Array of ReactionType")
    if len(given) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    for item in given:
        if item.get("type") != "emoji" or str(item.get("emoji", "")).rstrip("\ufe0f") not in REACTIONS:
            raise bad_request("REACTION_INVALID")
    kept: list[Json] = [{"type": "emoji", "emoji": item["emoji"]} for item in given]
    message.reactions[world.bot.id] = kept
    world.changed(chat)
    return True


def create_forum_topic(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#createforumtopic: for an administrator that may manage topics."""
    chat = writable_chat(world, params)
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if chat.bot_status != "administrator" or not chat.bot_manages_topics:
        raise bad_request("not enough rights to create a topic")
    name = params.text("name").strip()[:_MAX_TOPIC]
    if not name:
        raise bad_request("topic title must be non-empty")
    world.flood.spend(chat.id, group=True)
    topic = world.add_topic(chat, name, world.bot)
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": TOPIC_COLOUR}


def answer_callback_query(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#answercallbackquery."""
    press = world.presses.pop(params.text("callback_query_id"), None)
    if press is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    text = params.text("text")
    if len(text) > _MAX_TOAST:
        world.presses[press.id] = press
        raise bad_request("MESSAGE_TOO_LONG")
    press.answered, press.text, press.alert = True, text, params.flag("show_alert")
    press.url = params.text("url")
    world.changed(press.chat)
    return True
