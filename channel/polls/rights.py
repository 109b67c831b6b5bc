"""Who may see, vote in and end a poll. `Entitlement` decides; here its answers become errors a person understands."""

from channel.errors import Conflict, Forbidden, NotFound
from channel.members import unlocks
from channel.members.model import Entitlement, needed
from channel.members.voice import require_unmuted
from channel.polls.model import Poll
from channel.posts import horizon
from channel.posts.model import Post
from channel.rooms.model import Room
from channel.storage import Tx


async def require_sight(tx: Tx, by: Entitlement, post: Post, room: Room) -> None:
    """May `by` read the post, and so its poll? Raises NotFound, Forbidden (code post_locked)."""
    if by.community_id != post.community_id or not by.visible:
        raise NotFound("There is no such post.")
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if await horizon.hides(tx, by, room, post):
        raise NotFound("There is no such post.")
    if by.reads(room.min_rank, post.min_rank):
        return
    if by.reads(room.min_rank) and post.id in await unlocks.unlocked(tx, by, [post.id]):
        return
    raise Forbidden("Your tier does not open this post.", code="post_locked")


def require_voice(by: Entitlement) -> str:
    """The account of one who takes part here. Raises Forbidden (code join_first, muted, community_closed)."""
    if by.account_id is None or not by.belongs:
        raise Forbidden("Only members vote here. Join first; then your vote counts.", code="join_first")
    require_unmuted(by)
    if by.closed:
        raise Forbidden("The community is closed: you can read, and nobody votes.", code="community_closed")
    return by.account_id


def require_rank(by: Entitlement, poll: Poll) -> None:
    """Raises Forbidden (code tier_too_low) for who reads the poll, and may not vote in it."""
    if by.rank < needed(poll.min_rank):
        raise Forbidden("Your tier reads this poll, and does not vote in it.", code="tier_too_low")


def require_end(poll: Poll) -> None:
    """Raises Conflict (code poll_open) while people may still vote: codes are published when they change nothing."""
    if poll.closed_at is None:
        raise Conflict("The codes are published when the poll has ended. Come back then.", code="poll_open")
