"""Being named in a group waits for the team, until one of them says something there."""

import pytest

from channel import posts, topics
from channel.accounts import Account
from channel.inbox.model import WINDOW_MS
from channel.members import Role, actions
from channel.posts import Draft, linking
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.inbox.waiting import kinds, put, the, waiting
from tests.posts import writing
from tests.topics.talking import group, say

MINUTE_MS = 60_000


async def call(scene: Scene, room: Room, who: Account, text: str, topic: topics.Topic | None = None) -> Post:
    """A message in which somebody is named."""
    draft = Draft.parse(text)
    async with scene.db.write() as tx:
        by = await scene.by(tx, who)
        found = await linking.links(tx, by, scene.community, draft.text, room=room)
        rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
        made, _ = await posts.publish(tx, by, who, room, rendered, topic=topic)
    return made


async def test_a_message_that_names_the_team_waits_until_one_of_them_answers_there(
    db: Database, clock: Clock
) -> None:
    anna = await creator(db)
    room, bob = await group(anna), await anna.member("bob")
    mod = await anna.member("mia", role=Role.MODERATOR)
    async with db.write() as tx:
        other = await topics.start(tx, await anna.by(tx, bob), room, "Other things")
    asked = await call(anna, room, bob, f"@[Anna]({anna.owner.id}) when is the next firing?")
    item = await the(anna, "mention")
    assert (item.key.what, item.key.who, item.since) == (asked.id, bob.id, asked.created_at)
    clock.forward(MINUTE_MS)
    await say(anna, room, "On Sunday, I think.", author=bob)
    await say(anna, room, "Elsewhere.", topic=other)
    assert await kinds(anna) == ["mention"], "neither followers nor another topic answer it"
    await say(anna, room, "On Saturday.", author=mod)
    assert await kinds(anna) == []


@pytest.mark.parametrize("how", ["a follower is named", "by the team", "deleted", "left", "long ago", "done"])
async def test_nothing_waits(db: Database, clock: Clock, how: str) -> None:
    anna = await creator(db)
    room, bob, eve = await group(anna), await anna.member("bob"), await anna.member("eve")
    mod = await anna.member("mia", role=Role.MODERATOR)
    whom, who = (
        (eve, bob) if how == "a follower is named" else (anna.owner, mod if how == "by the team" else bob)
    )
    made = await call(anna, room, who, f"@[x]({whom.id}) hello")
    if how == "deleted":
        await writing.remove(anna, made)
    elif how == "left":
        async with db.write() as tx:
            await actions.ban(tx, await anna.by(tx, anna.owner), anna.community, bob.id, reason="")
    elif how == "long ago":
        clock.forward(WINDOW_MS + 1)
    elif how == "done":
        await put(anna, "done", await the(anna, "mention"))
    assert await waiting(anna) == []
