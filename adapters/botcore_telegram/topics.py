"""Topics of forums, opened by the bot."""

import re
from typing import Final

from botcore.adapter import Thread
from botcore.errors import SendFailed, Unsuitable
from botcore_telegram.calls import Calls

_LONGEST: Final = 128
"""Characters of a topic's name (https://core.telegram.org/bots/api#createforumtopic)."""
_SUPERGROUP: Final = "-100"
"""What stands before a supergroup's own number in its chat id; links know the number alone."""
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]~|<>])")

_NO_FORUM: Final = "There are no topics in this chat: an administrator can switch them on in the settings of a group."
_NO_RIGHT: Final = 'I may not open topics here: I need to be an administrator with the right "Manage topics".'


async def open_topic(calls: Calls, chat: int, title: str) -> Thread:
    """Open a topic and tell its link. Raises what `Outlet` names, and Unsuitable where there can be none."""
    if chat > 0:  # a private chat
        raise Unsuitable(_NO_FORUM)
    name = " ".join(title.split())[:_LONGEST] or "…"
    try:
        topic = await calls.insist(chat, "createForumTopic", {"name": name})
    except SendFailed as refused:
        said = str(refused).lower()
        if "forum" in said:
            raise Unsuitable(_NO_FORUM) from refused
        if "rights" in said:
            raise Unsuitable(_NO_RIGHT) from refused
        raise
    number = str(topic["message_thread_id"])
    group = str(calls.chat(chat)).removeprefix(_SUPERGROUP)
    shown = _MARKDOWN.sub(r"\\\1", name)
    return Thread(number, f"[{shown}](https://t.me/c/{group}/{number})")
