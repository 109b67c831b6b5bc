"""Letters at every state of a tier: each holds what its reader may read at that moment, and not a word more."""

import pytest
from sqlalchemy import update

from channel.members import Role, actions, unlocks
from channel.members.tables import memberships
from channel.money import Money
from channel.notices.model import How
from channel.notices.queries import rules
from channel.topics.model import MailWay
from tests.notices.mailroom import Mailroom
from tests.posts.writing import post
from tests.topics import talking

HOUR_MS = 3_600_000
# Which words of the posts below come to whom. "teaser" may be told to whoever is in the room.
SEES = {
    "free": {"openword", "teaserword"},
    "gold": {"openword", "goldword", "vaultword", "quotedgold"},
    "top": {"openword", "goldword", "vaultword", "quotedgold"},
    "lapsed": {"openword", "teaserword"},
    "ended": {"openword", "teaserword"},
    "paid": {"openword", "goldword"},
    "editor": {"openword", "goldword", "quotedgold"},  # who was not in the vault when it came
    "banned": set[str](),
    "asking": set[str](),
}
CANARIES = {"openword", "goldword", "vaultword", "quotedgold", "teaserword"}


async def people(room: Mailroom, how: How) -> None:
    gold, top = await room.scene.tier("Gold", 10), await room.scene.tier("Top", 20)
    tiers = {"gold": gold, "top": top, "lapsed": gold, "ended": gold, "banned": gold}
    for name in SEES:
        await room.reader(name, how, tier=tiers.get(name))


async def changed(room: Mailroom, unlocked: str) -> None:
    """What happens to them after everything is planned."""
    scene, who = room.scene, room.scene.people
    async with room.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await tx.run(
            update(memberships)
            .where(memberships.c.account_id.in_([who["lapsed"].id]))
            .values(tier_until=tx.now)
        )
        await actions.give_tier(tx, owner, scene.community, [who["ended"].id], scene.free.id)
        await actions.ban(tx, owner, scene.community, who["banned"].id)
        await actions.give_role(tx, owner, scene.community, who["editor"].id, Role.EDITOR)
        await unlocks.unlock(tx, who["paid"].id, unlocked, "purchase")
        asking = memberships.c.account_id == who["asking"].id
        await tx.run(update(memberships).where(asking).values(state="requested"))


@pytest.mark.parametrize("how", ["instant", "daily"])
async def test_each_letter_holds_what_its_reader_may_read_and_no_more(room: Mailroom, how: How) -> None:
    await people(room, how)
    vault = await room.scene.room("vault", min_rank=10)
    await post(room.scene, "openword")
    locked = await post(room.scene, "goldword", min_rank=10, teaser="teaserword", unlock=Money(500, "EUR"))
    inside = await post(room.scene, "vaultword", room=vault)
    await post(room.scene, "Look", min_rank=None, quote_id=inside.id)
    quoted = await post(room.scene, "quotedgold", min_rank=10)
    await post(room.scene, "See above", quote_id=quoted.id)
    await room.planned()
    await changed(room, locked.id)
    room.clock.forward(48 * HOUR_MS)
    found: dict[str, set[str]] = {name: set() for name in SEES}
    for letter in await room.brought():
        said = str(letter.mail) + letter.text + letter.html + letter.subject
        found[letter.to.partition("@")[0]] |= {word for word in CANARIES if word in said}
    for name, words in SEES.items():
        assert found[name] - {"teaserword"} == words - {"teaserword"}, name
        assert found[name] <= words | {"teaserword"}, name
    assert "teaserword" in found["free"]


@pytest.mark.parametrize("how", ["instant", "daily"])
async def test_of_groups_comes_only_what_is_said_where_its_reader_may_enter(
    room: Mailroom, how: MailWay
) -> None:
    await people(room, "none")
    locked = await post(room.scene, "goldword", min_rank=10)
    for slug, min_rank in (("open", None), ("gold", 10)):
        group = await talking.group(room.scene, slug, min_rank=min_rank)
        topic = await talking.start(room.scene, group, f"{slug}topic")
        for name in SEES:
            await talking.follow(room.scene, topic, room.scene.people[name], mail=how)
        await talking.say(room.scene, group, f"{slug}talk", topic=topic, quote=locked)
    await room.planned()
    await changed(room, locked.id)
    room.clock.forward(48 * HOUR_MS)
    found: dict[str, set[str]] = {name: set() for name in SEES}
    for letter in await room.brought():
        said = str(letter.mail) + letter.text + letter.html + letter.subject
        words = ("opentopic", "opentalk", "goldtopic", "goldtalk", "goldword")
        found[letter.to.partition("@")[0]] |= {word for word in words if word in said}
    own = {"opentopic", "opentalk"}
    for name, seen in found.items():
        if name in ("banned", "asking"):
            assert not seen, name
        elif name in ("gold", "top"):
            assert seen - {"goldword"} == own | {"goldtopic", "goldtalk"}, name
        else:
            assert seen - ({"goldword"} if name in ("paid", "editor") else set()) == own, name


async def test_what_somebody_chose_is_kept_for_them_alone(room: Mailroom) -> None:
    bob, carol = await room.reader("Bob", "daily"), await room.reader("Carol", "instant")
    async with room.db.read() as tx:
        assert [one.how for one in await rules(tx, bob.id)] == ["daily"]
        assert [one.how for one in await rules(tx, carol.id)] == ["instant"]
