"""Rendering off the event loop."""

import asyncio
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

KEPT_MOST = 8_000_000  # characters kept, so that a second tab and a reload need no second rendering


class Renderer:
    """Renders in one thread of its own, so that a long text never holds up the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="web-markdown")
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._size = 0

    async def html(self, text: str) -> str:
        """The HTML of a Markdown text."""
        if (known := self._kept.get(text)) is not None:
            self._kept.move_to_end(text)
            return known
        rendered = await asyncio.get_running_loop().run_in_executor(self._thread, _render, text)
        if text not in self._kept:
            self._kept[text] = rendered
            self._size += len(text) + len(rendered)
        while self._size > KEPT_MOST:
            old_text, old = self._kept.popitem(last=False)
            self._size -= len(old_text) + len(old)
        return rendered

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _render(text: str) -> str:
    from botcore_web.markup import to_html  # noqa: PLC0415 - 60 ms that a start does not need

    return to_html(text)
