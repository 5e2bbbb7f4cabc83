"""Driving a server from outside: JSON below /_simulator/ for tests in another process and for curl, and a page.

Requests with a body must be `application/json`; a foreign web page cannot send that without being allowed to.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeAlias, TypeVar
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from botcore.testing.server.faults import TROUBLES, Faults, Hold

Json: TypeAlias = dict[str, Any]
Action: TypeAlias = Callable[[Json], Awaitable[Any]]

PREFIX = "/_simulator"
_SHOWN = re.compile(r"image/(png|jpeg|gif|webp)|(audio|video)/[\w.+-]+")
_HERE = Path(__file__).parent
_PARTS = {"page.css": "text/css", "page.js": "text/javascript"}  # what the pages of all servers share
_MAX_WAIT = 60.0  # seconds


class Someone(Protocol):
    """A person as the control endpoint names them."""

    @property
    def id(self) -> int:
        """The user id."""
        ...

    @property
    def name(self) -> str:
        """What is shown."""
        ...


PersonT = TypeVar("PersonT", bound=Someone)


class Calls(Protocol):
    """The record of calls: dataclasses, oldest first."""

    def __iter__(self) -> Iterator[Any]:
        """All of them."""
        ...

    def of(self, calls: str, /) -> list[Any]:
        """The calls of one method or route."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that somebody sent, for the page."""

    content: bytes
    media_type: str


class Control(ABC, Generic[PersonT]):
    """The routes below /_simulator/ that all servers have; a subclass adds its own to `gets` and `posts`.

    Args:
        people: by id.
        calls: what was recorded.
        faults: what is to go wrong.
        page: the HTML of the page.
    """

    #: The kinds of fault.
    kinds: ClassVar[Mapping[str, Callable[..., Any]]]
    #: What faults and calls are named by, and what a fault may be limited to: ("method", "chat").
    names: ClassVar[tuple[str, str]]
    #: The error answers of the API, which are told in its words.
    refusal: ClassVar[type[Exception]]

    def __init__(self, people: Mapping[int, PersonT], calls: Calls, faults: Faults[Any], page: Path) -> None:
        self._people = people
        self._recorded = calls
        self._faults = faults
        self._page = page
        self._holds: list[Hold] = []
        self.gets: dict[str, Action] = {"calls": self._calls, "holds": self._list_holds}
        self.posts: dict[str, Action] = {
            "faults": self._fault,
            "faults/clear": self._clear,
            "holds": self._hold,
            "holds/release": self._release,
        }

    @abstractmethod
    def find_file(self, query: Mapping[str, str]) -> Sent | None:
        """The file that the page asks for, if there is one."""

    @abstractmethod
    def find_place(self, given: Json) -> int | None:
        """The id of the chat or channel that a fault is limited to, if it is."""

    def find_person(self, who: Any) -> PersonT:
        """Somebody by id or by name.

        Raises:
            LookupError: where there is nobody.
        """
        for person in self._people.values():
            if str(who) in {str(person.id), person.name}:
                return person
        raise LookupError(f"nobody is called {who}")

    async def handle(self, request: web.BaseRequest, path: str, query: str) -> web.StreamResponse:
        """Answer one request."""
        name = path.removeprefix(PREFIX).strip("/")
        given: Any = dict(parse_qsl(query))
        if request.method == "GET" and name in {"", "file", *_PARTS}:
            return self._file(given) if name == "file" else self._part(name)
        action = (self.gets if request.method == "GET" else self.posts).get(name)
        if action is None:
            return _json({"error": f"no such thing: {request.method} {path}"}, 404)
        try:
            if request.method != "GET":
                if not request.headers.get("Content-Type", "").startswith("application/json"):
                    return _json({"error": "send application/json"}, 415)
                given = orjson.loads(await request.content.read() or b"{}")
            return _json(await action(given))
        except TimeoutError as late:
            return _json({"error": str(late)}, 408)
        except self.refusal as refused:
            return _json({"error": str(refused)}, 400)
        except (LookupError, ValueError, TypeError) as wrong:
            return _json({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    def _part(self, name: str) -> web.Response:
        path, kind = (_HERE / name, _PARTS[name]) if name else (self._page, "text/html")
        return web.Response(text=path.read_text(encoding="utf-8"), content_type=kind)

    def _file(self, query: Mapping[str, str]) -> web.Response:
        """A file for the page; what it does not show or play is saved."""
        file = self.find_file(query)
        if file is None:
            return _json({"error": "no such file"}, 404)
        shown = _SHOWN.fullmatch(file.media_type)
        headers = {"Content-Disposition": "inline" if shown else "attachment", "X-Content-Type-Options": "nosniff"}
        kind = file.media_type if shown else "application/octet-stream"
        return web.Response(body=file.content, content_type=kind, headers=headers)

    async def _calls(self, given: Json) -> Any:
        wanted = given.get(self.names[0])
        calls = self._recorded.of(wanted) if wanted else list(self._recorded)
        return [{one.name: getattr(call, one.name) for one in fields(call)} for call in calls]

    async def _fault(self, given: Json) -> Any:
        inner = {name: value for name, value in given.items() if name not in {"kind", "times", *self.names}}
        fault = ({**TROUBLES, **self.kinds})[given["kind"]](**inner)
        calls, where = given[self.names[0]], self.find_place(given)
        self._faults.plan(calls, fault, times=int(given.get("times", 1)), where=where)
        return {}

    async def _clear(self, _given: Json) -> Any:
        self._faults.clear()
        return {}

    async def _hold(self, given: Json) -> Any:
        landed, where = bool(given.get("landed")), self.find_place(given)
        self._holds.append(self._faults.hold(given[self.names[0]], landed=landed, where=where))
        return {"hold": len(self._holds) - 1}

    async def _list_holds(self, given: Json) -> Any:
        """With `?hold=0&timeout=5` wait until that hold is reached; without, list all."""
        if "hold" in given:
            await self._holds[int(given["hold"])].reached(patience(given))
        return [{"hold": number, "reached": hold.is_reached} for number, hold in enumerate(self._holds)]

    async def _release(self, given: Json) -> Any:
        self._holds[int(given["hold"])].release()
        return {}


def patience(given: Json) -> float:
    """How many seconds a request wants to wait."""
    return min(float(given.get("timeout", 5)), _MAX_WAIT)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")
