"""Token counts without a tokenizer: an estimate from the text, calibrated by what the API says it counted.

Tokenizers differ by model and come as downloads; every answer of the API carries the true count in `usage`, so the
estimate is corrected by the ratio seen so far for that model.
"""

from collections.abc import Mapping, Sequence

import orjson

from botcore.messages import Json

PER_MESSAGE = 4
"""Tokens that wrap a message (role and separators), as the API's own documentation counts them."""
PER_IMAGE = 800
"""Tokens of a picture: a middle value; providers charge 85 to 1,600."""

SMOOTHING = 0.3  # weight of the newest observation
WORTH_KEEPING = 0.05  # share by which a ratio must have moved before it is written down again
REMEMBERED = 100  # models: people may choose any name that the endpoint takes
LEAST, MOST = 0.4, 3.0  # a ratio outside this says more about a strange server than about its tokenizer


def estimate(text: str) -> int:
    """Tokens of a text, before calibration: 4 ASCII characters or 1 other character a token, 2 for accented Latin."""
    if text.isascii():
        return (len(text) + 3) // 4
    ascii_characters = sum(1 for character in text if character < "\x80")
    latin = sum(1 for character in text if "\x80" <= character < "\u0250")
    return (ascii_characters + 3) // 4 + (latin + 1) // 2 + (len(text) - ascii_characters - latin)


def estimate_message(message: Mapping[str, Json]) -> int:
    """Tokens of a message of the chat completions API, before calibration."""
    content = message.get("content")
    total = PER_MESSAGE
    if isinstance(content, str):
        total += estimate(content)
    elif isinstance(content, list):
        for part in content:
            total += estimate(part["text"]) if part.get("type") == "text" else PER_IMAGE
    if calls := message.get("tool_calls"):
        total += estimate(orjson.dumps(calls).decode())
    return total


def clip(text: str, most: int) -> str:
    """The beginning of a text, of `most` tokens before calibration, with a mark where something was left out."""
    kept = text[: most * 4]  # no more characters than that can be so few tokens
    while kept and (tokens := estimate(kept)) > most:
        kept = kept[: min(len(kept) - 1, len(kept) * most // tokens)]
    return text if len(kept) == len(text) else f"{kept}\n[cut: {len(text) - len(kept):,} more characters]"


def is_text(messages: Sequence[Mapping[str, Json]]) -> bool:
    """Whether they are text alone: what pictures cost differs by provider and says nothing about a tokenizer."""
    return all(
        part.get("type") == "text"
        for message in messages
        if isinstance(content := message.get("content"), list)
        for part in content
    )


class TokenCounter:
    """Counts tokens for each model, by estimate times the ratio observed so far."""

    def __init__(self, ratios: Mapping[str, float] | None = None) -> None:
        self._ratios = {model: min(MOST, max(LEAST, ratio)) for model, ratio in (ratios or {}).items()}
        self._kept = dict(self._ratios)

    @property
    def ratios(self) -> Mapping[str, float]:
        """True tokens per estimated token, by model."""
        return self._ratios

    def to_keep(self) -> Mapping[str, float] | None:
        """The ratios, where one has moved noticeably since the last time they were given out here; else None."""
        moved = (abs(ratio / self._kept.get(model, 1.0) - 1) for model, ratio in self._ratios.items())
        if not any(share > WORTH_KEEPING for share in moved):
            return None
        self._kept = dict(self._ratios)
        return self._kept

    def count(self, model: str, messages: Sequence[Mapping[str, Json]]) -> int:
        """Tokens of these messages for this model."""
        return round(sum(map(estimate_message, messages)) * self._ratios.get(model, 1.0))

    def scale(self, model: str, estimated: int) -> int:
        """An estimate in this model's tokens."""
        return round(estimated * self._ratios.get(model, 1.0))

    def observe(self, model: str, estimated: int, counted: int) -> None:
        """Learn from an answer: `estimated` before calibration, `counted` by the API."""
        if estimated < 50 or counted <= 0:  # too little text: the fixed parts would distort the ratio
            return
        ratio = min(MOST, max(LEAST, counted / estimated))
        known = self._ratios.get(model)
        self._ratios[model] = ratio if known is None else known + SMOOTHING * (ratio - known)
        if len(self._ratios) > REMEMBERED:
            del self._ratios[next(iter(self._ratios))]
