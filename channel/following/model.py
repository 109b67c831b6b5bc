"""Following a community without an account, by mail or on a device: what is asked for, and what was chosen. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

import msgspec

from channel.accounts.model import parse_email, parse_language
from channel.notices.model import HOWS, How, Times, for_post, parse_tag, parse_zone
from channel.posts.model import Post
from channel.push.model import PushHow, Subscription

DAY_MS: Final = 24 * 60 * 60_000
CONFIRM_MS: Final = 48 * 60 * 60_000  # how long the link in the first mail works
PASS_MS: Final = 60 * 60_000  # and the one that makes an account of it
RESTS_MS: Final = 14 * DAY_MS  # an address that a mail server refused is left alone so long
MOST_REFUSALS: Final = 3  # then it is forgotten


class Wish(msgspec.Struct, frozen=True):
    """What somebody asked for who has not confirmed it yet. Kept with the secret of the link, and gone with it."""

    community_id: str
    email: str
    how: How
    language: str
    zone: str = "UTC"  # where whoever asked was; what was asked before this was kept has none
    tag: str = ""  # folded: posts with it, and nothing else

    @classmethod
    def parse(
        cls, community_id: str, email: str, how: How, language: str | None, zone: str = "", *, tag: str = ""
    ) -> "Wish":
        """`zone`: "" for one that is not known; `tag`: "" for all posts. Raises Invalid for what is no address, no zone, no
        tag."""
        where = parse_zone(zone) if zone else Times().zone
        only = parse_tag(tag) if tag else ""
        return cls(community_id, parse_email(email), how, parse_language(language) or "en", where, only)


@dataclass(frozen=True, slots=True)
class Follower:
    """An address that follows a community. `chosen`: what was chosen for single rooms, by their id, and for tags, by key_of.
    Moments are epoch ms."""

    id: str
    community_id: str
    email: str
    how: How
    language: str
    times: Times
    refused_at: int | None
    created_at: int
    chosen: dict[str, How] = field(default_factory=dict)
    muted_until: int | None = None
    per_week: int | None = None  # posts at once in seven days; None: all
    pictures_since: int | None = None  # when they chose that letters show pictures

    def mutes(self, now: int) -> bool:
        """Whether nothing is told at `now`."""
        return self.muted_until is not None and self.muted_until > now

    def rests(self, now: int) -> bool:
        """A mail server refused the address not long ago (`now`: epoch ms)."""
        return self.refused_at is not None and now - self.refused_at < RESTS_MS

    def wants(self, post: Post, tags: Collection[str]) -> How:
        """What holds for a post with these tags: see for_post."""
        return for_post(self.chosen, post.room_id, tags, important=post.important) or self.how

    def wants_of(self, post: Post, tags: Collection[str]) -> bool:
        """Whether they want to be told of this one at all."""
        how = self.wants(post, tags)
        return post.important if how == "important" else how != "none"


@dataclass(frozen=True, slots=True)
class FollowDevice:
    """A browser that follows a community and belongs to nobody. `chosen`: as of a Follower. Moments are epoch ms."""

    id: str
    community_id: str
    to: Subscription
    how: PushHow
    language: str
    times: Times
    muted_until: int | None
    problem: str
    chosen: dict[str, PushHow] = field(default_factory=dict)
    per_week: int | None = None

    def mutes(self, now: int) -> bool:
        """Whether nothing is told there at `now`."""
        return self.muted_until is not None and self.muted_until > now

    def wants_of(self, post: Post, tags: Collection[str]) -> bool:
        """Whether it is to be told of this one, which has these tags."""
        how = for_post(self.chosen, post.room_id, tags, important=post.important) or self.how
        return post.important if how == "important" else how != "none"


def how_of(text: str) -> How:
    """As it stands in a row."""
    return next(how for how in HOWS if how == text)
