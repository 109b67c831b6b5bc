"""Keeping the tags of a post or a comment, in the transaction that publishes or changes it."""

from collections.abc import Collection

from sqlalchemy import delete, update

from channel.storage import Tx
from channel.tags.tables import comment_tags, post_tags


async def note(
    tx: Tx, post_id: str, community_id: str, created_at: int, tags: Collection[str], teased: Collection[str]
) -> None:
    """The post has these tags now and no others. `teased`: those of its teaser, which more people see."""
    await forget(tx, post_id)
    rows = [
        {
            "post_id": post_id, "tag": tag, "open": tag in teased, "community_id": community_id,
            "created_at": created_at,
        }
        for tag in [*dict.fromkeys([*tags, *sorted(teased)])]
    ]  # fmt: skip
    await tx.run_many(post_tags.insert(), rows)


async def forget(tx: Tx, post_id: str) -> None:
    """The post is gone, or has others."""
    await tx.run(delete(post_tags).where(post_tags.c.post_id == post_id))


async def note_in_comment(tx: Tx, comment_id: str, community_id: str, at: int, tags: Collection[str]) -> None:
    """The comment has these tags now and no others."""
    await forget_comment(tx, comment_id)
    rows = [
        {"comment_id": comment_id, "tag": tag, "community_id": community_id, "at": at}
        for tag in dict.fromkeys(tags)
    ]
    if rows:
        await tx.run_many(comment_tags.insert(), rows)


async def show_comment(tx: Tx, comment_id: str, at: int) -> None:
    """Everybody sees the comment from `at` (epoch ms) on."""
    await tx.run(update(comment_tags).where(comment_tags.c.comment_id == comment_id).values(at=at))


async def forget_comment(tx: Tx, comment_id: str) -> None:
    """The comment is gone, or has others."""
    await tx.run(delete(comment_tags).where(comment_tags.c.comment_id == comment_id))
