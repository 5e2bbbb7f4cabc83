"""The kinds of image models and what each of them takes, by the public API's reference."""

import re
from dataclasses import dataclass
from typing import Literal

Operation = Literal["generations", "edits", "variations"]

_ALL = frozenset({"model", "n", "prompt", "size", "user"})
# Parameters that only the GPT image models have: a request with one of them and without a model means such a model.
OF_GPT = frozenset({
    "background", "input_fidelity", "moderation", "output_compression", "output_format", "partial_images", "stream",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Family:
    """What the models of one kind take.

    `sizes` are the accepted ones, the usual one first; `free_size` allows more. `prompt` is its longest length in
    characters, `most` how many pictures one request may ask for.
    """

    name: Literal["dall-e-2", "dall-e-3", "gpt-image"]
    sizes: tuple[str, ...]
    qualities: tuple[str, ...]
    prompt: int
    known: frozenset[str]
    operations: frozenset[Operation]
    most: int = 10
    free_size: bool = False

    @property
    def gpt(self) -> bool:
        """Whether it is a GPT image model: those answer with base64 alone, in several formats, and tell their usage."""
        return self.name == "gpt-image"


_DALL_E_2 = Family(
    name="dall-e-2",
    sizes=("1024x1024", "512x512", "256x256"),
    qualities=("standard", "auto"),
    prompt=1000,
    known=_ALL | {"image", "mask", "quality", "response_format"},
    operations=frozenset({"generations", "edits", "variations"}),
)
_DALL_E_3 = Family(
    name="dall-e-3",
    sizes=("1024x1024", "1792x1024", "1024x1792"),
    qualities=("standard", "hd", "auto"),
    prompt=4000,
    known=_ALL | {"quality", "response_format", "style"},
    operations=frozenset({"generations"}),
    most=1,
)
_GPT_SIZES = ("auto", "1024x1024", "1536x1024", "1024x1536")
_GPT_KNOWN = _ALL | OF_GPT | {"image", "images", "mask", "quality"}
_GPT_QUALITIES = ("auto", "low", "medium", "high")
_GPT_OPERATIONS: frozenset[Operation] = frozenset({"generations", "edits"})
_GPT = Family("gpt-image", _GPT_SIZES, _GPT_QUALITIES, 32_000, _GPT_KNOWN, _GPT_OPERATIONS)
_GPT_FREE = Family("gpt-image", _GPT_SIZES, _GPT_QUALITIES, 32_000, _GPT_KNOWN, _GPT_OPERATIONS, free_size=True)

_SIZE = re.compile(r"(\d{2,4})x(\d{2,4})")
_LONGEST_EDGE = 3840  # pixels
_MOST_PIXELS = 3840 * 2160
_STEP = 16  # pixels that both edges are multiples of
_MOST_RATIO = 3


def family_of(model: str) -> Family:
    """The family of a model by its name; an unknown one (where any is taken) is like dall-e-2."""
    if model.startswith("gpt-image-2"):
        return _GPT_FREE
    if "gpt-image" in model or model == "chatgpt-image-latest":
        return _GPT
    return _DALL_E_3 if model.startswith("dall-e-3") else _DALL_E_2


def read_size(size: str) -> tuple[int, int]:
    """Width and height of a size such as `1024x1024`.

    Raises:
        ValueError: it is none.
    """
    found = _SIZE.fullmatch(size)
    if found is None:
        raise ValueError(size)
    return int(found[1]), int(found[2])


def free_size(size: str) -> bool:
    """Whether a model with free sizes takes it: multiples of 16, at most 3:1, at most 3840x2160 pixels."""
    try:
        width, height = read_size(size)
    except ValueError:
        return False
    small, large = sorted((width, height))
    whole = width % _STEP == 0 and height % _STEP == 0 and small > 0
    return whole and large <= min(_LONGEST_EDGE, small * _MOST_RATIO) and width * height <= _MOST_PIXELS
