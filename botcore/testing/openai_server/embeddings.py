"""POST /embeddings: vectors by feature hashing (`vectors.py` makes them)."""

import asyncio
import base64
from collections.abc import Sequence
from typing import Any

from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, parse, refuse_unknown
from botcore.testing.openai_server.outcome import Outcome, json_answer
from botcore.testing.openai_server.request import requested_model
from botcore.testing.openai_server.settings import ModelCard
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.vectors import Input, Vector, embed_all

_KNOWN = frozenset({"input", "model", "encoding_format", "dimensions", "user"})
_MOST_INPUTS = 2048
_LONG = 20_000  # characters from which the work leaves the event loop


async def create(state: State, call: Call) -> Outcome:
    """Vectors for one text or many (or for token numbers).

    Raises:
        ApiRefusal: the request is wrong, an input is too long, or a limit is reached.
    """
    payload = parse(call.body)
    card = requested_model(payload, lambda name: state.find_model(name, "embedding"))
    if card.kind != "embedding":
        raise errors.invalid(f"You are not allowed to generate embeddings from the model `{card.id}`.", "model")
    refuse_unknown(payload, _KNOWN)
    fields = Fields(payload)
    size = _size(fields, card)
    encoding = fields.text("encoding_format") or "float"
    if encoding not in {"float", "base64"}:
        message = f"Invalid value: '{encoding}'. Supported values are: 'float' and 'base64'."
        raise errors.invalid(message, "encoding_format", "invalid_value")
    inputs = _inputs(payload.get("input"))
    spent = _counted(inputs, card)
    state.meter.tokens(call.key, spent)
    state.meter.spent(spent)
    if sum(map(len, inputs)) > _LONG:
        vectors = await asyncio.to_thread(embed_all, inputs, size)
    else:
        vectors = embed_all(inputs, size)
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": spent, "total_tokens": spent}
    return json_answer({"object": "list", "data": data, "model": card.id, "usage": usage})


def _encoded(vector: Vector, encoding: str) -> Any:
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return vector.tolist()


def _size(fields: Fields, card: ModelCard) -> int:
    wanted = fields.integer("dimensions", 1)
    if wanted is None:
        return card.dimensions
    if not card.resizable:
        raise errors.invalid("This model does not support specifying dimensions.", "dimensions")
    if wanted > card.dimensions:
        raise errors.invalid(
            f"Invalid value for 'dimensions' = {wanted}. Must be less than or equal to {card.dimensions}.", "dimensions"
        )
    return wanted


def _inputs(given: Any) -> list[Input]:
    if given is None:
        raise errors.missing("input")
    many: list[Any] = given if isinstance(given, list) and not _are_tokens(given) else [given]
    if not many or len(many) > _MOST_INPUTS:
        raise _wrong_input()
    inputs: list[Input] = []
    for one in many:
        if isinstance(one, str) and one:
            inputs.append(one)
        elif isinstance(one, list) and _are_tokens(one):
            inputs.append(tuple(one))
        else:
            raise _wrong_input()
    return inputs


def _are_tokens(given: list[Any]) -> bool:
    return bool(given) and all(type(one) is int for one in given)


def _wrong_input() -> ApiRefusal:
    return errors.invalid(
        "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.", "input"
    )


def _counted(inputs: Sequence[Input], card: ModelCard) -> int:
    total = 0
    for one in inputs:
        spent = tokens.count(one) if isinstance(one, str) else len(one)
        if spent > card.window:
            raise errors.invalid(
                f"This model's maximum context length is {card.window} tokens, however you requested {spent} tokens "
                f"({spent} in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
                code="context_length_exceeded",
            )
        total += spent
    return total


ROUTES = (Route("POST", "/embeddings", create),)
