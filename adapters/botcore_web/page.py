"""The page as a NiceGUI element: one Vue component, fed with changes. Imports NiceGUI."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from botcore.errors import BotcoreError
from botcore.messages import Json
from botcore_web.markup import code_style
from botcore_web.room import Room
from botcore_web.session import FILES_MOST, MESSAGE_MOST, Session

STATIC = Path(__file__).parent / "static"

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#5b5bd6"/>'
    '<path d="M8 12a4 4 0 0 1 4-4h8a4 4 0 0 1 4 4v5a4 4 0 0 1-4 4h-5l-5 4v-4.5A4 4 0 0 1 8 17z" fill="#fff"/></svg>'
)

# Before the first paint, so that a dark page does not flash white. The guard adds the nonce.
_THEME = """<script>
document.documentElement.dataset.theme =
  (() => { try { return localStorage.getItem("botcore.theme") } catch { return null } })() ??
  (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
</script><meta name="robots" content="noindex">"""

_EVENTS = ("hello", "show", "older", "say", "press", "rate", "forget", "decide")


@dataclass(frozen=True, slots=True)
class About:
    """What holds for every page. `history`: messages shown at first; `file_most`: bytes of one file that it takes."""

    title: str
    offline: bool
    history: int
    file_most: int


class ChatPage(Element, component="static/botcore_chat.js", esm={"botcore-web": "static"}):
    """The whole page. The script asks by events and is told by `receive`."""

    def __init__(self, about: About, commands: Json) -> None:
        super().__init__()
        self._props["title"] = about.title
        self._props["offline"] = about.offline
        self._props["commands"] = commands
        self._props["most"] = MESSAGE_MOST
        self._props["filesMost"] = FILES_MOST
        self._props["fileMost"] = about.file_most

    def tell(self, change: Json) -> None:
        """Tell the page of a change."""
        _ = self.run_method("receive", change)  # awaiting it would wait for the browser's answer


@cache
def _style() -> str:
    return f"<style>{(STATIC / 'chat.css').read_text('utf-8')}\n{code_style()}</style>"


def prepare() -> None:
    """Read and make the style sheet, which takes a while the first time."""
    _style()


def builder(room: Room, about: About) -> Callable[[], None]:
    """The function that fills a page."""

    def build() -> None:
        ui.add_head_html(_THEME + _style())
        page = ChatPage(about, room.commands())
        session = Session(room, page.tell, history=about.history)
        for name in _EVENTS:
            page.on(name, _listener(session, name))
        client = ui.context.client
        client.on_exception(lambda: page.tell({"op": "told", "text": BotcoreError.said}))  # NiceGUI logs it
        client.on_connect(lambda: room.hub.join(session))
        client.on_delete(lambda: room.hub.leave(session))

    return build


def _listener(session: Session, name: str) -> Callable[[GenericEventArguments], object]:
    method = getattr(session, name)

    async def listen(event: GenericEventArguments) -> None:
        await method(event.args)

    return listen
