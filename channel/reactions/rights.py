"""Who may react. `Entitlement` decides; here its answers become errors a person understands."""

from channel.errors import Forbidden, NotFound
from channel.members import unlocks
from channel.members.model import Entitlement
from channel.members.voice import require_unmuted
from channel.posts import horizon
from channel.posts.model import Post
from channel.rooms.model import Room
from channel.storage import Tx


async def require_reader(tx: Tx, by: Entitlement, post: Post, room: Room) -> None:
    """May `by` read the post? Raises NotFound, Forbidden (code room_locked, post_locked)."""
    require_room(by, room)
    if post.room_id != room.id or post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if await horizon.hides(tx, by, room, post):
        raise NotFound("There is no such post.")
    if not await reads(tx, by, post, room):
        raise Forbidden("Your tier does not open this post.", code="post_locked")


async def reads(tx: Tx, by: Entitlement, post: Post, room: Room) -> bool:
    """Whether `by` may read the post now, and hence know its numbers."""
    if post.deleted_at is not None or not by.reads(room.min_rank) or await horizon.hides(tx, by, room, post):
        return False
    return by.reads(post.min_rank) or post.id in await unlocks.unlocked(tx, by, [post.id])


def require_room(by: Entitlement, room: Room) -> None:
    """May `by` enter the room? Raises NotFound, Forbidden (code room_locked)."""
    if by.community_id != room.community_id or not by.visible:
        raise NotFound("There is no such room.")
    if not by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")


def require_voice(by: Entitlement) -> str:
    """The account of one who may be heard here. Raises Forbidden (code join_first, community_closed, muted)."""
    if by.account_id is None or not by.belongs:
        raise Forbidden("Members react here. Join first.", code="join_first")
    if by.closed:
        raise Forbidden("The community is closed: one can read, and nothing else.", code="community_closed")
    require_unmuted(by)
    return by.account_id
