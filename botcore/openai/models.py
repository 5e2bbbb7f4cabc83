"""`GET /models`, `GET /models/{model}`, `DELETE /models/{model}`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botcore.openai.call import Call, Endpoint
from botcore.openai.exchange import Reply
from botcore.openai.limits import RateLimits
from botcore.openai.transport import Transport

LIST = Endpoint("models.list", "GET", "/models")
GET = Endpoint("models.get", "GET", "/models/{}")
DELETE = Endpoint("models.delete", "DELETE", "/models/{}")


@dataclass(frozen=True, slots=True)
class Model:
    """A model that the server offers. `created` is in seconds since 1970, 0 where it is not said."""

    id: str
    created: int = 0
    owned_by: str = ""
    headers: RateLimits = field(default_factory=RateLimits)
    request_id: str | None = None
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class Models:
    """The models of the server. Ids may hold slashes (`org/model`) and colons (`ft:...`)."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def list(self) -> tuple[Model, ...]:
        """Give all models, in the server's order. Raises `ApiError`."""
        reply = await self._transport.send(Call(LIST))
        found = self._transport.expect(reply, "data")["data"]
        if found is None:  # Ollama without any model
            return ()
        if not isinstance(found, list) or not all(isinstance(entry, dict) and entry.get("id") for entry in found):
            raise reply.bad("data that is no list of models")
        return tuple(_model(reply, entry) for entry in found)

    async def get(self, model: str) -> Model:
        """Give one model. Raises `NotFound`, or another `ApiError`."""
        reply = await self._transport.send(Call(GET, item=model))
        return _model(reply, self._transport.expect(reply, "id"))

    async def delete(self, model: str) -> bool:
        """Delete a fine-tuned model; whether the server says that it is deleted.

        Raises `NotFound`, `AuthFailed` for a model of somebody else, or another `ApiError`.
        """
        reply = await self._transport.send(Call(DELETE, item=model))
        return bool(self._transport.expect(reply, "deleted")["deleted"])


def _model(reply: Reply, entry: Mapping[str, Any]) -> Model:
    created = entry.get("created")
    return Model(
        id=str(entry["id"]),
        created=int(created) if isinstance(created, int | float) else 0,
        owned_by=str(entry.get("owned_by") or ""),
        headers=reply.limits,
        request_id=reply.request_id,
        raw=entry,
    )
