"""The front door of a community: what it is, joining it, and leaving it. The first steps inside: hello.py."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import accounts, communities, members, messages, rooms, tiers
from channel.accounts import Account
from channel.accounts.model import parse_name
from channel.errors import ChannelError, NotFound
from channel.events import room_stream
from channel.members import State, joining, queries
from channel.members.model import Membership
from channel.outbox import head
from channel.posts.queries import newest_public
from channel.render import views
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cards, cookies, passes, roomlist, shelf, via
from channel.web.beside import talk
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

NEWEST = 6
QUOTE_CHARS = 170
MAX_CODE_CHARS = 30  # of a coupon, from whose link somebody comes


@dataclass(frozen=True, slots=True)
class Newest:
    """A public post on the front door."""

    view: views.PostView
    text: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """Who came in. `secret`: the cookie of a new follower's session, None for somebody who was signed in."""

    account: Account
    membership: Membership
    secret: str | None


async def door(request: Request) -> Response:
    """The public page of a community; works signed out."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        context = await _door(tx, request, place)
    response = page(request, "community.html", {**context, "form": None})
    cookies.keep_session(request, response)
    return shelf.lay(request, response)


async def _door(tx: Tx, request: Request, place: Place) -> dict[str, Any]:
    viewer, community = viewer_of(request), place.community
    lines = await roomlist.of_each(tx, [(community, place.by)], viewer.account)
    standing = await queries.standing(tx, community.id, viewer.account_id) if viewer.account_id else None
    levels = await tiers.of_community(tx, community.id)
    return {
        "community": community,
        "by": place.by,
        "runs": place.runs,
        "lines": lines,
        "newest": await _newest(tx, place),
        "levels": levels,
        "code": request.query_params.get("code", "")[:MAX_CODE_CHARS],
        "talk": await talk(tx, place),
        "shop": await passes.of_door(tx, services_of(request).counter, place, levels, standing),
        "standing": standing,
        "first_room": next((line for line in lines if not line.locked), None),
        **cards.of_community(request, community),
        **await via.join_link(tx, request, place),
    }


async def _newest(tx: Tx, place: Place) -> list[Newest]:
    found = await newest_public(tx, place.community.id, NEWEST)
    shown = await views.post_views(tx, found, None, place.community, place.by)
    made = [Newest(view, views.line(view, QUOTE_CHARS)) for view in shown if isinstance(view, views.PostView)]
    return [one for one in made if one.text]


async def join(request: Request) -> Response:
    """Become a member by the public page, or ask to be one."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("join", viewer.account_id or viewer.network)
        async with services.db.write() as tx:
            place = await community_of(tx, request)
            if place.banned:
                return await banned_page(tx, request, place)
            arrived = await _come(tx, request, place, form)
            onward = await _onward(tx, arrived, place)
    except NotFound:
        raise
    except ChannelError as error:
        async with services.db.read() as tx:
            place = await community_of(tx, request)
            context = await _door(tx, request, place)
        return ask_again(request, "community.html", form, error, context)
    return welcome(request, arrived, onward)


async def _come(tx: Tx, request: Request, place: Place, form: Form) -> Arrived:
    account, secret = await who_comes(tx, request, form)
    joined = await joining.join(tx, account, place.community, note=form.text("note"))
    return Arrived(account, joined, secret)


async def who_comes(tx: Tx, request: Request, form: Form) -> tuple[Account, str | None]:
    """The account that is signed in, or a new one with the name that was typed and a session for it."""
    account = viewer_of(request).account
    if account is not None:
        return account, None
    name = parse_name(form.text("display_name"), field="display_name")
    account = await accounts.create(tx, name=name, language=viewer_of(request).language)
    return account, await cookies.open_session(tx, request, account, "invite")


async def _onward(tx: Tx, arrived: Arrived, place: Place) -> str:
    """Where a newcomer goes: the first room they may read, or back to the door to wait for a yes."""
    by = await members.entitlement(tx, place.community, arrived.account.id)
    return await settle_in(tx, arrived, replace(place, by=by), None)


async def settle_in(tx: Tx, arrived: Arrived, place: Place, room: rooms.Room | None) -> str:
    """The address of `room`, or of the first readable one. What was posted before a newcomer came is no news to them."""
    readable = await queries.readable_rooms(tx, place.by)
    if arrived.membership.joined:
        for one in readable:
            await rooms.mark_read(tx, one.id, {arrived.account.id: await head(tx, room_stream(one.id))})
    target = room or next(iter(readable), None)
    if arrived.membership.state is State.REQUESTED or target is None:
        return f"/@{place.community.handle}"
    welcoming = "?welcome=1" if arrived.membership.joined else ""
    return f"/@{place.community.handle}/{target.slug}{welcoming}#newest"


def welcome(request: Request, arrived: Arrived, onward: str) -> Response:
    """Go in, with the cookie of a new session where there is one."""
    response = see_other(onward)
    if arrived.secret is not None:
        cookies.set_session(request, response, arrived.secret)
    return response


async def leave(request: Request) -> Response:
    """Go, or take back a request, also of a private community that did not let one see it yet."""
    account = account_of(request)
    async with services_of(request).db.write() as tx:
        community = await communities.by_handle(tx, request.path_params["handle"])
        before = await members.entitlement(tx, community, account.id)
        if not before.visible and before.state is not State.REQUESTED:
            raise NotFound("There is no such community.")
        await joining.leave(tx, account.id, community)
        await messages.forget(tx, account.id, community.id)
        after = await members.entitlement(tx, community, account.id)
    return see_other(f"/@{community.handle}" if after.visible else "/")


ROUTES = [
    route("/@{handle}", door, VIEWER),
    route("/@{handle}/join", join, VIEWER, methods=("POST",)),
    route("/@{handle}/leave", leave, SIGNED_IN, methods=("POST",)),
]
