"""The demo as data: everything `channel demo` is going to write, before anything is written.

Times are epoch milliseconds. Ranks are those of the tiers; rank 0 is the free tier.
"""

from dataclasses import dataclass
from typing import Literal

from channel.demo.talk import Talk

AiUse = Literal["none", "assisted", "generated"]
InviteState = Literal["open", "paused", "revoked"]
Language = Literal["de", "en"]
MemberState = Literal["active", "muted", "banned", "requested"]
StaffRole = Literal["admin", "editor", "moderator"]


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """An account. The same person may belong to several communities, always under the same handle."""

    handle: str
    name: str
    avatar: str = ""  # "art:mara", or "" for initials on `hue`
    hue: int = 0


@dataclass(frozen=True, slots=True)
class TierPlan:
    name: str
    rank: int
    benefits: tuple[str, ...]
    colour_hue: int
    about: str


@dataclass(frozen=True, slots=True)
class RoomPlan:
    slug: str
    name: str
    about: str
    kind: Literal["channel"] = "channel"
    min_rank: int | None = None


@dataclass(frozen=True, slots=True)
class PostPlan:
    """`quotes` is an index into the same `CommunityPlan.posts`: an earlier post of the same room.

    `opens`: from when (epoch ms) on it is open to which rank, None being everyone. `earlier_text` is what stood there first when `edited_at_ms` is set, and empty otherwise.
    """

    room_slug: str
    author_handle: str
    at_ms: int
    text: str
    min_rank: int | None
    opens: tuple[tuple[int, int | None], ...]
    teaser: str
    ai: AiUse
    pinned: bool
    silent: bool
    quotes: int | None
    earlier_text: str
    edited_at_ms: int | None
    key: str = ""  # by which the talk names it

    @property
    def edited(self) -> bool:
        return self.edited_at_ms is not None


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A follower. `invite_label` names one of the community's invites, or None for the public page."""

    person: PersonPlan
    tier_rank: int
    joined_at_ms: int
    invite_label: str | None = None
    state: MemberState = "active"
    role: Literal["member"] = "member"


@dataclass(frozen=True, slots=True)
class InvitePlan:
    label: str
    max_uses: int | None = None
    expires_in_days: int | None = None
    tier_rank: int | None = None
    requires_approval: bool = False
    state: InviteState = "open"


@dataclass(frozen=True, slots=True)
class DraftPlan:
    room_slug: str
    text: str


@dataclass(frozen=True, slots=True)
class CommunityPlan:
    """`posts` and `members` are in the order in which they came, oldest first."""

    handle: str
    name: str
    about: str
    visibility: Literal["public"]
    hue: int
    cover: str
    avatar: str
    language: Language
    founded_at_ms: int
    owner: PersonPlan
    co_workers: tuple[tuple[PersonPlan, StaffRole], ...]
    tiers: tuple[TierPlan, ...]
    rooms: tuple[RoomPlan, ...]
    posts: tuple[PostPlan, ...]
    members: tuple[MemberPlan, ...]
    invites: tuple[InvitePlan, ...]
    drafts: tuple[DraftPlan, ...]
    talk: Talk
