"""Planning the letters and pushes that tell of a post, where anybody wants some.

Who wants which is the business of notices, push and following, which stand above posts. Here it is only asked whether there is
anybody: a job for each post that nobody is told of would cost more than the post.
"""

from sqlalchemy import bindparam, column, select, table

from channel.outbox import schedule
from channel.storage import Prepared, Tx
from channel.tasks import FollowersDue, NoticesDue, PushesDue

_RULES = table("notice_rules", column("community_id"), column("how"))  # see notices/tables.py
_DEVICES = table("push_devices", column("account_id"))  # see push/tables.py
_FOLLOWERS = table("followers", column("community_id"))  # see following/tables.py
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


async def expect(tx: Tx, post_id: str, community_id: str) -> None:
    """Have the letters and pushes about it planned, once it is committed."""
    if await tx.one(_WANTED, community_id=community_id) is not None:
        await schedule(tx, NoticesDue(post_id=post_id))
    if await tx.one(_SWITCHED_ON) is not None:
        await schedule(tx, PushesDue(post_id=post_id))
    if await tx.one(_FOLLOWED, community_id=community_id) is not None:
        await schedule(tx, FollowersDue(post_id=post_id))
