"""Who may react. `Entitlement` decides; here its answers become errors a person understands."""

from datetime import UTC, datetime

from channel.errors import Forbidden, NotFound
from channel.members import queries, unlocks
from channel.members.model import Entitlement, State
from channel.posts.model import Post
from channel.rooms.model import Room
from channel.storage import Tx


async def require_reader(tx: Tx, by: Entitlement, post: Post, room: Room) -> None:
    """May `by` read the post? Raises NotFound, Forbidden (code room_locked, post_locked)."""
    require_room(by, room)
    if post.room_id != room.id or post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if not await reads(tx, by, post, room):
        raise Forbidden("Your tier does not open this post.", code="post_locked")


async def reads(tx: Tx, by: Entitlement, post: Post, room: Room) -> bool:
    """Whether `by` may read the post now, and hence know its numbers."""
    if post.deleted_at is not None or not by.reads(room.min_rank):
        return False
    return by.reads(post.min_rank) or post.id in await unlocks.unlocked(tx, by, [post.id])


def require_room(by: Entitlement, room: Room) -> None:
    """May `by` enter the room? Raises NotFound, Forbidden (code room_locked)."""
    if by.community_id != room.community_id or not by.visible:
        raise NotFound("There is no such room.")
    if not by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")


async def require_voice(tx: Tx, by: Entitlement) -> str:
    """The account of one who may be heard here. Raises Forbidden (code join_first, community_closed, muted)."""
    if by.account_id is None or not by.belongs:
        raise Forbidden("Members react here. Join first.", code="join_first")
    if by.closed:
        raise Forbidden("The community is closed: one can read, and nothing else.", code="community_closed")
    if by.state is State.MUTED:
        raise await _muted(tx, by.community_id, by.account_id)
    return by.account_id


async def _muted(tx: Tx, community_id: str, account_id: str) -> Forbidden:
    """Says until when and why."""
    standing = await queries.standing(tx, community_id, account_id)
    reason = standing.reason if standing else ""
    until = standing.until if standing else None
    if until is None:
        said = "You are muted here: you can read, and nothing else."
    else:
        moment = datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
        said = f"You are muted here until {moment}: you can read, and nothing else."
    return Forbidden(f"{said} Reason: {reason}" if reason else said, code="muted", until=until)
