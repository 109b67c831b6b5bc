"""What can be done from a notice: it offers only what the server would take. On both databases."""

import pytest
from sqlalchemy import update

from channel.communities.tables import communities
from channel.errors import NotFound
from channel.members.tables import memberships
from channel.push import links
from channel.rooms.tables import rooms
from tests.posts.writing import post
from tests.push.depot import SECRET, Depot

REACTING = {"emoji", "react", "reacted", "waits", "account"}


async def test_a_member_is_offered_to_react_to_be_quiet_and_to_mark_as_read(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    await post(depot.scene)
    [one] = await depot.pushed()
    assert one.said.keys() >= REACTING | {"quiet", "mute", "read", "failed", "push"}
    assert (one.said["emoji"], one.said["react"], one.said["account"]) == ("❤️", "React with ❤️", bob.id)
    assert "open" not in one.said, "a press on the notice opens it"
    told = links.opened(SECRET, one.said["quiet"].removeprefix("/notices/quiet/"))
    assert told.community_id == depot.scene.community.id
    for made_up in ("x", "A" * 64, one.said["quiet"][-64:-1] + "A"):
        with pytest.raises(NotFound):
            links.opened(b"another" * 5, one.said["quiet"].removeprefix("/notices/quiet/"))
        with pytest.raises(NotFound):
            links.opened(SECRET, made_up)


@pytest.mark.parametrize("why", ["locked", "muted", "closed", "off"])
async def test_nobody_is_offered_a_reaction_that_would_be_refused(depot: Depot, why: str) -> None:
    await depot.scene.tier("Gold", 10)
    bob = await depot.reader("Bob")
    change = {
        "muted": update(memberships).where(memberships.c.account_id == bob.id).values(state="muted"),
        "closed": update(communities).values(state="closed"),
        "off": update(rooms).values(reactions="off"),
    }.get(why)
    await post(depot.scene, "goldword", min_rank=10 if why == "locked" else None)
    await depot.planned()
    if change is not None:
        async with depot.db.write() as tx:
            await tx.run(change)
    [one] = await depot.pushed()
    assert REACTING.isdisjoint(one.said)
    assert "mute" in one.said


async def test_the_rooms_own_choice_is_what_one_reacts_with(depot: Depot) -> None:
    await depot.reader("Bob")
    async with depot.db.write() as tx:
        await tx.run(update(rooms).values(reactions="set", reaction_set="🔥 👍", reaction_default="🔥"))
    await post(depot.scene)
    [one] = await depot.pushed()
    assert one.said["emoji"] == "🔥"
