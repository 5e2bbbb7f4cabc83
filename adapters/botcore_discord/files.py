"""Files: what is sent with a message, and how those of others are fetched."""

import logging
import mimetypes
from collections.abc import AsyncGenerator, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

from botcore.errors import DeliveryError, MessageGone, SendLater, SendUnknown, Unsuitable
from botcore.messages import Address
from botcore_discord.library import Route, discord
from botcore_discord.pieces import Attached
from botcore_discord.refs import FileRef
from botcore_discord.refusal import AGAIN_S
from botcore_discord.wire import Upload

log = logging.getLogger(__name__)

_MB: Final = 1024 * 1024
UPLOAD_BYTES: Final = 10 * _MB
"""The largest file that is sent everywhere (https://discord.com/developers/docs/reference#uploading-files)."""

FETCH_BYTES: Final = 100 * _MB
"""The largest file that is fetched. People with a subscription attach up to 500 MB."""

_CDN: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Where Discord keeps files (https://discord.com/developers/docs/reference#image-formatting)."""

_PIECE: Final = 1 << 16
_FETCH_TIMEOUT: Final = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)

_ENDINGS: Final = {"image": ".png", "audio": ".ogg", "video": ".mp4"}


def most_bytes(client: discord.Client, address: Address) -> int:
    """The largest file of a message there, in bytes: a server with boosts takes more."""
    channel = client.get_channel(int(address.chat))
    guild: discord.Guild | None = getattr(channel, "guild", None)
    return UPLOAD_BYTES if guild is None else max(UPLOAD_BYTES, guild.filesize_limit)


def name_of(attached: Attached) -> str:
    """The file's own name, or one that tells its type: apps go by the ending."""
    if attached.name:
        return PurePath(attached.name).name or attached.kind
    media_type = attached.media_type or ""
    subtype = media_type.partition("/")[2]
    ending = mimetypes.guess_extension(media_type) or (f".{subtype}" if subtype.isalnum() else "")
    return attached.kind + (ending or _ENDINGS.get(attached.kind, ""))


def sorted_out(
    attached: Sequence[Attached], datas: Sequence[bytes | None], most: int
) -> tuple[list[Upload], list[str]]:
    """The files that can be sent, and for each of the others a sentence that says why it is missing."""
    uploads: list[Upload] = []
    sentences: list[str] = []
    for file, data in zip(attached, datas, strict=True):
        if not data:
            sentences.append(f"(The file {name_of(file)} is missing: it is empty or not there any more.)")
        elif len(data) > most:
            sentences.append(
                f"(The file {name_of(file)} is missing: it has {len(data) / _MB:.1f} MB, "
                f"and Discord takes {most / _MB:.0f} MB here.)"
            )
        else:
            uploads.append(Upload(name_of(file), data))
    return uploads, sentences


def check_size(size: object, most: int) -> None:
    """Raises Unsuitable where a file has more than `most` bytes."""
    if isinstance(size, int) and size > most:
        raise Unsuitable(f"This file is too large: I can take up to {most / _MB:.0f} MB here.")


class Downloads:
    """Fetches files from where Discord keeps them."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._session: aiohttp.ClientSession | None = None

    async def stream(self, url: str, most: int) -> AsyncGenerator[bytes]:
        """The bytes behind a link. Raises Unsuitable for a file that is too large, gone, or not with Discord."""
        _check_host(url)
        taken = 0
        try:
            async with self._connections().get(
                url, allow_redirects=False, proxy=self._client.http.proxy, proxy_auth=self._client.http.proxy_auth
            ) as response:
                _check_status(response.status)
                check_size(response.content_length, most)
                async for piece in response.content.iter_chunked(_PIECE):
                    taken += len(piece)
                    check_size(taken, most)
                    yield piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise SendUnknown(f"a file was not fetched: {type(error).__name__}") from error

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=_FETCH_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()


def link_in(message: dict[str, Any], ref: FileRef, most: int) -> str:
    """The link to a file of a message, one that it forwards included. Raises Unsuitable where it is not there."""
    holders = [message, *(one.get("message", {}) for one in message.get("message_snapshots", ()))]
    for holder in holders:
        for one in holder.get("attachments", ()):
            if str(one.get("id")) == str(ref.attachment):
                check_size(one.get("size"), most)
                return str(one["url"])
    raise Unsuitable("I cannot see this file (any more). Please send it again, to me.")


def _check_host(url: str) -> None:
    """A link that is no message's comes with an event, and what a person wrote must not lead anywhere else."""
    parts = urlsplit(url)
    api = urlsplit(Route.BASE)
    own = parts.scheme == "https" and parts.hostname in _CDN
    if not own and (api.hostname == "discord.com" or (parts.scheme, parts.netloc) != (api.scheme, api.netloc)):
        raise Unsuitable("This is no file that Discord keeps for me. Please attach it to a message.")


def _check_status(status: int) -> None:
    if status in (401, 403, 404, 410):
        raise Unsuitable("Discord does not give me this file any more. Please send it again.")
    if status != 200:
        raise SendLater(f"a file was not fetched: {status}", retry_after=AGAIN_S)


def no_file(error: DeliveryError) -> Exception:
    """What it means for a file that its message cannot be read."""
    if isinstance(error, SendLater | SendUnknown):
        return error
    if isinstance(error, MessageGone):
        return Unsuitable("This file is gone: its message was deleted. Please send it again.")
    return Unsuitable("I cannot get at this file any more. Please send it again, to me.")
