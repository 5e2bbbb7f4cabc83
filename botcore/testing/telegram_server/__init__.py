"""A simulated Telegram: a real HTTP Bot API server in memory, driven by tests as people would drive the app.

Point any Bot API library at `telegram.url`; python-telegram-bot takes `telegram.base_url` and `telegram.base_file_url`.
See docs/simulated-telegram.md.
"""

from botcore.testing.server.clock import Clock, ManualClock, SystemClock
from botcore.testing.server.faults import Delay, Garble, Hold, Reset, Silence
from botcore.testing.server.pictures import png
from botcore.testing.telegram_server.calls import Call, Calls
from botcore.testing.telegram_server.description import BotApi
from botcore.testing.telegram_server.expectations import Bot, is_settled
from botcore.testing.telegram_server.faults import Faults, Refuse
from botcore.testing.telegram_server.limits import Limits, Rate
from botcore.testing.telegram_server.model import Action, Button, Chat, Draft, Message, Topic, User
from botcore.testing.telegram_server.people import Attachment, Group, Person
from botcore.testing.telegram_server.server import TelegramServer
from botcore.testing.telegram_server.stage import SIMULATED_TOKEN
from botcore.testing.telegram_server.world import Press

#: Reads as a sentence: `async with telegram_server() as telegram:`
telegram_server = TelegramServer

__all__ = [
    "SIMULATED_TOKEN",
    "Action",
    "Attachment",
    "Bot",
    "BotApi",
    "Button",
    "Call",
    "Calls",
    "Chat",
    "Clock",
    "Delay",
    "Draft",
    "Faults",
    "Garble",
    "Group",
    "Hold",
    "Limits",
    "ManualClock",
    "Message",
    "Person",
    "Press",
    "Rate",
    "Refuse",
    "Reset",
    "Silence",
    "SystemClock",
    "TelegramServer",
    "Topic",
    "User",
    "is_settled",
    "png",
    "telegram_server",
]
