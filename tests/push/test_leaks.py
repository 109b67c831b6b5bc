"""Notices at every state of a tier: each holds what everybody in the room may read, and more only where a device lets it
in and its owner may read it at that moment. On both databases."""

import json

import pytest
from sqlalchemy import update

from channel.members import Role, actions
from channel.members.tables import memberships
from tests.posts.writing import post
from tests.push.depot import Depot
from tests.topics import talking

CANARIES = {"openword", "goldword", "vaultword", "quotedgold", "teaserword"}
SHARED = {"openword", "teaserword"}
# Which words of the posts below come to whose device when it lets them in.
SEES = {
    "free": SHARED,
    "gold": {"openword", "goldword", "vaultword", "quotedgold"},
    "top": {"openword", "goldword", "vaultword", "quotedgold"},
    "lapsed": SHARED,
    "ended": SHARED,
    "banned": set[str](),
    "asking": set[str](),
}


@pytest.mark.parametrize("shows_text", [False, True])
async def test_each_notice_holds_what_its_reader_may_read_and_its_device_may_show(
    depot: Depot, shows_text: bool
) -> None:
    scene = depot.scene
    gold, top = await scene.tier("Gold", 10), await scene.tier("Top", 20)
    tiers = {"gold": gold, "top": top, "lapsed": gold, "ended": gold, "banned": gold}
    for name in SEES:
        await depot.reader(name, tier=tiers.get(name), shows_text=shows_text)
    vault = await scene.room("vault", min_rank=10)
    await post(scene, "openword")
    await post(scene, "goldword", min_rank=10, teaser="teaserword")
    inside = await post(scene, "vaultword", room=vault)
    await post(scene, "Look", quote_id=inside.id)
    await post(scene, "quotedgold", min_rank=10)
    await depot.planned()
    await changed(depot)
    found: dict[str, set[str]] = {name: set() for name in SEES}
    for one in await depot.pushed():
        said = json.dumps(one.said) + str(one.headers)
        found[one.browser] |= {word for word in CANARIES if word in said}
    for name, words in SEES.items():
        closed = {"openword", "teaserword"} | ({"vaultword"} if "vaultword" in words else set())
        assert found[name] == (words if shows_text or not words else closed), name


async def test_of_groups_is_told_only_what_is_said_where_the_reader_may_enter(depot: Depot) -> None:
    scene = depot.scene
    gold, top = await scene.tier("Gold", 10), await scene.tier("Top", 20)
    tiers = {"gold": gold, "top": top, "lapsed": gold, "ended": gold, "banned": gold}
    readers = {name: await depot.reader(name, tier=tiers.get(name), shows_text=True) for name in SEES}
    for slug, min_rank in (("open", None), ("gold", 10)):
        group = await talking.group(scene, slug, min_rank=min_rank)
        topic = await talking.start(scene, group, f"{slug}topic")
        for who in readers.values():
            await talking.follow(scene, topic, who)
        await talking.say(scene, group, f"{slug}talk", topic=topic)
    await depot.planned()
    await changed(depot)
    found: dict[str, set[str]] = {name: set() for name in SEES}
    for one in await depot.pushed():
        said = json.dumps(one.said) + str(one.headers)
        words = ("opentopic", "opentalk", "goldtopic", "goldtalk")
        found[one.browser] |= {word for word in words if word in said}
    own, paid = {"opentopic", "opentalk"}, {"goldtopic", "goldtalk"}
    for name, seen in found.items():
        wanted = set() if name in ("banned", "asking") else own | paid if name in ("gold", "top") else own
        assert seen == wanted, name


async def changed(depot: Depot) -> None:
    """What happens to them after everything is planned."""
    scene, who = depot.scene, depot.scene.people
    async with depot.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        lapsed = memberships.c.account_id == who["lapsed"].id
        await tx.run(update(memberships).where(lapsed).values(tier_until=tx.now))
        await actions.give_tier(tx, owner, scene.community, [who["ended"].id], scene.free.id)
        await actions.ban(tx, owner, scene.community, who["banned"].id)
        asking = memberships.c.account_id == who["asking"].id
        await tx.run(update(memberships).where(asking).values(state="requested"))


async def test_an_editor_reads_more_only_where_the_device_lets_it_in(depot: Depot) -> None:
    await depot.scene.tier("Gold", 10)
    bob = await depot.reader("Bob")
    async with depot.db.write() as tx:
        owner = await depot.scene.by(tx, depot.scene.owner)
        await actions.give_role(tx, owner, depot.scene.community, bob.id, Role.EDITOR)
    await post(depot.scene, "goldword", min_rank=10)
    [one] = await depot.pushed()
    assert "goldword" not in json.dumps(one.said)


async def test_a_notice_tells_no_address_and_no_key(depot: Depot) -> None:
    await depot.reader("Bob", shows_text=True)
    await post(depot.scene)
    [one] = await depot.pushed()
    browser = depot.service.browser("bob").given
    said = json.dumps(one.said)
    assert not any(value in said for value in browser.values())
    assert "example.net" not in said
