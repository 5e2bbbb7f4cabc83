"""A simulated Discord: REST and gateway over real HTTP and WebSocket in memory, driven by tests as people would.

Point discord.py at it with `pointing_discord_at(discord)`; any other library takes `discord.url`, the root of API v10,
and asks it for the gateway. See docs/simulated-discord.md.
"""

from botcore.testing.discord_server.calls import Call, Calls
from botcore.testing.discord_server.expectations import Bot, is_settled
from botcore.testing.discord_server.faults import Faults, Refuse
from botcore.testing.discord_server.gateway import PRIVILEGED, Gateway, Intent
from botcore.testing.discord_server.guilds import Server
from botcore.testing.discord_server.interactions import Interaction
from botcore.testing.discord_server.limits import Limits, Rate
from botcore.testing.discord_server.messages import Button, Menu, Message, Pings
from botcore.testing.discord_server.model import Channel, Role, Typing, User
from botcore.testing.discord_server.people import Person
from botcore.testing.discord_server.permissions import Permission
from botcore.testing.discord_server.pointing import pointing_discord_at
from botcore.testing.discord_server.refusals import NotSent
from botcore.testing.discord_server.server import DiscordServer
from botcore.testing.discord_server.slash import Attachment
from botcore.testing.discord_server.stage import SIMULATED_TOKEN
from botcore.testing.server.clock import Clock, ManualClock, SystemClock
from botcore.testing.server.faults import Delay, Garble, Hold, Reset, Silence
from botcore.testing.server.pictures import png

#: Reads as a sentence: `async with discord_server() as discord:`
discord_server = DiscordServer

__all__ = [
    "PRIVILEGED",
    "SIMULATED_TOKEN",
    "Attachment",
    "Bot",
    "Button",
    "Call",
    "Calls",
    "Channel",
    "Clock",
    "Delay",
    "DiscordServer",
    "Faults",
    "Garble",
    "Gateway",
    "Hold",
    "Intent",
    "Interaction",
    "Limits",
    "ManualClock",
    "Menu",
    "Message",
    "NotSent",
    "Permission",
    "Person",
    "Pings",
    "Rate",
    "Refuse",
    "Reset",
    "Role",
    "Server",
    "Silence",
    "SystemClock",
    "Typing",
    "User",
    "discord_server",
    "is_settled",
    "png",
    "pointing_discord_at",
]
