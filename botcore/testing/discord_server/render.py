"""Objects as the API shows them to the bot."""

from botcore.testing.discord_server.files import Files
from botcore.testing.discord_server.messages import HAS_THREAD, Message
from botcore.testing.discord_server.model import CATEGORY, DM, FORUM, GROUP_DM, TEXT, VOICE, Channel, Guild, Json, User
from botcore.testing.discord_server.permissions import in_channel, sees
from botcore.testing.discord_server.snowflakes import iso

_HIDDEN: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class Renderer:
    """Makes the answers and events out of the state."""

    def __init__(self, bot: User, files: Files) -> None:
        self._bot = bot
        self._files = files

    def message(self, message: Message, *, content: bool = True) -> Json:
        """The `Message` object; without `content` as an app without the message content intent gets it."""
        data = dict(message.data)
        if not content and not self._is_open(message):
            data |= _HIDDEN
        elif data["attachments"]:
            data["attachments"] = self._files.sign(data["attachments"])
        if message.reactions:
            data["reactions"] = self._reactions(message)
        if "message_reference" in data and data["type"] != 18:
            replied = message.replied
            gone = replied is None or replied.deleted
            data["referenced_message"] = None if gone or replied is None else self._quoted(replied, content=content)
        if message.flags & HAS_THREAD and message.channel.guild is not None:
            thread = message.channel.guild.channels.get(message.id)
            if thread is not None:
                data["thread"] = self.channel(thread)
        return data

    def _quoted(self, message: Message, *, content: bool) -> Json:
        """A message inside of its reply, which does not quote in turn."""
        data = dict(message.data)
        if not content and not self._is_open(message):
            data |= _HIDDEN
        elif data["attachments"]:
            data["attachments"] = self._files.sign(data["attachments"])
        return data

    def hides(self, message: Message) -> bool:
        """Whether the message, or the one it answers, looks different without the message content intent."""
        return not self._is_open(message) or (message.replied is not None and not self._is_open(message.replied))

    def _is_open(self, message: Message) -> bool:
        """Without the intent, an app reads what it wrote, what is written to it in private, and where it is mentioned.

        https://discord.com/developers/docs/events/gateway#message-content-intent
        """
        if message.author is self._bot or message.channel.guild is None:
            return True
        return self._bot.data in message.data["mentions"]

    def _reactions(self, message: Message) -> list[Json]:
        return [
            {
                "emoji": emoji_json(emoji),
                "count": len(users),
                "count_details": {"burst": 0, "normal": len(users)},
                "burst_colors": [],
                "me": self._bot in users,
                "me_burst": False,
            }
            for emoji, users in message.reactions.items()
            if users
        ]

    def channel(self, channel: Channel) -> Json:
        """The `Channel` object of any kind."""
        last = None if channel.last_message_id is None else str(channel.last_message_id)
        data: Json = {"id": str(channel.id), "type": channel.kind, "last_message_id": last, "flags": 0}
        if channel.kind in {DM, GROUP_DM}:
            return data | self._private(channel)
        if channel.guild is not None:
            data["guild_id"] = str(channel.guild.id)
        data |= {"name": channel.name, "parent_id": None if channel.parent is None else str(channel.parent.id)}
        return data | (self._thread(channel) if channel.is_thread else self._in_guild(channel))

    def _private(self, channel: Channel) -> Json:
        others = [user.data for user in channel.recipients if user is not self._bot]
        if channel.kind == DM:
            return {"recipients": others}
        return {"recipients": others, "name": None, "icon": None, "owner_id": str(channel.recipients[0].id)}

    @staticmethod
    def _in_guild(channel: Channel) -> Json:
        data: Json = {
            "position": channel.position,
            "nsfw": channel.nsfw,
            "permission_overwrites": [
                {"id": str(key), "type": 0 if one.is_role else 1, "allow": str(one.allow), "deny": str(one.deny)}
                for key, one in channel.overwrites.items()
            ],
        }
        if channel.kind in {TEXT, VOICE, FORUM}:
            data |= {"rate_limit_per_user": 0}
        if channel.kind == VOICE:
            data |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
        if channel.kind in {TEXT, FORUM}:
            data["topic"] = channel.topic
        if channel.kind == FORUM:
            data |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
            data["default_forum_layout"] = 0
        if channel.kind == CATEGORY:
            data.pop("last_message_id", None)
        return data

    def _thread(self, channel: Channel) -> Json:
        state = channel.thread
        if state is None:
            raise ValueError(f"{channel.name} is no thread")
        seen = sum(not message.deleted for message in channel.messages.values())
        data: Json = {
            "owner_id": str(channel.owner_id),
            "rate_limit_per_user": 0,
            "message_count": seen,
            "member_count": min(len(channel.thread_members), 50),
            "total_message_sent": state.total_sent,
            "thread_metadata": {
                "archived": state.archived,
                "archive_timestamp": iso(state.changed_at),
                "auto_archive_duration": state.auto_archive,
                "locked": state.locked,
                "create_timestamp": iso(state.created_at),
            },
        }
        if channel.kind == 12:
            data["thread_metadata"]["invitable"] = state.invitable
        if self._bot.id in channel.thread_members:
            data["member"] = thread_member(channel, self._bot.id)
        return data

    def partial_channel(self, channel: Channel, user: User) -> Json:
        """A channel in an interaction: with the permissions that the user has there."""
        data = self.channel(channel)
        if channel.guild is None:
            data.pop("recipients", None)  # as really done for conversations with the app
        else:
            data["permissions"] = str(in_channel(channel, user))
        return data

    def guild(self, guild: Guild) -> Json:
        """The `Guild` object as HTTP answers carry it."""
        return {
            "id": str(guild.id),
            "name": guild.name,
            "owner_id": str(guild.owner_id),
            "roles": [role.as_json() for role in guild.roles.values()],
            "preferred_locale": guild.locale,
            **_GUILD_DEFAULTS,
        }

    def available_guild(self, guild: Guild, *, everybody: bool, joined: bool = False) -> Json:
        """The guild as `GUILD_CREATE` carries it: at the start, or when the bot has just joined.

        Without the presence intent, only the bot itself is among its members.
        """
        members = guild.members.values()
        shown = [one for one in members if everybody or one.user is self._bot]
        return {
            **self.guild(guild),
            "joined_at": iso(guild.members[self._bot.id].joined_at),
            "large": len(guild.members) > 250,
            **({} if joined else {"unavailable": False}),
            "member_count": len(guild.members),
            "members": [one.as_json() for one in shown],
            "channels": [self.channel(one) for one in guild.channels.values() if not one.is_thread],
            "threads": [self.channel(one) for one in guild.threads if is_active(one) and sees(one, self._bot)],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


def is_active(thread: Channel) -> bool:
    """Whether a thread is open."""
    return thread.thread is not None and not thread.thread.archived


def thread_member(thread: Channel, user_id: int) -> Json:
    """The `Thread Member` object."""
    joined = iso(thread.thread_members[user_id])
    return {"id": str(thread.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}


def emoji_json(emoji: str) -> Json:
    """The partial `Emoji` object of a reaction; only Unicode emoji exist here."""
    return {"id": None, "name": emoji}


_GUILD_DEFAULTS: Json = {
    "icon": None,
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "features": [],
    "banner": None,
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 1,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "premium_progress_bar_enabled": False,
    "nsfw": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
    "incidents_data": None,
}
