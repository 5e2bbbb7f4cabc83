"""Who is meant and who may speak; and what the model is told that they said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botcore.commands.registry import Registry
from botcore.config.sections import AccessSettings, ChatSettings, HistorySettings
from botcore.conversation import words
from botcore.conversation.admission import Admission, Person
from botcore.errors import NotAllowed, Unsuitable
from botcore.messages import (
    Address,
    Audio,
    Chat,
    ConversationKey,
    Edit,
    Event,
    File,
    Image,
    Incoming,
    Invocation,
    Message,
    Part,
    Press,
    Quote,
    Sender,
    Text,
)
from botcore.plugin import Bot, Context

STRANGER = Person(1, 1)


def registry() -> Registry:
    bot, known = Bot("test"), Registry()

    @bot.command("stop", urgent=True)
    async def stop(ctx: Context) -> str:
        """Stop."""
        return ""

    @bot.command("help")
    async def help_(ctx: Context) -> str:
        """Help."""
        return ""

    @bot.on(Audio, unaddressed=True)
    async def heard(ctx: Context, audio: Audio) -> str:
        return ""

    @bot.on(File)
    async def filed(ctx: Context, file: File) -> str:
        return ""

    known.add(bot)
    return known


def admission(
    access: Mapping[str, object] | None = None,
    *,
    prefixes: tuple[str, ...] = (),
    scope: Literal["user", "chat"] = "user",
) -> Admission:
    return Admission(
        AccessSettings.model_validate(access or {}),
        ChatSettings(prefixes=prefixes),
        HistorySettings(scope=scope),
        registry(),
    )


def incoming(
    event: str | Event = "hello",
    *,
    group: bool = False,
    thread: str | None = None,
    addressed: bool = True,
    **sender: bool,
) -> Incoming:
    happened = Message("7", (Text(event),), addressed) if isinstance(event, str) else event
    return Incoming(
        "u",
        Address("telegram", "bot", "-100", thread),
        Chat("telegram", "-100", "group" if group else "private", thread),
        Sender("12345", "Ada", **sender),  # type: ignore[arg-type] # flags only
        happened,
        datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("scope", "group", "thread", "user"),
    [
        ("user", True, None, "12345"),
        ("user", True, "5", "12345"),
        ("chat", True, "5", ""),
        ("user", False, None, ""),
        ("chat", False, "5", ""),
    ],
)
def test_whose_history_it_is(scope: Literal["user", "chat"], group: bool, thread: str | None, user: str) -> None:
    key = admission(scope=scope).key(incoming(group=group, thread=thread))
    assert key == ConversationKey("telegram", "-100", thread or "", user)


@pytest.mark.parametrize(
    ("event", "addressed", "wanted"),
    [
        ("hello", True, True),
        ("hello", False, False),
        ("Computer, hello", False, True),
        ("/help", True, True),
        ("/others", True, False),
        ("/others@thisbot", True, True),
        (Press("7", "/others"), True, True),
        (Invocation("help", {}), True, True),
        (Edit("7", (Text("hello"),), addressed=False), False, False),
        (Edit("7", (Text("computer hello"),), addressed=False), False, True),
        (Message("7", (Audio(ref="a"),), addressed=False), False, True),
        (Message("7", (File(ref="a"),), addressed=False), False, False),
    ],
)
def test_what_is_meant_for_the_bot_in_a_group(event: str | Event, addressed: bool, wanted: bool) -> None:
    one = incoming(event, group=True, addressed=addressed)
    assert admission(prefixes=("computer",)).wanted(one) is wanted
    assert not admission(prefixes=("computer",)).wanted(replace(one, sender=replace(one.sender, is_bot=True)))


@pytest.mark.parametrize("event", ["hello", "/others", "", Edit("7", (Text("x"),), addressed=False)])
def test_in_a_private_chat_everything_is_meant_for_the_bot(event: str | Event) -> None:
    assert admission().wanted(incoming(event, addressed=False))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("bot, lights on", "lights on"),
        ("BOT: lights on", "lights on"),
        ("bot", ""),
        ("bottle of rum", "bottle of rum"),
        ("robot", "robot"),
        ("!lights on", "lights on"),
        ("Straße frei", "frei"),
        ("STRASSE frei", "frei"),
        ("hello bot", "hello bot"),
    ],
)
def test_a_prefix_is_a_whole_word_in_any_letter_case(text: str, rest: str) -> None:
    assert admission(prefixes=("bot", "!", "straße", "", " ")).without_prefix(text) == rest


@given(st.text(max_size=50))
def test_no_text_is_too_strange_to_be_addressed(text: str) -> None:
    rest = admission(prefixes=("bot", "ß", "İ")).without_prefix(text)
    assert text.endswith(rest)


@pytest.mark.parametrize(
    ("event", "urgent"),
    [
        ("/stop", True),
        ("/stop now", True),
        (Press("7", "/stop"), True),
        (Invocation("stop", {}), True),
        ("/help", False),
        ("stop", False),
        (Edit("7", (Text("/stop"),)), False),
    ],
)
def test_what_overtakes(event: str | Event, urgent: bool) -> None:
    assert admission().urgent(incoming(event)) is urgent


@pytest.mark.parametrize(
    ("access", "person", "admitted"),
    [
        ({"mode": "open"}, STRANGER, True),
        ({"mode": "pairing"}, STRANGER, False),
        ({"mode": "pairing"}, Person(1, 1, "approved"), True),
        ({"mode": "pairing"}, Person(1, 1, "waiting"), False),
        ({"mode": "pairing", "allow": (12345,)}, STRANGER, True),
        ({"mode": "pairing", "allow": ("telegram:-100",)}, STRANGER, True),
        ({"mode": "pairing", "owners": ("telegram:12345",)}, STRANGER, True),
        ({"mode": "allowlist", "admins": ("12345",)}, STRANGER, True),
        ({"mode": "allowlist"}, Person(1, 1, "", "admin"), True),
    ],
)
def test_who_is_let_in(access: dict[str, object], person: Person, admitted: bool) -> None:
    assert admission(access).admit(incoming(), person) is admitted


@pytest.mark.parametrize(
    ("access", "person", "group", "words_"),
    [
        ({"mode": "allowlist"}, STRANGER, False, "telegram:12345"),
        ({"mode": "allowlist", "allow": ("discord:12345",)}, STRANGER, False, "telegram:12345"),
        ({"mode": "pairing"}, Person(1, 1, "refused"), False, "not let you in"),
        ({"mode": "pairing"}, STRANGER, True, "private chat"),
    ],
)
def test_who_is_turned_away_is_told_why(access: dict[str, object], person: Person, group: bool, words_: str) -> None:
    with pytest.raises(NotAllowed, match=words_):
        admission(access).admit(incoming(group=group), person)


def test_a_chat_that_is_listed_makes_nobody_an_owner() -> None:
    assert admission({"owners": ("telegram:-100",), "admins": ("-100",)}).role(incoming(), STRANGER) == "user"
    assert admission({"owners": ("12345",)}).role(incoming(), STRANGER) == "owner"
    assert admission({"admins": ("telegram:12345",)}).role(incoming(), STRANGER) == "admin"
    assert admission().role(incoming(trusted=True), STRANGER) == "owner"
    assert admission().role(incoming(), Person(1, 1, "", "admin")) == "admin"


# ---- words ----


def test_a_paste_that_was_cut_is_whole_again_and_an_album_keeps_its_parts() -> None:
    pieces = [incoming("a" * 4096), incoming("b" * 4000), incoming("end")]
    assert words.parts_of(pieces) == (Text("a" * 4096 + "b" * 4000 + "end"),)
    album = [incoming(Message(str(n), (Image(ref=str(n), caption="look" if n == 0 else ""),))) for n in range(3)]
    assert [part.ref for part in words.parts_of(album) if isinstance(part, Image)] == ["0", "1", "2"]
    assert words.parts_of([incoming(Press("7", "/help")), incoming(Invocation("help", {}))]) == (Text("/help"),)


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ((), "empty"),
        ((Text(" \n\u200b"),), "empty"),
        ((Audio(ref="a"),), "this audio"),
        ((File(ref="a"),), "this file"),
        ((Text("x"), File(ref="a")), None),
        ((Image(ref="a"),), None),
    ],
)
def test_what_the_model_cannot_read_is_declined_in_words(parts: tuple[Part, ...], complaint: str | None) -> None:
    if complaint is None:
        words.check(parts)
        return
    with pytest.raises(Unsuitable, match=complaint):
        words.check(parts)


def test_what_was_said_names_the_author_the_quote_and_the_files() -> None:
    quote = Quote("6", "Eve", parts=(Text("rules"),))
    parts = (Text("bot, look"), File(ref="f", name="a]\n[b.zip", media_type="application/zip"), Image(ref="i"))
    one = incoming(Message("7", parts, reply_to=quote))
    told = words.said(one, parts, name="Ada", strip=lambda text: text.removeprefix("bot, "))
    assert told == (
        '<replied-to author="Eve">\nrules\n</replied-to>\nAda: look\n[attached: a) (b.zip, application/zip]'
    )
    assert words.said(incoming("hi"), (Text("hi"),), name=None, strip=str) == "hi"
