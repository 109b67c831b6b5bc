"""Who counts as having turned notices down, for the alarm before sending: who was told something and chose not to be."""

import pytest

from channel import notices, push
from channel.notices.actions import replace, stop
from channel.notices.model import How, Rule
from channel.push import actions as on_devices
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import post
from tests.reach.test_forecast import DAY_MS, crowd, five_calm_days, the_next, told_by_all_ways


async def _loud_day(scene: Scene) -> None:
    for number in range(4):
        await post(scene, f"P{number}")


async def test_saving_the_page_of_notices_as_it_is_turns_nothing_down(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 20)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for number, one in enumerate(people):
            by = await scene.by(tx, one)
            if number % 2:  # they never got letters, and have no device
                await notices.choose(tx, by, scene.community, "none", rooms=[(scene.news, "none")])
                await push.choose(tx, by, scene.community, "none")
            else:  # as a program writes down what it has read
                await replace(tx, one.id, [Rule(scene.community.id, None, "none", tx.now)])
    assert await the_next(scene) == (5, 0)


async def test_who_turned_something_down_long_ago_turns_nothing_down_by_saying_it_again(
    db: Database, clock: Clock
) -> None:
    scene = await creator(db)
    people = await crowd(scene, 20)
    async with db.write() as tx:
        for one in people:
            by = await scene.by(tx, one)
            await notices.choose(tx, by, scene.community, "instant")
            await notices.choose(tx, by, scene.community, "none")
    clock.forward(100 * DAY_MS)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for number, one in enumerate(people):
            if number % 2:
                await notices.choose(tx, await scene.by(tx, one), scene.community, "none")
            else:
                await replace(tx, one.id, [Rule(scene.community.id, None, "none", tx.now)])
    assert await the_next(scene) == (5, 0)


@pytest.mark.parametrize("everywhere", [False, True])
async def test_the_alarm_hears_those_who_end_letters_by_the_link_in_one(
    db: Database, clock: Clock, everywhere: bool
) -> None:
    scene = await creator(db)
    people = await crowd(scene, 30)
    async with db.write() as tx:
        for number, one in enumerate(people):
            by = await scene.by(tx, one)
            chosen: list[tuple[Room, How | None]] = [(scene.news, "daily")] if number % 2 else []
            await notices.choose(tx, by, scene.community, "none" if number % 2 else "instant", rooms=chosen)
    clock.forward(100 * DAY_MS)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for one in people:
            await stop(tx, one.id, community_id=None if everywhere else scene.community.id)
    assert await the_next(scene) == (5, 4)
    clock.forward(100 * DAY_MS)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for one in people:  # the same link once more
            await stop(tx, one.id, community_id=scene.community.id)
            assert [rule.how for rule in await notices.rules(tx, one.id)] == ["none"]
    assert await the_next(scene) == (5, 0), "they had long before"


async def test_the_alarm_hears_who_ends_notices_on_devices_once(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 20)
    await told_by_all_ways(scene, people)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for one in people:
            await on_devices.change(tx, one.id, scene.community.id, "none")
    assert await the_next(scene) == (5, 4)
    clock.forward(100 * DAY_MS)
    await five_calm_days(scene, clock)
    await _loud_day(scene)
    async with db.write() as tx:
        for number, one in enumerate(people):
            if number % 2:
                await on_devices.change(tx, one.id, scene.community.id, "none")
            else:
                await on_devices.replace(tx, one.id, [Rule(scene.community.id, None, "none", tx.now)])
    assert await the_next(scene) == (5, 0), "they had long before"
