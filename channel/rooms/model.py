"""What a room is, and the rules for its fields. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from channel.communities.fields import Check, choice, line, number, prose
from channel.errors import Invalid

MAX_ROOMS = 100  # in one community
MAX_NAME_CHARS = 80
MAX_ABOUT_CHARS = 500
MAX_RANK = 1_000_000  # of any tier, hence of any room or post

Kind = Literal["channel", "group"]

# What stands at this place of an address already: /@{handle}/{slug}.
# What /@{handle}/… means or is going to mean besides rooms.
RESERVED_SLUGS: Final = frozenset(
    ["api", "atom", "calendar", "export", "feed", "feeds", "gift", "hello", "invite", "invites", "join", "leave", "members",
     "new", "rss", "search", "settings", "sitemap", "subscribe", "tag", "tiers", "well-known"]
)  # fmt: skip
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Room:
    """`min_rank` None: everyone who may see the community; 0: members; n: tiers of rank n and above."""

    id: str
    community_id: str
    slug: str
    name: str
    about: str
    kind: Kind
    min_rank: int | None
    position: int
    created_at: int


def parse_slug(text: str) -> str:
    """The room's part of an address. Raises Invalid."""
    slug = text.strip().lower()
    if not SLUG.fullmatch(slug):
        raise Invalid(
            slug="An address has 1 to 40 characters: a to z, 0 to 9, - and _. Choose one like workshop."
        )
    if slug in RESERVED_SLUGS:
        raise Invalid(slug="This address is reserved. Choose another one.")
    return slug


CHECKS: Final[dict[str, Check]] = {
    "slug": parse_slug,
    "name": line(
        "name", "A name has 1 to 80 characters. Write one that fits.", at_least=1, at_most=MAX_NAME_CHARS
    ),
    "about": prose("about", "At most 500 characters fit here. Write less.", at_most=MAX_ABOUT_CHARS),
    "kind": choice("kind", "A room is a channel or a group.", "channel", "group"),
    "min_rank": number(
        "min_rank", "Choose who may read: everyone, members, or a tier.", least=0, most=MAX_RANK, null=True
    ),
}
# What a room is for is decided once: a channel's readers never find themselves writing in it.
CHANGEABLE: Final = CHECKS.keys() - {"kind"}
