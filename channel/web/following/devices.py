"""Following on a device: switched on under `/follow/@{handle}`, managed under `/follow/on/{token}`, taken into an account.

The link in each notice is the authority for what was chosen, and can end it. It makes no account of the device: that takes
the keys that the browser keeps to itself, as switching it on does.
"""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members, push, rooms
from channel.accounts import Account, sessions
from channel.accounts.devices import device_of
from channel.communities import Community
from channel.errors import ChannelError, Invalid, NotFound
from channel.events import room_stream
from channel.following import FollowDevice, devices, links, sight
from channel.i18n import noop as N_
from channel.i18n import translate_error
from channel.members import Entitlement, State, joining
from channel.members.queries import readable_rooms
from channel.notices.model import parse_tag
from channel.outbox import head
from channel.posts.tagged import often
from channel.push.model import parse_push_how
from channel.rooms import Room
from channel.routing import ANYONE, VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import quiet, wishes
from channel.web.account.notices import channels, per_weeks
from channel.web.door import Arrived, welcome, who_comes
from channel.web.following import asking
from channel.web.forms import Form, read_form
from channel.web.places import banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

TEMPLATE: Final = "follow/device.html"
SAID: Final[dict[str, str]] = {
    "on": N_("You follow on this device. New posts come to it from now on."),
    "saved": N_("Saved."),
    "mute": N_("Saved."),
}


@dataclass(frozen=True, slots=True)
class _Whose:
    """What the link is about; `rooms`: those that may be chosen for themselves."""

    device: FollowDevice
    community: Community
    stranger: Entitlement
    rooms: list[Room]


async def switch_on(request: Request) -> Response:
    """POST /follow/@{handle}/device {endpoint, p256dh, auth, zone?, only?}: filled in by a script, with what the browser hands
    out. The same browser again is led to what it chose."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("follow", viewer.network)
        async with services.db.write() as tx:
            place = await community_of(tx, request)
            if place.banned:
                return await banned_page(tx, request, place)
            made = await devices.switch_on(
                tx, place.community, _browser(request, form), language=viewer.language, zone=form.line("zone"),
                network=viewer.network, tag=parse_tag(form.line("only"), "only") if form.line("only") else "",
            )  # fmt: skip
    except NotFound:
        raise
    except ChannelError as error:
        return await asking.device_again(request, form, _above(error))
    return see_other(f"{_address(request, made)}?said=on")


def _browser(request: Request, form: Form) -> push.Subscription:
    """Raises Invalid."""
    return push.Subscription.parse(
        endpoint=form.line("endpoint"), p256dh=form.line("p256dh"), auth=form.line("auth"),
        more=services_of(request).settings.push_hosts,
    )  # fmt: skip


def _above(error: ChannelError) -> ChannelError:
    """What is wrong with a hidden field stands above the form."""
    hidden = isinstance(error, Invalid) and {"endpoint", "p256dh", "auth"} & set(error.fields)
    return (
        Invalid({"": next(iter(error.fields.values()))}) if isinstance(error, Invalid) and hidden else error
    )


def _address(request: Request, one: FollowDevice) -> str:
    return f"/follow/on/{links.sealed(services_of(request).secret, one.id, links.OF_DEVICE)}"


def _id(request: Request) -> str:
    return links.opened(services_of(request).secret, request.path_params["token"], links.OF_DEVICE)


async def _whose(tx: Tx, request: Request) -> _Whose:
    """Raises NotFound for what is no link of ours, and for a device that was ended."""
    one = await sight.device(tx, _id(request))
    community = await communities.one(tx, one.community_id)
    stranger = await members.entitlement(tx, community, None)
    return _Whose(one, community, stranger, channels(stranger, await readable_rooms(tx, stranger)))


async def show(request: Request) -> Response:
    """GET /follow/on/{token}?said"""
    async with services_of(request).db.read() as tx:
        context = await _context(tx, request, await _whose(tx, request))
    said = SAID.get(request.query_params.get("said", ""), "")
    return page(request, TEMPLATE, {**context, "said": said, "form": None})


async def _context(tx: Tx, request: Request, whose: _Whose) -> dict[str, Any]:
    one, now = whose.device, tx.now
    return {
        "device": one,
        "problem": translate_error(viewer_of(request).language, one.problem),
        "community": whose.community,
        "open": whose.stranger.visible and not whose.community.deleted,
        "rooms": [(room, one.chosen.get(room.id, "")) for room in whose.rooms],
        "tags": wishes.tag_fields(
            wishes.TAG, one.chosen, await often(tx, whose.stranger, wishes.MOST_OFFERED)
        ),
        "per_week": one.per_week,
        "per_weeks": per_weeks(one.per_week),
        "muted_until": one.muted_until if one.mutes(now) else None,
        **wishes.time_fields(one.times, hour=False),
    }


async def save(request: Request) -> Response:
    """POST /follow/on/{token} {how, zone, quiet_from?, quiet_to?, important_passes?, room-ID?, tag-NAME?, tag_new?,
    tag_how?, per_week?}; {do: mute, days}; {do: moved, endpoint, p256dh,
    auth}, by the browser itself; or {do: stop}, which one may say twice."""
    form = await read_form(request)
    do = form.line("do")
    try:
        async with services_of(request).db.write() as tx:
            if do == "stop":
                await devices.end(tx, _id(request))
                return page(request, "follow/device-off.html")
            whose = await _whose(tx, request)
            await _do(tx, request, whose, do, form)
    except NotFound:
        raise
    except ChannelError as error:
        return await _again(request, form, _above(error))
    if do == "mute" and "application/json" in request.headers.get("accept", ""):
        return quiet.answer(request, whose.community, form.number("days") or 0)
    return see_other(f"{request.url.path}?said={do or 'saved'}")


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    async with services_of(request).db.read() as tx:
        context = await _context(tx, request, await _whose(tx, request))
    return ask_again(request, TEMPLATE, form, error, {**context, "said": ""})


async def _do(tx: Tx, request: Request, whose: _Whose, do: str, form: Form) -> None:
    device_id = whose.device.id
    match do:
        case "mute":
            await devices.be_quiet(tx, device_id, devices.parse_days(form.number("days")))
        case "moved":
            await devices.move(tx, device_id, _browser(request, form))
        case "":
            how = parse_push_how(form.line("how"), "how")
            times = wishes.times(form, hour=False)
            here = wishes.of_places(form, whose.rooms, parse_push_how)
            await devices.change(tx, device_id, how, times, here)
            if "per_week" in form.values:
                await devices.limit_to(tx, device_id, form.number("per_week"))
        case _:
            raise Invalid({"": "Choose what is to be done."})


async def take(request: Request) -> Response:
    """POST /follow/on/{token}/pass {display_name?, endpoint, p256dh, auth}: the account that is signed in, or a new one, is
    a member now, and the browser is told as theirs."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("join", viewer.account_id or viewer.network)
        async with services.db.write() as tx:
            whose = await _whose(tx, request)
            devices.require_same(whose.device, _browser(request, form))
            arrived, onward = await _take(tx, request, whose, form)
    except NotFound:
        raise
    except ChannelError as error:
        return await _again(request, form, _above(error))
    return welcome(request, arrived, onward)


async def _take(tx: Tx, request: Request, whose: _Whose, form: Form) -> tuple[Arrived, str]:
    one, community = whose.device, whose.community
    account, cookie = await who_comes(tx, request, form)
    membership = await joining.join(tx, account, community)
    arrived = Arrived(account, membership, cookie)
    if membership.state is State.REQUESTED:  # they go on following until somebody takes them in
        return arrived, f"/@{community.handle}"
    by = await members.entitlement(tx, community, account.id)
    here = await readable_rooms(tx, by)
    if membership.joined:
        await _place(tx, account, here, one)
    await devices.hand_over(tx, one, by, community, here, await _owner(tx, request, arrived))
    target = f"/{here[0].slug}?welcome=1#newest" if here else ""
    return arrived, f"/@{community.handle}{target}"


async def _owner(tx: Tx, request: Request, arrived: Arrived) -> push.Owner:
    """It goes with the session in whose browser it is, as every device does."""
    fresh = await sessions.signed_by_session(tx, arrived.secret) if arrived.secret else None
    signed = fresh or viewer_of(request).signed
    name = device_of(request.headers.get("user-agent", ""))
    session_id = signed.session_id if signed else None
    return push.Owner(arrived.account.id, session_id, name, viewer_of(request).language)


async def _place(tx: Tx, account: Account, here: list[Room], one: FollowDevice) -> None:
    """What came to the device, or before it followed, is read; what was still on its way is new."""
    unseen = await sight.not_shown_yet(tx, one.id)
    for room in here:
        upto = await head(tx, room_stream(room.id))
        first = unseen.get(room.id)
        await rooms.mark_read(tx, room.id, {account.id: upto if first is None else min(upto, first - 1)})


ROUTES = [
    route("/follow/@{handle}/device", switch_on, VIEWER, methods=("POST",)),
    route("/follow/on/{token}", show, ANYONE),
    route("/follow/on/{token}", save, ANYONE, methods=("POST",)),
    route("/follow/on/{token}/pass", take, VIEWER, methods=("POST",)),
]
