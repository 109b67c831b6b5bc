"""Writing posts in tests, as the pages do: prepared first, then published in one transaction."""

import secrets

from channel import posts
from channel.accounts import Account
from channel.events import PostOpens
from channel.posts import opening
from channel.posts.linking import links
from channel.posts.model import Draft, Post
from channel.rooms import Room
from tests.cast import Scene


async def write(
    scene: Scene,
    text: str,
    *,
    author: Account | None = None,
    room: Room | None = None,
    key: str = "",
    **more: object,
) -> tuple[Post, bool]:
    """Publish `text` in the scene, by its owner in `news` unless told otherwise."""
    author = author or scene.owner
    draft = Draft.parse(text, **more)  # type: ignore[arg-type]
    async with scene.db.read() as tx:
        by = await scene.by(tx, author)
        found = await links(tx, by, scene.community, draft.text, room=room or scene.news)
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    async with scene.db.write() as tx:
        by = await scene.by(tx, author)
        return await posts.publish(tx, by, author, room or scene.news, rendered, key or secrets.token_hex(8))


async def post(scene: Scene, text: str = "Hello", **more: object) -> Post:
    """A post that was written for the first time."""
    made, created = await write(scene, text, **more)  # type: ignore[arg-type]
    assert created
    return made


async def change(
    scene: Scene, old: Post, text: str, *, author: Account | None = None, **more: object
) -> Post:
    """Edit a post, by the scene's owner unless told otherwise."""
    draft = Draft.parse(text, **more)  # type: ignore[arg-type]
    async with scene.db.read() as tx:
        by = await scene.by(tx, author or scene.owner)
        found = await links(tx, by, scene.community, draft.text, room=None, post=old)
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    async with scene.db.write() as tx:
        return await posts.edit(tx, await scene.by(tx, author or scene.owner), old, rendered)


async def remove(scene: Scene, old: Post, *, author: Account | None = None) -> Post:
    """Delete a post, by the scene's owner unless told otherwise."""
    async with scene.db.write() as tx:
        return await posts.delete(tx, await scene.by(tx, author or scene.owner), old)


async def open_by_itself(scene: Scene, planned: Post) -> None:
    """Take the steps of a post's waterfall that are due, as the worker does."""
    async with scene.db.write() as tx:
        await opening.open_due(tx, PostOpens(post_id=planned.id, at=planned.opens[0].at))
