"""What a fine-tuned model knows: the answers it was taught, found by the nearest question.

Nearness is the cosine of the hashing embeddings. Questions that differ in just one noun lie close together there, so a
near question must also hold the longer words of the taught one.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from botcore.testing.openai_server.training import Pair
from botcore.testing.openai_server.vectors import embed

_SIZE = 256  # dimensions of the questions' vectors
_CLOSE = 0.8  # cosine from which a question counts as the taught one where it has no telling words (Chinese, "why?")
_NEAR = 0.6  # and where its telling words are all there
_TELLING = re.compile(r"[a-z]{4,}|\d+")
_COMMON = frozenset({
    "what", "which", "when", "where", "whose", "does", "your", "please", "tell", "about", "there", "this", "that",
    "with", "from", "could", "would", "should", "have",
})  # fmt: skip


class Recall:
    """Answers by heart. Building it takes a moment for thousands of pairs."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        questions = [_plain(pair.question) for pair in pairs]
        self._answers: list[str] = [pair.answer for pair in pairs]
        self._exact: dict[str, str] = dict(zip(questions, self._answers, strict=True))
        self._telling = [_telling(question) for question in questions]
        vectors = [embed(question, _SIZE) for question in questions]
        self._vectors: NDArray[np.float32] = np.array(vectors, dtype=np.float32).reshape(-1, _SIZE)

    def answer(self, question: str) -> str | None:
        """The answer that was taught for this question or for the nearest one, if that is near enough."""
        plain = _plain(question)
        exact = self._exact.get(plain)
        if exact is not None or not plain:
            return exact
        likeness = self._vectors @ embed(plain, _SIZE)
        asked = _telling(plain)
        order: list[int] = np.argsort(-likeness)[:5].tolist()
        for at in order:
            told = self._telling[at]
            if likeness[at] >= (_NEAR if told else _CLOSE) and told <= asked:
                return self._answers[at]
        return None


def _plain(text: str) -> str:
    """Without the differences that do not matter: case, spaces, marks and separators around."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip() or text.strip()


def _telling(plain: str) -> frozenset[str]:
    return frozenset(_TELLING.findall(plain)) - _COMMON
