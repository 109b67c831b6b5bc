"""Moving, splitting and merging: whatever is done, each message is there once, in its order, and its link leads to it."""

import random
from dataclasses import dataclass, field

import pytest

from channel import posts, topics
from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Invalid
from channel.events import PostsMoved, TopicChanged
from channel.members import Role
from channel.outbox import events_since
from channel.posts import moving
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Database
from channel.topics import Topic, marks
from tests.cast import Scene, creator
from tests.topics.talking import group, merge, move, new_to, now, read_topic, say, start


async def test_messages_move_with_their_order_and_their_links(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    tour = await start(scene, room, "The tour")
    said = [await say(scene, room, str(number), topic=tour) for number in range(6)]
    beds = await move(scene, room, [said[4], said[1], said[2]], "Beds")
    assert [post.text for post in await read_topic(scene, beds)] == ["1", "2", "4"]
    assert [post.text for post in await read_topic(scene, tour)] == ["0", "3", "5"]
    assert ((await now(scene, tour)).posts, beds.posts, beds.last_seq) == (3, 3, said[4].seq)
    async with db.read() as tx:
        assert (await posts.queries.by_seq(tx, room.id, said[2].seq)).id == said[2].id
        moved = [row.event for row in await events_since(tx, f"room:{room.id}", 0)][-1]
    assert moved == PostsMoved(
        room_id=room.id, post_ids=(said[1].id, said[2].id, said[4].id), topic_id=beds.id
    )


async def test_who_had_read_them_has_read_them_where_they_are_split_off_to(db: Database) -> None:
    scene = await creator(db)
    room, bob, eve = await group(scene), await scene.member("bob"), await scene.member("eve")
    tour = await start(scene, room, "The tour")
    said = [await say(scene, room, topic=tour) for _ in range(4)]
    async with db.write() as tx:
        await marks.mark_read(tx, tour, {bob.id: said[2].seq})
        await marks.follow(tx, eve.id, tour, level="mute")
    beds = await move(scene, room, said[1:], "Beds")
    assert (await new_to(scene, room, bob)).by_topic == {beds.id: 1}
    assert (await new_to(scene, room, eve)).total == 0


async def test_a_merged_topic_leads_to_where_it_went_however_often(db: Database) -> None:
    scene = await creator(db)
    room = await group(scene)
    one, two, three = [await start(scene, room, name) for name in ("One", "Two", "Three")]
    said = [
        await say(scene, room, str(number), topic=topic)
        for number, topic in enumerate((one, two, one, three))
    ]
    await merge(scene, room, one, two)
    await merge(scene, room, two, three)
    assert (await now(scene, one)).moved_to == (await now(scene, two)).moved_to == three.id
    assert [post.id for post in await read_topic(scene, three)] == [post.id for post in said]
    async with db.read() as tx:
        told = [row.event for row in await events_since(tx, f"room:{room.id}", 0)][-2:]
    assert told == [TopicChanged(room_id=room.id, topic_id=topic.id) for topic in (two, three)]
    with pytest.raises(Conflict):
        await merge(scene, room, one, three)
    with pytest.raises(Conflict):
        await move(scene, room, said[:1], two)
    assert (await start(scene, room, "One")).number == 5  # the name is free again


async def test_the_best_answer_is_a_message_of_its_topic_and_goes_when_it_goes(db: Database) -> None:
    scene = await creator(db)
    room, bob = await group(scene), await scene.member("bob")
    tour = await start(scene, room, "The tour", by=bob)
    said = [await say(scene, room, topic=tour) for _ in range(3)]
    elsewhere = await say(scene, room)

    async def resolve(answer: Post | None) -> Topic:
        async with db.write() as tx:
            by = await scene.by(tx, bob)
            return await moving.resolve(tx, by, room, tour, answer.id if answer else None)

    with pytest.raises(Invalid):
        await resolve(elsewhere)
    assert ((await resolve(said[1])).state, (await now(scene, tour)).answer_id) == ("resolved", said[1].id)
    await say(scene, room, "thank you", topic=tour)  # resolved is not closed
    await move(scene, room, [said[1]], "Beds")
    assert (await now(scene, tour)).answer_id is None
    await resolve(said[2])
    async with db.write() as tx:
        await posts.delete(tx, await scene.by(tx, scene.owner), said[2])
    assert ((await now(scene, tour)).answer_id, (await now(scene, tour)).state) == (None, "resolved")


async def test_only_moderators_move_and_only_what_is_there(db: Database) -> None:
    scene = await creator(db)
    room, other = await group(scene), await group(scene, "other")
    bob, mod = await scene.member("bob"), await scene.member("mod", role=Role.MODERATOR)
    mine, theirs = await say(scene, room, author=bob), await say(scene, other)
    with pytest.raises(Forbidden):
        await move(scene, room, [mine], "Mine", by=bob)
    with pytest.raises(Invalid):
        await move(scene, room, [mine, theirs], "Ours")
    assert (await move(scene, room, [mine], "Mine", by=mod)).posts == 1
    async with db.read() as tx:
        general = await topics.by_number(tx, room.id, 1)
    with pytest.raises(Invalid):
        await merge(scene, room, general, await topic_of(db, "Mine", room))


async def topic_of(db: Database, name: str, room: Room) -> Topic:
    async with db.read() as tx:
        found = await topics.by_name(tx, room.id, name)
    assert found
    return found


@dataclass
class Model:
    """What should be: where each message is, and what each reader has read."""

    places: dict[str, str] = field(default_factory=dict)
    said: dict[str, Post] = field(default_factory=dict)
    read: dict[tuple[str, str], int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    forwards: dict[str, str] = field(default_factory=dict)

    def alive(self) -> list[str]:
        """Topics that were not merged away."""
        return sorted({*self.places.values()} - self.forwards.keys())

    def inside(self, topic_id: str) -> list[Post]:
        return sorted(
            (self.said[one] for one, place in self.places.items() if place == topic_id),
            key=lambda post: post.seq,
        )

    def new_to(self, account: Account) -> dict[str, int]:
        """The definition, message by message."""
        counted: dict[str, int] = {}
        for one, topic_id in self.places.items():
            post = self.said[one]
            new = post.author.id != account.id and one not in self.gone
            if new and post.seq > self.read.get((account.id, topic_id), 0):
                counted[topic_id] = counted.get(topic_id, 0) + 1
        return counted


@pytest.mark.parametrize("seed", range(4))
async def test_any_sequence_keeps_every_message_order_and_link(db: Database, seed: int) -> None:
    chance, scene, model = random.Random(seed), await creator(db), Model()
    room = await group(scene)
    people = [scene.owner, await scene.member("bob"), await scene.member("eve")]
    for name in ("One", "Two", "Three"):
        topic = await start(scene, room, name)
        for _ in range(2):
            await write(scene, room, model, topic, chance.choice(people))
    for turn in range(30):
        await act(scene, room, model, people, chance, turn)
    for topic_id in model.alive():
        async with db.read() as tx:
            topic = await topics.one(tx, topic_id)
        inside = model.inside(topic_id)
        assert [post.id for post in await read_topic(scene, topic)] == [post.id for post in inside]
        assert topic.posts == len([post for post in inside if post.id not in model.gone])
    async with db.read() as tx:
        for post in model.said.values():  # links
            assert (await posts.queries.by_seq(tx, room.id, post.seq)).topic_id == model.places[post.id]
        for source, target in model.forwards.items():
            assert (await topics.one(tx, source)).moved_to == target
    for account in people:
        new = await new_to(scene, room, account)
        assert new.by_topic == model.new_to(account)
        assert new.total == sum(new.by_topic.values())
        async with db.read() as tx:
            assert (await posts.unread(tx, account.id, [room.id]))[room.id] == new.total


async def write(scene: Scene, room: Room, model: Model, topic: Topic, author: Account) -> None:
    post = await say(scene, room, "x", author=author, topic=topic)
    model.said[post.id], model.places[post.id] = post, post.topic_id or ""


async def act(
    scene: Scene, room: Room, model: Model, people: list[Account], chance: random.Random, turn: int
) -> None:
    """One thing that somebody does, in the database and in the model."""
    async with scene.db.read() as tx:
        alive = [await topics.one(tx, topic_id) for topic_id in model.alive()]
    source = chance.choice(alive)
    inside = model.inside(source.id)
    match chance.choice(["write", "read", "delete", "move", "split", "merge"]):
        case "write":
            await write(scene, room, model, source, chance.choice(people))
        case "read":
            who, upto = chance.choice(people), chance.choice(inside).seq
            async with scene.db.write() as tx:
                await marks.mark_read(tx, source, {who.id: upto})
            model.read[who.id, source.id] = max(upto, model.read.get((who.id, source.id), 0))
        case "delete":
            post = chance.choice(inside)
            async with scene.db.write() as tx:
                await posts.delete(tx, await scene.by(tx, scene.owner), post)
            model.gone.add(post.id)
        case "move" | "split" as way:
            some = chance.sample(inside, chance.randint(1, len(inside)))
            target = await move(scene, room, some, chance.choice(alive) if way == "move" else f"Split {turn}")
            model.places |= dict.fromkeys((post.id for post in some), target.id)
            if way == "split":
                for account in people:
                    model.read[account.id, target.id] = model.read.get((account.id, source.id), 0)
        case "merge" if len(alive) > 1:
            into = chance.choice([topic for topic in alive if topic.id != source.id])
            await merge(scene, room, source, into)
            model.places |= {one: into.id for one, place in model.places.items() if place == source.id}
            model.forwards = {one: into.id if to == source.id else to for one, to in model.forwards.items()}
            model.forwards[source.id] = into.id
