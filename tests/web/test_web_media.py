"""Files of answers over HTTP: shown or downloaded, never run."""

import re

import pytest

from botcore.messages import Audio, File, Image
from botcore_web.media import Shelf

PNG = bytes.fromhex("89504e470d0a1a0a") + b"picture"


def test_an_address_cannot_be_guessed_and_stays_the_same() -> None:
    shelf = Shelf()
    path = shelf.put(Image(data=PNG, media_type="image/png"))
    assert path
    assert re.fullmatch(r"/files/[0-9a-f]{32}", path)
    assert shelf.put(Image(data=PNG, media_type="image/png")) == path
    assert Shelf().put(Image(data=PNG, media_type="image/png")) != path


def test_the_same_bytes_as_another_type_are_another_file() -> None:
    shelf = Shelf()
    assert shelf.put(Image(data=PNG, media_type="image/png")) != shelf.put(File(data=PNG, media_type="text/html"))


def served(shelf: Shelf, path: str | None, span: str | None = None) -> tuple[int, dict[str, str], bytes]:
    assert path
    answer = shelf.serve(path.removeprefix("/files/"), span=span)
    return answer.status, answer.headers, answer.body


def test_a_picture_is_shown() -> None:
    shelf = Shelf()
    status, headers, body = served(shelf, shelf.put(Image(data=PNG, media_type="image/png", name="fox.png")))
    assert (status, body) == (200, PNG)
    assert headers["content-type"] == "image/png"
    assert headers["content-disposition"] == "inline; filename*=UTF-8''fox.png"


@pytest.mark.parametrize("media_type", ["text/html", "image/svg+xml", "application/pdf", "application/xhtml+xml", None])
def test_what_could_run_is_a_download(media_type: str | None) -> None:
    shelf = Shelf()
    name = 'a"\r\nx.html'
    status, headers, _ = served(shelf, shelf.put(File(data=b"<script>1</script>", media_type=media_type, name=name)))
    assert status == 200
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''a%22%0D%0Ax.html"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_players_may_ask_for_a_part() -> None:
    shelf = Shelf()
    path = shelf.put(Audio(data=b"0123456789", media_type="audio/ogg"))
    status, headers, body = served(shelf, path, "bytes=2-4")
    assert (status, headers["content-range"], body) == (206, "bytes 2-4/10", b"234")
    assert served(shelf, path, "bytes=7-")[2] == b"789"
    assert served(shelf, path, "bytes=10-")[0] == 416
    assert served(shelf, path, "pages=1-2")[0] == 200


def test_the_oldest_leave_when_it_is_full() -> None:
    shelf = Shelf(most=100)
    first = shelf.put(File(data=b"a" * 60))
    second = shelf.put(File(data=b"b" * 60))
    assert served(shelf, first)[0] == 404
    assert served(shelf, second)[0] == 200
    assert shelf.put(File(data=b"c" * 101)) is None
    assert shelf.put(File(ref="elsewhere")) is None
