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


class TokenCounter:
    """Counts tokens for each model, by estimate times the ratio observed so far."""

    def __init__(self, ratios: Mapping[str, float] | None = None) -> None:
        self._ratios = dict(ratios or {})

    @property
    def ratios(self) -> Mapping[str, float]:
        """True tokens per estimated token, by model: worth keeping across restarts."""
        return self._ratios

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
