"""Where the feeds of a community and of its rooms lie, for the heads of pages and for people."""

from dataclasses import dataclass

from channel.communities import Community
from channel.render.feeds import FORMS, place
from channel.rooms import Room


@dataclass(frozen=True, slots=True)
class Link:
    """One form of a feed."""

    form: str
    type: str
    title: str
    href: str

    @property
    def plain_type(self) -> str:
        """The type without its letters, as pages name it."""
        return self.type.partition(";")[0]


def is_public(community: Community, room: Room | None = None) -> bool:
    """Whether a guest may see it, and hence everybody's feed of it."""
    open_room = room is None or room.min_rank is None
    return community.visibility != "private" and not community.deleted and open_room


def below(start: str, title: str) -> list[Link]:
    """Every form of the feed whose addresses begin so."""
    return [Link(form.title, form.type, title, f"{start}/{name}") for name, form in FORMS.items()]


def public(base: str, community: Community, room: Room | None = None) -> list[Link]:
    """Those of everybody's feed; none of what a guest may not see."""
    if not is_public(community, room):
        return []
    return below(place(base, community, room), f"{room.name} · {community.name}" if room else community.name)
