"""`POST /moderations`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botcore.openai.call import Call, Endpoint, Payload
from botcore.openai.chat_request import ImagePart, TextPart
from botcore.openai.codec import JSON
from botcore.openai.limits import RateLimits
from botcore.openai.transport import Transport

MODERATIONS = Endpoint("moderations", "POST", "/moderations")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in one input. Categories are kept by the server's names, those unknown to us included."""

    flagged: bool
    categories: Mapping[str, bool]
    scores: Mapping[str, float]
    """0..1 for each category; empty where the server gives none."""
    input_types: Mapping[str, tuple[str, ...]]
    """Which kinds of input (text, image) each category looked at; empty where the server does not say."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The categories that flagged it."""
        return tuple(name for name, found in self.categories.items() if found)


@dataclass(frozen=True, slots=True)
class Moderation:
    """One verdict for each text, in order; one for all parts together."""

    id: str
    model: str
    results: tuple[Verdict, ...]
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)

    @property
    def flagged(self) -> bool:
        """Whether any input is flagged."""
        return any(result.flagged for result in self.results)


class Moderations:
    """Classification of text, and with newer models of pictures, by what may not be said."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def check(
        self,
        content: str | Sequence[str] | Sequence[TextPart | ImagePart],
        *,
        model: str | None = None,
        extra: Mapping[str, JSON] | None = None,
    ) -> Moderation:
        """Judge one text, several texts, or parts that belong together. `extra` is sent as it is. Raises `ApiError`."""
        named: dict[str, Any] = {} if model is None else {"model": model}
        call = Call(MODERATIONS, Payload.json({"input": content, **named, **(extra or {})}))
        texts = 1 if isinstance(content, str) else sum(isinstance(entry, str) for entry in content) or 1
        del content  # tracebacks may show local variables
        reply = await self._transport.send(call)
        raw = self._transport.expect(reply, "results")
        found = raw["results"]
        if not isinstance(found, list) or len(found) != texts or not all(isinstance(entry, dict) for entry in found):
            raise reply.bad(f"results that are not one object for each of {texts} inputs")
        return Moderation(
            id=str(raw.get("id") or ""),
            model=str(raw.get("model") or ""),
            results=tuple(_verdict(entry) for entry in found),
            headers=reply.limits,
            request_id=reply.request_id,
            raw=raw,
        )


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    categories = {name: bool(found) for name, found in _table(entry, "categories").items()}
    scores = _table(entry, "category_scores").items()
    kinds = _table(entry, "category_applied_input_types").items()
    flagged = entry.get("flagged")
    return Verdict(
        flagged=flagged if isinstance(flagged, bool) else any(categories.values()),
        categories=categories,
        scores={name: float(score) for name, score in scores if isinstance(score, int | float)},
        input_types={name: tuple(map(str, found)) for name, found in kinds if isinstance(found, list)},
    )


def _table(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = entry.get(name)
    return found if isinstance(found, dict) else {}
