"""editMessageText, editMessageCaption, editMessageMedia, editMessageReplyMarkup, deleteMessage, deleteMessages."""

from typing import Any

from botcore.testing.telegram_server.access import find_message, writable_chat
from botcore.testing.telegram_server.keyboards import inline_markup
from botcore.testing.telegram_server.methods.media import input_media
from botcore.testing.telegram_server.model import Chat, Json, Message
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.text import caption_text, message_text
from botcore.testing.telegram_server.world import World

_DELETABLE = 48 * 3600  # seconds
_MAX_AT_ONCE = 100
_CONTENT = ("text", "entities", "caption", "caption_entities", "photo", "document", "audio", "video")
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def edit_message_text(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#editmessagetext."""
    text, entities = message_text(params, world.users.get)
    markup = inline_markup(params)
    message = _editable(world, params)
    if "text" not in message.data:
        raise bad_request("There is no text in the message to edit")
    return _rewrite(world, message, {"text": text, "entities": entities}, markup)


def edit_message_caption(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#editmessagecaption."""
    caption, entities = caption_text(params, world.users.get)
    markup = inline_markup(params)
    message = _editable(world, params)
    if message.media is None:
        raise bad_request("There is no caption in the message to edit")
    return _rewrite(world, message, {"caption": caption, "caption_entities": entities}, markup)


def edit_message_media(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#editmessagemedia: a text may become a file, too, but no voice message may."""
    _, fields = input_media(world, params, params.json("media", "InputMedia"))
    markup = inline_markup(params)
    message = _editable(world, params)
    if message.media == "voice":
        raise bad_request("Message can't be edited")
    return _rewrite(world, message, {**dict.fromkeys(_CONTENT, ""), **fields}, markup)


def edit_message_reply_markup(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#editmessagereplymarkup."""
    markup = inline_markup(params)
    message = _editable(world, params)
    if message.data.get("reply_markup") == markup:
        raise bad_request(_NOT_MODIFIED)
    _spend(world, message.chat)
    world.rewrite(message, {}, markup)
    return message.data


def _editable(world: World, params: Params) -> Message:
    if not params.text("chat_id") and not params.integer("message_id"):
        if not params.text("inline_message_id"):
            raise bad_request("Message identifier is not specified")
        raise bad_request("MESSAGE_ID_INVALID")
    message = find_message(writable_chat(world, params), params, "message to edit")
    if not message.from_bot or "forward_origin" in message.data:
        raise bad_request("Message can't be edited")
    return message


def _rewrite(world: World, message: Message, fields: Json, markup: Json | None) -> Json:
    now = message.data
    same_content = all((now.get(name) or type(value)()) == value for name, value in fields.items())
    if same_content and now.get("reply_markup") == markup:
        raise bad_request(_NOT_MODIFIED)
    _spend(world, message.chat)
    world.rewrite(message, fields, markup)
    return now


def _spend(world: World, chat: Chat) -> None:
    world.flood.spend(chat.id, group=chat.is_group)


def delete_message(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#deletemessage."""
    if not params.text("chat_id"):
        raise bad_request("Chat identifier is not specified")
    if params.integer("message_id") == 0:
        raise bad_request("Message identifier is not specified")
    chat = writable_chat(world, params)
    message = find_message(chat, params, "message to delete")
    _check_deletable(world, message)
    world.delete(message)
    return True


def delete_messages(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#deletemessages: messages that cannot be found are skipped."""
    numbers = params.json("message_ids", "message identifiers")
    if not numbers or not isinstance(numbers, list):
        raise bad_request("Message identifiers are not specified")
    if len(numbers) > _MAX_AT_ONCE:
        raise bad_request("Too many message identifiers specified")
    chat = writable_chat(world, params)
    found = [chat.messages[number] for number in numbers if number in chat.messages]
    for message in found:
        _check_deletable(world, message)
    for message in found:
        world.delete(message)
    return True


def _check_deletable(world: World, message: Message) -> None:
    chat = message.chat
    if chat.is_group and not message.from_bot and chat.bot_status != "administrator":
        raise bad_request("Message can't be deleted")
    if world.clock.now() - message.data["date"] > _DELETABLE:
        raise bad_request("Message can't be deleted for everyone")
