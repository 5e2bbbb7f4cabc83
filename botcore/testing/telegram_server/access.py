"""Finding the chat, thread and message that a call means, or refusing as the real server does."""

from botcore.testing.telegram_server.model import GENERAL_TOPIC, Chat, Message
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.refusals import Refused, bad_request, forbidden
from botcore.testing.telegram_server.world import World


def find_chat(world: World, params: Params, name: str = "chat_id") -> Chat:
    """The chat, for reading.

    Raises:
        Refused: 400 where the bot knows no such chat.
    """
    given = params.text(name)
    if not given:
        raise bad_request(f"{name} is empty")
    chat = world.usernames.get(given[1:].lower()) if given.startswith("@") else world.chats.get(params.integer(name))
    if chat is None or (not chat.is_group and not chat.opened):
        raise bad_request("chat not found")
    return chat


def writable_chat(world: World, params: Params) -> Chat:
    """The chat, for writing.

    Raises:
        Refused: 400 where the bot knows no such chat, 403 where it may not write.
    """
    chat = find_chat(world, params)
    if chat.upgraded_to is not None:
        parameters = {"migrate_to_chat_id": chat.upgraded_to}
        raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters)
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    if chat.deactivated:
        raise forbidden("user is deactivated")
    where = f"{chat.kind} chat"
    if chat.bot_status == "kicked":
        raise forbidden(f"bot was kicked from the {where}")
    if chat.bot_status == "left":
        raise forbidden(f"bot is not a member of the {where}")
    return chat


def find_thread(chat: Chat, params: Params) -> int | None:
    """The forum topic to send to; None for none. Outside forums groups ignore the parameter.

    Raises:
        Refused: 400 for topics that do not exist, are closed, or are the General one (which is sent to without id).
    """
    thread = max(0, params.integer("message_thread_id"))
    if thread == 0 or (chat.is_group and not chat.forum):
        return None
    if thread == GENERAL_TOPIC or thread not in chat.topics:
        raise bad_request("message thread not found")
    if thread in chat.closed_topics:
        raise bad_request("TOPIC_CLOSED")
    return thread


def find_message(chat: Chat, params: Params, what: str, name: str = "message_id") -> Message:
    """The message; `what` names its role in the description.

    Raises:
        Refused: 400 where it does not exist or was deleted.
    """
    message = chat.messages.get(params.integer(name))
    if message is None or message.deleted:
        raise bad_request(f"{what} not found")
    return message


def find_reply(chat: Chat, params: Params) -> Message | None:
    """The message that is replied to, from `reply_parameters` or the older `reply_to_message_id`.

    Raises:
        Refused: 400 where it is not there, unless the call allows sending without.
    """
    if params.has("reply_parameters"):
        given = params.json("reply_parameters", "reply parameters")
        if not given:
            return None
        if not isinstance(given, dict):
            raise bad_request("Object expected as reply parameters")
        if "message_id" not in given:
            raise bad_request('Can\'t find field "message_id"')
        nested = Params(given)
    else:
        nested = params
    field = "message_id" if nested is not params else "reply_to_message_id"
    number = nested.integer(field)
    if number <= 0:
        return None
    message = chat.messages.get(number)
    if message is not None and not message.deleted:
        return message
    if nested.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")
