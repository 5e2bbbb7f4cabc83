"""The section [discord] of botcore.toml."""

from pydantic import Field

from botcore.plugin import Settings


class DiscordSettings(Settings):
    """The Discord adapter; it is started when DISCORD_BOT_TOKEN is set."""

    enabled: bool = True
    """Off keeps the adapter from starting although its token is there."""
    commands: bool = True
    """Keep the commands that Discord offers the same as the commands of the plugins."""
    guilds: tuple[int, ...] = ()
    """Ids of servers to register the commands in, and nowhere else. Empty: everywhere, direct messages too."""
    user_install: bool = False
    """Offer the commands to people who installed the app for themselves, on servers without the bot too."""
    message_content: bool = False
    """Read messages that do not mention the bot; takes the Message Content intent, to be allowed in the portal."""
    catch_up_messages: int = Field(default=100, ge=0, le=1000)
    """How many missed messages of one channel are read after a restart, the newest. 0: none."""
    catch_up_hours: float = Field(default=24.0, gt=0, le=168)
    """How old missed messages may be to be answered after a restart."""
    catch_up_chats: int = Field(default=200, ge=0)
    """How many direct-message chats are asked for missed messages after a restart, those that wrote last."""
    silence_seconds: float = Field(default=60.0, ge=1)
    """After how long without any sign of Discord the connection is made anew."""
    proxy: str = ""
    """URL of an HTTP proxy, for networks that do not reach Discord themselves."""
