"""`botcore access`: who waits, who was let in, and who owns the bot, straight in the database."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from botcore.config import Config
from botcore.discovery import adapter_sources
from botcore.errors import ConfigError, Refusal
from botcore.store import access, accounts
from botcore.store.access import Member
from botcore.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")


def show(config: Config) -> str:
    """The list. Raises ConfigError, StoreError."""
    waiting, approved = _run(config, _everybody)
    lines = ["Waiting for approval:" if waiting else "Nobody waits for approval."]
    lines += [f"  {member.code}  {_named(member)}, since {member.asked_at:%Y-%m-%d %H:%M} UTC" for member in waiting]
    lines += ["Let in:" if approved else f"Nobody was let in yet (access.mode is {config.access.mode})."]
    lines += [f"  {_named(member)}{_role(member)}" for member in approved]
    configured = {"allow": config.access.allow, "owners": config.access.owners, "admins": config.access.admins}
    lines += [f"By access.{key}: {', '.join(ids)}" for key, ids in configured.items() if ids]
    return "\n".join(lines)


def decide(config: Config, code: str, *, approve: bool) -> str:
    """Approve or refuse who waits with this code. Raises Refusal where nobody does."""
    member = _run(config, partial(access.approve if approve else access.refuse, code=code))
    if member is None:
        raise Refusal(f"nobody waits with the code {code}; `botcore access list` shows who does, codes last a day")
    return f"{_named(member)} {'may talk to the bot now' if approve else 'was turned away'}."


def revoke(config: Config, person: str) -> str:
    """Shut a person out. Raises ConfigError for what is no id, Refusal for one who was never seen."""
    platform, external_id = _split(person)

    def unit(c: "Connection") -> Member | None:
        known = accounts.find_identity(c, platform, external_id)
        return None if known is None else access.revoke(c, known.id)

    member = _run(config, unit)
    if member is None:
        raise Refusal(f"{person} has never written to the bot; `botcore access list` shows who was let in")
    listed = person in config.access.allow or external_id in config.access.allow
    return f"{_named(member)} is shut out{' once it is taken out of access.allow, too' if listed else ''}."


def own(config: Config, person: str) -> str:
    """Make a person an owner, seen before or not. Raises ConfigError for what is no id."""
    platform, external_id = _split(person)

    def unit(c: "Connection") -> Member:
        known = accounts.find_identity(c, platform, external_id)
        if known is None:
            _check_unseen(person, platform, external_id)
            known = accounts.ensure_identity(c, platform, external_id, external_id)
        access.admit(c, known.id)
        return access.set_role(c, known.id, "owner")

    return f"{_named(_run(config, unit))} is an owner now and may do everything."


def _everybody(c: "Connection") -> tuple[Sequence[Member], Sequence[Member]]:
    return access.waiting(c), access.approved(c)


def _split(person: str) -> tuple[str, str]:
    platform, colon, external_id = person.partition(":")
    if not (platform and colon and external_id):
        number = person.strip(":") if person.strip(":").isdecimal() else "12345"
        raise ConfigError(f"{person}: an id has a platform and a number, as in telegram:{number}; /whoami tells it")
    return platform, external_id


def _check_unseen(person: str, platform: str, external_id: str) -> None:
    """Raise ConfigError for an id that nobody can have: they would never become what was promised."""
    known = sorted(source.name for source in adapter_sources())
    if platform not in known:
        raise ConfigError(f"{person}: there is no platform {platform!r} here, but {', '.join(known)}")
    if not external_id.isdecimal():
        why = "ids are numbers, which /whoami tells; names change hands and do not count"
        raise ConfigError(f"{person}: nobody with this id has written to the bot. {why}")


def _named(member: Member) -> str:
    name = f" ({member.display_name})" if member.display_name != member.external_id else ""
    return f"{member.platform}:{member.external_id}{name}"


def _role(member: Member) -> str:
    return "" if member.role == "user" else f", {member.role}"


def _run(config: Config, unit: "Callable[[Connection], T]") -> T:
    return asyncio.run(_in_database(config, unit))


async def _in_database(config: Config, unit: "Callable[[Connection], T]") -> T:
    async with await Database.open(config.store.url, synchronous=config.store.synchronous, threads=1) as database:
        return await database.run(unit)
