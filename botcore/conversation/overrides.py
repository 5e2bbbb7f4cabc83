"""Models that personas answer with instead of those of the settings: fine-tuned ones, chosen while the bot runs.

They stand in the database, for it is another process that chooses (`botcore finetune use`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from botcore.delivery.work import Database
from botcore.store import Connection, facts

FACT: Final = "persona_models"
EVERY: Final = timedelta(seconds=15)
"""How often a running bot looks for a change: as long as a switch takes at most."""


class PersonaModels:
    """The overrides, as they were when last looked at."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._models: Mapping[str, str] = {}

    def of(self, persona: str) -> str | None:
        """The model that was chosen for a persona."""
        return self._models.get(persona)

    async def refresh(self) -> None:
        """Look again. Raises StoreError."""
        self._models = await self._database.read(read)


def read(c: Connection) -> dict[str, str]:
    """All overrides: model by persona."""
    return dict(facts.get(c, FACT) or {})


def choose(c: Connection, persona: str, model: str | None) -> None:
    """Let a persona answer with a model; None: with that of the settings again."""
    models = read(c)
    if model is None:
        models.pop(persona, None)
    else:
        models[persona] = model
    facts.put(c, FACT, models)
