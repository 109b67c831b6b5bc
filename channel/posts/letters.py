"""Planning the letters and pushes that tell of a post, where anybody wants some.

Who wants which is the business of notices, push and following, which stand above posts. Here it is only asked whether there is
anybody: a job for each post that nobody is told of would cost more than the post.
"""

from sqlalchemy import bindparam, column, func, select, table, true

from channel.communities.tables import communities
from channel.errors import Conflict
from channel.outbox import schedule
from channel.posts.model import IMPORTANT_DAYS, MAX_IMPORTANT, Post
from channel.posts.tables import posts
from channel.storage import Prepared, Tx, locking
from channel.tasks import FollowDevicesDue, FollowersDue, NoticesDue, PushesDue
from channel.topics import telling

_RULES = table("notice_rules", column("community_id"), column("how"))  # see notices/tables.py
_DEVICES = table("push_devices", column("account_id"))  # see push/tables.py
_FOLLOWERS = table("followers", column("community_id"))  # see following/tables.py
_FOLLOW_DEVICES = table("follow_devices", column("community_id"))
_WANTED = Prepared(
    select(_RULES.c.community_id)
    .where(_RULES.c.community_id == bindparam("community_id"), _RULES.c.how != "none")
    .limit(1)
)
# Anybody's: to look for members among them would walk a whole community while others wait to write.
_SWITCHED_ON = Prepared(select(_DEVICES.c.account_id).limit(1))
_FOLLOWED = Prepared(
    select(_FOLLOWERS.c.community_id).where(_FOLLOWERS.c.community_id == bindparam("community_id")).limit(1)
)
_FOLLOWED_THERE = Prepared(
    select(_FOLLOW_DEVICES.c.community_id)
    .where(_FOLLOW_DEVICES.c.community_id == bindparam("community_id"))
    .limit(1)
)


async def expect(tx: Tx, post_id: str, community_id: str) -> None:
    """Have the letters and pushes about it planned, once it is committed."""
    await _expect_members(tx, post_id, community_id)
    await _expect_followers(tx, post_id, community_id)


async def expect_more(tx: Tx, post_id: str, community_id: str, min_rank: int | None) -> None:
    """The same for those who were not told before: it opens to this rank now, and to strangers if it asks for none."""
    await _expect_members(tx, post_id, community_id, opened_at=tx.now)
    if min_rank is None:
        await _expect_followers(tx, post_id, community_id, opened_at=tx.now)


async def expect_edit(tx: Tx, before: Post, after: Post) -> None:
    """An edit that opens a post by hand tells those who were not told before, as its waterfall does; any other tells nobody."""
    wider = before.min_rank is not None and (after.min_rank is None or after.min_rank < before.min_rank)
    if wider and not after.silent and after.topic_id is None:
        await expect_more(tx, after.id, after.community_id, after.min_rank)


async def expect_followers(tx: Tx, post_id: str, topic_id: str, author_id: str) -> None:
    """The same of a message in a topic, for those who follow it and chose to be told. There are many messages, and hardly
    any is to be told: one look at an index says so."""
    push, mail = await telling.wanted(tx, topic_id, author_id)
    if mail:
        await schedule(tx, NoticesDue(post_id=post_id))
    if push:
        await schedule(tx, PushesDue(post_id=post_id))


async def _expect_members(tx: Tx, post_id: str, community_id: str, opened_at: int = 0) -> None:
    if await tx.one(_WANTED, community_id=community_id) is not None:
        await schedule(tx, NoticesDue(post_id=post_id, opened_at=opened_at))
    if await tx.one(_SWITCHED_ON) is not None:
        await schedule(tx, PushesDue(post_id=post_id, opened_at=opened_at))


async def _expect_followers(tx: Tx, post_id: str, community_id: str, opened_at: int = 0) -> None:
    if await tx.one(_FOLLOWED, community_id=community_id) is not None:
        await schedule(tx, FollowersDue(post_id=post_id, opened_at=opened_at))
    if await tx.one(_FOLLOWED_THERE, community_id=community_id) is not None:
        await schedule(tx, FollowDevicesDue(post_id=post_id, opened_at=opened_at))


async def important_left(tx: Tx, community_id: str) -> int:
    """How many more posts of the community may be important now: MAX_IMPORTANT in IMPORTANT_DAYS, deleted ones too."""
    since = tx.now - IMPORTANT_DAYS * 24 * 3_600_000
    flagged = (posts.c.community_id == community_id, posts.c.important == true(), posts.c.created_at > since)
    used = int(await tx.value(select(func.count()).select_from(posts).where(*flagged)))
    return max(0, MAX_IMPORTANT - used)


async def require_budget(tx: Tx, community_id: str) -> None:
    """Held by the community's row: of two that send the last one at once, the second sees the first. Without standing in
    the way of what only refers to the community. Raises Conflict (code no_more_important)."""
    held = select(communities.c.id).where(communities.c.id == community_id)
    await tx.one(locking(tx.dialect, held, key_share=True))
    if not await important_left(tx, community_id):
        raise Conflict(
            "Four posts in 30 days can be important, and they are used up. Send it without that.",
            code="no_more_important",
        )
