"""From the words in an address to what they name, as far as the viewer may know of it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channel import communities, members, rooms
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Action, Entitlement, State, queries
from channel.rooms import Room
from channel.routing import viewer_of
from channel.storage import Tx
from channel.web.responses import page


@dataclass(frozen=True, slots=True)
class Place:
    """A community and what the viewer may see and do in it. `banned`: they know of it, and may see nothing."""

    community: Community
    by: Entitlement

    @property
    def banned(self) -> bool:
        return self.by.state is State.BANNED

    @property
    def runs(self) -> bool:
        """The viewer has business in the studio."""
        return self.by.may(Action.SEE_STUDIO)


async def community_of(tx: Tx, request: Request) -> Place:
    """The community of `{handle}`. Raises NotFound when the viewer may not know of it; look at `banned` first."""
    community = await communities.by_handle(tx, request.path_params["handle"])
    by = await members.entitlement(tx, community, viewer_of(request).account_id)
    place = Place(community, by)
    if not by.visible and not place.banned:
        raise NotFound("There is no such community.")
    return place


async def room_of(tx: Tx, request: Request, place: Place) -> Room:
    """The room of `{slug}`. It may be above the viewer's rank: rooms are listed, so they may know of it."""
    return await rooms.by_slug(tx, place.community.id, request.path_params["slug"])


def moved(request: Request, room: Room) -> Response | None:
    """On to where the room is now, for who came by an address that it had before. Another room may take that one, so no
    browser is told to remember."""
    before = request.path_params["slug"]
    if before.strip().lower() == room.slug:
        return None
    parts = request.url.path.split("/")
    parts[parts.index(before)] = room.slug
    return RedirectResponse(str(request.url.replace(scheme="", netloc="", path="/".join(parts))), 302)


async def banned_page(tx: Tx, request: Request, place: Place) -> Response:
    """Says that one is banned, why and until when, and nothing of what goes on inside."""
    standing = await queries.standing(tx, place.community.id, place.by.account_id or "")
    context = {"place": place.community, "standing": standing, "hue": place.community.hue}
    return page(request, "banned.html", context, status=403)


def seq_of(text: str | None) -> int | None:
    """A seq from an address; None for nothing. Raises NotFound for what is none."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise NotFound
    return int(text)
