"""How many comments of a post everybody sees: kept in the post itself, by whoever changes it."""

from sqlalchemy import Integer, bindparam, update

from channel.posts.tables import posts
from channel.storage import Prepared, Tx

_COUNT = Prepared(
    update(posts)
    .where(posts.c.id == bindparam("post_id"))
    .values(comments=posts.c.comments + bindparam("more", type_=Integer))
)


async def count(tx: Tx, post_id: str, more: int) -> None:
    """So many more, or less, from this transaction on. The post is held already."""
    if more:
        await tx.run(_COUNT, post_id=post_id, more=more)
