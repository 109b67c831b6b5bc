"""Who may write under a post, and why not. Pure; the room says most of it, the post can only take it away."""

from dataclasses import dataclass

from channel.comments.model import DAY_MS
from channel.communities import Community
from channel.errors import Forbidden
from channel.members.model import Entitlement, Role
from channel.members.voice import refusal_of
from channel.posts.model import Post
from channel.rooms.model import Room


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that decides."""

    by: Entitlement
    community: Community
    room: Room
    post: Post
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
    muted = refusal_of(case.by)
    if muted is not None:
        return muted
    if case.staff:
        return None
    if case.by.rank < (case.room.comment_rank or 0):
        return Forbidden("Comments here are for members of a higher tier.", code="rank_too_low")
    may_from = (case.by.joined_at or 0) + case.room.comment_age_days * DAY_MS
    if case.now < may_from:
        days = -(-(may_from - case.now) // DAY_MS)
        return Forbidden(f"New members wait before they comment here. Days left: {days}.", code="too_new")
    return None
