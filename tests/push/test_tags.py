"""Devices are told of a #tag as their owner chose for it."""

from channel import push
from channel.accounts import Account
from channel.push.model import PushHow
from tests.posts.writing import post
from tests.push.depot import Depot


async def choose(
    depot: Depot, who: Account, tags: dict[str, PushHow | None], how: PushHow | None = None
) -> None:
    async with depot.db.write() as tx:
        await push.choose(tx, await depot.scene.by(tx, who), depot.scene.community, how, tags=tags)


async def test_only_what_has_the_tag_is_pushed(depot: Depot) -> None:
    await choose(depot, await depot.reader("mara"), {"tour": "instant"}, "none")
    await post(depot.scene, "Words")
    assert await depot.to() == []
    await post(depot.scene, "#Tour")
    assert await depot.to() == ["mara"]


async def test_all_but_what_has_the_tag_is_pushed(depot: Depot) -> None:
    await choose(depot, await depot.reader("mara"), {"tour": "none"})
    await post(depot.scene, "#Tour")
    assert await depot.to() == []
    await post(depot.scene, "Words")
    assert await depot.to() == ["mara"]


async def test_a_tag_of_a_locked_text_decides_nothing_for_who_may_not_read_it(depot: Depot) -> None:
    gold = await depot.scene.tier("Gold", 10)
    for who in (await depot.reader("mara"), await depot.reader("rich", tier=gold)):
        await choose(depot, who, {"reunion": "instant"}, "none")
    await post(depot.scene, "#reunion", min_rank=10, teaser="News")
    assert await depot.to() == ["rich"]
    await post(depot.scene, "#reunion", min_rank=10, teaser="The #reunion")
    assert await depot.to() == ["mara", "rich"]


async def test_what_was_chosen_since_it_was_planned_counts(depot: Depot) -> None:
    mara = await depot.reader("mara")
    await post(depot.scene, "#tour")
    await depot.planned()
    await choose(depot, mara, {"tour": "none"})
    assert await depot.to() == []
    assert await depot.states() == {"mara": "cancelled unwanted"}
