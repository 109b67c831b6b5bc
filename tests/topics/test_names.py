"""Names and tags in groups: as far back as somebody sees, and read with their topic. On both databases."""

from channel.accounts import Account
from channel.posts import horizon, linking
from channel.posts.mentioned import unread
from channel.posts.model import Post
from channel.posts.tagged import tagged
from channel.render import views
from channel.render.json import as_json
from channel.rooms import Room
from channel.storage import Database
from channel.topics import marks, one
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.test_mentions import known, listed, tell, told
from tests.posts.test_missed import new as missed
from tests.posts.writing import change, post
from tests.topics.talking import group


async def new(scene: Scene, room: Room, account: Account) -> list[int]:
    """The seqs of the unread messages that name the account."""
    async with scene.db.read() as tx:
        here = [(room, await scene.by(tx, account))]
        found = await unread(tx, account.id, here, await horizon.of_rooms(tx, here))
    return list(found.get(room.id, ()))


async def with_tag(scene: Scene, tag: str, reader: Account | None) -> list[str]:
    async with scene.db.read() as tx:
        return [found.id for found in (await tagged(tx, await scene.by(tx, reader), tag)).items]


async def named_in(scene: Scene, room: Room, message: Post) -> list[str]:
    """Whom the message names, for those who read it."""
    async with scene.db.read() as tx:
        by = await scene.by(tx, scene.owner)
        (view,) = await views.post_views(tx, [message], room, scene.community, by)
    return [one["id"] for one in as_json(view)["mentions"]]


async def all_of(scene: Scene, room: Room, account: Account) -> tuple[list[int], ...]:
    """Of how many messages the account learns in each of the ways."""
    await tell(scene)
    seqs = [found.post.seq for found in await missed(scene, account)]
    return (
        await told(scene, account),
        await new(scene, room, account),
        seqs,
        [len(await listed(scene, account))],
    )


async def test_an_old_message_names_nobody_who_came_later(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    talk = await group(anna, history=0)
    there = await known(anna, "theo")
    old = await post(anna, "Old words", room=talk)
    clock.forward(1)
    late = await known(anna, "mara")
    clock.forward(1)
    now = await change(anna, old, "Old words for @mara, @theo and @everyone #kiln")
    assert await named_in(anna, talk, now) == [there.id]
    assert await all_of(anna, talk, late) == ([], [], [], [0])
    assert await all_of(anna, talk, there) == ([old.seq], [old.seq], [old.seq], [1])
    assert await with_tag(anna, "kiln", there) == [old.id]
    assert await with_tag(anna, "kiln", late) == await with_tag(anna, "kiln", None) == []
    fresh = await post(anna, "New words for @mara #kiln", room=talk)
    assert await all_of(anna, talk, late) == ([fresh.seq], [fresh.seq], [fresh.seq], [1])
    assert await with_tag(anna, "kiln", late) == [fresh.id]


async def test_a_mention_is_read_with_its_topic(db: Database) -> None:
    anna = await creator(db)
    talk, mara = await group(anna), await known(anna, "mara")
    said = await post(anna, "For @mara", room=talk)
    assert await new(anna, talk, mara) == [found.post.seq for found in await missed(anna, mara)] == [said.seq]
    async with db.write() as tx:
        await marks.mark_read(tx, await one(tx, said.topic_id or ""), {mara.id: said.seq})
    assert await new(anna, talk, mara) == await missed(anna, mara) == []


async def test_members_name_only_those_whose_messages_they_see(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    talk = await group(anna, history=0)
    gone, near = await known(anna, "gus"), await known(anna, "nora")
    await post(anna, "Before", room=talk, author=gone)
    clock.forward(1)
    late = await known(anna, "mara")
    clock.forward(1)
    await post(anna, "After", room=talk, author=near)

    async def names(writer: Account) -> set[str]:
        async with db.read() as tx:
            by = await anna.by(tx, writer)
            found = await linking.links(tx, by, anna.community, "@gus and @nora", room=talk)
        return set(found.known.calls)

    assert await names(late) == {"nora"}
    assert await names(near) == {"gus", "nora"}


async def test_a_message_of_a_member_names_people(db: Database) -> None:
    anna = await creator(db)
    talk, mara, bob = await group(anna), await known(anna, "mara"), await known(anna, "bob")
    await post(anna, "Hi", room=talk, author=mara)
    made: Post = await post(anna, "@mara, and not @everyone", room=talk, author=bob)
    await tell(anna)
    assert await told(anna, mara) == [made.seq]
    assert await told(anna, anna.owner) == []
