"""The terminal as a platform: what is shown while an answer grows, and what stays."""

import asyncio
import io
import stat
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from botcore.cli.folder import Folder, safe_name
from botcore.cli.terminal import Terminal, TerminalOutlet, harmless
from botcore.errors import Unsuitable
from botcore.messages import (
    Address,
    Audio,
    Button,
    File,
    Image,
    Incoming,
    Message,
    Piece,
    Press,
    Reply,
    Text,
)
from tests.gateways import Unasked

HERE = Address("terminal", "terminal", "me")
NOWHERE = Path("/dev/null/nowhere")
"""A folder for what keeps no files."""


def console(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=60, color_system=None, legacy_windows=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class Engine(Unasked):
    """Answers what it is told, when it is told to."""

    def __init__(self) -> None:
        self.accepted: list[Incoming] = []
        self.answer: Callable[[str], Reply | None] = lambda said: Reply.of(f"You said {said}.")
        self.terminal: Terminal | None = None

    async def accept(self, *incoming: Incoming) -> None:
        assert self.terminal is not None
        for one in incoming:
            self.accepted.append(one)
            assert isinstance(one.event, Message | Press)
            said = one.event.text if isinstance(one.event, Message) else one.event.says
            if (answer := self.answer(said)) is not None:
                outlet = self.terminal.outlet
                place = await outlet.send(one.address, Piece("…"), key=f"{one.id}/0")
                await outlet.edit(one.address, place, outlet.split(answer)[0])

    def said(self) -> list[str]:
        return [one.event.text for one in self.accepted if isinstance(one.event, Message)]


def reading(*lines: str) -> Callable[[], str]:
    """A person who types these lines and then ends the input."""
    left = list(lines)

    def read() -> str:
        if not left:
            raise EOFError
        return left.pop(0)

    return read


def outlet_of(shown: Console, folder: Path = NOWHERE) -> TerminalOutlet:
    return TerminalOutlet(shown, placeholder="…", folder=Folder(folder))


async def talking(engine: Engine, read: Callable[[], str], shown: Console | None = None) -> Terminal:
    terminal = Terminal(shown or console(), placeholder="…", folder=Folder(NOWHERE), read=read)
    engine.terminal = terminal
    await terminal.start(engine)
    return terminal


async def test_each_line_is_a_message_of_the_owner_and_its_answer_is_written() -> None:
    engine, shown = Engine(), console()
    terminal = await talking(engine, reading("hello", "  ", "again"), shown)
    await terminal.converse()
    assert engine.said() == ["hello", "again"]
    assert all(one.sender.trusted and one.chat.kind == "private" for one in engine.accepted)
    assert len({one.id for one in engine.accepted}) == 2
    assert "You said hello." in written(shown)
    assert "…" not in written(shown), "a placeholder is no answer"


async def test_to_type_what_a_button_says_is_to_press_it() -> None:
    engine = Engine()
    terminal = await talking(engine, reading("/image a fox", "/vary 2", "/vary 2"))
    foxes = Reply.of("Two foxes", buttons=[[Button("1", "/vary 1"), Button("2", "/vary 2")]])
    engine.answer = lambda said: foxes if said.startswith("/image") else Reply.of("Varied.")
    await terminal.converse()
    asked, pressed, typed = (one.event for one in engine.accepted)
    assert isinstance(asked, Message)
    assert pressed == Press(f"{engine.accepted[0].id}/0", "/vary 2", (Text("Two foxes"),))
    assert isinstance(typed, Message), "the last answer has no such button"


@pytest.mark.parametrize("leave", ["/exit", "/quit"])
async def test_exit_leaves(leave: str) -> None:
    engine = Engine()
    terminal = await talking(engine, reading("one", leave, "two"))
    await terminal.converse()
    assert engine.said() == ["one"]


async def test_ctrl_c_stops_an_answer_and_at_the_prompt_it_leaves() -> None:
    engine = Engine()
    engine.answer = lambda said: Reply.of("Stopped.") if said == "/stop" else None
    lines: SimpleQueue[str] = SimpleQueue()
    terminal = await talking(engine, lines.get)
    conversation = asyncio.create_task(terminal.converse())
    lines.put("tell me everything")
    async with asyncio.timeout(5):
        while not engine.accepted:
            await asyncio.sleep(0)
        await terminal.interrupt()
        assert engine.said() == ["tell me everything", "/stop"]
        await terminal.interrupt()
        await conversation
    lines.put("")  # lets the reading thread end


async def test_a_terminal_shows_the_answer_grow_and_then_formats_it() -> None:
    shown = console(terminal=True)
    outlet = outlet_of(shown)
    place = await outlet.send(HERE, Piece("…"), key="1/0")
    await outlet.frame(HERE, place, "Once **upon")
    assert "Once **upon" in written(shown)
    await outlet.edit(HERE, place, Piece("Once **upon** a time", "markdown"))
    assert "Once upon a time" in written(shown).split("Once **upon")[-1]
    assert outlet.answered.is_set()


async def test_a_file_gets_finished_answers_only() -> None:
    shown = console()
    outlet = outlet_of(shown)
    place = await outlet.send(HERE, Piece("…"), key="1/0")
    await outlet.frame(HERE, place, "half")
    await outlet.edit(HERE, place, Piece("whole"))
    assert written(shown).split() == ["whole"]


async def test_an_answer_that_is_taken_back_leaves_nothing() -> None:
    shown = console()
    outlet = outlet_of(shown)
    place = await outlet.send(HERE, Piece("…"), key="1/0")
    await outlet.delete(HERE, place)
    await outlet.typing(HERE)
    assert written(shown) == ""
    assert not outlet.answered.is_set()


async def test_files_are_saved_and_buttons_named(tmp_path: Path) -> None:
    shown = console()
    outlet = outlet_of(shown, tmp_path / "new" / "chat")
    reply = Reply.of("Here:", File(data=b"12345", name="a.pdf"), buttons=[[Button("Again", "/retry")]])
    (piece,) = outlet.split(reply)
    await outlet.send(HERE, piece, key="1/0")
    path = tmp_path / "new" / "chat" / "a.pdf"
    said = written(shown).replace("\n", "")
    assert f"[file, a.pdf, 5 bytes] saved as {path}" in said
    assert "[Again] /retry" in said
    assert path.read_bytes() == b"12345"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "image.png").write_text("mine")
    (tmp_path / "image-2.png").symlink_to(tmp_path / "elsewhere")
    folder = Folder(tmp_path)
    kept = [await folder.keep(Image(data=b"new", media_type="image/png")) for _ in range(2)]
    assert [path.name for path in kept] == ["image-3.png", "image-4.png"]
    assert (tmp_path / "image.png").read_text() == "mine"
    assert not (tmp_path / "elsewhere").exists()


async def test_what_cannot_be_saved_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shown = console()
    outlet = outlet_of(shown, tmp_path / "file" / "below")
    await outlet.send(HERE, Piece("Look", attachments=(Image(data=b"1"), Image(name="gone.png"))), key="1/0")
    said = written(shown).replace("\n", "")
    assert "[image, 1 bytes] could not be saved" in said
    assert "Not a directory" in said
    assert "[image, gone.png] could not be saved: it is not there any more" in said
    assert outlet.answered.is_set()


@pytest.mark.parametrize(
    ("theirs", "name"),
    [
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("a\x1b[2J\u202egpj.exe", "a_[2J_gpj.exe"),
        ("x" * 300 + ".jpeg", "x" * 100 + ".jpeg"),
        ("ü" * 300, "ü" * 50),
        ("two words.tar.gz", "two words.tar.gz"),
        ("$(reboot).sh", "_(reboot).sh"),
    ],
)
def test_names_of_others_stay_within_the_folder(theirs: str, name: str) -> None:
    assert safe_name(File(name=theirs)) == name


@given(st.text(max_size=300))
def test_every_name_is_one_that_can_be_written(name: str) -> None:
    safe = safe_name(File(name=name))
    assert safe == Path(safe).name, "no folder in it"
    assert not safe.startswith((".", "-"))
    assert len(safe.encode()) <= 255
    assert harmless(safe) == safe


def test_a_file_without_a_name_is_called_after_its_kind() -> None:
    assert safe_name(Audio(media_type="audio/mpeg; codecs=mp3")) == "audio.mp3"
    assert safe_name(Image(data=b"\xff\xd8\xff\xe0", name="picture")) == "picture.jpg"
    assert safe_name(Image()) == "image.png"


def test_plain_text_is_shown_letter_by_letter() -> None:
    outlet = outlet_of(console())
    assert outlet.split(Reply.of(Text("**a**", plain=True)))[0].markup is None
    assert outlet.split(Reply.of("**a**"))[0].markup == "markdown"
    assert len(outlet.split(Reply.of("word " * 100_000))) == 1


async def test_the_terminal_is_not_at_the_models_command() -> None:
    assert harmless("a\x1b]0;title\x07b\tc\nd\x9b") == "a\ufffd]0;title\ufffdb\tc\nd\ufffd"
    shown = console()
    await outlet_of(shown).send(HERE, Piece("\x1b[2Jgone", "markdown"), key="1/0")
    assert "\x1b" not in written(shown)


async def test_there_is_nothing_to_fetch() -> None:
    with pytest.raises(Unsuitable):
        async for _ in outlet_of(console()).fetch("x", most=1):
            pass


async def test_the_doctor_has_nothing_to_say_about_it() -> None:
    terminal = await talking(Engine(), reading())
    assert [finding.state for finding in await terminal.check()] == ["ok"]
    await terminal.stop_receiving()
    await terminal.converse()  # ends at once
    await terminal.close()
