"""One request from its arrival to its answer: recorded, checked, answered by an endpoint or a fault, and sent."""

import asyncio
import socket
import struct
from typing import assert_never
from urllib.parse import parse_qsl

from aiohttp import web

from botcore.testing.openai_server.access import bearer, check_access
from botcore.testing.openai_server.errors import ApiRefusal, unknown_url, wrong_method
from botcore.testing.openai_server.faults import (
    Hang,
    HugeBody,
    NotJson,
    Redirect,
    Reset,
    SlowHeaders,
    Status,
    fault_name,
)
from botcore.testing.openai_server.form import read_form
from botcore.testing.openai_server.harm import harm, instead
from botcore.testing.openai_server.outcome import Answer, Body, Events, Outcome
from botcore.testing.openai_server.pacing import Ticker
from botcore.testing.openai_server.recording import Recorded
from botcore.testing.openai_server.sending import Sender
from botcore.testing.openai_server.state import Call, Router, State

_CONSTANT = {"openai-organization": "org-offline", "openai-version": "2020-10-01", "server": "offline-stand-in"}


class Exchange:
    """Handles the requests to the API (everything but the control endpoint)."""

    def __init__(self, state: State, router: Router) -> None:
        self._state = state
        self._router = router
        self._ticker = Ticker()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        clock = asyncio.get_running_loop().time
        raw_path = request.raw_path
        path = raw_path.partition("?")[0]
        prefix = self._state.settings.prefix
        inside = path.startswith(prefix + "/")
        recorded = Recorded(
            request_id=self._state.new_id("req_"),
            method=request.method,
            path=path[len(prefix) :] if inside else path,
            raw_path=raw_path,
            headers=request.headers,
            received_at=clock(),
        )
        if self._state.settings.record:
            self._state.requests.add(recorded)
        try:
            return await self._respond(request, recorded, inside=inside)
        except (asyncio.CancelledError, ConnectionError):
            recorded.state = "disconnected"
            raise
        finally:
            if recorded.form is not None:
                recorded.form.close()
            if recorded.state == "open":
                recorded.state = "answered"
            recorded.finished_at = clock()
            self._state.requests.news.tell()

    async def _respond(self, request: web.BaseRequest, recorded: Recorded, *, inside: bool) -> web.StreamResponse:
        state = self._state
        key = bearer(request.headers)
        outcome: Outcome | None = None
        try:
            await self._read(request, recorded, inside=inside)
            state.requests.news.tell()
        except ApiRefusal as refusal:
            outcome = _refused(refusal)
        hold = state.holds.take(recorded.path)
        if hold is not None and hold.after_chunks is None:
            with state.park():
                await hold.wait()
        fault = state.faults.take(recorded)
        if fault is not None:
            recorded.fault = fault_name(type(fault))
        if isinstance(fault, SlowHeaders):
            await self._slow(fault)
        elif isinstance(fault, Status | Redirect | NotJson):
            outcome = instead(fault)
        elif isinstance(fault, Hang | Reset | HugeBody):
            return await self._no_answer(fault, request, recorded)
        if outcome is None:
            outcome = await self._answer(recorded, key, inside=inside)
            if fault is not None and not isinstance(fault, SlowHeaders | Status | Redirect | NotJson):
                outcome = harm(fault, outcome)
        sender = Sender(state, self._ticker, request, recorded, self._headers(recorded, key))
        match outcome:
            case Answer():
                return await sender.answer(outcome)
            case Body():
                return await sender.body(outcome, hold)
            case Events():
                return await sender.events(outcome, state.pace, hold)
            case _:
                assert_never(outcome)

    async def _read(self, request: web.BaseRequest, recorded: Recorded, *, inside: bool) -> None:
        """Read the body: a form where the endpoint takes forms, bytes otherwise."""
        route = self._router.find(recorded.path)[0].get(request.method) if inside else None
        limits = None if route is None else route.form
        if limits is None or request.content_type == "application/json":
            recorded.body = await read_body(request, self._state.settings.max_body)
        else:
            recorded.form = await read_form(request, limits)

    async def _answer(self, recorded: Recorded, key: str, *, inside: bool) -> Outcome:
        """What the endpoint says; a refusal in the API's shape."""
        state = self._state
        methods, params = self._router.find(recorded.path) if inside else ({}, {})
        route = methods.get(recorded.method)
        try:
            if route is None or not route.public:
                check_access(state.settings, recorded.headers, key)
            if not methods or state.is_missing(recorded.path):
                raise unknown_url(recorded.method, recorded.raw_path.partition("?")[0])
            if route is None:
                raise wrong_method(recorded.method, recorded.path)
            if not route.public:
                state.meter.request(key)
            call = Call(
                method=recorded.method,
                path=recorded.path,
                headers=recorded.headers,
                body=recorded.body,
                request_id=recorded.request_id,
                key=key,
                params=params,
                query=dict(parse_qsl(recorded.raw_path.partition("?")[2], keep_blank_values=True)),
                form=recorded.form,
            )
            await state.tunings.settle()
            outcome = await route.endpoint(state, call)
        except ApiRefusal as refusal:
            return _refused(refusal)
        if not isinstance(outcome, Events) and state.pace.first_token:
            await asyncio.sleep(state.pace.first_token)
        return outcome

    async def _slow(self, fault: SlowHeaders) -> None:
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.until is not None:
            with self._state.park():
                await fault.until.wait()

    async def _no_answer(
        self, fault: Hang | Reset | HugeBody, request: web.BaseRequest, recorded: Recorded
    ) -> web.StreamResponse:
        match fault:
            case HugeBody(size=size):
                return await Sender(self._state, self._ticker, request, recorded, self._headers(recorded, "")).flood(
                    size
                )
            case Hang():
                with self._state.park():
                    await asyncio.Event().wait()
            case Reset():
                _reset(request)
            case _:
                assert_never(fault)
        recorded.state = "cut"
        return web.Response()  # never sent: the connection is gone

    def _headers(self, recorded: Recorded, key: str) -> dict[str, str]:
        spent = asyncio.get_running_loop().time() - recorded.received_at
        own = {"x-request-id": recorded.request_id, "openai-processing-ms": str(int(spent * 1000))}
        return {**_CONSTANT, **own, **self._state.meter.headers(key)}


async def read_body(request: web.BaseRequest, most: int) -> bytes:
    """The whole request body.

    Raises:
        ApiRefusal: 413, it is larger than `most` bytes.
    """
    if not request.can_read_body:
        return b""
    too_large = ApiRefusal(413, f"Maximum content size limit ({most}) exceeded.")
    if (request.content_length or 0) > most:
        raise too_large
    if request.headers.get("expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if request.content_length is not None:
        return await request.content.read()
    parts: list[bytes] = []
    size = 0
    while part := await request.content.readany():
        size += len(part)
        if size > most:
            raise too_large
        parts.append(part)
    return b"".join(parts)


def _refused(refusal: ApiRefusal) -> Answer:
    return Answer(refusal.body(), refusal.status, headers=refusal.headers)


def _reset(request: web.BaseRequest) -> None:
    """Close so that the client sees a reset: lingering for zero seconds makes the kernel send RST instead of FIN."""
    transport = request.transport
    if transport is None:
        return
    raw = transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
