"""The intermediate states of growing answers: none twice, and none after the final form."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from botcore.cutting import utf16_length
from botcore.errors import DeliveryError
from botcore.graphemes import is_blank
from botcore.messages import Button
from botcore_telegram.markdown import tidied
from botcore_telegram.split import MESSAGE_LIMIT

_REMEMBERED: Final = 10_000
"""Growing messages of which is known what they show; each costs about 200 bytes."""

Rows: TypeAlias = tuple[tuple[Button, ...], ...]
Show: TypeAlias = Callable[[int, int, str, Rows], Awaitable[None]]


class Frames:
    """Shows states of messages through `show(chat, message, text, buttons)`.

    A frame on its way is not cancelled with the caller: the server may carry it out all the same, and then after the
    final edit, which would be lost under it. `end` waits for it.
    """

    def __init__(self, show: Show) -> None:
        self._show = show
        self._shown: OrderedDict[tuple[int, int], int] = OrderedDict()
        self._on_its_way: dict[tuple[int, int], asyncio.Task[DeliveryError | None]] = {}

    async def show(self, chat: int, message: int, text: str, buttons: Rows = ()) -> None:
        """Show `text`, cut to one message, unless it is shown already or there is nothing to see in it."""
        key, text = (chat, message), cut(tidied(text))
        seen = hash((text, buttons))
        if self._shown.get(key) == seen or key in self._on_its_way or is_blank(text):
            return
        task = asyncio.create_task(self._try(key, text, buttons), name=f"frame {message}")
        self._on_its_way[key] = task
        failure = await asyncio.shield(task)
        if failure is not None:
            raise failure
        self._shown[key] = seen
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    async def end(self, chat: int, message: int) -> None:
        """Wait for a frame that is on its way; the message gets its final form now."""
        self._shown.pop((chat, message), None)
        task = self._on_its_way.get((chat, message))
        if task is not None:
            await asyncio.wait({task})

    async def stop(self) -> None:
        """Wait for all frames that are on their way."""
        if self._on_its_way:
            await asyncio.wait(set(self._on_its_way.values()))

    async def _try(self, key: tuple[int, int], text: str, buttons: Rows) -> DeliveryError | None:
        try:
            await self._show(*key, text, buttons)
        except DeliveryError as error:
            return error
        finally:
            del self._on_its_way[key]
        return None


def cut(text: str) -> str:
    """As much of `text` as one message holds, in UTF-16 code units, without half a surrogate pair."""
    text = text.strip()
    if utf16_length(text) <= MESSAGE_LIMIT:
        return text
    units = text.encode("utf-16-le", "surrogatepass")[: 2 * MESSAGE_LIMIT]
    return units.decode("utf-16-le", "ignore")
