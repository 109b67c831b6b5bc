"""A device that is gone was told all the same, and one with another address is the same device."""

import pytest
from sqlalchemy import func, select

from channel import push
from channel.accounts import Account, sessions
from channel.notices.limits import limit
from channel.notices.model import Limit
from channel.push.queue import PUSHES
from channel.push.tables import push_devices, pushes
from channel.reach.queries import report
from tests.posts.writing import post
from tests.push.depot import Depot

HOUR_MS = 3_600_000


async def sign_out(depot: Depot, account: Account) -> None:
    """Everywhere."""
    async with depot.db.write() as tx:
        for row in await tx.all(select(push_devices).where(push_devices.c.account_id == account.id)):
            await sessions.end_session(tx, account.id, row.session_id)


async def waiting(depot: Depot) -> int:
    async with depot.db.read() as tx:
        query = select(func.count()).select_from(pushes).where(pushes.c.state == "waiting")
        return int(await tx.value(query))


async def test_what_waits_for_a_browser_comes_to_its_new_address(depot: Depot) -> None:
    bob = await depot.scene.member("Bob")
    session_id = await depot.device(bob, "bob")
    hour = depot.clock() // HOUR_MS % 24
    await depot.times(bob, hour * 60, (hour + 1) % 24 * 60)
    await post(depot.scene)
    assert await depot.to() == [], "it is quiet there"
    async with depot.db.write() as tx:
        fresh = depot.service.browser("fresh").subscription
        await push.switch_on(tx, push.Owner(bob.id, session_id), fresh)
    depot.clock.forward(HOUR_MS)
    assert await depot.to() == ["fresh"]
    assert await depot.names() == ["bob"], "and it is called as before"


async def test_so_many_a_week_holds_though_one_signs_out_in_between(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    async with depot.db.write() as tx:
        await limit(tx, bob.id, depot.scene.community.id, Limit(1))
    await post(depot.scene)
    assert await depot.to() == ["bob"]
    await sign_out(depot, bob)
    await depot.device(bob, "bob2")
    await post(depot.scene)
    assert await depot.to() == []


async def test_a_report_counts_whom_a_device_was_told_that_is_gone(depot: Depot) -> None:
    people = [await depot.reader(f"R{number}") for number in range(12)]
    made = await post(depot.scene)
    assert len(await depot.pushed()) == 12
    for one in people:
        await sign_out(depot, one)
    async with depot.db.read() as tx:
        found = await report(tx, made, depot.scene.news, mail=False)
    assert (found.ways, found.reasons) == ({"push": 12}, {})


@pytest.mark.parametrize("how", ["signs out", "removes it"])
async def test_nothing_waits_for_a_device_that_is_gone(depot: Depot, how: str) -> None:
    bob = await depot.reader("Bob")
    made = await post(depot.scene)
    await depot.planned()
    if how == "signs out":
        await sign_out(depot, bob)
    else:
        async with depot.db.write() as tx:
            [device] = await push.devices(tx, bob.id)
            await push.switch_off(tx, bob.id, device.id)
    assert await depot.to() == []
    async with depot.db.read() as tx:
        found = await report(tx, made, depot.scene.news, mail=False)
    assert found.reasons == {"no_device": 1}
    async with depot.db.write() as tx:
        await PUSHES.sweep(tx)
    assert await waiting(depot) == 0


async def test_two_addresses_of_a_browser_are_told_once(depot: Depot) -> None:
    """It is known under its new one already, of another session of the same account."""
    bob = await depot.scene.member("Bob")
    session_id = await depot.device(bob, "old")
    await depot.device(bob, "new")
    await post(depot.scene)
    await depot.planned()
    async with depot.db.write() as tx:
        await push.switch_on(tx, push.Owner(bob.id, session_id), depot.service.browser("new").subscription)
    assert await depot.to() == ["new"]
