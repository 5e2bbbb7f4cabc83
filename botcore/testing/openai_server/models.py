"""GET /models, GET and DELETE /models/{model}."""

from typing import Any

from botcore.testing.openai_server.errors import ApiRefusal, model_not_found
from botcore.testing.openai_server.outcome import Outcome, json_answer
from botcore.testing.openai_server.settings import ModelCard
from botcore.testing.openai_server.state import Call, Route, State


def _shown(card: ModelCard) -> dict[str, Any]:
    return {"id": card.id, "object": "model", "created": card.created, "owned_by": card.owned_by}


def _found(state: State, call: Call) -> ModelCard:
    name = call.params["model"]
    card = state.models.get(name)
    if card is None:
        raise model_not_found(name, "model")
    return card


async def list_models(state: State, _call: Call) -> Outcome:
    """All models on offer."""
    return json_answer({"object": "list", "data": [_shown(card) for card in state.models.values()]})


async def get_model(state: State, call: Call) -> Outcome:
    """One model."""
    return json_answer(_shown(_found(state, call)))


async def delete_model(state: State, call: Call) -> Outcome:
    """Delete a fine-tuned model; the others belong to the server."""
    card = _found(state, call)
    if not card.deletable:
        message = "You have insufficient permissions for this operation: only fine-tuned models can be deleted."
        raise ApiRefusal(403, message, param="model", code="insufficient_permissions")
    del state.models[card.id]
    await state.tunings.forget(card.id)
    return json_answer({"id": card.id, "object": "model", "deleted": True})


ROUTES = (
    Route("GET", "/models", list_models),
    Route("GET", "/models/{model*}", get_model),
    Route("DELETE", "/models/{model*}", delete_model),
)
