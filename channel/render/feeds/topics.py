"""Where everybody's feeds lie, and of which of them the hub is told (WebSub calls them topics)."""

from channel.communities import Community
from channel.members import Entitlement
from channel.render.feeds.forms import FORMS
from channel.rooms import Room


def place(base: str, community: Community, room: Room | None = None) -> str:
    """What the addresses of everybody's feeds of a community, or of one of its rooms, begin with."""
    return f"{base}/@{community.handle}" + (f"/{room.slug}" if room else "")


def is_announced(guest: Entitlement, community: Community, room: Room | None = None) -> bool:
    """Whether a hub may know of it. `guest`: what one who is signed out may see of the community.

    Neither what is unlisted, since a hub tells its addresses to others, nor what members of a group say to each other.
    """
    open_room = room is None or (guest.reads(room.min_rank) and not room.is_group)
    return guest.visible and community.visibility == "public" and open_room


def topics(base: str, community: Community, room: Room) -> list[str]:
    """The addresses of all feeds that have the posts of the room: its own, and those of the whole community."""
    return [f"{place(base, community, there)}/{name}" for there in (room, None) for name in FORMS]
