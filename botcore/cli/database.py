"""`botcore db`."""

import asyncio

from botcore.config import Config
from botcore.store import schema, urls
from botcore.store.database import Database


def upgrade(config: Config) -> str:
    """Bring the tables up to date and say what was done. Raises ConfigError, StoreError."""
    address = urls.parse(config.store.url)
    changed = schema.upgrade(address)
    return f"{address}: {'brought to' if changed else 'already at'} revision {schema.head()}"


def current(config: Config) -> str:
    """The revision of the tables and the newest there is. Raises ConfigError, StoreError; makes no new database."""
    address = urls.parse(config.store.url)
    if address.path is not None and not address.path.exists():
        return f"{address}: does not exist yet; the newest revision is {schema.head()}"
    revision = asyncio.run(_revision(config.store.url))
    if revision == schema.head():
        return f"{address}: revision {revision}, which is the newest"
    return f"{address}: {f'revision {revision}' if revision else 'no tables yet'}; the newest is {schema.head()}"


async def _revision(url: str) -> str | None:
    async with await Database.open(url, upgrade=False) as database:
        return await database.read(schema.current)
