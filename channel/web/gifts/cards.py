"""A gift to print or to pass on: for who bought it, here; the studio prints those that were made by hand."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, tiers
from channel.i18n import translation
from channel.invites import qr
from channel.payments import giving
from channel.payments.codes import shown
from channel.payments.giving import status
from channel.payments.vouchers import Voucher
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.gifts.words import lasting
from channel.web.responses import PRIVATE, page


def sheet(request: Request, voucher: Voucher, tier: tiers.Tier, code: str, picture: str) -> dict[str, Any]:
    """What one printed card says. `picture`: where its QR code lies."""
    words = translation(viewer_of(request).language)
    base = services_of(request).settings.url
    return {
        "gift": voucher, "tier": tier, "code": shown(code), "lasting": lasting(voucher.days, words),
        "address": f"{base}/gift/{code}", "short": base.partition("://")[2] + "/gift", "qr": picture,
    }  # fmt: skip


def drawn(request: Request, code: str) -> Response:
    """The link of a gift as a QR code."""
    address = f"{services_of(request).settings.url}/gift/{code}"
    return Response(qr.svg(address), headers={"cache-control": PRIVATE}, media_type="image/svg+xml")


async def show(request: Request) -> Response:
    """GET /gift/card/{id}: by the gift's id or its order's; only for who bought it."""
    async with services_of(request).db.read() as tx:
        voucher, code = await _own(tx, request)
        community = await communities.one(tx, voucher.community_id)
        tier = await tiers.one(tx, community.id, voucher.tier_id)
        state = status(voucher, tx.now)
    card = sheet(request, voucher, tier, code, f"/gift/card/{voucher.id}.svg")
    context = {"community": community, "cards": [card], "state": state, "back": f"/@{community.handle}"}
    return page(request, "gifts/card.html", context)


async def code(request: Request) -> Response:
    """GET /gift/card/{id}.svg"""
    async with services_of(request).db.read() as tx:
        _, found = await _own(tx, request)
    return drawn(request, found)


async def _own(tx: Tx, request: Request) -> tuple[Voucher, str]:
    services = services_of(request)
    voucher = await giving.own(tx, account_of(request), request.path_params["id"])
    return voucher, await giving.code_of(tx, voucher, services.counter.seal)


ROUTES = [
    route("/gift/card/{id}.svg", code, SIGNED_IN),
    route("/gift/card/{id}", show, SIGNED_IN),
]
