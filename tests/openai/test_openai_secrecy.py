"""The key and what people wrote stay out of logs, errors, tracebacks and reprs."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore import errors
from botcore.openai import (
    Api,
    ApiSettings,
    ChatRequest,
    Completion,
    CompletionRequest,
    EditRequest,
    ImageEditRequest,
    ImageRequest,
    Logprobs,
    Picture,
    Secret,
    Segment,
    Served,
    SpeechRequest,
    TextAnswer,
    TextChoice,
    TextDelta,
    Transcript,
    TranscriptionRequest,
    TranslationRequest,
    Upload,
    VariationRequest,
    Word,
)
from botcore.openai.call import Payload
from botcore.openai.redact import scrub

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

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


LINE = json.dumps({"messages": [{"role": "user", "content": PROMPT}]}).encode() + b"\n"
EDIT = EditRequest(model="m-1", instruction=PROMPT, input=PROMPT)
COMPLETION = CompletionRequest(model="m-1", prompt=PROMPT, suffix=PROMPT)
VOICE = Upload.of(b"OggS" + PROMPT.encode(), name="a.ogg")


async def chunks() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield LINE * 100


async def entered(stream: Any) -> None:
    async with stream as opened:
        async for _ in opened:
            pass


async def streamed_by_fallback(api: Api) -> None:
    async with api.fallbacks.stream(COMPLETION) as served:
        await served.result.collect()


ASKS: dict[str, Callable[[Api], Awaitable[Any]]] = {
    "a completion": lambda api: api.completions.create(COMPLETION),
    "a streamed completion": lambda api: entered(api.completions.stream(COMPLETION)),
    "an edit": lambda api: api.edits.create(EDIT),
    "a picture": lambda api: api.images.generate(ImageRequest(prompt=PROMPT)),
    "an edited picture": lambda api: api.images.edit(ImageEditRequest(image=LINE, mask=LINE, prompt=PROMPT)),
    "a variation": lambda api: api.images.vary(VariationRequest(image=LINE)),
    "a transcription": lambda api: api.audio.transcribe(TranscriptionRequest(file=VOICE, model="m", prompt=PROMPT)),
    "a translation": lambda api: api.audio.translate(TranslationRequest(file=VOICE, model="m", prompt=PROMPT)),
    "speech": lambda api: entered(api.audio.speak(SpeechRequest(model="m", voice="v", input=PROMPT))),
    "a file of bytes": lambda api: api.files.upload(LINE * 10, name="a.jsonl"),
    "a file of chunks": lambda api: api.files.upload(chunks),
    "an embedding": lambda api: api.embeddings.create([PROMPT], model="m"),
    "a moderation": lambda api: api.moderations.check(PROMPT),
    "an edit by fallback": lambda api: api.fallbacks.edit(EDIT),
    "a completion by fallback": lambda api: api.fallbacks.complete(COMPLETION),
    "a stream by fallback": streamed_by_fallback,
    "a variation by fallback": lambda api: api.fallbacks.vary(VariationRequest(image=LINE), chat_model="m"),
}


@pytest.mark.parametrize("ask", ASKS)
async def test_nothing_that_is_asked_for_shows_the_key_or_the_content(
    connect: Connect, server: ScriptedServer, caplog: pytest.LogCaptureFixture, ask: str
) -> None:
    caplog.set_level(logging.INFO)
    found = failures(server)

    async def cut_in_the_body(wire: Wire) -> None:
        await wire.head(content_type="audio/ogg", content_length="500")
        await wire.send(PROMPT.encode())
        wire.cut()

    async def cut_in_the_upload(wire: Wire) -> None:
        await wire.reader.read(100)
        wire.cut()

    for script in (
        found["a reset"], found["no HTTP"], found["not JSON"], found["a quoted key"], found["a quoted prompt"],
        found["a validation error"], found["a redirect"], found["a deadline"], cut_in_the_body,
        server.answer(b"", 404), server.answer({"data": [], "choices": []}),
    ):  # fmt: skip
        for early in ([], [cut_in_the_upload] * 2):
            server.scripts[:] = [script]
            server.early[:] = list(early)
            with pytest.raises(errors.ApiError) as caught:
                await ASKS[ask](connect(deadline=0.2, transfer_deadline=0.2, max_attempts=2))
            server.early.clear()
            for text in (shown(caught.value), caplog.text, repr(caplog.records), caught.value.said):
                assert KEY not in text
                assert "axolotl" not in text
                assert "Bearer" not in text


@pytest.mark.parametrize("quoted", [PROMPT, LINE.decode().strip(), PROMPT[3:40]])
async def test_a_line_of_a_file_that_a_server_quotes_is_taken_out(
    connect: Connect, server: ScriptedServer, tmp_path: Path, quoted: str
) -> None:
    path = tmp_path / "training.jsonl"
    path.write_bytes(b'{"messages": []}\n' * 1000 + LINE)
    server.will(server.fault(400, f"Line 1001 is wrong: {quoted}"))
    api = connect()
    sources: list[Any] = [path, path.read_bytes(), lambda: read_slowly(path)]
    for source in sources:
        with pytest.raises(errors.BadRequest, match=r"Line 1001 is wrong: ?\[\.\.\.\]") as caught:
            await api.files.upload(source, name="training.jsonl")
        assert "axolotl" not in shown(caught.value)


async def read_slowly(path: Path) -> AsyncIterator[bytes]:
    data = path.read_bytes()
    for start in range(0, len(data), 1000):
        yield data[start : start + 1000]


async def test_a_cut_download_does_not_show_what_came(connect: Connect, server: ScriptedServer, tmp_path: Path) -> None:
    async def cut(wire: Wire) -> None:
        await wire.head(content_type="application/jsonl", content_length="500000")
        await wire.send(LINE * 10)
        wire.cut()

    server.will(cut)
    api = connect()
    async with api.files.content("file-1") as chunks:
        with pytest.raises(errors.StreamBroken) as caught:
            await chunks.read()
    assert "axolotl" not in shown(caught.value)
    async with api.files.content("file-1") as chunks:
        with pytest.raises(errors.StreamBroken) as caught:
            await chunks.save(tmp_path / "a.jsonl")
    assert "axolotl" not in shown(caught.value)


async def test_what_is_said_of_a_file_too_large_to_look_through_is_withheld(
    connect: Connect, server: ScriptedServer
) -> None:
    server.will(server.fault(400, f"Line 9 is wrong: {PROMPT}", "invalid_file"))
    with pytest.raises(errors.BadRequest, match="withheld") as caught:
        await connect().files.upload(LINE * 20_000, name="training.jsonl")
    assert "axolotl" not in shown(caught.value)
    assert caught.value.code == "invalid_file"


async def test_a_source_that_fails_does_not_show_what_it_gave(connect: Connect, server: ScriptedServer) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield LINE * 10
        raise OSError("no more")

    server.will(server.answer({"id": "file-1"}))
    with pytest.raises(OSError, match="no more") as caught:
        await connect().files.upload(breaks)
    assert "axolotl" not in shown(caught.value)


def test_results_do_not_show_what_they_hold() -> None:
    results: list[object] = [
        TextChoice(text=PROMPT),
        TextAnswer((TextChoice(text=PROMPT),), raw={"x": PROMPT}),
        TextDelta(text=PROMPT, raw={"x": PROMPT}, logprobs=Logprobs((PROMPT,), (0.0,), ({PROMPT: 0.0},))),
        Picture(data=PROMPT.encode(), url=PROMPT, revised_prompt=PROMPT, raw={"x": PROMPT}),
        Transcript(text=PROMPT, segments=(Segment(0, 1, PROMPT),), words=(Word(0, 1, PROMPT),), raw={"x": PROMPT}),
        Served(TextAnswer((TextChoice(text=PROMPT),))),
        EDIT,
        COMPLETION,
        VOICE,
    ]
    for result in results:
        assert "axolotl" not in repr(result)


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
