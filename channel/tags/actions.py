"""Keeping the tags of a post, in the transaction that publishes or changes it."""

from collections.abc import Collection

from sqlalchemy import delete

from channel.storage import Tx
from channel.tags.tables import post_tags


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
