"""Who may do what, and who may see what: one table, one judge.

The matrix and `entitle` are the only source of both; the tests are generated from them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from channel.accounts.model import Account
from channel.communities.model import Community
from channel.rooms.model import MAX_RANK
from channel.tiers.model import Tier

OUTSIDER_RANK = -1
STAFF_RANK = 1_000_000_000  # sees every tier's content; above any rank a tier may have
MAX_TIER_RANK = MAX_RANK
MAX_NOTE_CHARS = 500
MAX_REASON_CHARS = 500
FOR_GOOD_MS = (
    253_402_300_799_999  # the end of the year 9999: how "without an end" is kept for who left while muted
)


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    EDITOR = "editor"
    MODERATOR = "moderator"
    MEMBER = "member"


class State(StrEnum):
    REQUESTED = "requested"
    ACTIVE = "active"
    MUTED = "muted"
    BANNED = "banned"
    LEFT = "left"


class Action(StrEnum):
    """What the matrix is about. Reading is not in it: rank decides that."""

    POST = "post"  # publish, edit and delete own posts, keep drafts
    EDIT_ANY_POST = "edit_any_post"
    PIN = "pin"
    MENTION_MANY = "mention_many"  # everyone, a role, a tier; and anybody who is in by their handle
    SEE_STUDIO = "see_studio"
    ANSWER = "answer"  # read what followers write to the team, and answer it
    SEE_MEMBERS = "see_members"
    MODERATE = "moderate"  # mute, ban, approve requests
    GIVE_TIER = "give_tier"
    GIVE_ROLE = "give_role"
    EXPORT_MEMBERS = "export_members"
    INVITE = "invite"
    EDIT_ROOMS = "edit_rooms"
    EDIT_TIERS = "edit_tiers"
    HANDLE_MONEY = "handle_money"  # see what came in, make coupons and gifts, confirm, refund
    CONNECT_MONEY = "connect_money"  # say to which account it goes
    EDIT_COMMUNITY = "edit_community"
    CLOSE_COMMUNITY = "close_community"  # close, delete, undo, transfer ownership


_OWNER = frozenset({Role.OWNER})
_ADMINS = _OWNER | {Role.ADMIN}
_EDITORS = _ADMINS | {Role.EDITOR}
_MODERATORS = _ADMINS | {Role.MODERATOR}
_STAFF = _EDITORS | _MODERATORS

MATRIX: dict[Action, frozenset[Role]] = {
    Action.POST: _EDITORS,
    Action.EDIT_ANY_POST: _ADMINS,
    Action.PIN: _EDITORS,
    Action.MENTION_MANY: _STAFF,
    Action.SEE_STUDIO: _STAFF,
    Action.ANSWER: _STAFF,
    Action.SEE_MEMBERS: _MODERATORS,
    Action.MODERATE: _MODERATORS,
    Action.GIVE_TIER: _ADMINS,
    Action.GIVE_ROLE: _ADMINS,
    Action.EXPORT_MEMBERS: _ADMINS,
    Action.INVITE: _MODERATORS,
    Action.EDIT_ROOMS: _ADMINS,
    Action.EDIT_TIERS: _ADMINS,
    Action.HANDLE_MONEY: _ADMINS,
    Action.CONNECT_MONEY: _OWNER,
    Action.EDIT_COMMUNITY: _ADMINS,
    Action.CLOSE_COMMUNITY: _OWNER,
}
# Who outranks whom: nobody acts on an equal or a higher one, and nobody hands out a role at or above their own.
POWER: dict[Role, int] = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.EDITOR: 1, Role.ADMIN: 2, Role.OWNER: 3}


def needed(min_rank: int | None) -> int:
    """The rank that opens something: None is everyone, outsiders included."""
    return OUTSIDER_RANK if min_rank is None else min_rank


@dataclass(frozen=True, slots=True)
class Standing:
    """A membership as stored, with the rank of its tier; `until` is when a mute or ban ends."""

    role: Role
    state: State
    tier_id: str
    tier_name: str
    rank: int
    until: int | None
    reason: str = ""
    tier_until: int | None = None  # when the tier ends, unless it is renewed
    joined_at: int | None = None


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What one viewer may see and do in one community, at one moment. Never stored, never cached over a change."""

    community_id: str
    account_id: str | None
    visible: bool  # may know that the community exists and see its front
    rank: int
    role: Role | None
    state: State | None
    closed: bool = False  # the community takes no joins and no posts
    joined_at: int | None = None  # of one who belongs: what a group shows of the past depends on it
    muted_until: int | None = None  # of one who is muted; None: without an end
    muted_for: str = ""

    def may(self, action: Action) -> bool:
        """True when the role allows it; a closed community keeps everything but posting and inviting."""
        if self.role is None or self.role not in MATRIX[action]:
            return False
        return not (self.closed and action in (Action.POST, Action.INVITE))

    def reads(self, *min_ranks: int | None) -> bool:
        """True when the viewer's rank opens all of these (a room's and a post's, say)."""
        return self.visible and all(self.rank >= needed(min_rank) for min_rank in min_ranks)

    @property
    def belongs(self) -> bool:
        """An active or muted member, or staff."""
        return self.role is not None


def entitle(
    community_id: str,
    account_id: str | None,
    standing: Standing | None,
    *,
    visibility: str,
    closed: bool,
    deleted: bool,
    now: int,
) -> Entitlement:
    """The one function that says who may see what. `now` is epoch ms; an expired ban or mute counts as over."""
    if deleted:
        owner = standing is not None and standing.role is Role.OWNER and standing.state is State.ACTIVE
        return Entitlement(community_id, account_id, owner, STAFF_RANK if owner else OUTSIDER_RANK,
                           Role.OWNER if owner else None, State.ACTIVE if owner else None, closed=True)  # fmt: skip
    state = state_at(standing.state, standing.until, now) if standing else None
    if standing is None or state in (None, State.REQUESTED, State.LEFT):
        return Entitlement(
            community_id, account_id, visibility != "private", OUTSIDER_RANK, None, state, closed
        )
    if state is State.BANNED:
        return Entitlement(community_id, account_id, False, OUTSIDER_RANK, None, state, closed)
    rank = rank_at(standing, now) if standing.role is Role.MEMBER else STAFF_RANK
    until, reason = (standing.until, standing.reason) if state is State.MUTED else (None, "")
    return Entitlement(community_id, account_id, True, rank, standing.role, state, closed, standing.joined_at,
                       until, reason)  # fmt: skip


def rank_at(standing: Standing, now: int) -> int:
    """The rank that holds at `now`. A tier that has ended opens nothing, also before anybody has written that down."""
    ended = standing.tier_until is not None and standing.tier_until <= now
    return 0 if ended else standing.rank


def state_at(state: State, until: int | None, now: int) -> State:
    """The state that holds at `now`: a mute or a ban that has ended is over."""
    if until is None or until > now:
        return state
    if state is State.MUTED:
        return State.ACTIVE
    return State.LEFT if state is State.BANNED else state


@dataclass(frozen=True, slots=True)
class Membership:
    """How an account stands in a community after a verb. `joined`: this call made it so."""

    community_id: str
    account_id: str
    role: Role
    tier: Tier
    state: State
    joined_at: int
    invite_id: str | None
    joined: bool


@dataclass(frozen=True, slots=True)
class Member:
    """A line of the member list. `state` is what holds now: a mute or ban that has ended is over."""

    account: Account
    role: Role
    tier: Tier
    state: State
    until: int | None
    reason: str
    note: str
    joined_at: int
    invite_id: str | None


class Belonging(NamedTuple):
    """One of the communities that an account is in."""

    community: Community
    entitlement: Entitlement
    tier_name: str
