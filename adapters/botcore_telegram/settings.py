"""The section [telegram] of botcore.toml."""

from pydantic import Field

from botcore.plugin import Settings


class TelegramSettings(Settings):
    """The Telegram adapter; it is started when TELEGRAM_BOT_TOKEN is set."""

    enabled: bool = True
    """Off keeps the adapter from starting although its token is there."""
    poll_seconds: int = Field(default=30, ge=0, le=50)
    """How long a request for new messages stays open: longer means fewer requests, 50 is the most Telegram takes."""
    messages_per_second: int = Field(default=30, ge=0)
    """Messages to all chats together in a second; Telegram allows about 30. 0: no limit (a server of your own)."""
    pace: bool = True
    """Keep to Telegram's limits for each chat, so that no answer is held up by it. Off only for a simulated server."""
    frame_seconds: float = Field(default=1.0, ge=0)
    """Seconds between two edits of a growing answer, three times that in groups: Telegram punishes faster ones."""
    menu: bool = True
    """Keep the commands in Telegram's menu the same as those of the plugins."""
    proxy: str = ""
    """URL of an HTTP proxy, for networks that do not reach Telegram themselves."""
