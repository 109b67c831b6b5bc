"""Who may see, vote in and end a poll. `Entitlement` decides; here its answers become errors a person understands."""

from datetime import UTC, datetime

from channel.errors import Conflict, Forbidden, NotFound
from channel.members import queries, unlocks
from channel.members.model import FOR_GOOD_MS, Entitlement, State, needed
from channel.polls.model import Poll
from channel.posts.model import Post
from channel.rooms.model import Room
from channel.storage import Tx


async def require_sight(tx: Tx, by: Entitlement, post: Post, room: Room) -> None:
    """May `by` read the post, and so its poll? Raises NotFound, Forbidden (code post_locked)."""
    if by.community_id != post.community_id or not by.visible:
        raise NotFound("There is no such post.")
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if by.reads(room.min_rank, post.min_rank):
        return
    if by.reads(room.min_rank) and post.id in await unlocks.unlocked(tx, by, [post.id]):
        return
    raise Forbidden("Your tier does not open this post.", code="post_locked")


async def require_voice(tx: Tx, by: Entitlement) -> str:
    """The account of one who takes part here. Raises Forbidden (code join_first, muted, community_closed)."""
    if by.account_id is None or not by.belongs:
        raise Forbidden("Only members vote here. Join first; then your vote counts.", code="join_first")
    if by.state is State.MUTED:
        raise await _muted(tx, by.community_id, by.account_id)
    if by.closed:
        raise Forbidden("The community is closed: you can read, and nobody votes.", code="community_closed")
    return by.account_id


async def _muted(tx: Tx, community_id: str, account_id: str) -> Forbidden:
    """Says until when, where there is an end, and why, where somebody has said so."""
    standing = await queries.standing(tx, community_id, account_id)
    until, reason = (standing.until, standing.reason) if standing else (None, "")
    if until is None or until >= FOR_GOOD_MS:
        if reason:
            return Forbidden(f"You are muted here. The reason: {reason}", code="muted")
        return Forbidden("You are muted here: you read, and do not vote.", code="muted")
    end = f"{datetime.fromtimestamp(until / 1000, UTC):%Y-%m-%d %H:%M}"
    if reason:
        return Forbidden(f"You are muted here until {end} UTC. The reason: {reason}", code="muted")
    return Forbidden(f"You are muted here until {end} UTC: you read, and do not vote.", code="muted")


def require_rank(by: Entitlement, poll: Poll) -> None:
    """Raises Forbidden (code tier_too_low) for who reads the poll, and may not vote in it."""
    if by.rank < needed(poll.min_rank):
        raise Forbidden("Your tier reads this poll, and does not vote in it.", code="tier_too_low")


def require_end(poll: Poll) -> None:
    """Raises Conflict (code poll_open) while people may still vote: codes are published when they change nothing."""
    if poll.closed_at is None:
        raise Conflict("The codes are published when the poll has ended. Come back then.", code="poll_open")
