"""Who speaks to Telegram: a bot of ours, or one that was lent."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any, Protocol
from urllib.parse import quote

from telegram import Bot, User
from telegram.error import InvalidToken, RetryAfter

from botcore_telegram.network import FloodWait, told

_PIECE = 1 << 16
"""Bytes of a lent bot's download that are handed on at once."""


class Api(Protocol):
    """What the adapter needs of a bot. Its methods raise telegram.error.TelegramError."""

    @property
    def bot(self) -> User:
        """The bot's own account, once it is initialised."""
        ...

    @property
    def username(self) -> str:
        """Its user name, without the @."""
        ...

    @property
    def can_read_all_group_messages(self) -> bool:
        """Whether privacy mode is off."""
        ...

    async def initialize(self) -> None:
        """Open the connections and ask who the bot is. Raises InvalidToken, without the token."""
        ...

    async def call(self, method: str, data: dict[str, Any], *, read_timeout: float | None = None) -> Any:
        """One Bot API call; the result as JSON. Parameters that are None are left out."""
        ...

    def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """Stream a file by the path that getFile told."""
        ...


class LentBot:
    """Somebody else's `telegram.Bot`: everything goes through its own requests, whatever they are."""

    def __init__(self, lent: Bot) -> None:
        self.lent = lent

    @property
    def bot(self) -> User:
        """The bot's own account."""
        return self.lent.bot

    @property
    def username(self) -> str:
        """Its user name."""
        return self.lent.username

    @property
    def can_read_all_group_messages(self) -> bool:
        """Whether privacy mode is off."""
        return self.lent.can_read_all_group_messages

    async def initialize(self) -> None:
        """Initialise it, where that is not done yet. Raises InvalidToken, without the token."""
        await discreetly(self.lent.initialize())

    async def call(self, method: str, data: dict[str, Any], *, read_timeout: float | None = None) -> Any:
        """One Bot API call; the result as JSON."""
        try:
            return await post(self.lent, method, data, read_timeout)
        except FloodWait:
            raise
        except RetryAfter as wait:
            raise FloodWait.of(wait) from wait

    async def download(self, path: str) -> AsyncGenerator[bytes, None]:
        """Fetch a file; the library's interface for requests has it whole in memory (20 MB at most)."""
        content = await self.lent.request.retrieve(f"{self.lent.base_file_url}/{quote(path)}")
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]


async def post(bot: Bot, method: str, data: dict[str, Any], read_timeout: float | None = None) -> Any:
    """One Bot API call of any bot; the result as JSON. Parameters that are None are left out.

    The library's public do_api_request warns of methods that the library knows; `_post` knows albums only as its own
    objects.
    """
    given = {name: value for name, value in data.items() if value is not None}
    patience = {} if read_timeout is None else {"read_timeout": read_timeout}
    return await bot._do_post(method, given, **patience)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]


async def discreetly(opening: Awaitable[None]) -> None:
    """Await a bot's `initialize`. The library's own error quotes a token that is refused; what this raises does not."""
    refusal = ""
    try:
        await opening
    except InvalidToken as error:
        refusal = told(error.__cause__ or InvalidToken("Unauthorized"))
    if refusal:  # outside the handler, which would chain the original
        raise InvalidToken(refusal)
