"""Asking which tags a post has."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from channel.storage import Prepared, Tx
from channel.tags.model import UNTAGGED, Tagged
from channel.tags.tables import post_tags

_OF_POSTS = Prepared(
    lambda words: select(post_tags.c.post_id, post_tags.c.tag, post_tags.c.open).where(
        words.among(post_tags.c.post_id, "ids")
    )
)


async def of_posts(tx: Tx, post_ids: Sequence[str]) -> dict[str, Tagged]:
    """By id of the post, those that have any."""
    every: dict[str, set[str]] = defaultdict(set)
    teased: dict[str, set[str]] = defaultdict(set)
    for row in await tx.all(_OF_POSTS, ids=post_ids) if post_ids else ():
        every[row.post_id].add(row.tag)
        if row.open:
            teased[row.post_id].add(row.tag)
    return {post_id: Tagged(frozenset(found), frozenset(teased[post_id])) for post_id, found in every.items()}


async def of_post(tx: Tx, post_id: str) -> Tagged:
    """Those of one."""
    return (await of_posts(tx, [post_id])).get(post_id, UNTAGGED)
