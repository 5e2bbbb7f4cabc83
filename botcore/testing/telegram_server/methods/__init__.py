"""The methods of the Bot API that the simulated server knows, by lower-case name (the real one ignores case, too).

Every method is a plain function of the world and the call's parameters: it checks everything first and changes the
world last, so that a refusal never leaves half an effect. getUpdates and the webhook methods live in `server`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from botcore.testing.telegram_server.methods import account, chats, editing, media, sending
from botcore.testing.telegram_server.params import Params
from botcore.testing.telegram_server.world import World

Method = Callable[[World, Params], Any]

METHODS: Mapping[str, Method] = {
    "getme": account.get_me,
    "logout": account.log_out,
    "close": account.log_out,
    "setmycommands": account.set_my_commands,
    "getmycommands": account.get_my_commands,
    "deletemycommands": account.delete_my_commands,
    "sendmessage": sending.send_message,
    "sendmessagedraft": sending.send_message_draft,
    "sendchataction": sending.send_chat_action,
    "copymessage": sending.copy_message,
    "forwardmessage": sending.forward_message,
    "editmessagetext": editing.edit_message_text,
    "editmessagecaption": editing.edit_message_caption,
    "editmessagemedia": editing.edit_message_media,
    "editmessagereplymarkup": editing.edit_message_reply_markup,
    "deletemessage": editing.delete_message,
    "deletemessages": editing.delete_messages,
    "sendphoto": media.send_photo,
    "senddocument": media.send_document,
    "sendaudio": media.send_audio,
    "sendvoice": media.send_voice,
    "sendvideo": media.send_video,
    "sendmediagroup": media.send_media_group,
    "getfile": media.get_file,
    "getchat": chats.get_chat,
    "getchatmember": chats.get_chat_member,
    "getchatmembercount": chats.get_chat_member_count,
    "setmessagereaction": chats.set_message_reaction,
    "createforumtopic": chats.create_forum_topic,
    "answercallbackquery": chats.answer_callback_query,
}
