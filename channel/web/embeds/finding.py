"""What stands behind an address, for the eyes of a stranger: nobody else ever looks at an embed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from channel import communities, members, rooms
from channel.communities import Community
from channel.errors import Forbidden, NotFound
from channel.members import Entitlement, queries
from channel.posts import feeding, horizon
from channel.posts import queries as posts
from channel.render import titles, views
from channel.rooms import Room
from channel.storage import Tx

ENTRIES: Final = 10
TITLE_CHARS: Final = 80
_PAGE: Final = re.compile(r"/@([a-z0-9_-]{1,40})(?:/([a-z0-9_-]{1,40})(?:/([0-9]{1,15}))?)?/?")


@dataclass(frozen=True, slots=True)
class Address:
    """A page that may be shown elsewhere: a community, one of its rooms, or a post."""

    handle: str
    slug: str | None = None
    seq: int | None = None

    @classmethod
    def parse(cls, path: str) -> "Address":
        """Raises NotFound for everything else."""
        match = _PAGE.fullmatch(path)
        if match is None:
            raise NotFound("There is no such page.")
        return cls(match[1], match[2], int(match[3]) if match[3] else None)


@dataclass(frozen=True, slots=True)
class Shown:
    """`views`: the post, or the newest ones, newest first; none of them is a trace."""

    community: Community
    room: Room | None
    seq: int | None
    views: tuple[views.AnyView, ...]
    room_names: Mapping[str, str] = field(default_factory=dict)  # of posts from several

    @property
    def page(self) -> str:
        """The path of the page that it is about."""
        parts = (f"/@{self.community.handle}", self.room and self.room.slug, self.seq and str(self.seq))
        return "/".join(part for part in parts if part)

    @property
    def title(self) -> str:
        """Of the frame and of the card: what an outsider may know."""
        name = f"{self.room.name} · {self.community.name}" if self.room else self.community.name
        said = titles.title(self.views[0], TITLE_CHARS) if self.seq and self.views else ""
        return f"{said} · {self.community.name}" if said else name


async def shown(tx: Tx, address: Address, *, most: int = ENTRIES) -> Shown:
    """Raises NotFound for what is not there, is not for strangers to know of, or may not stand elsewhere.

    Raises Forbidden (code room_locked) for a room that a stranger may know of and not enter. Groups are not shown:
    their members write for each other.
    """
    community = await communities.by_handle(tx, address.handle)
    guest = await members.entitlement(tx, community, None)
    if not guest.visible or not community.shown_elsewhere:
        raise NotFound("There is no such page.")
    room = await _room(tx, guest, address.slug) if address.slug else None
    names: dict[str, str] = {}
    if room is None:
        names = {one.id: one.name for one in await queries.readable_rooms(tx, guest) if not one.is_group}
        found = await feeding.newest_in(tx, community.id, [*names], limit=most)
    elif address.seq is not None:
        found = [await posts.by_seq(tx, room.id, address.seq)]
    else:
        since = await horizon.first_seq(tx, guest, room)
        found = await feeding.newest_of(tx, room.id, since=since, limit=most)
    seen = await views.post_views(tx, found, room, community, guest)
    kept = tuple(view for view in seen if view.shape != "gone")
    if address.seq is not None and not kept:
        raise NotFound("There is no such page.")
    return Shown(community, room, address.seq, kept, names)


async def _room(tx: Tx, guest: Entitlement, slug: str) -> Room:
    room = await rooms.by_slug(tx, guest.community_id, slug)
    if room.is_group:
        raise NotFound("There is no such page.")
    if not guest.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    return room
