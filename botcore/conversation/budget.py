"""What one person may use up in a day: reserved before a request, settled by what it used."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botcore.config.sections import BudgetSettings
from botcore.errors import BudgetExceeded
from botcore.plugin import Command, Context, Usage


class Budget:
    """Limits by person and day (UTC). Reservations keep concurrent requests from passing the limit together."""

    def __init__(self, settings: BudgetSettings) -> None:
        self._settings = settings
        self._reserved: dict[int, int] = {}

    @property
    def limited(self) -> bool:
        """Whether anything is limited: only then what was used today is looked up."""
        return bool(self._settings.tokens_per_day or self._settings.usd_per_day)

    def cost(self, model: str, input_tokens: int, output_tokens: int) -> int:
        """The cost of a request in micro-dollars; 0 where the model has no price."""
        price = self._settings.prices.get(model)
        if price is None:
            return 0
        return round(input_tokens * price.input + output_tokens * price.output)  # dollars/million = micro-dollars each

    @contextmanager
    def reserve(self, person: int, used: Usage, tokens: int) -> Generator[None]:
        """Reserve the tokens of a request while it runs. Raises BudgetExceeded."""
        reserved = self._reserved.get(person, 0)
        self.check(used, reserved + tokens)
        self._reserved[person] = reserved + tokens
        try:
            yield
        finally:
            left = self._reserved[person] - tokens
            if left > 0:
                self._reserved[person] = left
            else:
                del self._reserved[person]

    def check(self, used: Usage, tokens: int = 0) -> None:
        """Raise BudgetExceeded where `tokens` more would pass a limit."""
        settings = self._settings
        if settings.tokens_per_day and used.input_tokens + used.output_tokens + tokens > settings.tokens_per_day:
            raise BudgetExceeded("Your tokens for today are used up. The count starts afresh at midnight (UTC).")
        if settings.usd_per_day and used.cost_microusd >= settings.usd_per_day * 1_000_000:
            raise BudgetExceeded("Your budget for today is used up. It starts afresh at midnight (UTC).")


@dataclass(frozen=True, slots=True)
class Claim:
    """One call of a command that costs something. What it used is recorded where it is used."""

    async def settle(self) -> None:
        """The handler did its work."""

    async def release(self) -> None:
        """It did not."""


@dataclass(frozen=True, slots=True)
class CommandBudget:
    """The gate's budget: commands that cost something are refused to those whose day is used up."""

    budget: Budget

    async def reserve(self, command: Command, ctx: Context) -> Claim:
        """Check before the call. Raises BudgetExceeded."""
        if command.cost is not None and self.budget.limited:
            self.budget.check(await ctx.conversation.usage(within=_today(), everywhere=True))
        return Claim()


def _today() -> timedelta:
    """How old the day (UTC) is."""
    now = datetime.now(UTC)
    return now - now.replace(hour=0, minute=0, second=0, microsecond=0)
