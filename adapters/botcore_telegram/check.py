"""What `botcore doctor` says about Telegram."""

from collections.abc import Sequence

from telegram.error import InvalidToken, TelegramError

from botcore.adapter import Finding
from botcore_telegram.api import Api
from botcore_telegram.network import told

PRIVACY = "privacy mode is on: in groups the bot gets commands and replies to it, but not every message that names it"
PRIVACY_REMEDY = "at @BotFather: /setprivacy, Disable, then take the bot out of its groups and in again"
REMEDY = "copy the token from @BotFather (/mybots, API Token) into TELEGRAM_BOT_TOKEN"


async def findings(bot: Api, server: str) -> Sequence[Finding]:
    """Look without receiving anything. `server` names the Bot API server, for people."""
    try:
        await bot.initialize()
        webhook = await bot.call("getWebhookInfo", {})
    except InvalidToken as error:
        return [Finding("telegram", "fail", f"{server} does not accept the token ({told(error)})", REMEDY)]
    except TelegramError as error:
        remedy = "check the network, telegram.proxy and TELEGRAM_API_URL"
        return [Finding("telegram", "fail", f"{server} does not answer: {told(error)}", remedy)]
    found = [Finding("telegram", "ok", f"@{bot.username} at {server}")]
    if not bot.can_read_all_group_messages:
        found.append(Finding("telegram: groups", "note", PRIVACY, PRIVACY_REMEDY))
    if webhook.get("url"):
        text = "a webhook is set: no messages come by polling until it is gone"
        found.append(Finding("telegram: webhook", "note", text, "the next start removes it and keeps what waits"))
    return found
