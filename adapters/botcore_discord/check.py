"""What `botcore doctor` says about Discord."""

from collections.abc import Sequence
from typing import Any, Final

from botcore.adapter import Finding
from botcore_discord.client import NETWORK
from botcore_discord.interactions import told
from botcore_discord.library import Route, discord
from botcore_discord.settings import DiscordSettings

REMEDY: Final = "copy the token from the Developer Portal (your app, Bot, Reset Token) into DISCORD_BOT_TOKEN"
INTENT_REMEDY: Final = "in the Developer Portal: your app, Bot, Privileged Gateway Intents, Message Content Intent"
NO_INTENT: Final = (
    "Discord does not allow this app the Message Content intent: messages that do not mention it stay unread"
)

PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
"""What the invitation asks for."""


def invitation(application: int) -> str:
    """The link by which somebody takes the bot into a server of theirs."""
    scopes = ("bot", "applications.commands")
    return discord.utils.oauth_url(application, permissions=PERMISSIONS, scopes=scopes)


def may_read_content(client: discord.Client) -> bool:
    """Whether the app is allowed the Message Content intent."""
    flags = client.application_flags
    return flags.gateway_message_content or flags.gateway_message_content_limited


async def findings(client: discord.Client, token: str, settings: DiscordSettings, server: str) -> Sequence[Finding]:
    """Look without receiving anything. `server` names where the API is, for people."""
    try:
        if client.user is None:
            await client.login(token)
        gateway: Any = await client.http.request(Route("GET", "/gateway/bot"))
        about: Any = await client.http.request(Route("GET", "/applications/@me"))
    except discord.LoginFailure as error:
        return [Finding("discord", "fail", f"{server} does not accept the token ({told(error)})", REMEDY)]
    except (*NETWORK, discord.HTTPException) as error:
        remedy = "check the network, discord.proxy and DISCORD_API_URL"
        return [Finding("discord", "fail", f"{server} does not answer: {told(error)}", remedy)]
    return [*_identity(client, about, server), *_content(client, settings), *_gateway(gateway, about)]


def _identity(client: discord.Client, about: Any, server: str) -> Sequence[Finding]:
    guilds = about.get("approximate_guild_count", 0)
    text = f"{client.user} at {server}, on {guilds} server{'' if guilds == 1 else 's'}"
    found = [Finding("discord", "ok", text)]
    if not guilds:
        remedy = f"invite it: {invitation(int(about['id']))}"
        found.append(Finding("discord: servers", "note", "the bot is on no server yet", remedy))
    return found


def _content(client: discord.Client, settings: DiscordSettings) -> Sequence[Finding]:
    allowed = may_read_content(client)
    if settings.message_content and not allowed:
        return [Finding("discord: content", "note", NO_INTENT, INTENT_REMEDY)]
    if settings.message_content:
        return [Finding("discord: content", "ok", "all messages are read, in threads without a mention, too")]
    text = "on servers the bot reads what mentions it, and its commands; direct messages it reads anyway"
    more = "discord.message_content = true adds answers without a mention in its threads, and unmentioned replies"
    return [Finding("discord: content", "note", text, more if allowed else f"{more}; first {INTENT_REMEDY}")]


def _gateway(gateway: Any, about: Any) -> Sequence[Finding]:
    found: list[Finding] = []
    starts = gateway.get("session_start_limit", {})
    if starts.get("remaining", 1) == 0:
        seconds = starts.get("reset_after", 0) / 1000
        text = f"no connection may be begun for {seconds:.0f} s: {starts.get('total')} a day were"
        found.append(Finding("discord: gateway", "fail", text, "stop what restarts the bot again and again"))
    if gateway.get("shards", 1) > 1:
        text = f"Discord recommends {gateway['shards']} connections; this adapter has one"
        found.append(Finding("discord: gateway", "note", text, "it is for bots on fewer than 2,500 servers"))
    if about.get("interactions_endpoint_url"):
        text = "slash commands go to an interactions endpoint URL, and not to this bot"
        found.append(
            Finding("discord: commands", "fail", text, "remove the URL in the Developer Portal, General Information")
        )
    return found
