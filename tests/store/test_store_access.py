"""Pairing: a stranger gets a code, the owner decides."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from botcore.store import access, accounts
from botcore.store.database import Database

NOON = datetime(2031, 5, 1, 12, tzinfo=UTC)


async def stranger(database: Database, name: str = "anna") -> int:
    ensure = partial(accounts.ensure_identity, platform="telegram", external_id=name, display_name=name.title())
    return (await database.run(ensure)).id


async def ask(database: Database, identity_id: int, now: datetime = NOON) -> str:
    return await database.run(partial(access.request, identity_id=identity_id, now=now))


async def waiting(database: Database, now: datetime = NOON) -> list[str]:
    return [member.external_id for member in await database.read(partial(access.waiting, now=now))]


async def standing(database: Database, name: str = "anna") -> tuple[str, str]:
    found = await database.read(partial(accounts.find_identity, platform="telegram", external_id=name))
    assert found is not None
    return found.access, found.role


async def test_a_code_is_short_unmistakable_and_the_same_while_it_waits(database: Database) -> None:
    anna = await stranger(database)
    code = await ask(database, anna)
    assert len(code) == 6
    assert set(code) <= set("23456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert await ask(database, anna, NOON + timedelta(hours=23)) == code
    assert await waiting(database) == ["anna"]


async def test_everybody_gets_another_code(database: Database) -> None:
    codes = [await ask(database, await stranger(database, f"person {n}")) for n in range(40)]
    assert len(set(codes)) == 40


@pytest.mark.parametrize("written", ["{}", " {} \n", "as lower case", "with-hyphen"])
async def test_the_owner_approves_a_code_however_it_is_typed(database: Database, written: str) -> None:
    code = await ask(database, await stranger(database))
    forms = {"as lower case": code.lower(), "with-hyphen": f"{code[:3]}-{code[3:]}"}
    typed = forms.get(written, written.format(code))
    member = await database.run(partial(access.approve, code=typed, now=NOON))
    assert member is not None
    assert (member.external_id, member.display_name, member.access, member.code) == ("anna", "Anna", "approved", None)
    assert await standing(database) == ("approved", "user")
    assert await waiting(database) == []
    assert [one.external_id for one in await database.read(access.approved)] == ["anna"]


async def test_a_code_works_once(database: Database) -> None:
    code = await ask(database, await stranger(database))
    assert await database.run(partial(access.refuse, code=code, now=NOON)) is not None
    assert await database.run(partial(access.approve, code=code, now=NOON)) is None
    assert await standing(database) == ("refused", "user")


@pytest.mark.parametrize("code", ["", "AAAAAA", "' OR 1=1 --", "ẞẞẞẞẞẞ", "A" * 5_000])
async def test_a_wrong_code_lets_nobody_in(database: Database, code: str) -> None:
    await ask(database, await stranger(database))
    assert await database.run(partial(access.approve, code=code, now=NOON)) is None
    assert await standing(database) == ("waiting", "user")


async def test_after_a_day_a_code_is_void_and_another_is_given(database: Database) -> None:
    anna = await stranger(database)
    old = await ask(database, anna)
    tomorrow = NOON + timedelta(hours=24)
    assert await waiting(database, tomorrow) == []
    assert await database.run(partial(access.approve, code=old, now=tomorrow)) is None
    new = await ask(database, anna, tomorrow)
    assert new != old
    assert await database.run(partial(access.approve, code=old, now=tomorrow)) is None
    assert await database.run(partial(access.approve, code=new, now=tomorrow)) is not None


async def test_who_waits_longest_comes_first(database: Database) -> None:
    for hour, name in enumerate(["anna", "bert", "cora"]):
        await ask(database, await stranger(database, name), NOON + timedelta(hours=hour))
    assert await waiting(database, NOON + timedelta(hours=3)) == ["anna", "bert", "cora"]


async def test_an_approved_person_needs_no_code(database: Database) -> None:
    anna = await stranger(database)
    await database.run(partial(access.approve, code=await ask(database, anna), now=NOON))
    assert await ask(database, anna) == ""
    assert await standing(database) == ("approved", "user")


async def test_a_revoked_person_is_out_and_loses_the_role(database: Database) -> None:
    anna = await stranger(database)
    await database.run(partial(access.admit, identity_id=anna))
    await database.run(partial(access.set_role, identity_id=anna, role="admin"))
    assert await standing(database) == ("approved", "admin")
    assert (await database.run(partial(access.revoke, identity_id=anna))).access == "refused"
    assert await standing(database) == ("refused", "user")
    assert await database.read(access.approved) == []


async def test_an_unknown_account_is_a_lookup_error(database: Database) -> None:
    for decide in (access.request, access.admit, access.revoke, partial(access.set_role, role="admin")):
        with pytest.raises(LookupError, match="account 404"):
            await database.run(partial(decide, identity_id=404))
