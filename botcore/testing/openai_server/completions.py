"""POST /completions: the older text completion, whole or streamed."""

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from botcore.testing.openai_server import fields, tokens
from botcore.testing.openai_server.brain.continuing import between, go_on
from botcore.testing.openai_server.completion import FINGERPRINT, settle, split
from botcore.testing.openai_server.outcome import DONE, Events, Outcome, event, json_answer
from botcore.testing.openai_server.script import Draft
from botcore.testing.openai_server.state import Call, Route, State
from botcore.testing.openai_server.text_request import CompletionRequest, Prompt, read_completion_request

_SURE = -0.1  # the logarithm of the probability that every token is given: the rules leave no doubt


@dataclass(frozen=True, slots=True)
class Text:
    """One finished choice: what is shown (with the prompt, if it is echoed) in its stream's pieces."""

    pieces: tuple[str, ...]
    finish: str
    spent: int
    begins: int  # where the first piece stands, counted in characters from the prompt's beginning

    @property
    def whole(self) -> str:
        """The pieces together."""
        return "".join(self.pieces)


async def create(state: State, call: Call) -> Outcome:
    """Completions of one prompt or several.

    Raises:
        ApiRefusal: the request is wrong, too long, or above a limit.
    """
    request = read_completion_request(fields.parse(call.body), lambda name: state.find_model(name, "completion"))
    state.meter.tokens(call.key, request.asked.prompt_tokens)
    texts: list[Text] = []
    for prompt in request.prompts:
        scripted = await _known(state, request, prompt)
        texts += [_text(state, request, prompt, scripted, variant) for variant in range(request.asked.n)]
    usage = _usage(request, texts)
    state.meter.spent(usage["total_tokens"])
    head = {
        "id": state.new_id("cmpl-"),
        "object": "text_completion",
        "created": call.now,
        "model": request.asked.model.id,
        "system_fingerprint": FINGERPRINT,
    }
    if request.asked.stream:
        return _streamed(head, request, texts, usage)
    choices = [
        _choice(index, text.whole, text.finish, _logprobs(request, text.pieces, text.begins))
        for index, text in enumerate(texts)
    ]
    return json_answer({**head, "choices": choices, "usage": usage})


async def _known(state: State, request: CompletionRequest, prompt: Prompt) -> Draft | None:
    """What is to be said by the script, by the settings, or by what a fine-tuned model was taught."""
    draft = state.script.take(request.about(prompt)) if len(state.script) else None
    if draft is None and state.settings.answer is not None:
        return Draft(state.settings.answer)
    if draft is None:
        taught = await state.tunings.recall(request.asked.model.id, prompt.text)
        return None if taught is None else Draft(taught)
    return draft


def _text(state: State, request: CompletionRequest, prompt: Prompt, scripted: Draft | None, variant: int) -> Text:
    draft = scripted or Draft(_thought(request, prompt, variant))
    count = state.pace.chunks
    if count is not None and len(draft.text) < count:
        draft = replace(draft, text=draft.text.ljust(count, "."), pieces=None)
    choice = settle(draft, request.about(prompt))
    pieces = tuple(choice.pieces or split(choice.text, count))
    begins = len(prompt.text)
    if request.echo:
        pieces, begins = (*split(prompt.text, None), *pieces), 0
    return Text(pieces, choice.finish, tokens.count(choice.text), begins)


def _thought(request: CompletionRequest, prompt: Prompt, variant: int) -> str:
    if prompt.numbers:
        return f"\n\nThe prompt came as {prompt.numbers} token numbers, which the offline stand-in cannot read."
    if request.suffix is not None:
        return between(prompt.text, request.suffix, variant)
    return go_on(prompt.text, variant)


def _usage(request: CompletionRequest, texts: list[Text]) -> dict[str, Any]:
    prompt, spent = request.asked.prompt_tokens, sum(text.spent for text in texts)
    return {"prompt_tokens": prompt, "completion_tokens": spent, "total_tokens": prompt + spent}


def _choice(index: int, text: str, finish: str | None, logprobs: dict[str, Any] | None) -> dict[str, Any]:
    return {"text": text, "index": index, "logprobs": logprobs, "finish_reason": finish}


def _logprobs(request: CompletionRequest, pieces: tuple[str, ...], begins: int) -> dict[str, Any] | None:
    if request.logprobs is None:
        return None
    offsets: list[int] = []
    for piece in pieces:
        offsets.append(begins)
        begins += len(piece)
    # the likeliest others do not exist here: made-up ones differ from each other and from the piece
    others = [{f"{piece}{'~' * at}": _SURE * (1 + at * 20) for at in range(request.logprobs)} for piece in pieces]
    return {
        "tokens": list(pieces),
        "token_logprobs": [_SURE] * len(pieces),
        "top_logprobs": others,
        "text_offset": offsets,
    }


def _streamed(head: dict[str, Any], request: CompletionRequest, texts: list[Text], usage: dict[str, Any]) -> Events:
    end = {"usage": None} if request.asked.include_usage else {}

    def chunk(index: int, text: str, finish: str | None, logprobs: dict[str, Any] | None) -> bytes:
        return event({**head, "choices": [_choice(index, text, finish, logprobs)], **end})

    places = [text.begins for text in texts]
    chunks: list[bytes] = []
    for one in zip_longest(*(text.pieces for text in texts)):
        for index, piece in enumerate(one):
            if piece is not None:
                chunks.append(chunk(index, piece, None, _logprobs(request, (piece,), places[index])))
                places[index] += len(piece)
    tail = [chunk(index, "", text.finish, None) for index, text in enumerate(texts)]
    if request.asked.include_usage:
        tail.append(event({**head, "choices": [], "usage": usage}))
    return Events(b"", tuple(chunks), b"".join((*tail, DONE)))


ROUTES = (Route("POST", "/completions", create),)
