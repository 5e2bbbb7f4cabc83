"""POST /chat/completions."""

from dataclasses import replace

from botcore.testing.openai_server import fields
from botcore.testing.openai_server.brain import think
from botcore.testing.openai_server.brain.talk import Seen
from botcore.testing.openai_server.completion import plain, settle, streamed
from botcore.testing.openai_server.outcome import Outcome
from botcore.testing.openai_server.request import ChatRequest, ToolCall, read_chat_request
from botcore.testing.openai_server.script import Draft
from botcore.testing.openai_server.sight import look_at
from botcore.testing.openai_server.state import Call, Route, State


async def create(state: State, call: Call) -> Outcome:
    """One chat completion, whole or streamed.

    Raises:
        ApiRefusal: the request is wrong, too long, or above a limit.
    """
    request = read_chat_request(fields.parse(call.body), lambda name: state.find_model(name, "chat"))
    state.meter.tokens(call.key, request.prompt_tokens)
    pictures = next((turn.pictures for turn in reversed(request.turns) if turn.role == "user"), ())
    draft = _draft(state, request, await _taught(state, request), await look_at(state, pictures))
    choices = [settle(_variant(state, draft, index), request) for index in range(request.n)]
    state.meter.spent(request.prompt_tokens + sum(choice.tokens for choice in choices))
    answer_id = state.new_id("chatcmpl-")
    if not request.stream:
        return plain(request, choices, answer_id, call.now)
    count = state.pace.chunks
    return streamed(request, choices, answer_id, call.now, count)


async def _taught(state: State, request: ChatRequest) -> str | None:
    """What a fine-tuned model learnt to answer to the last message."""
    last = request.turns[-1]
    return await state.tunings.recall(request.model.id, last.text) if last.role == "user" else None


def _draft(state: State, request: ChatRequest, taught: str | None, seen: Seen) -> Draft:
    settings = state.settings
    draft = state.script.take(request) if len(state.script) else None
    if draft is None and settings.answer is not None:
        draft = Draft(settings.answer)
    if draft is None and taught is not None:
        draft = Draft(taught)
    if draft is None:
        draft = think(request, introduce=settings.introduce, seen=seen)
    count = state.pace.chunks
    if count is not None and draft.text and len(draft.text) < count:
        draft = replace(draft, text=draft.text.ljust(count, "."), pieces=None)
    return draft


def _variant(state: State, draft: Draft, index: int) -> Draft:
    """The draft for one of `n` choices: the later ones say which they are, and each call has an id of its own."""
    calls = tuple([ToolCall(call.name, call.arguments, state.new_id("call_")) for call in draft.calls])
    if index and draft.text:
        return replace(draft, text=f"{draft.text}\n\n(choice {index + 1})", calls=calls, pieces=None)
    return replace(draft, calls=calls) if calls else draft


ROUTES = (Route("POST", "/chat/completions", create),)
