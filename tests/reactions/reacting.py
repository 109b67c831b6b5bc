"""Reacting in tests, each in a transaction of its own, and what must always be true of the counts."""

from collections.abc import Mapping

from sqlalchemy import func, select

from channel import posts, reactions, rooms
from channel.accounts import Account
from channel.posts.model import Post
from channel.reactions.tables import reaction_counts
from channel.reactions.tables import reactions as rows
from channel.storage import Database
from tests.cast import Scene


async def react(scene: Scene, account: Account, post: Post, emoji: str = "❤️") -> bool:
    async with scene.db.write() as tx:
        post = await posts.one(tx, post.id)
        room = await rooms.one(tx, post.room_id)
        return await reactions.react(tx, await scene.by(tx, account), post, room, emoji)


async def take_back(scene: Scene, account: Account, post: Post, emoji: str = "❤️") -> bool:
    async with scene.db.write() as tx:
        room = await rooms.one(tx, post.room_id)
        return await reactions.take_back(tx, await scene.by(tx, account), post.id, room, emoji)


async def told(db: Database, post: Post) -> Mapping[str, int]:
    """What is shown of the post."""
    async with db.read() as tx:
        return dict((await reactions.counts_of(tx, [post.id])).get(post.id, ()))


async def assert_exact(db: Database) -> None:
    """The counts are the rows, and no count is kept of none."""
    async with db.read() as tx:
        grouped = select(rows.c.post_id, rows.c.emoji, func.count().label("n"))
        there = await tx.all(grouped.group_by(rows.c.post_id, rows.c.emoji))
        counted = await tx.all(
            select(reaction_counts.c.post_id, reaction_counts.c.emoji, reaction_counts.c.n)
        )
    assert {tuple(row) for row in there} == {tuple(row) for row in counted}
