"""Every failure becomes one error of the tree, once, in one place."""

from __future__ import annotations

import inspect
from email.utils import formatdate
from time import time
from typing import TYPE_CHECKING, Any

import aiohttp
import httpx
import pytest

from botcore import errors
from botcore.openai import Api, ChatRequest
from botcore.openai.call import Call, Endpoint
from botcore.openai.classify import from_object, from_response
from botcore.openai.foreign import FOREIGN, translate
from botcore.openai.limits import RateLimits, request_id, retry_after

if TYPE_CHECKING:
    from tests.openai.conftest import ScriptedServer

CHAT = Call(Endpoint("chat", "POST", "/chat/completions"))
MODEL = Call(Endpoint("models.get", "GET", "/models/{}"), item="m")


def error(message: str = "no", **facts: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None} | facts}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, error("Unsupported parameter: 'temperature'"), errors.BadRequest),
        (400, error("bad", code="context_length_exceeded"), errors.ContextOverflow),
        (400, error("This model's maximum context length is 4096 tokens. You want 9"), errors.ContextOverflow),
        (400, error("the request exceeds the available context size. try more"), errors.ContextOverflow),
        (400, {"object": "error", "message": "maximum context length is 10", "code": 400}, errors.ContextOverflow),
        (400, error("max_tokens is too large: 9000"), errors.BadRequest),
        (400, error("Invalid 'content': string too long", code="string_above_max_length"), errors.BadRequest),
        (400, error("filtered", code="content_filter"), errors.ContentFiltered),
        (400, error("filtered", innererror={"code": "ResponsibleAIPolicyViolation"}), errors.ContentFiltered),
        (400, error("no money", code="billing_hard_limit_reached"), errors.QuotaExceeded),
        (400, None, errors.BadRequest),
        (401, error("Incorrect API key", code="invalid_api_key"), errors.AuthFailed),
        (401, None, errors.AuthFailed),
        (402, error("Insufficient Balance"), errors.QuotaExceeded),
        (403, error("Country, region, or territory not supported"), errors.AuthFailed),
        (403, error("flagged", metadata={"flagged_input": "..."}), errors.ContentFiltered),
        (404, error("The model `m` does not exist", code="model_not_found"), errors.NotFound),
        (404, error('model "m" not found, try pulling it first'), errors.NotFound),
        (404, error("This is not a chat model. Did you mean to use v1/completions?", param="model"), errors.NotFound),
        (404, error("Invalid URL (POST /v1/chat/completions)"), errors.EndpointMissing),
        (404, error("File Not Found", code=404), errors.EndpointMissing),
        (404, {"detail": "Not Found"}, errors.EndpointMissing),
        (404, None, errors.EndpointMissing),
        (405, {"detail": "Method Not Allowed"}, errors.EndpointMissing),
        (408, None, errors.Unavailable),
        (413, error("Request too large"), errors.BadRequest),
        (422, {"detail": [{"loc": ["body", "n"], "msg": "should be an integer", "input": "x"}]}, errors.BadRequest),
        (429, error("Rate limit reached", code="rate_limit_exceeded"), errors.RateLimited),
        (429, error("You exceeded your current quota", code="insufficient_quota"), errors.QuotaExceeded),
        (429, error("You exceeded your current quota", type="insufficient_quota"), errors.QuotaExceeded),
        (429, [{"error": {"code": 429, "message": "RESOURCE_EXHAUSTED"}}], errors.RateLimited),
        (429, None, errors.RateLimited),
        (500, error("The server had an error", type="server_error"), errors.Unavailable),
        (501, error("This server does not support embeddings"), errors.EndpointMissing),
        (502, None, errors.Unavailable),
        (529, error("overloaded", type="overloaded_error"), errors.Unavailable),
        (304, None, errors.BadResponse),
    ],
)  # fmt: skip
def test_answers_are_classified(status: int, body: Any, kind: type[errors.ApiError]) -> None:
    found = from_response(status, {}, body, call=CHAT, key=None)
    assert (type(found), found.status) == (kind, status)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, error("The model 'm' does not exist"), errors.NotFound),
        (404, error("No such thing as that"), errors.NotFound),
        (404, {"detail": "Not Found"}, errors.EndpointMissing),
        (404, None, errors.EndpointMissing),
        (405, None, errors.EndpointMissing),
    ],
)
def test_a_404_of_one_item_is_not_that_of_an_endpoint(status: int, body: Any, kind: type[errors.ApiError]) -> None:
    assert type(from_response(status, {}, body, call=MODEL, key=None)) is kind


@pytest.mark.parametrize(
    "body", [{}, [], "text", 5, {"error": None}, {"error": []}, {"error": {"message": {"a": 1}}}, [[]]]
)
def test_no_error_body_is_too_strange(body: Any) -> None:
    assert type(from_response(400, {}, body, call=CHAT, key=None)) is errors.BadRequest
    assert type(from_object(body, {}, call=CHAT, key=None)) is errors.BadResponse


def test_an_error_keeps_what_the_operator_asks_about() -> None:
    headers = {"x-request-id": "req-9", "retry-after": "7", "x-ratelimit-remaining-tokens": "0", "set-cookie": "x"}
    found = from_response(429, headers, error("slow down", code="rate_limit_exceeded"), call=CHAT, key=None)
    assert (found.request_id, found.retry_after, found.code) == ("req-9", 7.0, "rate_limit_exceeded")
    assert found.headers == {"x-ratelimit-remaining-tokens": "0"}
    assert RateLimits.of(found.headers).remaining_tokens == 0
    assert "POST /chat/completions: slow down" in str(found)
    assert "slow down" not in found.said


def httpx_errors() -> list[type[BaseException]]:
    found = [getattr(httpx, name) for name in httpx.__all__]
    return [thing for thing in found if inspect.isclass(thing) and issubclass(thing, Exception)]


EXPECTED: dict[type[BaseException], type[errors.ApiError]] = {
    httpx.ConnectTimeout: errors.ApiUnreachable,
    httpx.PoolTimeout: errors.ApiUnreachable,
    httpx.ReadTimeout: errors.ApiTimeout,
    httpx.WriteTimeout: errors.ApiTimeout,
    httpx.TimeoutException: errors.ApiTimeout,
    httpx.NetworkError: errors.ApiUnreachable,
    httpx.ConnectError: errors.ApiUnreachable,
    httpx.ReadError: errors.ApiUnreachable,
    httpx.WriteError: errors.ApiUnreachable,
    httpx.CloseError: errors.ApiUnreachable,
    httpx.ProxyError: errors.ApiUnreachable,
    httpx.RemoteProtocolError: errors.ApiUnreachable,
    httpx.LocalProtocolError: errors.BadRequest,
    httpx.UnsupportedProtocol: errors.BadRequest,
    httpx.InvalidURL: errors.BadRequest,
    httpx.ProtocolError: errors.BadResponse,
    httpx.DecodingError: errors.BadResponse,
    httpx.TooManyRedirects: errors.BadResponse,
    httpx.HTTPStatusError: errors.BadResponse,
    httpx.HTTPError: errors.BadResponse,
    httpx.RequestError: errors.BadResponse,
    httpx.TransportError: errors.BadResponse,
    httpx.CookieConflict: errors.BadResponse,
    httpx.StreamError: errors.BadResponse,
    httpx.StreamConsumed: errors.BadResponse,
    httpx.StreamClosed: errors.BadResponse,
    httpx.ResponseNotRead: errors.BadResponse,
    httpx.RequestNotRead: errors.BadResponse,
}


@pytest.mark.parametrize("foreign", httpx_errors(), ids=lambda kind: kind.__name__)
def test_every_error_of_httpx_is_translated(foreign: type[BaseException]) -> None:
    assert issubclass(foreign, FOREIGN), "it is caught at the seam"
    made = foreign.__new__(foreign, "why")
    assert type(translate(made, during="test")) is EXPECTED[foreign], "no class is missing, none is left to chance"


def aiohttp_errors() -> list[type[BaseException]]:
    return [
        thing
        for thing in vars(aiohttp).values()
        if inspect.isclass(thing) and issubclass(thing, aiohttp.ClientError) and not issubclass(thing, Warning)
    ]


@pytest.mark.parametrize("foreign", aiohttp_errors(), ids=lambda kind: kind.__name__)
def test_what_httpx_aiohttp_lets_through_is_translated(foreign: type[BaseException]) -> None:
    assert issubclass(foreign, FOREIGN)


@pytest.mark.parametrize("system", [ConnectionResetError(), TimeoutError(), OSError(24, "Too many open files")])
def test_errors_of_the_system_are_translated(system: OSError) -> None:
    found = translate(system, during="test")
    assert type(found) is (errors.ApiTimeout if isinstance(system, TimeoutError) else errors.ApiUnreachable)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": formatdate(time() - 60, usegmt=True)}, 0.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 99 Foo 2026 99:99:99 GMT"}, None),
        ({"retry-after": ""}, None),
        ({}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_retry_after_as_a_date_counts_from_now() -> None:
    # an HTTP date has whole seconds, so up to one of the sixty is lost
    assert 58.0 < (retry_after({"retry-after": formatdate(time() + 60, usegmt=True)}) or 0.0) <= 60.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("20ms", 0.02), ("1h2m3s", 3723.0), ("1.5", 1.5), ("", None), ("soon", None), ("-1", 0.0)]
)
def test_reset_durations(text: str, seconds: float | None) -> None:
    found = RateLimits.of({"x-ratelimit-reset-tokens": text}).reset_tokens
    assert found == (pytest.approx(seconds) if seconds is not None else None)


def test_a_request_id_is_one_printable_line() -> None:
    assert request_id({"x-request-id": "a\x1b[31m\tb" + "c" * 500}) == "a[31mb" + "c" * 194


async def test_an_error_page_names_its_status_and_type(api: Api, server: ScriptedServer, hello: ChatRequest) -> None:
    server.will(server.answer(b"<html>bad gateway</html>", 418, content_type="text/html"))
    with pytest.raises(errors.BadRequest, match=r"not JSON \(text/html\) \(status 418\)"):
        await api.chat.complete(hello)
