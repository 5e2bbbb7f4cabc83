"""The client: one object with every resource of the API."""

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

import httpx

from botcore.openai.capabilities import Capabilities
from botcore.openai.chat import Chat
from botcore.openai.embeddings import Embedder
from botcore.openai.models import Models
from botcore.openai.moderations import Moderations
from botcore.openai.probe import Finding, probe
from botcore.openai.settings import ApiSettings
from botcore.openai.transport import Transport

if TYPE_CHECKING:
    from botcore.openai.audio import Audio
    from botcore.openai.completions import Completions
    from botcore.openai.edits import Edits
    from botcore.openai.fallbacks import Fallbacks
    from botcore.openai.files import Files
    from botcore.openai.fine_tunes import FineTunes
    from botcore.openai.fine_tuning import FineTuning
    from botcore.openai.images import Images
    from botcore.openai.tuning import Tuning


class Api:
    """An OpenAI-style API. Build it anywhere, use it in one event loop, close it there.

    `http` replaces what is below httpx, for tests and benchmarks. What not every bot needs is imported when it is first
    asked for: it would cost every start 30 ms and more.
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
    def base_url(self) -> str:
        """Where the API is, as it was set."""
        return self._transport.settings.base_url

    @cached_property
    def completions(self) -> "Completions":
        """Text completions, the older form."""
        from botcore.openai.completions import Completions  # noqa: PLC0415 - as the class says

        return Completions(self._transport)

    @cached_property
    def edits(self) -> "Edits":
        """Texts changed as an instruction says."""
        from botcore.openai.edits import Edits  # noqa: PLC0415

        return Edits(self._transport)

    @cached_property
    def images(self) -> "Images":
        """Pictures from words, and from pictures."""
        from botcore.openai.images import Images  # noqa: PLC0415

        return Images(self._transport)

    @cached_property
    def audio(self) -> "Audio":
        """Speech to text, and text to speech."""
        from botcore.openai.audio import Audio  # noqa: PLC0415

        return Audio(self._transport)

    @cached_property
    def files(self) -> "Files":
        """Files at the server."""
        from botcore.openai.files import Files  # noqa: PLC0415

        return Files(self._transport)

    @cached_property
    def fine_tuning(self) -> "FineTuning":
        """Jobs that make a model of one's own."""
        from botcore.openai.fine_tuning import FineTuning  # noqa: PLC0415

        return FineTuning(self._transport)

    @cached_property
    def fine_tunes(self) -> "FineTunes":
        """The same in the older form."""
        from botcore.openai.fine_tunes import FineTunes  # noqa: PLC0415

        return FineTunes(self._transport)

    @cached_property
    def tuning(self) -> "Tuning":
        """The same in whichever form the server has."""
        from botcore.openai.tuning import Tuning  # noqa: PLC0415

        return Tuning(self.fine_tuning, self.fine_tunes)

    @cached_property
    def fallbacks(self) -> "Fallbacks":
        """Jobs that find another path where an endpoint is missing."""
        from botcore.openai.fallbacks import Fallbacks  # noqa: PLC0415

        return Fallbacks(self, self._transport)

    @property
    def capabilities(self) -> Capabilities:
        """What this server turned out not to offer."""
        return self._transport.capabilities

    async def probe(self) -> dict[str, Finding]:
        """Ask each endpoint whether it is there, by name: ok, missing, refused (key, quota) or unreachable."""
        from botcore.openai.probed import PROBED  # noqa: PLC0415 - as the class says

        return await probe(self._transport, PROBED)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
