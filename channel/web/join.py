"""`/join/{code}`: the invite as a pass. Looking uses nothing up; pressing the button joins."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import invites, members, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.errors import ChannelError, Conflict, Forbidden, Gone, NotFound, TooMany
from channel.invites import Invite
from channel.invites.actions import behind
from channel.members import Role, State
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cards
from channel.web.door import Arrived, settle_in, welcome, who_comes
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page
from channel.web.refusals import ask_again
from channel.web.responses import page

Found = tuple[Invite, Community, Account]


async def invite_page(request: Request) -> Response:
    """What one would join, or why not."""
    async with services_of(request).db.read() as tx:
        found = await behind(tx, request.path_params["code"])
        place = await _place(tx, request, found[1])
        return await _answer(tx, request, found, place) or page(
            request, "join.html", await _pass(tx, request, found)
        )


async def _place(tx: Tx, request: Request, community: Community) -> Place:
    return Place(community, await members.entitlement(tx, community, viewer_of(request).account_id))


async def _answer(tx: Tx, request: Request, found: Found, place: Place) -> Response | None:
    """The page for somebody who cannot join by it, or need not; None when they can."""
    invite, community, _ = found
    if place.banned:
        return await banned_page(tx, request, place)
    if place.by.belongs and not await _gives_more(tx, invite, place):
        room = await invites.landing(tx, invite, place.by)
        href = f"/@{community.handle}/{room.slug}" if room else f"/@{community.handle}"
        return page(request, "join_done.html", {"community": community, "waiting": False, "href": href})
    if place.by.state is State.REQUESTED and (invite.requires_approval or invite.status != "open"):
        return page(request, "join_done.html", {"community": community, "waiting": True, "href": "/"})
    if invite.status != "open":
        return _over(request, invite.status, place, Gone.status)
    if community.closed:
        return _over(request, "closed", place, Conflict.status)
    return None


async def _gives_more(tx: Tx, invite: Invite, place: Place) -> bool:
    """A member may take a pass that opens more than they have."""
    if invite.status != "open" or invite.tier is None or invite.requires_approval or place.community.closed:
        return False
    return place.by.role is Role.MEMBER and invite.tier.rank > place.by.rank


def _over(request: Request, why: str, place: Place, status: int) -> Response:
    """The invite opens nothing. Who may not know of a community but by it learns no more about it."""
    known = place.community if place.community.visibility == "public" else None
    context = {"why": why, "known": known, "hue": place.community.hue if known else None}
    return page(request, "join_gone.html", context, status=status)


async def _pass(tx: Tx, request: Request, found: Found) -> dict[str, Any]:
    invite, community, host = found
    free = await tiers.free(tx, community.id)
    tier = invite.tier or free
    return {
        "community": community,
        "invite": invite,
        "host": host,
        "tier": tier,
        "gains": tier.benefits or free.benefits,
        "left": None if invite.max_uses is None else max(0, invite.max_uses - invite.uses),
        "form": None,
        "code": request.path_params["code"],
        **cards.of_invite(request, community, host),
    }


async def accept(request: Request) -> Response:
    """Join by it, with a name or with the account that is signed in."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("join", viewer.account_id or viewer.network)
    except TooMany as error:
        # Before anything is looked up: past the limit a code that exists is answered like one that does not.
        return ask_again(request, "join_wait.html", form, error)
    try:
        async with services.db.write() as tx:
            arrived, onward = await _come(tx, request, form)
    except NotFound:
        raise
    except ChannelError as error:
        return await _refused(request, form, error)
    return welcome(request, arrived, onward)


async def _come(tx: Tx, request: Request, form: Form) -> tuple[Arrived, str]:
    code = request.path_params["code"]
    invite, community, _ = await behind(tx, code)
    account, secret = await who_comes(tx, request, form)
    membership, _ = await invites.accept(tx, code, account, note=form.text("note"))
    arrived = Arrived(account, membership, secret)
    by = await members.entitlement(tx, community, account.id)
    room = await invites.landing(tx, invite, by)
    onward = await settle_in(tx, arrived, Place(community, by), room)
    # Whoever waits for a yes may not see a private community yet; this page can tell them so.
    return arrived, request.url.path if membership.state is State.REQUESTED else onward


async def _refused(request: Request, form: Form, error: ChannelError) -> Response:
    """The page that says why; the form again when something in it was not right."""
    async with services_of(request).db.read() as tx:
        found = await behind(tx, request.path_params["code"])
        place = await _place(tx, request, found[1])
        if isinstance(error, Gone | Conflict | Forbidden) and (
            told := await _answer(tx, request, found, place)
        ):
            return told
        context = await _pass(tx, request, found)
    return ask_again(request, "join.html", form, error, context)


ROUTES = [
    route("/join/{code}", invite_page, VIEWER),
    route("/join/{code}", accept, VIEWER, methods=("POST",)),
]
