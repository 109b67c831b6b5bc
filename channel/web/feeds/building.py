"""What a feed of a community or a room holds for a viewer, and its words in one form."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request

from channel import looks
from channel.communities import Community
from channel.communities.podcasting import UNSAID
from channel.i18n import translation
from channel.markdown import plain
from channel.members import Entitlement, queries
from channel.posts import feeding, horizon
from channel.posts.model import Post
from channel.render import views
from channel.render.feeds import FORMS, Elsewhere, FeedView, collect, printed
from channel.rooms import Room
from channel.storage import Tx
from channel.web.cards import ICON
from channel.web.feeds import artwork

ENTRIES = 30
EPISODES = 300  # of a podcast: directories show what stands in the feed, and nothing that once did
ABOUT_CHARS = 400
ICON_PX = 256


@dataclass(frozen=True, slots=True)
class Stuff:
    """What was read for a feed: nothing here looks at the data again."""

    community: Community
    room: Room | None
    shown: tuple[views.AnyView, ...]
    names: Mapping[str, str]  # of the rooms in which they stand, by their ids


async def gather(tx: Tx, by: Entitlement, community: Community, room: Room | None, form: str) -> Stuff:
    """The newest posts as this viewer sees them; none of a room that they may not enter. Raises NotFound."""
    there = [room] if room else [one for one in await queries.readable_rooms(tx, by) if not one.is_group]
    found = await _newest(tx, by, room, there, sounding=FORMS[form].sounding)
    shown = tuple(await views.post_views(tx, found, room, community, by))
    return Stuff(community, room, shown, {one.id: one.name for one in there})


async def _newest(
    tx: Tx, by: Entitlement, room: Room | None, there: Sequence[Room], *, sounding: bool
) -> list[Post]:
    most = EPISODES if sounding else ENTRIES
    if room is None:
        ids = [one.id for one in there]
        return await feeding.newest_in(tx, by.community_id, ids, sounding=sounding, limit=most)
    if not by.reads(room.min_rank):
        return []
    since = await horizon.first_seq(tx, by, room)
    return await feeding.newest_of(tx, room.id, since=since, sounding=sounding, limit=most)


async def written(request: Request, stuff: Stuff, form: str, at: Elsewhere, address: str) -> bytes:
    """The feed that lies at `address`, in a thread: long posts take time."""
    icon = _icon(request, stuff.community, at)
    return await asyncio.to_thread(_write, stuff, form, at, address, icon)


def _write(stuff: Stuff, form: str, at: Elsewhere, address: str, icon: str) -> bytes:
    community, room = stuff.community, stuff.room
    entries = collect(stuff.shown, stuff.names, at)
    title = f"{room.name} · {community.name}" if room else community.name
    if at.reader:
        title = translation(at.language).gettext("%(feed)s (private)") % {"feed": title}
    began = room.created_at if room else community.created_at
    feed = FeedView(
        key=at.key(room.id if room else community.id),
        href=at.page(f"/@{community.handle}" + (f"/{room.slug}" if room else "")),
        title=title,
        about=plain((room.about if room else "") or community.about, ABOUT_CHARS),
        author=community.name,
        language=at.language,
        icon=icon,
        cover=at.page(artwork.address(community.hue)),
        hub=at.hub,
        private=bool(at.reader),
        updated_at=max((entry.updated_at for entry in entries), default=began),
        entries=entries,
        category=(room and room.podcast_category) or community.podcast_category or UNSAID,
        # Who listens by a feed of their own needs nobody's address: directories do not list it.
        email="" if at.reader else (room and room.podcast_email) or community.podcast_email,
    )
    return printed(form, feed, address)


def _icon(request: Request, community: Community, at: Elsewhere) -> str:
    own = looks.address(community.avatar, ICON_PX)
    return at.page(own or request.app.state.assets.address(ICON))
