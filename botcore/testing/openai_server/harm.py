"""What each fault does to an answer: values in, worse values out. The connection-level ones are in `exchange.py`."""

import re
from dataclasses import replace
from typing import assert_never

from botcore.testing.openai_server.errors import error_body
from botcore.testing.openai_server.faults import (
    CutStream,
    Dribble,
    ErrorInStream,
    InvalidUtf8,
    MalformedSse,
    MissingDone,
    Noise,
    NotJson,
    OfAnswer,
    Redirect,
    Stall,
    Status,
    WrongContentType,
)
from botcore.testing.openai_server.outcome import DONE, EVENTS, JSON, Answer, Body, Ending, Events, Outcome, event

# (type, code, message) as the public API sends them with a status
_USUAL: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request was refused."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: (
        "invalid_request_error",
        "unsupported_country_region_territory",
        "Country, region, or territory not supported.",
    ),
    404: ("invalid_request_error", None, "Invalid URL."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached. Please try again later."),
    500: ("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    501: ("invalid_request_error", None, "Not implemented."),
    503: ("service_unavailable", None, "The server is currently overloaded. Please try again later."),
}
_CODES = {
    "insufficient_quota": ("insufficient_quota", "You exceeded your current quota, please check your plan."),
    "context_length_exceeded": ("invalid_request_error", "This model's maximum context length is 8192 tokens."),
    "content_filter": ("invalid_request_error", "The response was filtered: the prompt triggered a content policy."),
}  # fmt: skip
_TEXT = re.compile(rb'"(?:content|text|arguments)":"')


def instead(fault: Status | Redirect | NotJson) -> Answer:
    """The whole answer that takes the place of the real one."""
    match fault:
        case Status():
            return _status(fault)
        case Redirect(url=url, status=status):
            return Answer(b"", status, "text/plain", {"location": url})
        case NotJson(body=body, status=status):
            return Answer(body.encode(), status, JSON)
        case _:
            assert_never(fault)


def _status(fault: Status) -> Answer:
    kind, code, message = _USUAL.get(fault.status, ("server_error", None, "Something went wrong."))
    if fault.code is not None:
        code = fault.code
        kind, message = _CODES.get(code, (kind, message))
    body = error_body(fault.message or message, kind=fault.kind or kind, code=code)
    headers: dict[str, str] = {}
    if fault.retry_after is not None:
        headers = {"retry-after": f"{fault.retry_after:g}"}
    return Answer(body if fault.body is None else fault.body.encode(), fault.status, JSON, headers)


def harm(fault: OfAnswer, outcome: Outcome) -> Outcome:
    """What the endpoint said, after `fault`."""
    match outcome:
        case Answer():
            return harm_answer(fault, outcome)
        case Events():
            return harm_events(fault, outcome)
        case Body():
            return harm_body(fault, outcome)
        case _:
            assert_never(outcome)


def harm_body(fault: OfAnswer, body: Body) -> Body | Answer:
    """A body in blocks after `fault`; what spoils only text or events does nothing to it."""
    match fault:
        case CutStream(after_chunks=count):
            return replace(body, ending=Ending.CUT, most=count)
        case Stall(after_chunks=count):
            return replace(body, ending=Ending.STALL, most=count)
        case ErrorInStream(code=code, message=message):
            return Answer(error_body(message, kind="server_error", code=code), 500)
        case WrongContentType(content_type=content_type):
            return replace(body, content_type=content_type)
        case MalformedSse() | InvalidUtf8() | Dribble() | MissingDone() | Noise():
            return body
        case _:
            assert_never(fault)


def harm_answer(fault: OfAnswer, answer: Answer) -> Answer | Events:
    """A plain answer after `fault`."""
    match fault:
        case CutStream():
            return replace(answer, ending=Ending.CUT)
        case Stall():
            return replace(answer, ending=Ending.STALL)
        case MalformedSse():
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case ErrorInStream(code=code, message=message):
            return Answer(error_body(message, kind="server_error", code=code), 500)
        case InvalidUtf8():
            return replace(answer, body=_spoil(answer.body))
        case WrongContentType(content_type=content_type):
            return replace(answer, content_type=content_type)
        case Dribble(size=size):
            return Events(b"", (answer.body,), b"", answer.content_type, dribble=size)
        case MissingDone() | Noise():
            return answer
        case _:
            assert_never(fault)


def harm_events(fault: OfAnswer, events: Events) -> Events:
    """A streamed answer after `fault`."""
    match fault:
        case CutStream(after_chunks=count):
            changed = replace(events, chunks=events.chunks[:count], tail=b"", ending=Ending.CUT)
        case Stall(after_chunks=count):
            changed = replace(events, chunks=events.chunks[:count], tail=b"", ending=Ending.STALL)
        case MalformedSse(after_chunks=count):
            broken = b'data: {"id": "chatcmpl-broken", "choices": [{"delta": \n\n'
            changed = replace(events, chunks=(*events.chunks[:count], broken, *events.chunks[count:]))
        case ErrorInStream(code=code, message=message, after_chunks=count):
            error = {"error": {"message": message, "type": "server_error", "param": None, "code": code}}
            changed = replace(events, chunks=events.chunks[:count], tail=event(error))
        case MissingDone():
            changed = replace(events, tail=events.tail.removesuffix(DONE))
        case InvalidUtf8():
            spoilt = tuple(_spoil(chunk) for chunk in events.chunks[:1])
            changed = replace(events, chunks=spoilt + events.chunks[1:])
        case WrongContentType(content_type=content_type):
            changed = replace(events, content_type=content_type)
        case Noise():
            changed = _noisy(events)
        case Dribble(size=size):
            changed = replace(events, dribble=size)
        case _:
            assert_never(fault)
    return changed


def _spoil(body: bytes) -> bytes:
    """Put a stray continuation byte and a cut sequence into the first text."""
    spoilt, count = _TEXT.subn(lambda found: found.group() + b"\xff\xc3\x28", body, count=1)
    return spoilt if count else b'{"text":"\xff\xc3\x28"}'


def _noisy(events: Events) -> Events:
    """Everything that the event-stream format allows and a hasty parser forgets."""

    def other_form(chunk: bytes) -> bytes:
        data = chunk.removeprefix(b"data: ").rstrip(b"\n")
        return b": keep-alive\r\n\r\nevent: message\r\nid: 7\r\nretry: 1000\r\ndata:" + data + b"\r\n\r\n"

    return Events(
        b"\xef\xbb\xbf: a comment first\n\n" + events.lead,
        tuple(other_form(chunk) for chunk in events.chunks),
        b":\n\n" + events.tail,
        EVENTS,
    )
