"""The client: one object with every resource of the API."""

from types import TracebackType
from typing import Self

import httpx

from botcore.openai.capabilities import Capabilities
from botcore.openai.chat import COMPLETIONS, Chat
from botcore.openai.embeddings import EMBEDDINGS, Embedder
from botcore.openai.models import LIST, Models
from botcore.openai.moderations import MODERATIONS, Moderations
from botcore.openai.probe import Finding, probe
from botcore.openai.settings import ApiSettings
from botcore.openai.transport import Transport

_PROBED = (LIST, COMPLETIONS, MODERATIONS, EMBEDDINGS)


class Api:
    """An OpenAI-style API. Build it anywhere, use it in one event loop, close it there.

    `http` replaces what is below httpx, for tests and benchmarks.
    """

    def __init__(self, settings: ApiSettings | None = None, *, http: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport = Transport(settings or ApiSettings(), http=http)
        self.chat = Chat(transport)
        self.moderations = Moderations(transport)
        self.embeddings = Embedder(transport)
        self.models = Models(transport)

    def __repr__(self) -> str:
        return f"Api({self._transport!r})"

    @property
    def capabilities(self) -> Capabilities:
        """What this server turned out not to offer."""
        return self._transport.capabilities

    async def probe(self) -> dict[str, Finding]:
        """Ask each endpoint whether it is there, by name: ok, missing, refused (key, quota) or unreachable."""
        return await probe(self._transport, _PROBED)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
