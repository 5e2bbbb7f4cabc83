"""POST /moderations: a word list's verdict in the public API's form."""

from typing import Any

from botcore.testing.openai_server import errors
from botcore.testing.openai_server.fields import Fields, as_fields, parse, refuse_unknown
from botcore.testing.openai_server.outcome import Outcome, json_answer
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.wordlist import WITH_IMAGES

_KNOWN = frozenset({"input", "model"})
_DEFAULT = "omni-moderation-latest"
_FLAGGED_FROM = 0.5


async def create(state: State, call: Call) -> Outcome:
    """A verdict on one text or several, or on text and pictures together.

    Raises:
        ApiRefusal: the request is wrong.
    """
    payload = parse(call.body)
    refuse_unknown(payload, _KNOWN)
    name = Fields(payload).text("model") or _DEFAULT
    card = state.find_model(name, "moderation")
    if card is None or card.kind != "moderation":
        raise errors.model_not_found(name, "model")
    results = [_verdict(state, text, pictures) for text, pictures in _inputs(payload.get("input"))]
    return json_answer({"id": state.new_id("modr-"), "model": card.id, "results": results})


def _verdict(state: State, text: str, pictures: int) -> dict[str, Any]:
    scores = state.words.scores(text)
    categories = {name: score >= _FLAGGED_FROM for name, score in scores.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": {
            name: ["text", "image"] if pictures and name in WITH_IMAGES else ["text"] for name in scores
        },
    }


def _inputs(given: Any) -> list[tuple[str, int]]:
    """The texts to judge, each with its number of pictures. Parts of one message are judged together."""
    if given is None:
        raise errors.missing("input")
    if isinstance(given, str):
        return [(given, 0)]
    if not isinstance(given, list) or not given:
        raise errors.wrong_type("input", "a string or an array", given)
    if all(isinstance(one, str) for one in given):
        return [(one, 0) for one in given]
    texts: list[str] = []
    pictures = 0
    for index, value in enumerate(given):
        part = as_fields(value, f"input[{index}]")
        match part.required_text("type"):
            case "text":
                texts.append(part.required_text("text"))
            case "image_url":
                if part.object("image_url") is None:
                    raise errors.missing(part.name("image_url"))
                pictures += 1
            case other:
                message = f"Invalid value: '{other}'. Supported values are: 'text' and 'image_url'."
                raise errors.invalid(message, part.name("type"), "invalid_value")
    return [("\n".join(texts), pictures)]


ROUTES = (Route("POST", "/moderations", create),)
