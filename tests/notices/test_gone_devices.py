"""What a device has shown stays shown when the device is gone: its session ended, it was removed, or its browser has
another address."""

import random

import pytest
from sqlalchemy import delete, select

from channel import push
from channel.accounts import sessions
from channel.accounts.tables import sessions as all_sessions
from channel.push.tables import push_devices
from channel.storage import Database, Tx
from tests.cast import creator
from tests.conftest import Clock
from tests.notices.people import HOUR_MS, Person
from tests.notices.test_ladder import told_by_both
from tests.notices.world import World
from tests.push.browsers import Browser

ENDS = ("signs out", "removes it", "is gone", "has another address")


async def lose(tx: Tx, one: Person, how: str) -> None:
    """One way in which their only device ends."""
    device = await tx.one(select(push_devices).where(push_devices.c.account_id == one.account.id))
    assert device is not None
    match how:
        case "signs out":
            await sessions.end_session(tx, one.account.id, device.session_id)
        case "removes it":
            await push.switch_off(tx, one.account.id, device.id)
        case "is gone":
            await tx.run(delete(all_sessions).where(all_sessions.c.id == device.session_id))
        case _:
            fresh = Browser("fresh").subscription
            await push.switch_on(tx, push.Owner(one.account.id, device.session_id), fresh)
            one.on_at[fresh.endpoint] = tx.now


@pytest.mark.parametrize("how", ENDS)
async def test_what_a_device_has_shown_comes_by_no_letter_after_the_device_is_gone(
    db: Database, clock: Clock, how: str
) -> None:
    world = World(await creator(db), clock, random.Random(1), steady=True)
    one = await told_by_both(world, 1, off_ms=HOUR_MS)
    await world.publish()
    await world.live_until(clock() + 2 * HOUR_MS)  # the letter waits for four
    async with db.write() as tx:
        await lose(tx, one, how)
    await world.live_until(clock() + 48 * HOUR_MS)
    assert dict(world.shown) == {(one.account.id, "0"): {"push"}}
