"""`/gift/{code}`: what was given, by whom; looking uses nothing up, pressing the button opens it. `/gift`: typing a code."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members
from channel.accounts import guesses
from channel.communities import Community
from channel.errors import ChannelError, Invalid, NotFound, TooMany
from channel.i18n import translation
from channel.members.queries import standing
from channel.payments import vouchers
from channel.payments.codes import parse_code
from channel.payments.vouchers import Voucher
from channel.routing import ANYONE, VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.web import cards
from channel.web.door import Arrived, settle_in, welcome, who_comes
from channel.web.forms import Form, read_form
from channel.web.gifts.words import lasting
from channel.web.places import Place, banned_page
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

PURPOSE = "gift"


@dataclass(frozen=True, slots=True)
class Found:
    """What stands behind a code, and the viewer's place there."""

    voucher: Voucher
    community: Community
    tier: Tier
    place: Place


async def enter_code(request: Request) -> Response:
    """GET /gift: for a code that was printed or written down."""
    return page(request, "gifts/enter.html", {"form": None})


async def look_up(request: Request) -> Response:
    """POST /gift {code}"""
    form = await read_form(request)
    typed = parse_code(form.text("code"))
    try:
        if not typed.isascii() or not typed.isalnum():
            raise Invalid(code=vouchers.UNKNOWN)
        await _guess(request)
        async with services_of(request).db.read() as tx:
            await vouchers.behind(tx, typed)
    except NotFound:
        return ask_again(request, "gifts/enter.html", form, Invalid(code=vouchers.UNKNOWN))
    except (Invalid, TooMany) as error:
        return ask_again(request, "gifts/enter.html", form, error)
    return see_other(f"/gift/{typed}")


async def _guess(request: Request) -> None:
    """Counted before it is judged, in a transaction of its own. Raises TooMany."""
    viewer = viewer_of(request)
    async with services_of(request).db.write() as tx:
        await guesses.note_guess(tx, PURPOSE, viewer.account_id, viewer.network)


async def show(request: Request) -> Response:
    """GET /gift/{code}"""
    viewer, services = viewer_of(request), services_of(request)
    async with services.db.read() as tx:
        await guesses.check_guesses(tx, PURPOSE, viewer.account_id, viewer.network)
        try:
            found = await _found(tx, request)
        except NotFound:
            found = None
        if found is not None:
            return await _answer(tx, request, found)
    await _guess(request)
    raise NotFound(vouchers.UNKNOWN)


async def _found(tx: Tx, request: Request) -> Found:
    voucher, community, tier = await vouchers.behind(tx, request.path_params["code"])
    by = await members.entitlement(tx, community, viewer_of(request).account_id)
    return Found(voucher, community, tier, Place(community, by))


async def _answer(tx: Tx, request: Request, found: Found) -> Response:
    """The gift, or why it opens nothing."""
    voucher, account = found.voucher, viewer_of(request).account
    if found.place.banned:
        return await banned_page(tx, request, found.place)
    gone = vouchers.over(voucher, tx.now)
    if gone is not None or found.community.closed:
        mine = gone is not None and account is not None and voucher.redeemed_by == account.id
        why = "mine" if mine and voucher.state == "redeemed" else gone.code if gone else "closed"
        context = {"why": why, "community": found.community, "tier": found.tier, "form": None}
        known = mine or found.place.by.visible
        status = 200 if why == "mine" else gone.status if gone else 409
        return page(request, "gifts/over.html", context | {"known": known}, status=status)
    return page(request, "gifts/redeem.html", await _context(tx, request, found))


async def _context(tx: Tx, request: Request, found: Found) -> dict[str, Any]:
    account, words = viewer_of(request).account, translation(viewer_of(request).language)
    now = await standing(tx, found.community.id, account.id) if account else None
    name = {"community": found.community.name}
    return {
        "form": None,
        "gift": found.voucher,
        "community": found.community,
        "tier": found.tier,
        "lasting": lasting(found.voucher.days, words),
        "has_it": now is not None and found.place.by.belongs and now.rank >= found.tier.rank,
        "gains": found.tier.benefits,
        "og_title": words.gettext("A gift: your pass to %(community)s") % name,
        "og_image": cards.picture(request, found.community) if found.community.visibility == "public" else "",
    }


async def redeem(request: Request) -> Response:
    """POST /gift/{code}: open it, with a name or with the account that is signed in."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("join", viewer.account_id or viewer.network)
        await _guess(request)
        async with services.db.write() as tx:
            account, secret = await who_comes(tx, request, form)
            voucher, membership = await vouchers.redeem(tx, request.path_params["code"], account)
            arrived = Arrived(account, membership, secret)
            onward = await _onward(tx, arrived, voucher)
    except (NotFound, TooMany):
        raise
    except ChannelError as error:
        return await _refused(request, form, error)
    return welcome(request, arrived, onward)


async def _onward(tx: Tx, arrived: Arrived, voucher: Voucher) -> str:
    community = await communities.one(tx, voucher.community_id)
    by = await members.entitlement(tx, community, arrived.account.id)
    return await settle_in(tx, arrived, Place(community, by), None)


async def _refused(request: Request, form: Form, error: ChannelError) -> Response:
    """The page that says why; the form again when something in it was not right."""
    async with services_of(request).db.read() as tx:
        found = await _found(tx, request)
        if not isinstance(error, Invalid):
            return await _answer(tx, request, found)
        return ask_again(request, "gifts/redeem.html", form, error, await _context(tx, request, found))


ROUTES = [
    route("/gift", enter_code, ANYONE),
    route("/gift", look_up, ANYONE, methods=("POST",)),
    route("/gift/{code}", show, VIEWER),
    route("/gift/{code}", redeem, VIEWER, methods=("POST",)),
]
