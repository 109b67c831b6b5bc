"""Emoji of a community's own: listed for who may see it, kept by those who say how it looks.

GET    /api/v1/communities/{handle}/emoji          every one, by name
PUT    /api/v1/communities/{handle}/emoji/{name}   the picture as the body; 200 with the emoji, also where it was another
PATCH  /api/v1/communities/{handle}/emoji/{name}   {name}
DELETE /api/v1/communities/{handle}/emoji/{name}
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from channel import emotes
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.looks import LOOK, MAX_BODY_BYTES
from channel.api.responses import answer
from channel.api.shape import Moment, Shape
from channel.emotes.model import CUT, MAX_BYTES, parse_name
from channel.errors import Invalid
from channel.members.governing import require_look
from channel.members.queries import visible
from channel.render.json import iso
from channel.routing import VIEWER, account_of, route, services_of
from channel.storage import Tx


class Emoji(Shape, frozen=True):
    """An emoji of a community's own."""

    name: str
    emoji: Annotated[str, Meta(description="`:name:`, as one reacts with it and as counts tell it")]
    url: Annotated[
        str, Meta(description="where its picture lies, a WebP; another picture has another address")
    ]
    created_at: Moment


class AllEmoji(Shape, frozen=True):
    """All of them, by name."""

    items: list[Emoji]
    next_cursor: str | None


class NewName(Struct, forbid_unknown_fields=True, kw_only=True):
    """What it is called from now on."""

    name: Annotated[str, Meta(max_length=40)]


def _shape(one: emotes.Emote) -> Emoji:
    return Emoji(name=one.name, emoji=one.shown, url=emotes.address(one.key), created_at=iso(one.created_at))


async def list_emoji(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """What members can react with besides the emoji that everybody has."""
    place = await places.community(call, tx)
    found = await emotes.of_community(tx, place.community.id)
    part, cursor = places.part_of(found, given, lambda one: one.name)
    return Answer(AllEmoji(items=[_shape(one) for one in part], next_cursor=cursor))


async def put_emoji(request: Request) -> Response:
    """PUT /api/v1/communities/{handle}/emoji/{name}"""
    services, account_id = services_of(request), account_of(request).id
    handle, name = request.path_params["handle"], request.path_params["name"]
    async with services.db.read() as tx:  # before the first byte is taken
        community, by = await visible(tx, handle, account_id)
        require_look(by, community)
    services.limiter.hit("upload", account_id)
    if unknown := sorted(request.query_params.keys()):
        raise Invalid({unknown[0][:40]: "There is no such parameter here. Leave it out."})
    parse_name(name)
    async with services.media.mint.sheet() as sheet:
        await sheet.take(request.stream(), MAX_BYTES)
        made = await sheet.cut(CUT)
    async with services.db.write() as tx:
        community, by = await visible(tx, handle, account_id)
        added = await emotes.add(tx, by, community, name, made, anew=True)
    return answer(msgspec.json.encode(_shape(added)), 200)


async def rename_emoji(call: Call, tx: Tx, given: NewName) -> Answer:
    """Give it another name. Reactions with it keep their count and are told by the new one."""
    place = await places.community(call, tx)
    renamed = await emotes.rename(tx, place.by, place.community, call.word("name"), given.name)
    return Answer(_shape(renamed))


async def remove_emoji(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Remove it. Its picture is served no more; reactions with it keep their count and are told by its name alone."""
    place = await places.community(call, tx)
    await emotes.remove(tx, place.by, place.community, call.word("name"))
    return NO_CONTENT


_ALL = "/communities/{handle}/emoji"
_ONE = "/communities/{handle}/emoji/{name}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_emoji, query=places.PartQuery, policy=VIEWER, tag="communities",
        summary="List a community's own emoji", answers={200: AllEmoji},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=rename_emoji, policy=LOOK, tag="communities",
        summary="Rename an emoji", answers={200: Emoji}, body=NewName,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=remove_emoji, policy=LOOK, tag="communities",
        summary="Remove an emoji",
    ),
)  # fmt: skip
ROUTES = [route("/api/v1" + _ONE, put_emoji, LOOK, methods=("PUT",), max_body_bytes=MAX_BODY_BYTES)]
