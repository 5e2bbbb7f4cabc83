"""How likely a model found its tokens, in the form of completions or in that of chat completions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from botcore.openai import reading


@dataclass(frozen=True, slots=True)
class Logprobs:
    """One entry for each token; natural logarithms. `top` has the likeliest tokens in each place, None where not said.

    `offsets` are where the tokens begin, in characters of prompt and answer; empty in the form of chat completions.
    """

    tokens: tuple[str, ...] = field(default=(), repr=False)
    values: tuple[float | None, ...] = ()
    top: tuple[Mapping[str, float] | None, ...] = field(default=(), repr=False)
    offsets: tuple[int, ...] = ()

    @classmethod
    def of(cls, raw: object) -> Self | None:
        """Read a choice's `logprobs`, in either form; None where there are none. What is of another type is left out.

        >>> Logprobs.of({"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": None, "text_offset": [0]}).values
        (-0.5,)
        >>> Logprobs.of({"content": [{"token": "a", "logprob": -0.5, "top_logprobs": []}]}).values
        (-0.5,)
        """
        if not isinstance(raw, dict):
            return None
        entries = reading.objects(raw.get("content"))
        if entries:
            return cls(
                tokens=tuple(reading.text(entry, "token") for entry in entries),
                values=tuple(reading.number(entry, "logprob") for entry in entries),
                top=tuple(_ranked(entry) for entry in entries),
            )
        return cls(
            tokens=tuple(str(token) for token in _list(raw, "tokens")),
            values=tuple(_number(value) for value in _list(raw, "token_logprobs")),
            top=tuple(_table(value) for value in _list(raw, "top_logprobs")),
            offsets=tuple(value for value in _list(raw, "text_offset") if type(value) is int),
        )

    def __add__(self, other: "Logprobs") -> "Logprobs":
        return Logprobs(
            self.tokens + other.tokens, self.values + other.values, self.top + other.top, self.offsets + other.offsets
        )


def _ranked(entry: Mapping[str, Any]) -> Mapping[str, float]:
    top = reading.objects(entry.get("top_logprobs")) or ()
    return {reading.text(one, "token"): value for one in top if (value := reading.number(one, "logprob")) is not None}


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name)
    return value if isinstance(value, list) else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _table(value: object) -> Mapping[str, float] | None:
    if not isinstance(value, dict):
        return None
    return {str(token): float(chance) for token, chance in value.items() if isinstance(chance, int | float)}
