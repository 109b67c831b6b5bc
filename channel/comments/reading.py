"""What somebody may see of what stands under a post. Every way in asks here: API, pages, live, log."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from channel import members
from channel.comments import queries, rules
from channel.comments.model import Comment
from channel.comments.rules import Case
from channel.communities import Community
from channel.errors import Forbidden, NotFound
from channel.ids import is_id
from channel.members import STAFF_RANK, Action, Entitlement, Role, unlocks
from channel.members.queries import entitlements_of
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.posts.tables import posts as table
from channel.rooms import Room
from channel.storage import Prepared, Tx

READER = 0  # the sight of all who may read a thread; moderators have STAFF_RANK, and see what waits for them
# Held before anything else is: whoever writes under one post does so one after the other.
_HOLD = Prepared(
    lambda words: words.locking(select(table.c.id).where(table.c.id == bindparam("id")), key_share=True)
)


@dataclass(frozen=True, slots=True)
class Thread:
    """What stands under a post, for one viewer who may read it. `refusal`: why they may not write there."""

    post: Post
    room: Room
    community: Community
    by: Entitlement
    refusal: Forbidden | None

    @property
    def moderates(self) -> bool:
        return self.by.may(Action.MODERATE)

    @property
    def sight(self) -> int:
        """The number that decides what this viewer sees: all with the same one see the same."""
        return STAFF_RANK if self.moderates else READER

    @property
    def viewer(self) -> tuple[str, bool]:
        """As queries.page asks for it."""
        return self.by.account_id or "", self.moderates

    def sees(self, comment: Comment) -> bool:
        """Whether the viewer may know of a comment of this thread."""
        if comment.state in ("shown", "deleted") or comment.author.id == self.by.account_id:
            return True
        return comment.state == "held" and self.moderates


async def thread(tx: Tx, post_id: str, account_id: str | None, *, hold: bool = False) -> Thread:
    """The thread of a post. `hold` it before writing. Raises NotFound, Forbidden (room_locked, post_locked).

    A message of a group has none: one answers in the room itself.
    """
    if hold and is_id(post_id):
        await tx.one(_HOLD, id=post_id)
    post = await posts.one(tx, post_id)
    by, room, community = await members.entitlement_by_room(tx, post.room_id, account_id)
    if not by.visible or post.deleted_at is not None or room.is_group:
        raise NotFound("There is no such post.")
    if not by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    if not by.reads(post.min_rank) and post.id not in await unlocks.unlocked(tx, by, [post.id]):
        raise Forbidden("Your tier does not open this post, nor what is said about it.", code="post_locked")
    return Thread(post, room, community, by, rules.refusal(Case(by, community, room, post, tx.now)))


async def of_comment(
    tx: Tx, comment_id: str, account_id: str | None, *, hold: bool = False
) -> tuple[Thread, Comment]:
    """A comment that the viewer may know of, and where it stands. Raises NotFound, Forbidden as `thread`."""
    found = await queries.one(tx, comment_id)
    where = await thread(tx, found.thread_id, account_id, hold=hold)
    if hold:  # somebody may have changed it before we held its post
        found = await queries.one(tx, comment_id)
    if not where.sees(found):
        raise NotFound("There is no such comment.")
    return where, found


async def roles(tx: Tx, community: Community, found: Sequence[Comment]) -> dict[str, Role]:
    """The role of each author who is somebody here now, by account id."""
    judged = await entitlements_of(tx, community, sorted({one.author.id for one in found}))
    return {account_id: by.role for account_id, by in judged.items() if by.role is not None}


async def sights(tx: Tx, post_id: str, account_ids: Collection[str | None]) -> dict[str | None, int]:
    """The sight (see Thread) of each of these viewers (None: nobody signed in) who may read the thread.

    Raises NotFound when there is no such post any more.
    """
    post = await posts.one(tx, post_id)
    if post.deleted_at is not None:
        raise NotFound("There is no such post.")
    nobody, room, community = await members.entitlement_by_room(tx, post.room_id, None)
    if room.is_group:
        raise NotFound("There is no such post.")
    judged = await entitlements_of(tx, community, [one for one in account_ids if one is not None])
    found: dict[str | None, int] = {}
    for account_id in account_ids:
        by = nobody if account_id is None else judged[account_id]
        if not by.reads(room.min_rank):
            continue
        if by.reads(post.min_rank) or post.id in await unlocks.unlocked(tx, by, [post.id]):
            found[account_id] = STAFF_RANK if by.may(Action.MODERATE) else READER
    return found


async def writers(tx: Tx, post_id: str, account_ids: Sequence[str]) -> list[str]:
    """Those of them who may write under the post. Raises NotFound when there is no such post any more."""
    found: list[str] = []
    for account_id in account_ids:
        try:
            where = await thread(tx, post_id, account_id)
        except Forbidden:
            continue
        if where.refusal is None:
            found.append(account_id)
    return found
