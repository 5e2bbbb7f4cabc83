"""sendMessage, sendMessageDraft, sendChatAction, copyMessage, forwardMessage."""

from typing import Any

from botcore.testing.telegram_server.access import find_chat, find_message, find_reply, find_thread, writable_chat
from botcore.testing.telegram_server.keyboards import reply_markup
from botcore.testing.telegram_server.model import MEDIA, Action, Chat, Draft, Json
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import bad_request
from botcore.testing.telegram_server.text import caption_text, draft_text, message_text
from botcore.testing.telegram_server.world import Content, World, entity_fields

_ACTIONS = frozenset(
    [
        "cancel",
        "typing",
        "record_video",
        "upload_video",
        "record_audio",
        "record_voice",
        "upload_audio",
        "upload_voice",
        "upload_photo",
        "upload_document",
        "choose_sticker",
        "pick_up_location",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def destination(world: World, params: Params) -> tuple[Chat, Content]:
    """Where a message goes and what every kind of message can carry besides its content.

    Raises:
        Refused: 400 and 403 for places the bot cannot write to, and for keyboards that Telegram refuses.
    """
    markup = reply_markup(params)
    chat = writable_chat(world, params)
    thread = find_thread(chat, params)
    content = Content({}, thread, find_reply(chat, params), markup)
    if params.flag("protect_content"):
        content.extra["has_protected_content"] = True
    if effect := params.text("message_effect_id"):
        content.extra["effect_id"] = effect
    return chat, content


def send(world: World, chat: Chat, content: Content) -> Json:
    """Count the message against the limits and post it.

    Raises:
        Refused: 429.
    """
    world.flood.spend(chat.id, group=chat.is_group)
    return world.post(chat, world.bot, content).data


def send_message(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#sendmessage."""
    text, entities = message_text(params, world.users.get)
    chat, content = destination(world, params)
    content.fields = entity_fields(text, entities)
    return send(world, chat, content)


def send_message_draft(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#sendmessagedraft: a draft shows until the next message, or for 30 s."""
    text, entities = draft_text(params, world.users.get)
    chat = writable_chat(world, params)
    number = params.integer("draft_id")
    if chat.is_group:
        raise bad_request("PEER_ID_INVALID")
    if number == 0:
        raise bad_request("RANDOM_ID_INVALID")
    chat.draft = Draft(number, text, entities, world.clock.now())
    chat.drafts.append(chat.draft)
    world.changed(chat)
    return True


def send_chat_action(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#sendchataction."""
    action = params.text("action").lower()
    if action not in _ACTIONS:
        raise bad_request("Wrong parameter action in request")
    chat = writable_chat(world, params)
    chat.actions.append(Action(action, params.integer("message_thread_id") or None, world.clock.now()))
    world.changed(chat)
    return True


def _original(world: World, params: Params, what: str) -> tuple[Json, Json]:
    """The message to repeat: its data, and its content without formatting of the place it came from."""
    if not params.text("from_chat_id"):
        raise bad_request('Parameter "from_chat_id" is required')
    source = find_chat(world, params, "from_chat_id")
    message = find_message(source, params, what)
    kept = ("text", "entities", "caption", "caption_entities", *MEDIA)
    fields = {name: message.data[name] for name in kept if name in message.data}
    if not fields:
        raise bad_request("message can't be copied" if what.endswith("copy") else "message can't be forwarded")
    return message.data, fields


def copy_message(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#copymessage."""
    _, fields = _original(world, params, "message to copy")
    if params.has("caption") and "text" not in fields:
        caption, entities = caption_text(params, world.users.get)
        fields = {name: value for name, value in fields.items() if not name.startswith("caption")}
        fields |= entity_fields(caption, entities, caption=True)
    chat, content = destination(world, params)
    content.fields = fields
    return {"message_id": send(world, chat, content)["message_id"]}


def forward_message(world: World, params: Params) -> Any:
    """https://core.telegram.org/bots/api#forwardmessage."""
    original, fields = _original(world, params, "message to forward")
    if original.get("has_protected_content"):
        raise bad_request("message can't be forwarded")
    chat, content = destination(world, params)
    content.fields = fields
    content.extra["forward_origin"] = original.get("forward_origin") or {
        "type": "user",
        "date": original["date"],
        "sender_user": original["from"],
    }
    return send(world, chat, content)
