"""Groups in tests: made as the studio makes them, written in as members write."""

import secrets
from typing import Any

from channel import posts, topics
from channel.accounts import Account
from channel.members import governing
from channel.posts import horizon, moving, queries, talk
from channel.posts.model import Draft, Post
from channel.rooms import Room
from channel.topics import Topic, marks
from channel.topics.model import Level, Mark
from tests.cast import Scene


async def group(scene: Scene, slug: str = "talk", **rules: object) -> Room:
    """A group of the scene, made by its owner."""
    async with scene.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        return await governing.create_room(
            tx,
            owner,
            scene.community,
            slug=slug,
            name=slug.title(),
            kind="group",
            **rules,  # type: ignore[arg-type]
        )


async def say(
    scene: Scene,
    room: Room,
    text: str = "Hello",
    *,
    author: Account | None = None,
    topic: Topic | None = None,
    key: str = "",
    quote: Post | None = None,
    silent: bool = False,
) -> Post:
    """A message, by the scene's owner unless told otherwise."""
    author = author or scene.owner
    rendered = await posts.prepare(
        Draft.parse(text, quote_id=quote.id if quote else None, silent=silent), rooms={}
    )
    async with scene.db.write() as tx:
        by = await scene.by(tx, author)
        made, _ = await posts.publish(
            tx, by, author, room, rendered, key or secrets.token_hex(8), topic=topic
        )
    return made


async def start(scene: Scene, room: Room, name: str, *, by: Account | None = None) -> Topic:
    """A topic, started by the scene's owner unless told otherwise."""
    async with scene.db.write() as tx:
        return await topics.start(tx, await scene.by(tx, by or scene.owner), room, name)


async def move(
    scene: Scene, room: Room, found: list[Post], to: Topic | str, *, by: Account | None = None
) -> Topic:
    """Messages of one topic into another one."""
    async with scene.db.write() as tx:
        post = await posts.one(tx, found[0].id)
        source = await topics.one(tx, post.topic_id or "")
        mover = await scene.by(tx, by or scene.owner)
        return await moving.move(tx, mover, room, [post.id for post in found], to, source=source)


async def follow(
    scene: Scene, topic: Topic, who: Account, *, level: Level | None = "follow", **ways: Any
) -> Mark:
    """`who` follows it (or does what `level` says), and is told as `ways` say."""
    async with scene.db.write() as tx:
        return await marks.follow(tx, who.id, topic, level=level, **ways)


async def read_upto(scene: Scene, topic: Topic, who: Account, post: Post) -> None:
    """`who` has read the topic up to the message."""
    async with scene.db.write() as tx:
        await marks.mark_read(tx, topic, {who.id: post.seq})


async def merge(scene: Scene, room: Room, source: Topic, into: Topic) -> Topic:
    async with scene.db.write() as tx:
        return await moving.merge(tx, await scene.by(tx, scene.owner), room, source, into)


async def read_topic(scene: Scene, topic: Topic) -> list[Post]:
    """Its messages, the oldest first."""
    async with scene.db.read() as tx:
        return (await posts.page(tx, queries.Part(topic.room_id, topic.id), limit=100))[::-1]


async def new_to(scene: Scene, room: Room, account: Account) -> talk.Unread:
    """What is new of the group to this account."""
    async with scene.db.read() as tx:
        since = await horizon.first_seq(tx, await scene.by(tx, account), room)
        return await talk.unread(tx, account.id, room.id, since)


async def now(scene: Scene, topic: Topic) -> Topic:
    """The topic as it is."""
    async with scene.db.read() as tx:
        return await topics.one(tx, topic.id)
