"""`/_offline/...`: the server's faults, script, holds and records over HTTP, for tests that run in another process.

It is not part of the API and needs no key. Requests from web pages (they carry an `Origin`) are refused.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import parse_qs

from aiohttp import web

from botcore.testing.openai_server.errors import ApiRefusal, invalid, missing
from botcore.testing.openai_server.exchange import read_body
from botcore.testing.openai_server.faults import make_fault
from botcore.testing.openai_server.fields import Fields, parse
from botcore.testing.openai_server.holds import Hold
from botcore.testing.openai_server.outcome import Answer, json_answer
from botcore.testing.openai_server.script import Finish
from botcore.testing.openai_server.state import State

Handler = Callable[["Control", Fields, Mapping[str, str]], Awaitable[Any]]

_LONGEST_WAIT = 30.0


class Control:
    """Answers the control requests."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer one control request."""
        try:
            answer = await self._answer(request)
        except ApiRefusal as refusal:
            answer = Answer(refusal.body(), refusal.status)
        return web.Response(body=answer.body, status=answer.status, headers={"content-type": answer.content_type})

    async def _answer(self, request: web.BaseRequest) -> Answer:
        if "origin" in request.headers:
            raise ApiRefusal(403, "The control endpoint is not for web pages.")
        path, _, query = request.raw_path.partition("?")
        what = path.removeprefix("/_offline").strip("/")
        body = await read_body(request, self._state.settings.max_body)
        fields = Fields(parse(body) if body else {})
        options = {name: values[-1] for name, values in parse_qs(query).items()}
        area, _, rest = what.partition("/")
        handler = HANDLERS.get((request.method, area if not rest else f"{area}/*"))
        if handler is None:
            raise ApiRefusal(404, f"There is no control request {request.method} {path}.")
        return json_answer(await handler(self, fields, {**options, "rest": rest}))

    async def status(self, _fields: Fields, _options: Mapping[str, str]) -> Any:
        """GET /_offline."""
        state = self._state
        return {
            "server": "offline stand-in",
            "models": list(state.models),
            "requests": len(state.requests),
            "faults": len(state.faults),
            "script": len(state.script),
            "used_tokens": state.meter.used_tokens,
            "pace": asdict(state.pace),
        }

    async def requests(self, _fields: Fields, options: Mapping[str, str]) -> Any:
        """GET /_offline/requests?path=...&count=...&wait=...: waits up to `wait` seconds for `count` of them."""
        log, path = self._state.requests, options.get("path")
        if "count" in options:
            if not options["count"].isdecimal():
                raise invalid("'count' must be a whole number.", "count")
            with suppress(TimeoutError):  # what there is, is the answer
                await log.wait_for(int(options["count"]), path, _seconds(options, "wait"))
        return {"requests": [one.shown() for one in (log if path is None else log.to(path))]}

    async def forget_requests(self, _fields: Fields, _options: Mapping[str, str]) -> Any:
        """DELETE /_offline/requests."""
        self._state.requests.clear()
        return {"requests": []}

    async def add_fault(self, fields: Fields, _options: Mapping[str, str]) -> Any:
        """POST /_offline/faults {"fault": "status", "status": 503, "path": "...", "times": 1, "skip": 0}; 0: always."""
        name = fields.required_text("fault")
        outside = {"fault", "path", "times", "skip"}
        try:
            fault = make_fault(name, {key: value for key, value in fields.values.items() if key not in outside})
        except ValueError as wrong:
            raise invalid(str(wrong), "fault") from None
        times, path = fields.integer("times", 0), fields.text("path")
        if times == 0:
            self._state.faults.always(fault, path=path)
        else:
            self._state.faults.next(fault, path=path, times=times or 1, skip=fields.integer("skip", 0) or 0)
        return {"faults": len(self._state.faults)}

    async def clear_faults(self, _fields: Fields, _options: Mapping[str, str]) -> Any:
        """DELETE /_offline/faults."""
        self._state.faults.clear()
        return {"faults": 0}

    async def add_line(self, fields: Fields, _options: Mapping[str, str]) -> Any:
        """POST /_offline/script with one of "reply", "tool_call", "tool_calls", "refusal", "content_filter"."""
        script, when = self._state.script, fields.text("when")
        times = fields.integer("times", 0)
        often = None if times == 0 else times or 1
        values = fields.values
        if "reply" in values:
            script.reply(_reply(values["reply"]), when=when, times=often, finish=_finish(fields.text("finish")))
        elif (call := fields.object("tool_call")) is not None:
            script.tool_calls([_call(call)], text=fields.text("text") or "", when=when, times=often)
        elif (calls := fields.array("tool_calls")) is not None:
            made = [_call(Fields(one, f"tool_calls[{at}]")) for at, one in enumerate(calls)]
            script.tool_calls(made, text=fields.text("text") or "", when=when, times=often)
        elif (refusal := fields.text("refusal")) is not None:
            script.refusal(refusal, when=when, times=often)
        elif (partial := fields.text("content_filter")) is not None:
            script.content_filter(partial, when=when, times=often)
        else:
            raise missing("reply")
        return {"script": len(script)}

    async def clear_script(self, _fields: Fields, _options: Mapping[str, str]) -> Any:
        """DELETE /_offline/script."""
        self._state.script.clear()
        return {"script": 0}

    async def add_hold(self, fields: Fields, _options: Mapping[str, str]) -> Any:
        """POST /_offline/holds {"after_chunks": 3, "path": "/chat/completions", "times": 1}."""
        path = fields.text("path") or "/chat/completions"
        after, times = fields.integer("after_chunks", 0), fields.integer("times", 1) or 1
        return _shown(self._state.holds.add(after_chunks=after, path=path, times=times))

    async def look_at_hold(self, _fields: Fields, options: Mapping[str, str]) -> Any:
        """GET /_offline/holds/ID?wait=5: waits until something waits there, as long as that."""
        hold = self._hold(options["rest"])
        with suppress(TimeoutError):  # `waiting` tells
            await hold.reached(within=_seconds(options, "wait"))
        return _shown(hold)

    async def release_hold(self, _fields: Fields, options: Mapping[str, str]) -> Any:
        """POST /_offline/holds/ID/release."""
        hold_id, _, action = options["rest"].partition("/")
        if action != "release":
            raise ApiRefusal(404, "A hold can only be released.")
        hold = self._hold(hold_id)
        hold.release()
        return _shown(hold)

    async def set_pace(self, fields: Fields, _options: Mapping[str, str]) -> Any:
        """POST /_offline/pace {"first_token": 0.1, "chunk_interval": 0.02, "chunks": 50}."""
        first, interval = fields.number("first_token", 0, 3600), fields.number("chunk_interval", 0, 3600)
        pace = self._state.pace
        self._state.pace = replace(
            pace,
            first_token=pace.first_token if first is None else first,
            chunk_interval=pace.chunk_interval if interval is None else interval,
            chunks=fields.integer("chunks", 1) if "chunks" in fields.values else pace.chunks,
        )
        return asdict(self._state.pace)

    async def reset(self, fields: Fields, options: Mapping[str, str]) -> Any:
        """POST /_offline/reset: nothing recorded, scripted, held or going wrong; the pace as at the start."""
        state = self._state
        state.requests.clear()
        state.faults.clear()
        state.script.clear()
        state.holds.clear()
        state.pace = state.settings.pace
        return await self.status(fields, options)

    def _hold(self, hold_id: str) -> Hold:
        hold = self._state.holds.find(hold_id)
        if hold is None:
            raise ApiRefusal(404, f"There is no hold {hold_id!r}.")
        return hold


HANDLERS: Mapping[tuple[str, str], Handler] = {
    ("GET", ""): Control.status,
    ("GET", "requests"): Control.requests,
    ("DELETE", "requests"): Control.forget_requests,
    ("POST", "faults"): Control.add_fault,
    ("DELETE", "faults"): Control.clear_faults,
    ("POST", "script"): Control.add_line,
    ("DELETE", "script"): Control.clear_script,
    ("POST", "holds"): Control.add_hold,
    ("GET", "holds/*"): Control.look_at_hold,
    ("POST", "holds/*"): Control.release_hold,
    ("POST", "pace"): Control.set_pace,
    ("POST", "reset"): Control.reset,
}


def _seconds(options: Mapping[str, str], name: str) -> float:
    try:
        return min(max(float(options.get(name, 0)), 0.0), _LONGEST_WAIT)
    except ValueError:
        raise invalid(f"'{name}' must be a number of seconds.", name) from None


def _reply(given: Any) -> str | list[str]:
    if isinstance(given, str) or (isinstance(given, list) and all(isinstance(one, str) for one in given)):
        return given
    raise invalid("'reply' must be a text or an array of texts.", "reply")


def _finish(given: str | None) -> Finish | None:
    match given:
        case None | "stop" | "length" | "content_filter":
            return given
        case other:
            raise invalid(f"'finish' cannot be {other!r}.", "finish")


def _call(call: Fields) -> tuple[str, Mapping[str, Any] | str | None]:
    arguments = call.values.get("arguments")
    if arguments is not None and not isinstance(arguments, dict | str):
        raise invalid("'arguments' must be an object or a text.", call.name("arguments"))
    return call.required_text("name"), arguments


def _shown(hold: Hold) -> dict[str, Any]:
    return {"id": hold.id, "waiting": hold.waiting, "caught": hold.caught, "released": hold.released.is_set()}
