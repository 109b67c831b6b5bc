"""What public feeds hold of a post has changed: the hub is to be told, where the operator has named one (WebSub).

Which feeds are public is asked when it is told. Here it is only asked whether anybody could see a difference. Without a
hub nothing happens, no statement either.
"""

from sqlalchemy import exists, select

from channel.hearers import HUB
from channel.media.tables import post_teasers
from channel.posts.model import Post
from channel.posts.tables import posts
from channel.rooms import announcing
from channel.storage import Tx


async def announce(tx: Tx, room_id: str, *, topic_id: str | None = None) -> None:
    """A post came, went or was opened. Nobody outside is told of the messages of a group (`topic_id`)."""
    if topic_id is None:
        await announcing.announce(tx, room_id)


async def announce_edit(tx: Tx, before: Post, after: Post, *, teased: bool) -> None:
    """It was edited. `teased`: the picture on its card is another one. Of what stays locked, only the card is to be seen."""
    card = ("min_rank", "teaser", "opens")
    if teased or after.min_rank is None or any(getattr(before, one) != getattr(after, one) for one in card):
        await announce(tx, after.room_id, topic_id=after.topic_id)


async def announce_look(tx: Tx, post_id: str) -> None:
    """What it carries looks different. Of what is locked, only the picture on its card is to be seen."""
    if HUB not in tx.extras:
        return
    on_card = exists().where(post_teasers.c.post_id == posts.c.id, post_teasers.c.blurred.is_(False))
    seen = posts.c.min_rank.is_(None) | on_card
    row = await tx.one(select(posts.c.room_id, posts.c.topic_id).where(posts.c.id == post_id, seen))
    if row is not None:
        await announce(tx, row.room_id, topic_id=row.topic_id)
