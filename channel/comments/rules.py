"""Who may write under a post, and why not. Pure; the room says most of it, the post can only take it away."""

from dataclasses import dataclass
from datetime import UTC, datetime

from channel.comments.model import DAY_MS
from channel.communities import Community
from channel.errors import Forbidden
from channel.members.model import Entitlement, Role, State
from channel.posts.model import Post
from channel.rooms.model import Room


@dataclass(frozen=True, slots=True)
class Me:
    """What is stored about who wants to write: when they joined; until when they are muted and why."""

    joined_at: int
    until: int | None
    reason: str


NOBODY = Me(0, None, "")


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that decides."""

    by: Entitlement
    community: Community
    room: Room
    post: Post
    me: Me
    now: int

    @property
    def staff(self) -> bool:
        return self.by.role not in (None, Role.MEMBER)


def refusal(case: Case) -> Forbidden | None:
    """Why this viewer, who may read the post, may not write under it; None: they may."""
    return _about_the_place(case) or _about_the_person(case)


def is_off(room: Room, post: Post) -> bool:
    """Nobody writes under this post. In a group one answers in the room itself."""
    return room.kind != "channel" or not room.comments or post.comments_off


def closes_at(room: Room, post: Post) -> int | None:
    """When (epoch ms) the thread closes by itself; None: never."""
    return None if room.comment_days is None else post.created_at + room.comment_days * DAY_MS


def _about_the_place(case: Case) -> Forbidden | None:
    if is_off(case.room, case.post):
        return Forbidden("Comments are switched off here.", code="comments_off")
    if not case.by.belongs:
        return Forbidden("Join the community to comment.", code="join_first")
    if case.community.closed:
        return Forbidden("The community is closed. You can read, and nobody writes.", code="community_closed")
    closes = closes_at(case.room, case.post)
    if closes is not None and case.now >= closes and not case.staff:
        days = case.room.comment_days
        return Forbidden(f"Comments here close {days} days after the post.", code="comments_closed")
    return None


def _about_the_person(case: Case) -> Forbidden | None:
    if case.by.state is State.MUTED:
        return _muted(case.me)
    if case.staff:
        return None
    if case.by.rank < (case.room.comment_rank or 0):
        return Forbidden("Comments here are for members of a higher tier.", code="rank_too_low")
    may_from = case.me.joined_at + case.room.comment_age_days * DAY_MS
    if case.now < may_from:
        days = -(-(may_from - case.now) // DAY_MS)
        return Forbidden(f"New members wait before they comment here. Days left: {days}.", code="too_new")
    return None


def _muted(me: Me) -> Forbidden:
    """Until when and why; each a sentence that the catalogue knows whole."""
    until = None if me.until is None else f"{datetime.fromtimestamp(me.until / 1000, UTC):%Y-%m-%d %H:%M}"
    match until, me.reason:
        case None, "":
            return Forbidden("You are muted here: you can read, and not write.", code="muted")
        case None, reason:
            return Forbidden(
                f"You are muted here: you can read, and not write. Reason: {reason}", code="muted"
            )
        case until, "":
            return Forbidden(
                f"You are muted here until {until} UTC: you can read, and not write.", code="muted"
            )
        case until, reason:
            return Forbidden(
                f"You are muted here until {until} UTC: you can read, and not write. Reason: {reason}",
                code="muted",
            )
