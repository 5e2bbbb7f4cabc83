"""The routes of API v10 that the simulated server knows.

Every one is a plain function of the world and the request: it checks everything first and changes the world last, so
that a refusal never leaves half an effect.
"""

from collections.abc import Mapping

from botcore.testing.discord_server.routes import (
    account,
    channels,
    commands,
    guilds,
    interactions,
    messages,
    reactions,
    threads,
)
from botcore.testing.discord_server.routes.answers import Answer, Route

_COMMANDS = "/applications/{application_id}/commands"
_GUILD_COMMANDS = "/applications/{application_id}/guilds/{guild_id}/commands"
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_REACTIONS = f"{_MESSAGE}/reactions"
_ANSWER = "/webhooks/{application_id}/{token}"

ROUTES: Mapping[str, Route] = {
    "GET /users/@me": account.get_me,
    "GET /users/{user_id}": account.get_user,
    "POST /users/@me/channels": account.open_dm,
    "GET /users/@me/guilds": account.my_guilds,
    "DELETE /users/@me/guilds/{guild_id}": account.leave_guild,
    "GET /applications/@me": account.get_application,
    "GET /oauth2/applications/@me": account.get_application,
    "GET /gateway": account.get_gateway,
    "GET /gateway/bot": account.get_gateway,
    "GET /guilds/{guild_id}": guilds.get_guild,
    "GET /guilds/{guild_id}/channels": guilds.get_channels,
    "GET /guilds/{guild_id}/roles": guilds.get_roles,
    "GET /guilds/{guild_id}/members": guilds.get_members,
    "GET /guilds/{guild_id}/members/{user_id}": guilds.get_member,
    "PATCH /guilds/{guild_id}/members/@me": guilds.edit_me,
    "GET /guilds/{guild_id}/threads/active": guilds.active_threads,
    "GET /channels/{channel_id}": channels.get_channel,
    "PATCH /channels/{channel_id}": channels.edit_channel,
    "DELETE /channels/{channel_id}": channels.delete_channel,
    "POST /channels/{channel_id}/typing": channels.start_typing,
    "GET /channels/{channel_id}/messages": messages.get_messages,
    "POST /channels/{channel_id}/messages": messages.create_message,
    "POST /channels/{channel_id}/messages/bulk-delete": messages.bulk_delete,
    f"GET {_MESSAGE}": messages.get_message,
    f"PATCH {_MESSAGE}": messages.edit_message,
    f"DELETE {_MESSAGE}": messages.delete_message,
    f"DELETE {_REACTIONS}": reactions.clear_reactions,
    f"GET {_REACTIONS}/{{emoji}}": reactions.get_reactions,
    f"DELETE {_REACTIONS}/{{emoji}}": reactions.clear_reactions,
    f"PUT {_REACTIONS}/{{emoji}}/@me": reactions.add_reaction,
    f"DELETE {_REACTIONS}/{{emoji}}/@me": reactions.remove_own,
    f"DELETE {_REACTIONS}/{{emoji}}/{{user_id}}": reactions.remove_other,
    f"POST {_MESSAGE}/threads": threads.from_message,
    "POST /channels/{channel_id}/threads": threads.without_message,
    "GET /channels/{channel_id}/threads/archived/public": threads.archived,
    "GET /channels/{channel_id}/threads/archived/private": threads.archived,
    "GET /channels/{channel_id}/users/@me/threads/archived/private": threads.archived,
    "GET /channels/{channel_id}/thread-members": threads.get_members,
    "PUT /channels/{channel_id}/thread-members/@me": threads.join,
    "DELETE /channels/{channel_id}/thread-members/@me": threads.leave,
    "GET /channels/{channel_id}/thread-members/{user_id}": threads.get_member,
    "PUT /channels/{channel_id}/thread-members/{user_id}": threads.add_member,
    "DELETE /channels/{channel_id}/thread-members/{user_id}": threads.remove_member,
    f"GET {_COMMANDS}": commands.get_all,
    f"POST {_COMMANDS}": commands.create,
    f"PUT {_COMMANDS}": commands.overwrite,
    f"GET {_COMMANDS}/{{command_id}}": commands.get_one,
    f"PATCH {_COMMANDS}/{{command_id}}": commands.edit,
    f"DELETE {_COMMANDS}/{{command_id}}": commands.delete,
    f"GET {_GUILD_COMMANDS}": commands.get_all,
    f"POST {_GUILD_COMMANDS}": commands.create,
    f"PUT {_GUILD_COMMANDS}": commands.overwrite,
    f"GET {_GUILD_COMMANDS}/permissions": commands.all_permissions,
    f"GET {_GUILD_COMMANDS}/{{command_id}}": commands.get_one,
    f"PATCH {_GUILD_COMMANDS}/{{command_id}}": commands.edit,
    f"DELETE {_GUILD_COMMANDS}/{{command_id}}": commands.delete,
    f"GET {_GUILD_COMMANDS}/{{command_id}}/permissions": commands.permissions,
    "POST /interactions/{interaction_id}/{token}/callback": interactions.callback,
    f"POST {_ANSWER}": interactions.follow_up,
    f"GET {_ANSWER}/messages/@original": interactions.get_answer,
    f"PATCH {_ANSWER}/messages/@original": interactions.edit_answer,
    f"DELETE {_ANSWER}/messages/@original": interactions.delete_answer,
    f"GET {_ANSWER}/messages/{{message_id}}": interactions.get_answer,
    f"PATCH {_ANSWER}/messages/{{message_id}}": interactions.edit_answer,
    f"DELETE {_ANSWER}/messages/{{message_id}}": interactions.delete_answer,
}

#: Routes that are called with an interaction's token instead of the bot's.
WITHOUT_TOKEN = ("/interactions/", "/webhooks/")

__all__ = ["ROUTES", "WITHOUT_TOKEN", "Answer", "Route"]
