"""Requests of the two older text endpoints, completions and edits: read, and checked as the public API checked them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botcore.testing.openai_server import errors, tokens
from botcore.testing.openai_server.errors import ApiRefusal
from botcore.testing.openai_server.fields import Fields, refuse_unknown
from botcore.testing.openai_server.request import ChatRequest, ModelFinder, read_stop, read_streaming, requested_model
from botcore.testing.openai_server.turns import Turn

_COMPLETION = frozenset({
    "best_of", "echo", "frequency_penalty", "logit_bias", "logprobs", "max_tokens", "model", "n", "presence_penalty",
    "prompt", "seed", "stop", "stream", "stream_options", "suffix", "temperature", "top_p", "user",
})  # fmt: skip
_EDIT = frozenset({"input", "instruction", "model", "n", "temperature", "top_p"})
_USUAL_MAX_TOKENS = 16
_MOST_PROMPTS = 128
_END_OF_TEXT = "<|endoftext|>"


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt: its text, or (for token numbers) how many there were."""

    text: str
    numbers: int = 0

    @property
    def tokens(self) -> int:
        """What it costs."""
        return self.numbers or tokens.count(self.text)


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request for completions. `asked` has what it shares with a chat request (model, n, stop, limit, stream)."""

    asked: ChatRequest
    prompts: tuple[Prompt, ...]
    suffix: str | None
    echo: bool
    logprobs: int | None

    def about(self, prompt: Prompt) -> ChatRequest:
        """The request for one of the prompts in the form of a conversation, for scripts and stop rules."""
        asked = self.asked
        return ChatRequest(
            model=asked.model,
            turns=(Turn("user", prompt.text),),
            prompt_tokens=prompt.tokens,
            n=asked.n,
            stop=asked.stop,
            max_tokens=asked.max_tokens,
        )


@dataclass(frozen=True, slots=True)
class EditRequest:
    """One request for an edit."""

    asked: ChatRequest
    text: str
    instruction: str


def read_completion_request(payload: dict[str, Any], find: ModelFinder) -> CompletionRequest:
    """Read and check a request body.

    Raises:
        ApiRefusal: what the public API would refuse, in its words.
    """
    card = requested_model(payload, find)
    if card.kind != "completion":
        message = (
            "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
            "v1/chat/completions?"
        )
        raise ApiRefusal(404, message, param="model")
    refuse_unknown(payload, _COMPLETION)
    fields = Fields(payload)
    prompts = _prompts(payload)
    limit = fields.integer("max_tokens", 0)
    stream, include_usage = read_streaming(fields)
    n = fields.integer("n", 1, 128) or 1
    _check_numbers(fields)
    _check_best_of(fields, n, stream=stream)
    asked = ChatRequest(
        model=card,
        turns=(Turn("user", prompts[0].text),),
        prompt_tokens=sum(prompt.tokens for prompt in prompts),
        n=n,
        stop=read_stop(fields),
        max_tokens=_USUAL_MAX_TOKENS if limit is None else limit,
        stream=stream,
        include_usage=include_usage,
    )
    for prompt in prompts:
        _check_window(card.window, prompt.tokens, asked.max_tokens or 0)
    logprobs = fields.integer("logprobs", 0, 5)
    return CompletionRequest(asked, prompts, fields.text("suffix"), fields.flag("echo") is True, logprobs)


def read_edit_request(payload: dict[str, Any], find: ModelFinder) -> EditRequest:
    """Read and check a request body.

    Raises:
        ApiRefusal: what the public API would have refused.
    """
    card = requested_model(payload, find)
    if card.kind != "edit":
        raise ApiRefusal(404, "This is not an edit model and not supported in the v1/edits endpoint.", param="model")
    refuse_unknown(payload, _EDIT)
    fields = Fields(payload)
    instruction = fields.required_text("instruction")
    text = fields.text("input") or ""
    fields.number("temperature", 0, 2)
    fields.number("top_p", 0, 1)
    spent = tokens.count(text) + tokens.count(instruction)
    _check_window(card.window, spent, 0)
    turns = (Turn("user", f"{instruction}\n\n{text}"),)
    return EditRequest(ChatRequest(card, turns, spent, n=fields.integer("n", 1, 20) or 1), text, instruction)


def _check_numbers(fields: Fields) -> None:
    fields.number("temperature", 0, 2)
    fields.number("top_p", 0, 1)
    fields.number("presence_penalty", -2, 2)
    fields.number("frequency_penalty", -2, 2)
    fields.integer("seed")
    fields.text("user")
    fields.object("logit_bias")


def _check_best_of(fields: Fields, n: int, *, stream: bool) -> None:
    best_of = fields.integer("best_of", 0, 20)
    if not best_of:
        return
    if best_of < n:
        message = (
            "You requested that the server return more choices than it will generate (HINT: you must set 'n' "
            f"(currently {n}) to be at most 'best_of' (currently {best_of}), or omit either parameter if you don't "
            "specifically want to use them.)"
        )
        raise errors.invalid(message, "best_of")
    if stream and best_of > n:
        raise errors.invalid("Results cannot be streamed with 'best_of' above 'n'.", "best_of")


def _prompts(payload: Mapping[str, Any]) -> tuple[Prompt, ...]:
    given = payload.get("prompt")
    if given is None:
        return (Prompt(_END_OF_TEXT),)
    many: list[Any] = [given] if isinstance(given, str) or _are_tokens(given) else given
    if not isinstance(given, str | list) or not many or len(many) > _MOST_PROMPTS:
        raise errors.wrong_type(
            "prompt", "a string, array of strings, array of tokens, or array of token arrays", given
        )
    prompts: list[Prompt] = []
    for one in many:
        if isinstance(one, str):
            prompts.append(Prompt(one))
        elif _are_tokens(one):
            prompts.append(Prompt("", len(one)))
        else:
            raise errors.invalid("'prompt' must be texts or token numbers alone.", "prompt", "invalid_type")
    return tuple(prompts)


def _are_tokens(given: Any) -> bool:
    return isinstance(given, list) and bool(given) and all(type(one) is int for one in given)


def _check_window(window: int, prompt: int, completion: int) -> None:
    if prompt + completion > window:
        message = (
            f"This model's maximum context length is {window} tokens, however you requested {prompt + completion} "
            f"tokens ({prompt} in your prompt; {completion} for the completion). Please reduce your prompt; or "
            "completion length."
        )
        raise errors.invalid(message, code="context_length_exceeded")
