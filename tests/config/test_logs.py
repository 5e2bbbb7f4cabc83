"""Logs: what is written, in which form, and what never is."""

import io
import json
import logging
import os
import pty
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from botcore.config import LogSettings
from botcore.logs import HIDDEN, RedactingFilter, Redactor, configure

TELEGRAM = "1234567:" + "A" * 35  # the shape of a token, and none
DISCORD = "M" * 24 + ".G" + "x" * 5 + "." + "z" * 30
KEY = "sk-" + "fake" * 6

Configure = Callable[..., io.StringIO]


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Set logging up to write into a text, and take it back afterwards."""
    undo: list[Callable[[], None]] = []

    def configured(*secrets: str, **settings: Any) -> io.StringIO:
        stream = io.StringIO()
        undo.append(configure(LogSettings(**settings), secrets, stream=stream))
        return stream

    yield configured
    for back in reversed(undo):
        back()
    structlog.reset_defaults()


def events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# ---- form ----------------------------------------------------------------------------------------------------


def test_elsewhere_than_on_a_terminal_each_event_is_one_json_object(configured: Configure) -> None:
    stream = configured()
    structlog.get_logger("botcore.a").info("accepted", platform="telegram", waiting=3)
    logging.getLogger("botcore.b").warning("slow: %d ms", 70)
    ours, standard = events(stream)
    assert (ours["event"], ours["level"], ours["logger"]) == ("accepted", "info", "botcore.a")
    assert (ours["platform"], ours["waiting"]) == ("telegram", 3)
    assert (standard["event"], standard["level"], standard["logger"]) == ("slow: 70 ms", "warning", "botcore.b")
    assert ours["timestamp"].endswith("Z")


def test_on_a_terminal_people_can_read_it() -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        undo = configure(LogSettings(), stream=terminal)
        structlog.get_logger("botcore.a").info("accepted", waiting=3)
        undo()
    structlog.reset_defaults()
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert "accepted" in shown
    assert not shown.startswith("{")


def test_text_can_be_asked_for_everywhere(configured: Configure) -> None:
    stream = configured(format="text")
    logging.getLogger("a").info("hello")
    assert "hello" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_bound_context_reaches_every_event(configured: Configure) -> None:
    stream = configured()
    with structlog.contextvars.bound_contextvars(conversation="telegram/1"):
        structlog.get_logger("a").info("x")
    assert events(stream)[0]["conversation"] == "telegram/1"


def test_events_below_the_level_are_left_out(configured: Configure) -> None:
    stream = configured(level="WARNING")
    structlog.get_logger("a").info("no")
    logging.getLogger("b").info("no")
    logging.getLogger("b").error("yes")
    assert [event["event"] for event in events(stream)] == ["yes"]


@pytest.mark.parametrize("library", ["httpx", "httpcore", "telegram", "telegram.ext", "aiohttp.access"])
def test_libraries_that_tell_every_request_are_quiet(configured: Configure, library: str) -> None:
    stream = configured(level="DEBUG")
    logging.getLogger(library).info("HTTP Request: POST ...")
    logging.getLogger(library).warning("odd")
    assert [event["event"] for event in events(stream)] == ["odd"]


def test_setting_up_can_be_taken_back(configured: Configure) -> None:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.getLogger("httpx").level)
    undo = configure(LogSettings(), stream=io.StringIO())
    undo()
    assert (root.handlers[:], root.level, logging.getLogger("httpx").level) == before


# ---- people's words ------------------------------------------------------------------------------------------


def test_what_people_say_is_written_as_its_length(configured: Configure) -> None:
    stream = configured()
    structlog.get_logger("a").info("accepted", text="my diary", content=["x"])
    assert "diary" not in stream.getvalue()
    assert events(stream)[0]["text"] == "[8 characters]"


def test_the_operator_may_ask_for_what_people_say(configured: Configure) -> None:
    stream = configured(message_text=True)
    structlog.get_logger("a").info("accepted", text="my diary")
    assert events(stream)[0]["text"] == "my diary"


# ---- secrets -------------------------------------------------------------------------------------------------


def boom(secret: str) -> None:
    raise ValueError(f"the server said {secret}")


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize("secret", ["pa$$ wörd\"'\\", "plain-secret", TELEGRAM])
def test_a_secret_is_written_nowhere(configured: Configure, form: str, secret: str) -> None:
    stream = configured(secret, format=form)
    ours, standard = structlog.get_logger("a"), logging.getLogger("b")
    ours.info(f"message {secret}", value=secret, deep={"a": [secret, (secret,)]}, raw=secret.encode())
    ours.info("object", value=ValueError(secret))
    standard.info("args %s %r", secret, {"k": secret})
    standard.info("extra", extra={"token": secret}, stack_info=True)
    for logger in (ours, standard):
        try:
            boom(secret)
        except ValueError:
            logger.exception("failed")
    written = stream.getvalue()
    for shape in (secret, json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        assert shape not in written
    assert written.count(HIDDEN) >= 8
    assert "Traceback" in written


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"POST https://api.example/bot{TELEGRAM}/getMe", f"POST https://api.example/bot{HIDDEN}/getMe"),
        (f"/file/bot{TELEGRAM.replace(':', '%3A')}/a.jpg", f"/file/bot{HIDDEN}/a.jpg"),
        (f"Authorization: Bearer {KEY}", f"Authorization: Bearer {HIDDEN}"),
        ("authorization: bearer abcdefgh", f"authorization: bearer {HIDDEN}"),
        (f"Incorrect API key provided: {KEY}.", f"Incorrect API key provided: {HIDDEN}."),
        (f"login {DISCORD}!", f"login {HIDDEN}!"),
        ("postgresql://me:hush@db:5432/x", f"postgresql://me:{HIDDEN}@db:5432/x"),
        ("postgresql://:hush@db/x", f"postgresql://:{HIDDEN}@db/x"),
    ],
)
def test_what_looks_like_a_secret_is_hidden_though_nobody_named_it(text: str, left: str) -> None:
    assert Redactor()(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "at 12:30:45 the task-force met",
        "http://127.0.0.1:8080/path?mail=a@b.example",
        "sk-ip this, bearer of news",
        "update 1234567: accepted",
        "version 1.2.3 of a.b.c",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert Redactor(["short"])(text) == text


@given(secret=st.text(min_size=6), before=st.text(), after=st.text())
def test_a_known_secret_never_gets_through(secret: str, before: str, after: str) -> None:
    redact = Redactor([secret])
    cleaned = redact(f"{before}{secret}{after}")
    assert HIDDEN in cleaned
    if not any(secret in around for around in (HIDDEN, *_seams(secret, before, after))):
        assert secret not in cleaned


def _seams(secret: str, before: str, after: str) -> tuple[str, str]:
    """Where what is around the mark happens to form the secret anew."""
    return before[-len(secret) :] + HIDDEN, HIDDEN + after[: len(secret)]


@given(st.lists(st.text(min_size=6, max_size=12), min_size=1, max_size=5), st.integers(0, 4))
def test_of_two_secrets_the_longer_is_hidden_whole(secrets: list[str], which: int) -> None:
    secret = secrets[which % len(secrets)]
    assert Redactor([*secrets, secret[:6]])(f" {secret} ").strip() in {HIDDEN, HIDDEN * 2} or secret.strip() != secret


def test_the_filter_cleans_records_for_any_handler() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter(Redactor(["hush-hush"])))
    logger = logging.getLogger("test_logs.theirs")
    logger.propagate = False
    logger.addHandler(handler)
    logger.error("a %s", "hush-hush")
    logger.error("wrong %d", "hush-hush")
    try:
        boom("hush-hush")
    except ValueError:
        logger.exception("failed")
    assert "hush" not in stream.getvalue()
    assert f"ValueError: the server said {HIDDEN}" in stream.getvalue()
    assert f"a {HIDDEN}" in stream.getvalue()
