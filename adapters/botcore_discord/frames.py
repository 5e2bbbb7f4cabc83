"""The intermediate states of growing answers: none twice, and none after the final form."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from botcore.cutting import utf16, utf16_length
from botcore.errors import DeliveryError
from botcore.graphemes import is_blank
from botcore.messages import Address, Button
from botcore_discord.markdown import tidied
from botcore_discord.markup import FENCE
from botcore_discord.split import MESSAGE_LIMIT
from botcore_discord.wire import Departure

FRAME_PATIENCE_S: Final = 5.0
"""Seconds for Discord to answer a frame; a final edit waits for one that is on its way."""

_REMEMBERED: Final = 10_000
"""Growing messages of which is known what they show; each costs about 200 bytes."""

Rows: TypeAlias = tuple[tuple[Button, ...], ...]
Show: TypeAlias = Callable[[Address, str, str, Rows, Departure], Awaitable[None]]


class Frames:
    """Shows states of messages through `show(address, message, text, buttons, departure)`.

    A frame that has left is not cut off: Discord may carry it out all the same, and then after the final edit, which
    would be lost under it. `end` waits for it. One that only waits for a rate limit is called off.
    """

    def __init__(self, show: Show) -> None:
        self._show = show
        self._shown: OrderedDict[str, int] = OrderedDict()
        self._on_its_way: dict[str, tuple[asyncio.Task[DeliveryError | None], Departure]] = {}

    async def show(self, address: Address, message: str, text: str, buttons: Rows) -> None:
        """Show `text`, cut to one message, unless it is shown already or there is nothing to see in it."""
        text = cut(tidied(text))
        seen = hash((text, buttons))
        if self._shown.get(message) == seen or message in self._on_its_way or is_blank(text):
            return
        departure = Departure()
        task = asyncio.create_task(
            self._try(address, message, text, buttons, departure), name=f"frame of message {message}"
        )
        self._on_its_way[message] = task, departure
        task.add_done_callback(lambda _: self._on_its_way.pop(message, None))
        await asyncio.wait({task})  # which, unlike awaiting it, leaves it to itself when the caller is cut off
        if task.cancelled():
            return
        if (failure := task.result()) is not None:
            raise failure
        self._shown[message] = seen
        if len(self._shown) > _REMEMBERED:
            self._shown.popitem(last=False)

    async def end(self, message: str) -> None:
        """The message gets its final form now: wait for a frame that has left, call off one that has not."""
        self._shown.pop(message, None)
        if message in self._on_its_way:
            await self._settled([self._on_its_way[message]])

    async def stop(self) -> None:
        """The same for all messages."""
        if self._on_its_way:
            await self._settled(list(self._on_its_way.values()))

    @staticmethod
    async def _settled(frames: list[tuple[asyncio.Task[DeliveryError | None], Departure]]) -> None:
        for task, departure in frames:
            if not departure.has_left:
                task.cancel()
        await asyncio.wait({task for task, _ in frames})

    async def _try(
        self, address: Address, message: str, text: str, buttons: Rows, departure: Departure
    ) -> DeliveryError | None:
        try:
            await self._show(address, message, text, buttons, departure)
        except DeliveryError as error:
            return error
        return None


def cut(text: str) -> str:
    """As much of `text` as one message holds; a code block that is not yet closed is closed."""
    text = text.strip()
    closing = f"\n{FENCE}"
    most = MESSAGE_LIMIT - len(closing)
    if utf16_length(text) > most:
        text = utf16(text)[: 2 * most].decode("utf-16-le", "ignore")  # without half a surrogate pair
    opened = sum(line.lstrip().startswith(FENCE) for line in text.split("\n")) % 2
    return text + closing if opened else text
