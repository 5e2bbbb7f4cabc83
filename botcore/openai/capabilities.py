"""What this server turned out not to offer. Remembered for a while, so that a missing endpoint costs one request."""

import time
from collections.abc import Callable

from botcore.errors import ApiError, EndpointMissing
from botcore.openai.call import Endpoint

_ESSENTIAL = frozenset({"chat.completions"})
"""Never remembered as missing: without it there is nothing left to be spared, and a proxy in front of a server that is
just starting answers 404, too."""


class Capabilities:
    """The memory of refusals: whole endpoints, and single options of an endpoint.

    Everything is forgotten after `forget_after` seconds, and then asked again: servers are upgraded.
    """

    def __init__(self, *, forget_after: float = 600.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._forget_after = forget_after
        self._clock = clock
        self._until: dict[str, float] = {}
        self._options: dict[tuple[str, str], float] = {}

    def require(self, endpoint: Endpoint) -> None:
        """Raise `EndpointMissing` at once if the server answered lately that it has no such endpoint."""
        until = self._until.get(endpoint.name)
        if until is None:
            return
        left = until - self._clock()
        if left > 0:
            raise EndpointMissing(f"{endpoint}: this server does not have it (asked again in {left:.0f} s)")
        del self._until[endpoint.name]

    def missing(self) -> frozenset[str]:
        """Names of the endpoints known to be missing now."""
        now = self._clock()
        return frozenset(name for name, until in self._until.items() if until > now)

    def note_missing(self, endpoint: Endpoint) -> None:
        """The server answered that it has no such endpoint."""
        if endpoint.name in _ESSENTIAL:
            return
        self._until[endpoint.name] = self._clock() + self._forget_after

    def note_present(self, endpoint: Endpoint) -> None:
        """The endpoint answered as itself."""
        self._until.pop(endpoint.name, None)

    def lacks(self, endpoint: Endpoint, option: str) -> bool:
        """Whether the server refused this option of the endpoint lately."""
        return self._options.get((endpoint.name, option), 0.0) > self._clock()

    def refused(self, endpoint: Endpoint, option: str, error: ApiError) -> bool:
        """Whether the error is a refusal that names the option; if so it is remembered."""
        if option not in str(error):
            return False
        self.note_lacking(endpoint, option)
        return True

    def note_lacking(self, endpoint: Endpoint, option: str) -> None:
        """The server has the endpoint, but not this option or model of it."""
        self._options[endpoint.name, option] = self._clock() + self._forget_after
