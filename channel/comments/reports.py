"""What people report, for the moderators of the community; nothing is taken down by itself."""

from dataclasses import dataclass

from sqlalchemy import func, select, update

from channel.accounts.model import Account
from channel.accounts.queries import several
from channel.comments import queries
from channel.comments.model import Comment, Complaint, Reason
from channel.comments.reading import Thread
from channel.comments.tables import reports
from channel.communities import Community
from channel.errors import Forbidden, NotFound
from channel.ids import is_id, new_id
from channel.members.model import Action, Entitlement
from channel.members.paging import within
from channel.members.rights import require
from channel.posts import queries as post_queries
from channel.posts.model import Post
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Report:
    """One report, with what it is about: a post, or a comment under it. `by` None: the account is gone."""

    id: str
    post: Post
    comment: Comment | None
    by: Account | None
    reason: Reason
    words: str
    created_at: int


async def report(tx: Tx, thread: Thread, comment: Comment | None, complaint: Complaint) -> bool:
    """Tell the moderators. The same person about the same thing again: nothing happens, and False.

    Raises Forbidden for one who does not belong to the community, NotFound.
    """
    if thread.by.account_id is None or not thread.by.belongs:
        raise Forbidden("Join the community to report something.", code="join_first")
    if comment is not None and (comment.thread_id != thread.post.id or not thread.sees(comment)):
        raise NotFound("There is no such comment.")
    row = {
        "id": new_id(tx.now), "community_id": thread.community.id, "post_id": thread.post.id,
        "comment_id": comment.id if comment else None, "about": comment.id if comment else thread.post.id,
        "by_id": thread.by.account_id, "reason": complaint.reason, "words": complaint.words,
        "created_at": tx.now, "done": False,
    }  # fmt: skip
    return bool(await tx.run(tx.insert(reports).values(**row).on_conflict_do_nothing()))


async def waiting(tx: Tx, community_id: str, limit: int = 50) -> list[Report]:
    """What was reported and not looked at, the newest first. What has gone since is left out."""
    query = select(reports).where(reports.c.community_id == community_id, reports.c.done.is_(False))
    rows = await tx.all(query.order_by(reports.c.created_at.desc(), reports.c.id).limit(within(limit)))
    posts = {one.id: one for one in await post_queries.many(tx, [row.post_id for row in rows])}
    about = [row.comment_id for row in rows if row.comment_id]
    comments = {one.id: one for one in await queries.many(tx, about)}
    people = await several(tx, [row.by_id for row in rows]) if rows else {}
    return [
        Report(
            row.id, posts[row.post_id], comments.get(row.comment_id), people.get(row.by_id), row.reason,
            row.words, row.created_at,
        )
        for row in rows
        if row.post_id in posts
    ]  # fmt: skip


async def count_waiting(tx: Tx, community_id: str) -> int:
    """How many were not looked at."""
    query = select(func.count()).where(reports.c.community_id == community_id, reports.c.done.is_(False))
    return int(await tx.value(query) or 0)


async def settle(tx: Tx, by: Entitlement, community: Community, report_id: str) -> None:
    """Everything that was reported about the same thing has been looked at. Raises NotFound, Forbidden."""
    require(by, community, Action.MODERATE)
    own = reports.c.community_id == community.id
    about = select(reports.c.about).where(reports.c.id == report_id, own).scalar_subquery()
    changed = update(reports).where(own, reports.c.about == about).values(done=True)
    if not is_id(report_id) or not await tx.run(changed):
        raise NotFound("There is no such report.")
