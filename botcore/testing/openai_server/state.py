"""What the endpoints share while the server lives, the call that each of them gets, and how they are registered."""

import asyncio
import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import unquote

from botcore.testing.openai_server.errors import invalid
from botcore.testing.openai_server.faults import Faults
from botcore.testing.openai_server.filestore import FileStore
from botcore.testing.openai_server.form import Form, FormLimits
from botcore.testing.openai_server.gallery import Gallery
from botcore.testing.openai_server.holds import Holds
from botcore.testing.openai_server.meter import Meter
from botcore.testing.openai_server.outcome import Outcome
from botcore.testing.openai_server.recording import RequestLog
from botcore.testing.openai_server.script import Script
from botcore.testing.openai_server.settings import ModelCard, ModelKind, OfflineSettings
from botcore.testing.openai_server.tunings import Tunings
from botcore.testing.openai_server.wordlist import WordList
from botcore.testing.openai_server.workspace import Workspace
from botcore.testing.server.news import News


class State:
    """The server's living parts."""

    def __init__(self, settings: OfflineSettings) -> None:
        self.settings = settings
        self.pace = settings.pace
        self.models: dict[str, ModelCard] = {card.id: card for card in settings.models}
        self.requests = RequestLog(settings.record_limit, News())
        self.faults = Faults()
        self.holds = Holds()
        self.script = Script()
        self.words = WordList(settings.flagged)
        self.meter = Meter(settings.rate, settings.quota_tokens)
        self.workspace = Workspace(settings.data_dir)
        self.files = FileStore(self.workspace, settings.clock)
        self.tunings = Tunings(self.workspace, self.files, self.models, settings.tuning, settings.clock)
        self.gallery = Gallery(settings.picture_life, settings.clock)
        self.workers = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))  # recognisers at once
        self.parked: set[asyncio.Task[object]] = set()
        self._start = secrets.token_hex(4)
        self._numbers = count(1)

    async def open(self) -> None:
        """Find what an earlier run kept."""
        await asyncio.to_thread(self.files.load)
        await asyncio.to_thread(self.tunings.load)

    async def close(self) -> None:
        """Forget files, jobs and their models, and delete what was temporary."""
        self.tunings.clear()
        self.files.clear()
        await asyncio.to_thread(self.workspace.close)

    def new_id(self, prefix: str) -> str:
        """A fresh identifier, unique over restarts too (a tool call's id is kept in a bot's history)."""
        return f"{prefix}{self._start}{next(self._numbers):08x}"

    def find_model(self, name: str, kind: ModelKind) -> ModelCard | None:
        """The model of that name; an unknown name is of the wanted kind where any is taken."""
        found = self.models.get(name)
        return ModelCard(name, kind=kind) if found is None and self.settings.any_model else found

    def is_missing(self, path: str) -> bool:
        """Whether the settings say that there is no such endpoint."""
        return any(f"{path}/".startswith(f"/{name.strip('/')}/") for name in self.settings.missing)

    @contextmanager
    def park(self) -> Generator[None]:
        """Mark the current task as waiting for something that may never come: a stop need not wait for it."""
        task = asyncio.current_task()
        if task is None:
            yield
            return
        self.parked.add(task)
        try:
            yield
        finally:
            self.parked.discard(task)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as an endpoint sees it.

    `path` lies below the prefix; `params` are the path's variable parts, `query` what stands behind its question mark.
    `body` is empty where a form was read.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    request_id: str
    key: str
    params: Mapping[str, str]
    form: Form | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    def required_form(self) -> Form:
        """The multipart form of a request to a route that has `form`.

        Raises:
            ApiRefusal: the request has another body.
        """
        if self.form is None:
            shown = self.headers.get("content-type", "none").partition(";")[0]
            raise invalid(f"Invalid Content-Type header ({shown}), expected multipart/form-data.")
        return self.form

    @property
    def now(self) -> int:
        """The time for `created` fields, in Unix seconds."""
        return int(time.time())


Endpoint = Callable[[State, Call], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint's place: `/models/{model*}`. A part in braces matches one path segment, with a star all the rest.

    With `form` it takes multipart forms: they are read within these limits before the endpoint is called, which finds
    them in `Call.form`. Their temporary files are deleted when the request is answered. A `public` one needs no key.
    """

    method: str
    path: str
    endpoint: Endpoint
    form: FormLimits | None = None
    public: bool = False


class Router:
    """Finds the endpoint for a method and a raw path."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._fixed: dict[str, dict[str, Route]] = {}
        self._variable: dict[str, tuple[re.Pattern[str], dict[str, Route]]] = {}
        for route in routes:
            if "{" in route.path:
                pattern = re.sub(
                    r"\{(\w+)(\*?)\}", lambda part: f"(?P<{part[1]}>{'.+' if part[2] else '[^/]+'})", route.path
                )
                methods = self._variable.setdefault(route.path, (re.compile(pattern), {}))[1]
            else:
                methods = self._fixed.setdefault(route.path, {})
            methods[route.method] = route

    def find(self, path: str) -> tuple[Mapping[str, Route], Mapping[str, str]]:
        """The routes of a path by method, and the path's variable parts; nothing where there is no such path."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        for pattern, methods in self._variable.values():
            found = pattern.fullmatch(path)
            if found:
                return methods, {name: unquote(value) for name, value in found.groupdict().items()}
        return {}, {}
