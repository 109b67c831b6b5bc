"""`/follow/@{handle}`: the ways to get new posts without an account, and the form that asks for them by mail."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import members, push
from channel.errors import ChannelError, NotFound
from channel.following import Wish, actions
from channel.naming import tag_of
from channel.notices.actions import parse_how
from channel.notices.model import zone_of_browser
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

TEMPLATE = "follow.html"


async def show(request: Request) -> Response:
    """GET /follow/@{handle}?sent&tag"""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        context = await _context(tx, request, place)
    sent = "sent" in request.query_params
    return page(request, TEMPLATE, {**context, "sent": sent, "form": None})


async def _context(tx: Tx, request: Request, place: Place) -> dict[str, Any]:
    """`open`: strangers see something here, so there is something to follow."""
    stranger = await members.entitlement(tx, place.community, None)
    return {
        "community": place.community,
        "by": place.by,
        "open": stranger.visible and not place.community.deleted,
        "hue": place.community.hue,
        "push_key": push.public_key(services_of(request).secret),
        "wrong_device": False,
        "tag": tag_of(request.query_params.get("tag", "")),
    }


async def ask(request: Request) -> Response:
    """POST /follow/@{handle} {email, how?, zone?, tag?}: the answer is the same whatever is known of the address."""
    services, viewer = services_of(request), viewer_of(request)
    if not services.settings.smtp:
        raise NotFound
    form = await read_form(request)
    try:
        services.limiter.hit("follow", viewer.network)
        async with services.db.write() as tx:
            place = await community_of(tx, request)
            if place.banned:
                return await banned_page(tx, request, place)
            how = parse_how(form.line("how") or "instant")
            zone = zone_of_browser(form.line("zone"))
            wish = Wish.parse(
                place.community.id, form.line("email"), how, viewer.language, zone, tag=form.line("tag")
            )
            await actions.ask(tx, place.community, wish, network=viewer.network)
    except NotFound:
        raise
    except ChannelError as error:
        return await _again(request, form, error)
    return see_other(f"/follow/@{place.community.handle}?sent=1")


async def _again(request: Request, form: Form, error: ChannelError, *, device: bool = False) -> Response:
    async with services_of(request).db.read() as tx:
        context = await _context(tx, request, await community_of(tx, request))
    return ask_again(request, TEMPLATE, form, error, {**context, "sent": False, "wrong_device": device})


async def device_again(request: Request, form: Form, error: ChannelError) -> Response:
    """The page, and what is wrong with following on this device."""
    return await _again(request, form, error, device=True)


ROUTES = [
    route("/follow/@{handle}", show, VIEWER),
    route("/follow/@{handle}", ask, VIEWER, methods=("POST",)),
]
