"""Bot API calls for a chat: in its turn, to where it has moved, and with errors as the engine knows them."""

import logging
from collections.abc import Sequence
from typing import Any, Final, cast

from telegram.error import ChatMigrated, InvalidToken, TelegramError

from botcore.complaints import Complaints
from botcore_telegram.api import Api
from botcore_telegram.network import FloodWait
from botcore_telegram.pacing import Pacing
from botcore_telegram.refusal import Refused, Why, translated

log = logging.getLogger(__name__)

_LOOKS: Final = {Why.FORMATTING: ("entities", "caption_entities"), Why.BUTTONS: ("reply_markup",)}
"""What is left out where Telegram refuses it: better an answer without it than none."""


class Calls:
    """What the outlet says to Telegram, chat by chat."""

    def __init__(self, api: Api, pacing: Pacing, complaints: Complaints) -> None:
        self.api = api
        self._pacing = pacing
        self._complaints = complaints
        self._moved: dict[int, int] = {}  # groups that became supergroups

    def chat(self, chat: int) -> int:
        """The chat's id by now."""
        return self._moved.get(chat, chat)

    def held(self, chat: int) -> bool:
        """Whether Telegram wants a pause in this chat."""
        return bool(self._pacing.held_for(self.chat(chat)))

    async def frame_slot(self, chat: int) -> None:
        """Wait until the chat may be shown another state of a growing answer."""
        await self._pacing.next_frame(self.chat(chat))

    async def insist(
        self, chat: int, method: str, data: dict[str, Any], patience: float | None = None, *, messages: int = 1
    ) -> Any:
        """Call in the chat's turn; where the looks are refused, call again without them.

        `patience`: seconds for the answer. `messages`: for how many the call counts (an album's files).
        """
        while True:
            await self._pacing.final(self.chat(chat), messages)
            try:
                return await self.now(chat, method, data, patience)
            except Refused as refused:
                left = _without(data, _LOOKS.get(refused.why, ()))
                if left is None:
                    raise
                log.warning("%s is repeated without %s: %s", method, refused.why.value, refused)
                data = left

    async def now(self, chat: int, method: str, data: dict[str, Any], patience: float | None = None) -> Any:
        """Call now. Raises what `botcore.adapter.Outlet` names."""
        chat = self.chat(chat)
        try:
            return await self.api.call(method, {"chat_id": chat, **data}, read_timeout=patience)
        except ChatMigrated as moved:
            self._moved[chat] = moved.new_chat_id
        except FloodWait as wait:
            self._pacing.hold(chat, wait.seconds)
            raise translated(wait) from wait
        except TelegramError as error:
            if isinstance(error, InvalidToken):
                self._complaints.say("token", "Telegram does not accept TELEGRAM_BOT_TOKEN any more: nothing is sent")
            raise translated(error) from error
        return await self.now(chat, method, data, patience)


def _without(data: dict[str, Any], names: Sequence[str]) -> dict[str, Any] | None:
    """The parameters without these; None where none of them was there. With files they stand in `media`."""
    media: Any = data.get("media")
    if isinstance(media, dict) and (left := _without(cast("dict[str, Any]", media), names)) is not None:
        return {**data, "media": left}
    if isinstance(media, list):
        album = cast("list[dict[str, Any]]", media)
        bare = [_without(one, names) for one in album]
        if any(one is not None for one in bare):
            return {**data, "media": [one if kept is None else kept for one, kept in zip(album, bare, strict=True)]}
    if not any(data.get(name) for name in names):
        return None
    return {name: value for name, value in data.items() if name not in names}
