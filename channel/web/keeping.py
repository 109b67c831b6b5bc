"""What a browser may keep of an account's pages for when there is no network, and until when.

The service worker (static/sw) keeps copies of rooms and asks here, again and again, what of them it still may have. A
copy is shown only under the mark that was told last for its room: whoever lost a tier, was banned or left has another
mark, or none, and the copy goes. Which session a page was made for is told with it (`Channel-For`), so that nobody's
copies outlive their being signed in.
"""

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.ids import is_id
from channel.members import Entitlement
from channel.members.queries import tier_ends
from channel.rooms import Room, read_positions
from channel.routing import VIEWER, Viewer, route, services_of, viewer_of
from channel.storage import Tx
from channel.topics.marks import read_upto
from channel.web import roomlist
from channel.web.responses import tag_of

MARK = "channel-keep"
MOST_TOPICS = 50  # asked for at once
MOST_ROOMS = 100  # told of one account, newest first; what is not told is not kept


def mark(by: Entitlement, room: Room) -> str:
    """Another one as soon as another rank, role, state or room decides what is on the page."""
    facts = (by.community_id, by.account_id, by.rank, by.role, by.state, by.joined_at, room.id, room.min_rank)
    return hashlib.blake2b(repr(facts).encode(), digest_size=9).hexdigest()


def keepable(response: Response, by: Entitlement, room: Room) -> Response:
    """The same answer, which says that members may keep it, and under which mark."""
    if by.belongs and response.status_code == 200:
        response.headers[MARK] = mark(by, room)
    return response


def mark_of_all(mine: roomlist.Mine) -> str:
    """The same for a page with words of all rooms that one may enter."""
    by = {stop.community.id: stop.entitlement for stop in mine.stops}
    marks = sorted(mark(by[line.community.id], line.room) for line in mine.lines if not line.locked)
    return hashlib.blake2b(" ".join(marks).encode(), digest_size=9).hexdigest()


async def standing(request: Request) -> Response:
    """GET /app/standing: {for, account, unread, home, rooms: [{id, path, mark, head, read, until}]} of who asks, and
    topics: [{id, read}] for each ?topic=, of which a notice may stand in that browser."""
    viewer = viewer_of(request)
    told: dict[str, Any] = {
        "for": tag_of(viewer),
        "account": viewer.account_id,
        "unread": 0,
        "home": "",
        "rooms": [],
        "topics": [],
    }
    named = [one for one in request.query_params.getlist("topic")[:MOST_TOPICS] if is_id(one)]
    if viewer.account is not None:
        async with services_of(request).db.read() as tx:
            told |= await _rooms(tx, viewer)
            read = await read_upto(tx, viewer.account.id, named)
            told["topics"] = [{"id": topic_id, "read": seq} for topic_id, seq in read.items()]
    return JSONResponse(told, headers={"cache-control": "private, no-store", "vary": "cookie"})


async def _rooms(tx: Tx, viewer: Viewer) -> dict[str, Any]:
    mine = await roomlist.mine(tx, viewer.account)
    ends = await tier_ends(tx, viewer.account_id or "")
    by = {stop.community.id: stop.entitlement for stop in mine.stops}
    open_lines = [line for line in mine.lines if not line.locked][:MOST_ROOMS]
    read = await read_positions(tx, viewer.account_id or "", [line.room.id for line in open_lines])
    told = [
        {
            "id": line.room.id,
            "path": line.href,
            "mark": mark(by[line.community.id], line.room),
            "head": line.head,
            "read": read[line.room.id],
            "until": ends.get(line.community.id),
        }
        for line in open_lines
    ]
    return {"unread": mine.unread, "home": mark_of_all(mine), "rooms": told}


ROUTES = [route("/app/standing", standing, VIEWER)]
