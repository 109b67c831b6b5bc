"""Private feeds: what their owner may see at that moment."""

import pytest

from channel.members import actions, governing, joining
from channel.tiers import Tier
from tests.feeds.readers import give, gold_of, items, own_feed, text_of
from tests.topics import talking
from tests.web.conftest import Site

READ = ("feed.atom", "feed.rss", "feed.json")


@pytest.mark.parametrize("name", READ)
async def test_it_shows_what_the_pass_opens(site: Site, name: str) -> None:
    gold = await gold_of(site)
    rich, poor = await site.anna.member("rich", tier=gold), await site.anna.member("poor")
    _, place = await own_feed(site, rich)
    newest, _ = items(name, await site.stranger().get(f"{place}/{name}"))
    assert "CNRY for gold" in newest.html
    _, place = await own_feed(site, poor)
    assert "CNRY" not in await text_of(site, place, name)


async def test_what_is_seen_is_judged_at_every_request(site: Site) -> None:
    """Given a tier, it opens; taken away, it closes; gone, it is a guest's; banned, it is nothing."""
    gold = await gold_of(site)
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    assert "CNRY" not in await text_of(site, place)
    await give(site, member, gold)
    assert "CNRY" in await text_of(site, place)
    await give(site, member, site.anna.free)
    assert "CNRY" not in await text_of(site, place)
    await give(site, member, gold)
    async with site.db.write() as tx:
        await joining.leave(tx, member.id, site.anna.community)
    assert "CNRY" not in await text_of(site, place) and "A teaser" in await text_of(site, place)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await joining.join(tx, member, await site.anna.refresh())
        await actions.ban(tx, by, site.anna.community, member.id, reason="x")
    banned = await site.stranger().get(f"{place}/feed.atom")
    assert banned.status == 403 and banned.text == "You are banned from this community.\n"


async def test_of_a_private_community_one_who_left_sees_nothing(site: Site) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.edit_community(tx, by, site.anna.community, visibility="private")
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 200
    async with site.db.write() as tx:
        await joining.leave(tx, member.id, site.anna.community)
    gone = await site.stranger().get(f"{place}/feed.atom")
    assert gone.status == 404 and "There is no such community." in gone.text


async def test_a_room_that_closes_leaves_an_empty_feed(site: Site) -> None:
    """It comes back to life with the pass, so a reader must not drop it."""
    gold = await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    await site.post("CNRY in the vault", room=vault)
    member = await site.anna.member("bob", tier=gold)
    _, place = await own_feed(site, member, vault)
    assert "CNRY" in await text_of(site, place)
    await give(site, member, site.anna.free)
    assert items("feed.atom", await site.stranger().get(f"{place}/feed.atom")) == []
    await give(site, member, gold)
    assert "CNRY" in await text_of(site, place)


async def test_all_rooms_are_the_channels_that_one_may_read(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    circle, vault = await site.anna.room("circle", min_rank=0), await site.anna.room("vault", min_rank=10)
    group = await talking.group(site.anna, "talk")
    await site.post("In the circle", room=circle)
    await site.post("CNRY in the vault", room=vault)
    await talking.say(site.anna, group, "In the group", topic=await talking.start(site.anna, group, "T"))
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    assert [one.title for one in items("feed.json", await site.stranger().get(f"{place}/feed.json"))] == [
        "In the circle"
    ]
    _, place = await own_feed(site, member, group)
    assert "In the group" in await text_of(site, place)


async def test_whoever_asks_sees_with_its_owners_eyes(site: Site) -> None:
    """The cookie of somebody with more is nothing here."""
    await gold_of(site)
    _, place = await own_feed(site, await site.anna.member("bob"))
    owner = await site.browser(site.anna.owner)
    assert "CNRY" not in (await owner.get(f"{place}/feed.atom")).answer.text


async def test_it_is_asked_for_again_as_a_public_one_is(site: Site) -> None:
    await gold_of(site)
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    etag = (await site.stranger().get(f"{place}/feed.atom")).answer.headers["etag"]
    again = await site.stranger().get(f"{place}/feed.atom", **{"if-none-match": etag})
    assert again.status == 304 and not again.answer.content
    assert again.answer.headers["cache-control"] == "private, no-store"
    await give(site, member, (await tiers_of(site))["Gold"])
    assert (await site.stranger().get(f"{place}/feed.atom", **{"if-none-match": etag})).status == 200


async def tiers_of(site: Site) -> dict[str, Tier]:
    from channel import tiers

    async with site.db.read() as tx:
        return {tier.name: tier for tier in await tiers.of_community(tx, site.anna.community.id)}


async def test_its_entries_are_nobody_elses(site: Site) -> None:
    """A service that keeps entries by their ids must not show one reader what it fetched for another."""
    await gold_of(site)
    one, other = await site.anna.member("one"), await site.anna.member("other")
    places = ["/@anna", (await own_feed(site, one))[1], (await own_feed(site, other))[1]]
    ids = [
        {entry.id for entry in items("feed.atom", await site.stranger().get(f"{place}/feed.atom"))}
        for place in places
    ]
    assert all(ids) and len(set.union(*ids)) == sum(map(len, ids))
