"""Which pages are open on which chat, and what is growing there right now.

Nothing here outlives the process and nothing has to: what a page shows comes from the engine's transcript. The hub
only carries what changes while pages are open.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from botcore.messages import Json

GROWING_MOST = 1_000  # answers growing at once whose text so far is remembered for pages that open meanwhile
CALM = 0.2  # seconds by which changes of the list of chats are gathered


class Viewer(Protocol):
    """One open page. `chat` is the one it shows."""

    chat: str

    def push(self, change: Json) -> None:
        """Tell the page of a change, as a dictionary with an `op`. Never waits."""
        ...

    def grow(self, external_id: str, text: str, at: int) -> None:
        """Show an answer so far."""
        ...


def now_ms() -> int:
    """Milliseconds since 1970, as browsers count."""
    return int(datetime.now(UTC).timestamp() * 1000)


class Hub:
    """Carries changes to the open pages."""

    def __init__(self) -> None:
        self._viewers: set[Viewer] = set()
        self._growing: dict[tuple[str, str], str] = {}
        self._calm: asyncio.TimerHandle | None = None
        self.on_chats: Callable[[], None] = lambda: None
        """Called, calmed, when the list of chats may have changed while pages are open."""

    def join(self, viewer: Viewer) -> None:
        """A page was opened."""
        self._viewers.add(viewer)

    def leave(self, viewer: Viewer) -> None:
        """A page was closed."""
        self._viewers.discard(viewer)

    @property
    def open(self) -> bool:
        """Whether any page is open."""
        return bool(self._viewers)

    def watched(self, chat: str) -> bool:
        """Whether a page shows this chat."""
        return any(viewer.chat == chat for viewer in self._viewers)

    def growing(self, chat: str, external_id: str) -> str | None:
        """An unfinished answer so far."""
        return self._growing.get((chat, external_id))

    def push(self, change: Json, *, chat: str | None = None, but: Viewer | None = None) -> None:
        """Tell all pages, or those that show `chat`, of a change."""
        for viewer in self._viewers:
            if viewer is not but and (chat is None or viewer.chat == chat):
                viewer.push(change)

    def grow(self, chat: str, external_id: str, text: str) -> None:
        """An answer has grown to `text`."""
        self._growing[chat, external_id] = text
        if len(self._growing) > GROWING_MOST:
            del self._growing[next(iter(self._growing))]
        at = now_ms()
        for viewer in self._viewers:
            if viewer.chat == chat:
                viewer.grow(external_id, text, at)

    def settle(self, chat: str, external_id: str) -> None:
        """An answer no longer grows."""
        self._growing.pop((chat, external_id), None)

    def chats_changed(self) -> None:
        """The list of chats may have changed: a message more, a chat less."""
        if self._viewers and self._calm is None:
            self._calm = asyncio.get_running_loop().call_later(CALM, self._tell_chats)

    def _tell_chats(self) -> None:
        self._calm = None
        self.on_chats()

    def close(self) -> None:
        """Forget the pages."""
        if self._calm is not None:
            self._calm.cancel()
        self._viewers.clear()
