"""What a room is, and the rules for its fields. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from channel import emoji
from channel.communities import podcasting
from channel.communities.fields import Check, choice, flag, line, number, prose
from channel.errors import Invalid

MAX_ROOMS = 100  # in one community
MAX_NAME_CHARS = 80
MAX_ABOUT_CHARS = 500
MAX_RANK = 1_000_000  # of any tier, hence of any room or post
MAX_COMMENT_DAYS = 3_650

MAX_OFFERED = 12  # emoji that a room offers by itself
FIRST_OFFERED = "👍 ❤️ 😂 🎉 😮 😢"
TEAM_ONLY = MAX_RANK + 1  # a rank that no tier has: those who run the community
MAX_SLOW_S = 21_600
MAX_HISTORY = 10_000  # messages from before their time that new members of a group see
MAX_CLOSE_DAYS = 366
DAY_MINUTES = 24 * 60

Kind = Literal["channel", "group"]
Reactions = Literal["any", "set", "off"]
MailTo = Literal["comment", "inbox"]

# What stands at this place of an address already: /@{handle}/{slug}.
# What /@{handle}/… means or is going to mean besides rooms.
RESERVED_SLUGS: Final = frozenset(
    ["api", "atom", "calendar", "export", "feed", "feeds", "gift", "hello", "invite", "invites", "join", "leave", "members",
     "new", "questions", "reach", "rss", "search", "settings", "sitemap", "subscribe", "tag", "tiers", "well-known"]
)  # fmt: skip
SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Room:
    """`min_rank` None: everyone who may see the community; 0: members; n: tiers of rank n and above.

    The rest are the rules of a group. `write_rank`, `topic_rank`, `upload_rank`: who may write, start a topic and send
    files (None: every member; TEAM_ONLY: staff). `history`: how many messages from before their time new members see (None: all).
    `slow_s`: seconds between two messages of one member; from `slow_free_rank` on there is none. `quiet_from`,
    `quiet_to`: minutes of the day (UTC) between which nobody writes. `close_days`: a topic without a message for so
    long is closed.
    """

    id: str
    community_id: str
    slug: str
    name: str
    about: str
    kind: Kind
    min_rank: int | None
    position: int
    created_at: int
    # Under its posts: whether members comment at all, from which rank on (None: every member), how many days after
    # they joined, whether somebody's first one waits for approval, and until how many days after the post.
    comments: bool = True
    comment_rank: int | None = None
    comment_age_days: int = 0
    comment_first_held: bool = False
    comment_days: int | None = None
    # `reactions`: any emoji, those of `reaction_set` alone, or none. With "any", too, the set is what is offered first.
    # The community's own are `:name:` in it.
    reactions: Reactions = "any"
    reaction_set: str = FIRST_OFFERED  # apart by spaces
    reaction_default: str = "❤️"
    reactors_shown: bool = False  # who reacted is told; else nobody is, staff included

    @property
    def offered(self) -> tuple[str, ...]:
        """The emoji that stand ready under every post; none where nobody reacts."""
        return () if self.reactions == "off" else tuple(self.reaction_set.split())

    @property
    def quickest(self) -> str | None:
        """What a double tap means; None where nobody reacts. Never one that the room does not take."""
        if self.reactions == "set" and self.reaction_default not in self.offered:
            return self.offered[0]
        return None if self.reactions == "off" else self.reaction_default

    def takes(self, one: str) -> bool:
        """Whether this emoji may be added here."""
        return self.reactions == "any" or one in self.offered

    write_rank: int | None = None
    topic_rank: int | None = None
    upload_rank: int | None = None
    history: int | None = None
    slow_s: int = 0
    slow_free_rank: int | None = None
    quiet_from: int | None = None
    quiet_to: int | None = None
    close_days: int | None = None
    previews: bool = True  # new posts show what they link to
    # Whether a letter about a post can be answered, and what an answer becomes: a comment, which everybody reads who may
    # read the post, or a message to the team alone.
    mail_replies: bool = False
    mail_to: MailTo = "comment"
    podcast_category: str = ""  # of its podcast; "": as its community says
    podcast_email: str = ""

    @property
    def is_group(self) -> bool:
        return self.kind == "group"


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


def parse_offered(given: str | Sequence[str]) -> str:
    """The set of a room as it is stored, from what was typed or from a list. Raises Invalid (reaction_set)."""
    typed = given if isinstance(given, str) else " ".join(given)
    return " ".join(emoji.parse_several(typed, "reaction_set", most=MAX_OFFERED))


def parse_default(given: str) -> str:
    """Raises Invalid (reaction_default)."""
    bare = given.strip()
    return bare if emoji.is_own(bare) else emoji.parse(bare, "reaction_default")


RULES: Final[dict[str, Check]] = {
    "write_rank": number(
        "write_rank",
        "Choose who may write: members, a tier, or the team.",
        least=0,
        most=TEAM_ONLY,
        null=True,
    ),
    "topic_rank": number(
        "topic_rank",
        "Choose who may start a topic: members, a tier, or the team.",
        least=0,
        most=TEAM_ONLY,
        null=True,
    ),
    "upload_rank": number(
        "upload_rank",
        "Choose who may send files: members, a tier, or the team.",
        least=0,
        most=TEAM_ONLY,
        null=True,
    ),
    "history": number(
        "history",
        "Choose what new members see of the past: all, nothing, or the last 1 to 10,000 messages.",
        least=0,
        most=MAX_HISTORY,
        null=True,
    ),
    "slow_s": number(
        "slow_s",
        "Slow mode takes 0 to 21,600 seconds (6 hours). Write a number in between.",
        least=0,
        most=MAX_SLOW_S,
    ),
    "slow_free_rank": number(
        "slow_free_rank", "Choose for whom slow mode does not hold.", least=0, most=MAX_RANK, null=True
    ),
    "quiet_from": number(
        "quiet_from", "Write a time of day, like 22:00.", least=0, most=DAY_MINUTES - 1, null=True
    ),
    "quiet_to": number(
        "quiet_to", "Write a time of day, like 07:00.", least=0, most=DAY_MINUTES - 1, null=True
    ),
    "close_days": number(
        "close_days", "Topics close after 1 to 366 days, or never.", least=1, most=MAX_CLOSE_DAYS, null=True
    ),
}
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
    "reactions": choice("reactions", "Choose any emoji, a set of them, or none.", "any", "set", "off"),
    "reaction_set": parse_offered,
    "reaction_default": parse_default,
    "reactors_shown": flag("reactors_shown"),
    "previews": flag("previews"),
    "mail_replies": flag("mail_replies"),
    "mail_to": choice(
        "mail_to", "Choose where answers by mail go: comments, or the inbox.", "comment", "inbox"
    ),
    "comments": flag("comments"),
    "comment_rank": number(
        "comment_rank", "Choose who may comment: members, or a tier.", least=0, most=MAX_RANK, null=True
    ),
    "comment_age_days": number(
        "comment_age_days", "Write a number of days from 0 to 3,650.", least=0, most=MAX_COMMENT_DAYS
    ),
    "comment_first_held": flag("comment_first_held"),
    "comment_days": number(
        "comment_days",
        "Write a number of days from 1 to 3,650, or nothing.",
        least=1,
        most=MAX_COMMENT_DAYS,
        null=True,
    ),
    **podcasting.CHECKS,
    **RULES,
}
# What a room is for is decided once: a channel's readers never find themselves writing in it.
CHANGEABLE: Final = CHECKS.keys() - {"kind"}
