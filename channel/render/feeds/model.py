"""What a feed says, before it is written down in one of its forms. All addresses are whole; moments are epoch ms."""

from dataclasses import dataclass
from uuid import UUID, uuid5

from channel.communities.podcasting import UNSAID
from channel.media.model import Chapter
from channel.posts.model import Ai


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where things lie for who reads elsewhere: pages below `base`, media below `media`, which may carry a secret.

    `reader`: the account whose private feed it is, "" for everybody's. Their entries have other ids than everybody's,
    for services keep entries by id, and must not show one reader what they fetched for another. `hub`: who tells
    subscribers of news there (WebSub), "" for nobody; never of a private feed.
    """

    base: str
    media: str
    language: str
    reader: str = ""
    hub: str = ""

    def page(self, href: str) -> str:
        """A page of ours, or somebody else's as it is."""
        return f"{self.base}{href}" if href.startswith("/") else href

    def medium(self, href: str) -> str:
        """A file of a post."""
        return f"{self.media}{href}"

    def key(self, thing_id: str) -> str:
        """An id that stays, wherever the installation moves to."""
        return f"urn:uuid:{uuid5(UUID(self.reader), thing_id) if self.reader else thing_id}"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A sound or a video. `size` in bytes."""

    href: str
    type: str
    size: int
    title: str
    duration_ms: int | None
    chapters: str = ""  # where they lie, as JSON
    marks: tuple[Chapter, ...] = ()  # the same


@dataclass(frozen=True, slots=True)
class In:
    """The room in which a post stands: the name of its address and what people call it."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A post. `html` may be read anywhere: only tags that readers know, no address that is not whole."""

    key: str
    href: str
    title: str
    summary: str
    html: str
    author: str
    room: In
    created_at: int
    updated_at: int
    ai: Ai | None  # None: locked, so it is not told
    locked: bool
    explicit: bool
    picture: str
    enclosures: tuple[Enclosure, ...]


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed. `icon` "": there is none. `category`: one of communities.podcasting; `email`: of its owner, "" for not told. `hub`: see Elsewhere. `private`: one follower's, to be listed and passed on nowhere."""

    key: str
    href: str
    title: str
    about: str
    author: str
    language: str
    icon: str
    cover: str
    hub: str
    private: bool
    updated_at: int
    entries: tuple[Entry, ...]
    category: str = UNSAID
    email: str = ""
