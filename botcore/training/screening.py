"""The moderation gate before training data: what it flags is not taught, and what cannot be checked is not written."""

from collections.abc import Sequence
from typing import Final

from botcore.openai import Api
from botcore.training.selection import Example, Tally

BATCH: Final = 16
"""Examples of one request. The API takes more; small requests fail small."""
LONGEST: Final = 20_000
"""Characters of an example that are checked. A longer one is left out: nobody has looked at the rest."""


class Screen:
    """Asks the moderation endpoint about examples."""

    def __init__(self, api: Api, *, model: str | None = None) -> None:
        self._api = api
        self._model = model

    async def passed(self, examples: Sequence[Example], tally: Tally) -> list[Example]:
        """Those that nothing is wrong with, in order. Raises `ApiError`: then none of them has passed."""
        short = [example for example in examples if len(example.text) <= LONGEST]
        tally_if(tally, "too long to check", len(examples) - len(short))
        passed: list[Example] = []
        for start in range(0, len(short), BATCH):
            batch = short[start : start + BATCH]
            found = await self._api.moderations.check([example.text for example in batch], model=self._model)
            passed += [example for example, verdict in zip(batch, found.results, strict=True) if not verdict.flagged]
        tally_if(tally, "flagged by the moderation", len(short) - len(passed))
        return passed


def tally_if(tally: Tally, why: str, count: int) -> None:
    """Count what was left out, if anything was."""
    if count:
        tally.leave_out(why, count)
