"""The key and what people wrote stay out of logs, errors, tracebacks and reprs."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore import errors
from botcore.openai import Api, ApiSettings, ChatRequest, Completion, Secret
from botcore.openai.call import Payload
from botcore.openai.redact import scrub

if TYPE_CHECKING:
    from tests.openai.conftest import Connect, Script, ScriptedServer, Wire

KEY = "sk-fake-key-for-tests-0123456789"
PROMPT = "my pet axolotl is called Xochitl and lives in the bath"


def shown(error: BaseException) -> str:
    """Everything that a careless program might print of an error, local variables of all frames included."""
    seen: list[str] = [repr(error), str(error), repr(vars(error))]
    chain: BaseException | None = error
    while chain is not None:
        trace = traceback.TracebackException.from_exception(chain, capture_locals=True)
        # the frames of this test hold the prompt by right
        trace.stack = traceback.StackSummary.from_list(
            [frame for frame in trace.stack if "/tests/" not in frame.filename]
        )
        seen += [*traceback.format_exception(chain), *trace.format()]
        chain = chain.__cause__ or chain.__context__
    return "\n".join(seen)


def test_a_secret_shows_nowhere() -> None:
    secret = Secret(f" {KEY}\n")
    settings = ApiSettings(api_key=secret)
    for text in (
        repr(secret),
        str(secret),
        f"{secret}",
        f"{secret!r:>50}",
        repr(settings),
        repr([secret]),
        repr(Api(settings)),
    ):
        assert KEY not in text
    assert secret.reveal() == KEY
    assert (secret == Secret(KEY), secret == KEY, bool(Secret("")), len({secret, Secret(KEY)})) == (
        True,
        False,
        False,
        1,
    )
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.copy(secret)


def test_a_request_does_not_show_what_was_said() -> None:
    request = ChatRequest(model="m-1", messages=[{"role": "user", "content": PROMPT}])
    assert "axolotl" not in repr(request)
    assert "m-1" in repr(request)
    assert "axolotl" not in repr(Payload.json(request.body()))


def failures(server: ScriptedServer) -> dict[str, Script]:
    async def cut(wire: Wire) -> None:
        wire.cut()

    async def cut_later(wire: Wire) -> None:
        await wire.begin_events()
        await wire.event(server.piece("Well"))
        wire.cut()

    async def hang(wire: Wire) -> None:
        await wire.client_is_gone()

    return {
        "a reset": cut,
        "a cut stream": cut_later,
        "a deadline": hang,
        "no HTTP": server.raw(b"nonsense\r\n\r\n"),
        "not JSON": server.answer(b"<html>"),
        "a quoted key": server.fault(401, f"Incorrect API key provided: {KEY}.", KEY),
        "a quoted prompt": server.fault(400, f"Cannot parse input {PROMPT!r} at 7"),
        "a validation error": server.answer({"detail": [{"loc": ["body"], "msg": "bad", "input": PROMPT}]}, 422),
        "an error in the stream": server.events({"error": {"message": f"no {PROMPT} please", "code": KEY}}),
        "a bad completion": server.answer({"choices": []}),
        "a redirect": server.answer(b"", 307, location="http://elsewhere.invalid/"),
    }


async def streamed_answer(api: Api, request: ChatRequest) -> Completion:
    async with api.chat.stream(request) as stream:
        return await stream.collect()


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize(
    "how",
    [
        "a reset", "a cut stream", "a deadline", "no HTTP", "not JSON", "a quoted key", "a quoted prompt",
        "a validation error", "an error in the stream", "a bad completion", "a redirect",
    ],
)  # fmt: skip
async def test_no_failure_shows_the_key_or_the_prompt(
    connect: Connect, server: ScriptedServer, caplog: pytest.LogCaptureFixture, how: str, streamed: bool
) -> None:
    caplog.set_level(logging.INFO)
    server.will(failures(server)[how])
    api = connect(deadline=0.3, max_attempts=2)
    request = ChatRequest(model="m-1", messages=[{"role": "user", "content": PROMPT}])
    with pytest.raises(errors.ApiError) as caught:
        await (streamed_answer(api, request) if streamed else api.chat.complete(request))
    for text in (shown(caught.value), caplog.text, repr(caplog.records), caught.value.said):
        assert KEY not in text
        assert "axolotl" not in text
        assert "Bearer" not in text


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Incorrect API key provided: sk-fake-****6789.", "Incorrect API key provided: [key]"),
        (f"got {KEY} here", "got [key] here"),
        (f"input was '{PROMPT}'", "input was '[...]'"),
        (f"cut: {PROMPT[5:40]}...", "cut: [...]..."),
        ("line\nbreaks\tand \x1b[31mcolour", "line breaks and [31mcolour"),
        ("unknown model m-1, use m-2", "unknown model m-1, use m-2"),
        ("Xochitl? said: 'milk'", "Xochitl? said: '[...]'"),
    ],
)
def test_a_server_message_is_made_fit_for_a_log(message: str, expected: str) -> None:
    messages: list[Any] = [
        {"role": "user", "content": PROMPT},
        {"role": "user", "content": [{"type": "text", "text": "milk"}]},
    ]
    payload = Payload.json({"model": "m-1", "messages": messages})
    assert scrub(message, Secret(KEY), payload) == expected


@given(st.text(min_size=31, max_size=200), st.text(max_size=60), st.text(max_size=60), st.integers(0, 200_000))
def test_no_long_quotation_survives(prompt: str, before: str, after: str, padding: int) -> None:
    asked = f"{'p' * padding} {prompt}"
    left = scrub(f"{before}{prompt}{after}", None, Payload.json({"messages": [{"content": asked}]}))
    plain = " ".join("".join(c if c.isprintable() else " " for c in prompt).split())
    if len(plain) > 31 and plain in " ".join(asked.split()):
        assert plain not in left
    assert len(left) <= 600


def test_a_message_about_an_immense_request_is_withheld() -> None:
    assert "withheld" in scrub("something", None, Payload.json({"input": "x" * 3_000_000}))
