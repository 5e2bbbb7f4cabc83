"""Vectors for texts, by feature hashing.

Words, pairs of words and letter triples are hashed (CRC-32, so the same everywhere) into the dimensions with a sign,
and the sum is normalised: texts that share words or spellings lie closer. Scripts without spaces go by characters and
their pairs. A request for fewer dimensions hashes into fewer.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_WEIGHTS = {"word": 1.0, "pair": 0.5, "letters": 0.3}

Vector = NDArray[np.float32]
Input = str | tuple[int, ...]


def embed_all(inputs: Sequence[Input], size: int) -> list[Vector]:
    """One vector of length 1 for each input."""
    return [embed(one, size) for one in inputs]


def embed(one: Input, size: int) -> Vector:
    """The vector of one input: `size` float32 values of Euclidean length 1."""
    vector = np.zeros(size, dtype=np.float32)
    features = _text_features(one) if isinstance(one, str) else _token_features(one)
    for feature, weight in features:
        hashed = crc32(feature.encode(errors="surrogatepass"))
        vector[(hashed >> 1) % size] += weight if hashed & 1 else -weight
    length = float(np.linalg.norm(vector))
    if length == 0.0:  # everything cancelled out, or there was nothing
        vector[0] = length = 1.0
    return vector / np.float32(length)


def _text_features(text: str) -> Iterator[tuple[str, float]]:
    words = _WORD.findall(text.lower())
    if not words:
        yield from ((f"c:{char}", 1.0) for char in text if not char.isspace())
    for word in words:
        if _UNSPACED.search(word):
            yield from ((f"w:{char}", _WEIGHTS["word"]) for char in word)
            yield from ((f"p:{a}{b}", _WEIGHTS["pair"]) for a, b in pairwise(word))
            continue
        yield f"w:{word}", _WEIGHTS["word"]
        edged = f"^{word}$"
        yield from ((f"l:{edged[at : at + 3]}", _WEIGHTS["letters"]) for at in range(len(edged) - 2))
    yield from ((f"p:{a} {b}", _WEIGHTS["pair"]) for a, b in pairwise(words))


def _token_features(numbers: Iterable[int]) -> Iterator[tuple[str, float]]:
    for number in numbers:
        yield f"t:{number}", 1.0
