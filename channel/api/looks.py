"""Pictures of one's own: an account's face, a community's icon and cover.

PUT    /api/v1/me/avatar?x=&y=&zoom=                      the picture as the body; 200 with the account
PUT    /api/v1/communities/{handle}/avatar|cover?…        200 with the community
DELETE of the same                                        the generated one again
"""

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from channel import looks
from channel.api import communities as community_api
from channel.api import me, places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.responses import answer
from channel.errors import Invalid
from channel.looks import parse_cut
from channel.looks.actions import PURPOSES, Place
from channel.looks.model import MAX_BYTES, Purpose
from channel.media.minting import Made
from channel.members import Action
from channel.members.governing import require_look
from channel.members.queries import visible
from channel.routing import WRITER, account_of, role, route, services_of, viewer_of
from channel.storage import Tx

LOOK = role(Action.EDIT_COMMUNITY)
MAX_BODY_BYTES = 4 * MAX_BYTES  # so that who sends too much is told so
FIELDS = ("x", "y", "zoom")


async def _made(request: Request, purpose: Purpose) -> Sequence[Made]:
    """What came as the body, cut as the query says. Raises Invalid (file, x, y, zoom), TooMany."""
    services_of(request).limiter.hit("upload", account_of(request).id)
    if unknown := sorted(request.query_params.keys() - {*FIELDS}):
        raise Invalid({unknown[0][:40]: "There is no such parameter here. Leave it out."})
    cut = parse_cut(purpose, *(_number(request, name) for name in FIELDS))
    async with services_of(request).media.mint.sheet() as sheet:
        await sheet.take(request.stream(), MAX_BYTES)
        return await sheet.cut(cut)


def _number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name, "")
    if not (given.isascii() and given.isdigit() and len(given) < 5) and given:
        raise Invalid({name: "Write a whole number."})
    return int(given) if given else None


async def put_face(request: Request) -> Response:
    """PUT /api/v1/me/avatar"""
    made = await _made(request, "avatar")
    async with services_of(request).db.write() as tx:
        changed = await looks.wear(tx, account_of(request).id, made)
    return answer(msgspec.json.encode(me.shape(changed)), 200)


def _put(where: Place) -> Callable[[Request], Awaitable[Response]]:
    async def put(request: Request) -> Response:
        """PUT /api/v1/communities/{handle}/avatar or cover"""
        handle, services = request.path_params["handle"], services_of(request)
        async with services.db.read() as tx:  # before the first byte is taken
            community, by = await visible(tx, handle, account_of(request).id)
            require_look(by, community)
        made = await _made(request, PURPOSES[where])
        async with services.db.write() as tx:
            community, by = await visible(tx, handle, account_of(request).id)
            await looks.dress(tx, by, community, where, made)
            call = Call(viewer_of(request), request.path_params, services)
            told = await community_api.seen(call, tx, community.id)
        return answer(msgspec.json.encode(told), 200)

    return put


async def remove_my_avatar(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Show initials again. The picture is served no more."""
    await looks.unwear(tx, call.account.id)
    return NO_CONTENT


async def remove_community_avatar(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Show initials again. The picture is served no more."""
    place = await places.community(call, tx)
    await looks.undress(tx, place.by, place.community, "avatar")
    return NO_CONTENT


async def remove_community_cover(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Show a drawn cover again. The picture is served no more."""
    place = await places.community(call, tx)
    await looks.undress(tx, place.by, place.community, "cover")
    return NO_CONTENT


_FACE, _ICON, _COVER = "/me/avatar", "/communities/{handle}/avatar", "/communities/{handle}/cover"
ENDPOINTS = (
    Endpoint(
        method="DELETE", path=_FACE, handler=remove_my_avatar, policy=WRITER, tag="account",
        summary="Remove my picture",
    ),
    Endpoint(
        method="DELETE", path=_ICON, handler=remove_community_avatar, policy=LOOK, tag="communities",
        summary="Remove a community's picture",
    ),
    Endpoint(
        method="DELETE", path=_COVER, handler=remove_community_cover, policy=LOOK, tag="communities",
        summary="Remove a community's cover",
    ),
)  # fmt: skip
ROUTES = [
    route("/api/v1" + _FACE, put_face, WRITER, methods=("PUT",), max_body_bytes=MAX_BODY_BYTES),
    route("/api/v1" + _ICON, _put("avatar"), LOOK, methods=("PUT",), max_body_bytes=MAX_BODY_BYTES),
    route("/api/v1" + _COVER, _put("cover"), LOOK, methods=("PUT",), max_body_bytes=MAX_BODY_BYTES),
]
