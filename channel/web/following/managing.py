"""`/follow/by/{token}`: what somebody without an account chose, and the end of it. The link in their letters is the
authority; it can do nothing else.

Looking at it changes nothing, since mail programs and scanners look at links. A mail program's own button (RFC 8058)
sends one POST without cookies and without an Origin; a foreign page's form has one and is refused, as everywhere.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, following, members
from channel.communities import Community
from channel.errors import ChannelError, Invalid, NotFound
from channel.following import Follower, actions, links
from channel.following.devices import parse_days
from channel.following.model import DAY_MS
from channel.i18n import noop as N_
from channel.members import Entitlement
from channel.members.queries import readable_rooms
from channel.notices.actions import parse_how
from channel.notices.model import WEEK_MS, less_than
from channel.posts.tagged import often
from channel.rooms import Room
from channel.routing import ANYONE, route, services_of
from channel.storage import Tx
from channel.web import wishes
from channel.web.account.notices import channels, per_weeks
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
TEMPLATE: Final = "follow/chosen.html"
OFF: Final = "follow/off.html"
SAID: Final[dict[str, str]] = {
    "on": N_("You follow. New posts come to your address from now on."),
    "saved": N_("Saved."),
    "again": N_("Letters go to your address again."),
    "mute": N_("Saved."),
    "pictures": N_("Saved."),
    "pass": N_("A letter is on its way to your address. Its link makes the pass."),
}


@dataclass(frozen=True, slots=True)
class _Whose:
    """What the link is about; `rooms`: those that may be chosen for themselves."""

    follower: Follower
    community: Community
    stranger: Entitlement
    rooms: list[Room]


def _id(request: Request) -> str:
    return links.opened(services_of(request).secret, request.path_params["token"])


async def _whose(tx: Tx, request: Request) -> _Whose:
    """Raises NotFound for what is no link of ours, and for somebody who stopped."""
    follower = await following.one(tx, _id(request))
    community = await communities.one(tx, follower.community_id)
    stranger = await members.entitlement(tx, community, None)
    return _Whose(follower, community, stranger, channels(stranger, await readable_rooms(tx, stranger)))


async def show(request: Request) -> Response:
    """GET /follow/by/{token}?said"""
    async with services_of(request).db.read() as tx:
        context = await _context(tx, await _whose(tx, request))
    said = SAID.get(request.query_params.get("said", ""), "")
    return page(request, TEMPLATE, {**context, "said": said, "form": None})


async def _context(tx: Tx, whose: _Whose) -> dict[str, Any]:
    follower, now = whose.follower, tx.now
    return {
        "follower": follower,
        "community": whose.community,
        "open": whose.stranger.visible and not whose.community.deleted,
        "rooms": [(room, follower.chosen.get(room.id, "")) for room in whose.rooms],
        "tags": wishes.tag_fields(
            wishes.TAG, follower.chosen, await often(tx, whose.stranger, wishes.MOST_OFFERED)
        ),
        "per_week": follower.per_week,
        "per_weeks": per_weeks(follower.per_week),
        "refused": follower.rests(now),
        "pictures": follower.pictures_since is not None,
        "muted_until": follower.muted_until if follower.mutes(now) else None,
        **wishes.time_fields(follower.times),
    }


async def save(request: Request) -> Response:
    """POST /follow/by/{token} {how, zone, hour, quiet_from?, quiet_to?, important_passes?, room-ID?, tag-NAME?, tag_new?, tag_how?,
    per_week?}; {do: mute, days}; {do: pictures, pictures?}; or {do: again | pass}."""
    form = await read_form(request)
    do = form.line("do")
    try:
        async with services_of(request).db.write() as tx:
            whose = await _whose(tx, request)
            await _do(tx, whose, do, form)
    except NotFound:
        raise
    except ChannelError as error:
        async with services_of(request).db.read() as tx:
            context = await _context(tx, await _whose(tx, request))
        return ask_again(request, TEMPLATE, form, error, {**context, "said": ""})
    return see_other(f"{request.url.path}?said={do or 'saved'}")


async def _do(tx: Tx, whose: _Whose, do: str, form: Form) -> None:
    match do:
        case "again":
            await actions.try_again(tx, whose.follower.id)
        case "mute":
            days = parse_days(form.number("days"))
            await actions.be_quiet(tx, whose.follower.id, tx.now + days * DAY_MS if days else None)
        case "pictures":
            await actions.show_pictures(tx, whose.follower.id, wanted=form.on("pictures"))
        case "pass":
            await actions.ask_pass(tx, whose.follower.id)
        case "":
            chosen = wishes.of_places(form, whose.rooms, parse_how)
            how, times = parse_how(form.line("how")), wishes.times(form)
            await actions.change(tx, whose.follower.id, how, times, chosen)
            if "per_week" in form.values:
                await actions.limit(tx, whose.follower.id, form.number("per_week"))
        case _:
            raise Invalid({"": "Choose what is to be done."})


async def look_off(request: Request) -> Response:
    """GET /follow/by/{token}/off: what can be ended."""
    async with services_of(request).db.read() as tx:
        whose = await _whose(tx, request)
    fewer = less_than({whose.follower.how, *whose.follower.chosen.values()})
    return page(request, OFF, {"community": whose.community, "done": "", "chosen": "", "fewer": fewer})


async def off(request: Request) -> Response:
    """POST /follow/by/{token}/off {what: all | daily | important | week}, or what a mail program sends: all. Who stopped
    before has."""
    form = await read_form(request)
    name, said = ONE_CLICK
    what = "all" if form.line(name) == said else form.line("what")
    follower_id = _id(request)
    async with services_of(request).db.write() as tx:
        await _end(tx, follower_id, what)
    chosen = "" if what == "all" else request.url.path.removesuffix("/off")
    return page(request, OFF, {"community": None, "done": what, "chosen": chosen})


async def _end(tx: Tx, follower_id: str, what: str) -> None:
    match what:
        case "all":
            await actions.end(tx, follower_id)
        case "daily" | "important":
            await actions.soften(tx, follower_id, parse_how(what))
        case "week":
            held = (await following.one(tx, follower_id)).muted_until or 0
            await actions.be_quiet(tx, follower_id, max(held, tx.now + WEEK_MS))
        case _:
            raise Invalid(
                what="Choose what is to end: all letters, all but important ones or one a day, or a week of them."
            )


ROUTES = [
    route("/follow/by/{token}", show, ANYONE),
    route("/follow/by/{token}", save, ANYONE, methods=("POST",)),
    route("/follow/by/{token}/off", look_off, ANYONE),
    route("/follow/by/{token}/off", off, ANYONE, methods=("POST",)),
]
