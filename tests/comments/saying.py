"""Comments in tests, made as pages and programs make them: prepared first, then written while the post is held."""

import secrets

from sqlalchemy import func, select

from channel import comments, rooms
from channel.accounts import Account
from channel.comments import Comment, approval, names, reading
from channel.comments.tables import comments as table
from channel.events import thread_stream
from channel.members import governing
from channel.outbox import events_since
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.rooms import Room
from tests.cast import Scene


async def say(
    scene: Scene,
    post: Post,
    author: Account,
    text: str = "Well said",
    *,
    key: str = "",
    reply_to: str | None = None,
) -> Comment:
    """A comment by `author`."""
    return (await say_once(scene, post, author, text, key=key, reply_to=reply_to))[0]


async def say_once(
    scene: Scene,
    post: Post,
    author: Account,
    text: str = "Well said",
    *,
    key: str = "",
    reply_to: str | None = None,
) -> tuple[Comment, bool]:
    """The same, and whether it is new."""
    async with scene.db.read() as tx:
        found = await names.links(tx, await comments.thread(tx, post.id, author.id), text)
    rendered = await comments.prepare(text, rooms=found.rooms, known=found.known)
    async with scene.db.write() as tx:
        thread = await comments.thread(tx, post.id, author.id, hold=True)
        return await comments.publish(
            tx, thread, author, rendered, key or secrets.token_hex(8), reply_to=reply_to
        )


async def change(scene: Scene, old: Comment, text: str, *, by: Account | None = None) -> Comment:
    """Edit a comment, by its author unless told otherwise."""
    async with scene.db.read() as tx:
        thread, there = await reading.of_comment(tx, old.id, (by or old.author).id)
        links = await names.links(tx, thread, text, there)
    rendered = await comments.prepare(text, rooms=links.rooms, known=links.known)
    async with scene.db.write() as tx:
        thread, found = await reading.of_comment(tx, old.id, (by or old.author).id, hold=True)
        return await comments.edit(tx, thread, found, rendered)


async def remove(scene: Scene, old: Comment, *, by: Account | None = None, reason: str = "") -> Comment:
    """Delete a comment, by its author unless told otherwise."""
    async with scene.db.write() as tx:
        thread, found = await reading.of_comment(tx, old.id, (by or old.author).id, hold=True)
        return await comments.delete(tx, thread, found, reason=reason)


async def approve(scene: Scene, held: Comment, *, by: Account | None = None) -> Comment:
    """Show a held comment, by the scene's owner unless told otherwise."""
    async with scene.db.write() as tx:
        thread, found = await reading.of_comment(tx, held.id, (by or scene.owner).id, hold=True)
        return await approval.approve(tx, thread, found)


async def rule(scene: Scene, room: Room | None = None, **rules: object) -> None:
    """Change who may comment in a room (default: news)."""
    async with scene.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        now = await rooms.one(tx, (room or scene.news).id)
        await governing.edit_room(tx, owner, scene.community, now, **rules)


async def log(scene: Scene, post: Post) -> list[tuple[int, str]]:
    """The seqs and kinds of a thread's log."""
    async with scene.db.read() as tx:
        rows = await events_since(tx, thread_stream(post.id), 0, limit=1000)
    return [(row.seq, row.event.kind) for row in rows]


async def counted(scene: Scene, post: Post) -> tuple[int, int]:
    """What the post says how many comments it has, and how many rows everybody sees."""
    shown = (
        select(func.count()).select_from(table).where(table.c.thread_id == post.id, table.c.state == "shown")
    )
    async with scene.db.read() as tx:
        return (await posts.one(tx, post.id)).comments, int(await tx.value(shown) or 0)
