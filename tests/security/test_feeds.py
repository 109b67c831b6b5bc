"""A private feed of everybody there is: in no form of it, and in no file below it, more than its owner may read."""

from typing import Final

import pytest
from sqlalchemy import insert

from channel.accounts.tables import accounts
from channel.feeds.seal import Seal
from channel.feeds.tables import feeds
from channel.ids import new_id, new_token, token_hash
from tests.cast import Scene
from tests.security.expecting.feeds import FEEDS
from tests.security.sights import GOLD, Sight, World
from tests.security.wire import ask, at_once

PAID: Final = {"paid", "newerpaid", "closednow"}


async def planted(world: World, sight: Sight, scene: Scene, room_id: str | None = None) -> str:
    """A feed as it is left from a time when its owner might have made one: who may make one is another test's."""
    assert sight.account is not None
    secret, seal = new_token(), Seal(world.app.state.services.secret)
    async with world.db.write() as tx:
        feed_id = new_id(tx.now)
        row = {
            "id": feed_id,
            "account_id": sight.account.id,
            "community_id": scene.community.id,
            "room_id": room_id,
        }
        kept = {"secret_hash": token_hash(secret), "secret_sealed": seal.close(secret, feed_id)}
        await tx.run(insert(feeds).values(**row, **kept, created_at=tx.now))
    return f"/feeds/{secret}"


def owners(world: World) -> list[Sight]:
    """Everybody with an account, whatever they are in the two communities."""
    return [viewer.page for viewer in world.viewers.values() if viewer.page.account is not None]


async def test_no_feed_holds_what_its_owner_may_not_read(world: World) -> None:
    """Of all rooms, of an open one and of a paid one; every form; asked for by nobody in particular."""
    tried, found = 0, {}
    for sight in owners(world):
        for scene in (world.anna, world.zoe):
            handle = scene.community.handle
            things = world.things[handle]
            for room_id in (None, things.room.id, things.paid_room.id, things.paid_group.id):
                place = await planted(world, sight, scene, room_id)
                for answer in await at_once(ask(world.app, "GET", f"{place}/{name}") for name in FEEDS):
                    tried += 1
                    seen = world.canaries.seen_in(repr(answer.headers).encode() + answer.text.encode())
                    illegal = world.canaries.illegal(seen, sight)
                    assert not illegal, (sight.name, handle, room_id, sorted(illegal))
                    found.setdefault((sight.name, handle), set()).update(seen)
                    standing = sight.at(handle)
                    right = 403 if standing.banned else 200 if standing.visible else 404
                    assert answer.status == right, (sight.name, handle, answer.status)
                    assert answer.header("cache-control") == "private, no-store"
    assert tried > 400
    for (name, handle), seen in found.items():
        standing = world.viewers[name].page.at(handle)
        if handle == "anna" and standing.visible:
            assert "open" in seen, name
            assert (seen >= PAID) == standing.reads(GOLD), name


async def test_no_file_below_a_feed_is_more_than_its_owners(world: World) -> None:
    tried = 0
    for sight in owners(world):
        for scene in (world.anna, world.zoe):
            handle = scene.community.handle
            things = world.things[handle]
            place = await planted(world, sight, scene)
            for medium, needed in ((things.medium, None), (things.paid_medium, GOLD)):
                tried += 1
                answer = await ask(world.app, "GET", f"{place}/media/{medium}/file")
                assert (answer.status == 200) == sight.at(handle).reads(needed), (sight.name, handle, needed)
                assert answer.status in (200, 404) and answer.crash is None
            other = world.things["zoe" if handle == "anna" else "anna"].medium
            assert (await ask(world.app, "GET", f"{place}/media/{other}/file")).status == 404
    assert tried > 60


@pytest.mark.parametrize("state", ["suspended", "deleted"])
async def test_an_account_that_is_none_any_more_reads_nothing(world: World, state: str) -> None:
    sight = world.viewers["gold"].page
    assert sight.account is not None
    place = await planted(world, sight, world.anna)
    mine = accounts.c.id == sight.account.id
    try:
        async with world.db.write() as tx:
            await tx.run(accounts.update().where(mine).values(state=state))
        for name in (*FEEDS, f"media/{world.things['anna'].medium}/file"):
            answer = await ask(world.app, "GET", f"{place}/{name}")
            assert answer.status == 404 and "CNRY" not in answer.text, name
    finally:
        async with world.db.write() as tx:
            await tx.run(accounts.update().where(mine).values(state="active"))
