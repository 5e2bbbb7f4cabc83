"""What an interaction is about: the message with the button, the message or the person whose menu was opened."""

from typing import Any

from botcore import messages as m
from botcore_discord.content import parts_of
from botcore_discord.library import discord
from botcore_discord.quotes import Quotes
from botcore_discord.targets import DISTANT, HIDDEN


def pressed(interaction: Any, says: str) -> m.Press:
    """A press of a button, with the id of its message as the outlet calls it."""
    message = interaction.message
    if message is None:
        return m.Press("", says)
    mark = _mark_of(interaction, message)
    links = bool(mark) or not may_read(interaction)
    return m.Press(f"{mark}{message.id}", says, parts_of(message, links=links))


def pointed_at(client: discord.Client, interaction: Any) -> discord.Message:
    """The message whose menu was opened. Discord sends it whole, with what the bot could not read there itself."""
    data = interaction.data["resolved"]["messages"][interaction.data["target_id"]]
    state: Any = client._connection  # noqa: SLF001 - the library makes the messages of its own menus in the same way
    channel = interaction.channel or client.get_partial_messageable(interaction.channel_id)
    message = discord.Message(state=state, channel=channel, data=data)
    if message.guild is None:
        message.guild = interaction.guild
    return message


def quoted(client: discord.Client, quotes: Quotes, interaction: Any, message: discord.Message) -> m.Quote:
    """The message as a reply to it would quote it, without those above; its id as the outlet calls it."""
    mine = quotes.is_mine(message)
    mark = _mark_of(interaction, message) if mine else ""
    shown = mine or _shows_content(client, interaction, message)
    return quotes.quote(message, mark=mark, links=bool(mark) or not shown or not may_read(interaction))


def may_read(interaction: Any) -> bool:
    """Whether the bot can ask for the messages there later."""
    may = interaction.app_permissions
    return not is_elsewhere(interaction) and (
        interaction.guild_id is None or bool(may.view_channel and may.read_message_history)
    )


def is_elsewhere(interaction: Any) -> bool:
    """Whether the bot itself is not where the interaction is: somebody has brought the app along."""
    if interaction.guild_id is None:
        return bool(interaction.context.private_channel)
    return bool(interaction.is_user_integration() and not interaction.is_guild_integration())


def _mark_of(interaction: Any, message: discord.Message) -> str:
    """What the id of one of the bot's messages begins with."""
    if message.flags.ephemeral:
        return HIDDEN
    about = message.interaction_metadata
    # the bot's own further messages go to the channel, those of an interaction where it could not write there
    follows = about is not None and about.original_response_message_id is not None
    return DISTANT if follows or is_elsewhere(interaction) else ""


def _shows_content(client: discord.Client, interaction: Any, message: discord.Message) -> bool:
    """Whether Discord tells what stands in somebody's message to a bot that asks for it.

    https://discord.com/developers/docs/events/gateway#message-content-intent
    """
    if interaction.guild_id is None or client.intents.message_content:
        return True
    return client.user is not None and any(one.id == client.user.id for one in message.mentions)
