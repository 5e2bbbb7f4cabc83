"""Moderation of what people and the model write: off, warn or block, per chat."""

import logging
from typing import Literal, TypeAlias

from botcore.errors import ApiError, EndpointMissing, Moderated
from botcore.openai import Api

log = logging.getLogger(__name__)

Strictness: TypeAlias = Literal["off", "warn", "block"]

REFUSED = {
    "input": "I can't work with that message: the moderation flagged it ({why}).",
    "output": "I can't show that answer: the moderation flagged it ({why}).",
}
WARNED = {
    "input": "⚠️ The moderation flagged your message ({why}).",
    "output": "⚠️ The moderation flagged this answer ({why}).",
}


class Moderator:
    """Asks the moderation endpoint."""

    def __init__(self, api: Api, model: str | None) -> None:
        self._api = api
        self._model = model
        self._missed = False

    async def check(self, text: str, strictness: Strictness, what: Literal["input", "output"]) -> str | None:
        """Check a text; a warning to show, or None.

        Raises Moderated where it is flagged and `strictness` is block, and ApiError where the endpoint fails and
        `strictness` is block: what cannot be checked is not let through. With warn a failure is logged.
        """
        if strictness == "off" or not text.strip():
            return None
        try:
            found = await self._api.moderations.check(text, model=self._model)
        except ApiError as error:
            if strictness == "block":
                raise
            self._complain(what, error)
            return None
        self._missed = False
        if not found.flagged:
            return None
        flagged = sorted({reason for verdict in found.results for reason in verdict.reasons})
        why = ", ".join(name.replace("/", ": ").replace("_", " ") for name in flagged) or "unspecified"
        log.warning("moderation flagged %s: %s", what, why)
        if strictness == "block":
            raise Moderated(REFUSED[what].format(why=why), categories=tuple(flagged))
        return WARNED[what].format(why=why)

    def _complain(self, what: str, error: ApiError) -> None:
        """Say once that the endpoint is not there; a failure of one that is there is worth a line each time."""
        missing = isinstance(error, EndpointMissing)
        if not (missing and self._missed):
            log.warning("the %s was not moderated: %s", what, error)
        self._missed = missing
