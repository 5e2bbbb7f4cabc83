"""Which messages of people a bot gets to see (https://core.telegram.org/bots/features#privacy-mode)."""

from botcore.testing.telegram_server.entities import cut
from botcore.testing.telegram_server.model import Message
from botcore.testing.telegram_server.world import World


def reaches_bot(world: World, message: Message) -> bool:
    """Whether the bot is sent this message.

    Everything in private chats; everything in groups for administrators and for bots whose privacy mode is off;
    otherwise service messages, replies to the bot, commands for it by name, and commands without a name when no other
    bot spoke last (there is no other bot here). Mentions only where the server was told so.
    """
    chat = message.chat
    if chat.blocked or chat.bot_status in {"left", "kicked"}:
        return False
    if not chat.is_group or chat.bot_status == "administrator" or world.reads_all_messages or message.is_service:
        return True
    replied = message.data.get("reply_to_message")
    if replied is not None and replied.get("from", {}).get("id") == world.bot.id and message.reply_to is not None:
        return True
    return _addressed(world, message)


def _addressed(world: World, message: Message) -> bool:
    name = f"@{world.bot.username}".lower()
    for entity in message.entities:
        covered = cut(message.text, entity["offset"], entity["length"]).lower()
        if entity["type"] == "bot_command" and ("@" not in covered or covered.endswith(name)):
            return True
        if entity["type"] == "mention" and covered == name and world.mentions_pass_privacy:
            return True
    return False
