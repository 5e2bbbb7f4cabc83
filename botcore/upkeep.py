"""What is looked after every so often while the bot runs: counts, calibration, old work."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from botcore.conversation.tokens import TokenCounter
from botcore.delivery import inbox
from botcore.delivery.capacity import Capacity
from botcore.delivery.purge import purge_all
from botcore.delivery.work import Database
from botcore.errors import StoreUnavailable
from botcore.jobs import Jobs
from botcore.store import facts

log = logging.getLogger(__name__)

RATIOS = "token ratios"
"""Key of the fact that holds the token counter's ratios, by model."""

OFTEN = timedelta(minutes=1)
SELDOM = timedelta(hours=6)


async def token_counter(database: Database) -> TokenCounter:
    """The counter, with what it had learned before."""
    return TokenCounter(await database.read(partial(facts.get, key=RATIOS)) or {})


class Upkeep:
    """The engine's own jobs. `platforms` are those that are connected; `kept`: theirs whose old work is not purged."""

    def __init__(
        self,
        database: Database,
        capacity: Capacity,
        counter: TokenCounter,
        *,
        platforms: Sequence[str],
        kept: Sequence[str],
        keep_days: int,
    ) -> None:
        self._database = database
        self._capacity = capacity
        self._counter = counter
        self._platforms = platforms
        self._purged = [platform for platform in platforms if platform not in kept]
        self._keep_days = keep_days

    def add_to(self, jobs: Jobs) -> None:
        """Have them run."""
        jobs.add("count of open messages", OFTEN, self.recount)
        jobs.add("token ratios", OFTEN, self.keep_ratios)
        if self._keep_days and self._purged:
            jobs.add("purge", SELDOM, self.purge)

    async def recount(self) -> None:
        """Take the number of open messages from the database; what was deleted is counted off nowhere else."""
        self._capacity.set(await self._database.read(partial(inbox.open_total, platforms=self._platforms)))

    async def keep_ratios(self) -> None:
        """Write down what the token counter has learned, where it is worth it."""
        if (ratios := self._counter.to_keep()) is not None:
            await self._database.run(partial(facts.put, key=RATIOS, value=dict(ratios)))

    async def close(self) -> None:
        """Write down what is worth it; a database that is away costs no more than a little calibration."""
        try:
            await self.keep_ratios()
        except StoreUnavailable as error:
            log.warning("what the token counter has learned is not kept: %s", error)

    async def purge(self) -> None:
        """Empty what was finished long ago."""
        purged = await purge_all(self._database, keep_days=self._keep_days, platforms=self._purged)
        log.info("%d messages that were finished more than %d days ago were emptied", purged, self._keep_days)
