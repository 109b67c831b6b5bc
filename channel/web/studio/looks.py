"""The community's own icon and cover, sent as pictures and cut here."""

from starlette.requests import Request
from starlette.responses import Response

from channel import looks
from channel.errors import ChannelError
from channel.looks.actions import PURPOSES, Place
from channel.members import Action
from channel.routing import services_of
from channel.web.forms import Form
from channel.web.looks import sent
from channel.web.refusals import ask_again
from channel.web.studio.place import enter, go
from channel.web.studio.settings import TEMPLATE, all_of


async def icon(request: Request) -> Response:
    """POST /studio/{handle}/icon {file, x?, y?, zoom?, remove?}"""
    return await _dress(request, "avatar")


async def cover(request: Request) -> Response:
    """POST /studio/{handle}/cover {file, x?, y?, zoom?, remove?}"""
    return await _dress(request, "cover")


async def _dress(request: Request, where: Place) -> Response:
    async with services_of(request).db.read() as tx:  # before the first byte is taken
        await enter(request, tx, Action.EDIT_COMMUNITY)
    try:
        form, made = await sent(request, PURPOSES[where])
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            if form.on("remove"):
                await looks.undress(tx, place.by, place.community, where)
            else:
                await looks.dress(tx, place.by, place.community, where, made)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, Form(), error, await all_of(request) | {"wrong": where})
    return go(request, "/settings", "removed" if form.on("remove") else "saved")
