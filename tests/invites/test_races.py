"""Many at once: an invite is never used more often than it says."""

import asyncio

import pytest
from sqlalchemy import func, select

from channel import invites
from channel.errors import Gone
from channel.invites import Seal
from channel.invites.tables import invite_uses
from channel.storage import Database
from tests.cast import creator, person

SEAL = Seal(bytes(32))


@pytest.mark.parametrize(("crowd", "max_uses"), [(50, 1), (200, 10)])
async def test_of_many_at_once_exactly_as_many_get_in_as_may(db: Database, crowd: int, max_uses: int) -> None:
    scene = await creator(db)
    people = [await person(db, f"P{n}") for n in range(crowd)]
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        made = await invites.create(tx, owner, scene.community, SEAL, max_uses=max_uses)

    async def rush(n: int) -> bool | str:
        try:
            async with db.write() as tx:
                _, created = await invites.accept(tx, made.code or "", people[n])
        except Gone as gone:
            return gone.code
        return created

    came = await asyncio.gather(*map(rush, range(crowd)))
    assert came.count(True) == max_uses
    assert came.count("invite_used_up") == crowd - max_uses
    async with db.read() as tx:
        now = await invites.one(tx, owner, scene.community, made.id, seal=SEAL)
        assert now.uses == max_uses == await tx.value(select(func.count()).select_from(invite_uses))
    assert (await scene.refresh()).member_count == 1 + max_uses


async def test_one_person_on_ten_devices_is_counted_once(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        made = await invites.create(tx, owner, scene.community, SEAL, max_uses=5)

    async def tap() -> bool:
        async with db.write() as tx:
            return (await invites.accept(tx, made.code or "", bob))[1]

    assert sum(await asyncio.gather(*(tap() for _ in range(10)))) == 1
    async with db.read() as tx:
        assert (await invites.one(tx, owner, scene.community, made.id, seal=SEAL)).uses == 1
    assert (await scene.refresh()).member_count == 2


async def test_nobody_gets_in_after_a_link_was_revoked_while_they_came(db: Database) -> None:
    scene = await creator(db)
    people = [await person(db, f"P{n}") for n in range(20)]
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        made = await invites.create(tx, owner, scene.community, SEAL)

    async def rush(n: int) -> bool:
        try:
            async with db.write() as tx:
                return (await invites.accept(tx, made.code or "", people[n]))[1]
        except Gone:
            return False

    async def revoke() -> None:
        async with db.write() as tx:
            await invites.set_state(tx, owner, scene.community, made.id, "revoked", seal=SEAL)

    *came, _ = await asyncio.gather(*map(rush, range(10)), revoke())
    late = await asyncio.gather(*map(rush, range(10, 20)))
    assert not any(late)
    assert (await scene.refresh()).member_count == 1 + sum(bool(one) for one in came)
