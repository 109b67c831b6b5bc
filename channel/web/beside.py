"""What stands beside the posts of a room: the rail, the rooms of the community, and why one may not enter."""

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import notices, push, rooms, tiers
from channel.members import Role
from channel.members.lapsed import Lapsed, lapsed
from channel.messages.queries import Beside, beside
from channel.messages.rights import offered
from channel.notices.model import holding
from channel.payments.offers import from_prices
from channel.rooms import Room
from channel.routing import viewer_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.web import roomlist
from channel.web.places import Place
from channel.web.responses import page


async def around(tx: Tx, request: Request, place: Place, room: Room) -> dict[str, Any]:
    """What stands beside the feed: the rail, the rooms of the community, what one may do here."""
    account = viewer_of(request).account
    mine = await roomlist.mine(tx, account)
    lines = mine.of(place.community)
    if not lines:
        lines = tuple(await roomlist.of_each(tx, [(place.community, place.by)], account))
    stop = next((stop for stop in mine.stops if stop.community.id == place.community.id), None)
    return {
        "community": place.community,
        "by": place.by,
        "room": room,
        "mine": mine,
        "lines": lines,
        "tier_name": stop.tier_name if stop and stop.entitlement.role == "member" else "",
        "unread_elsewhere": sum(line.unread for line in mine.lines if line.room.id != room.id),
        "runs": place.runs,
        "talk": await talk(tx, place),
        "levels": await tiers.of_community(tx, place.community.id),
    }


async def talk(tx: Tx, place: Place) -> Beside | None:
    """The way to one's messages to the team; None where there is none."""
    if place.by.role is not Role.MEMBER or place.by.account_id is None:
        return None
    found = await beside(tx, place.community.id, place.by.account_id)
    return found if offered(place.by, found.box, begun=found.begun) else None


async def welcome(tx: Tx, request: Request, place: Place) -> str:
    """What the line says to somebody who has just come: "choose" while nothing comes to them from here, else "keep"; ""
    for everybody else."""
    by = place.by
    if "welcome" not in request.query_params or not by.belongs or by.account_id is None:
        return ""
    letters = holding(await notices.rules(tx, by.account_id, place.community.id), by.joined_at)
    comes = any(how != "none" for how in letters.values()) or await push.devices(tx, by.account_id)
    return "keep" if comes else "choose"


def line_of(lines: Iterable[roomlist.Line], room: Room) -> roomlist.Line:
    """The room in the list beside it: its head and what is unread were asked for already."""
    return next(line for line in lines if line.room.id == room.id)


async def read_upto(tx: Tx, place: Place, room: Room) -> int:
    """How far a member has read here; 0 for everybody else."""
    account_id = place.by.account_id
    if account_id is None or not place.by.belongs:
        return 0
    return (await rooms.read_positions(tx, account_id, [room.id]))[room.id]


async def locked_room(tx: Tx, request: Request, place: Place, room: Room, around: dict[str, Any]) -> Response:
    """The room exists and is not open to this viewer: which tier would open it, and nothing of what is inside."""
    opener: Tier | None = tiers.opening(around["levels"], room.min_rank)
    sold = await from_prices(tx, place.community.id)
    more = {"opener": opener, "price": sold.get(opener.id) if opener else None, "had": await had(tx, place)}
    return page(request, "locked_room.html", {**around, **more}, status=403)


async def had(tx: Tx, place: Place) -> Lapsed | None:
    """What a member paid for once and has no more."""
    if place.by.account_id is None or not place.by.belongs:
        return None
    return await lapsed(tx, place.community.id, place.by.account_id, place.by.rank)
