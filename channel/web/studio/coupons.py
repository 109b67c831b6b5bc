"""Codes that make a tier cheaper or give free days: made, shown to people as a link, switched off."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import money, tiers
from channel.errors import ChannelError, Invalid
from channel.members import Action
from channel.payments import coupons
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.moments import SPAN_WORDS, moment
from channel.web.studio.place import Place, enter, frame, go, posted
from channel.web.studio.tiers import CURRENCIES

TEMPLATE = "studio/coupons.html"
SWITCHED = {"on": "code_on", "off": "code_off"}


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/money/coupons"""
    return page(request, TEMPLATE, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        there = await coupons.listing(tx, place.community.id)
        found = await frame(request, tx, place, "money")
        return found | {
            "alive": [one for one in there if _good(one, place.now)],
            "over": [one for one in there if not _good(one, place.now)],
            "tiers": await tiers.of_community(tx, place.community.id),
            "currencies": CURRENCIES,
            "spans": list(SPAN_WORDS.items()),
            "base": f"{services_of(request).settings.url}/@{place.community.handle}?code=",
            "now": place.now,
            "tab": "coupons",
        }


def _good(coupon: coupons.Coupon, now: int) -> bool:
    """Whether somebody could still use it."""
    used_up = coupon.max_uses is not None and coupon.uses >= coupon.max_uses
    late = coupon.expires_at is not None and coupon.expires_at <= now
    return coupon.state == "open" and not used_up and not late


async def create(request: Request) -> Response:
    """POST /studio/{handle}/money/coupons {code, kind, percent|amount+currency|days, holds, periods, …}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.HANDLE_MONEY)
            await coupons.create(tx, place.by, place.community, **_typed(form, place.now))
    except ChannelError as error:
        _beside(form, error)
        return ask_again(request, TEMPLATE, form, error, await _list(request))
    return go(request, "/money/coupons", "made")


def _typed(form: Form, now: int) -> dict[str, Any]:
    """Each kind has a field of its own for how much. Raises Invalid."""
    kind = form.line("kind")
    currency = money.parse_currency(form.text("currency")) if kind == "amount" else None
    if kind == "amount" and currency:
        value = money.parse_amount(form.text("amount"), currency)
    else:
        value = form.number("days" if kind == "trial" else "percent") or 0
    return {
        "code": form.text("code"), "kind": kind, "value": value, "currency": currency,
        "periods": _periods(form), "tier_id": form.line("tier_id") or None, "max_uses": form.number("max_uses"),
        "expires_at": moment(form, "expires_at", now), "label": form.text("label"),
        "retention": form.on("retention"),
    }  # fmt: skip


def _periods(form: Form) -> int | None:
    match form.line("holds"):
        case "ever":
            return None
        case "some":
            return form.number("periods") or 0
        case _:
            return 1


def _beside(form: Form, error: ChannelError) -> None:
    """What is wrong with the value stands beside the field that held it."""
    if isinstance(error, Invalid) and "value" in error.fields:
        field = {"amount": "amount", "trial": "days"}.get(form.line("kind"), "percent")
        error.fields = {field if name == "value" else name: words for name, words in error.fields.items()}


async def switch(request: Request) -> Response:
    """POST /studio/{handle}/money/coupons/{id} {do: on|off|offer|withdraw}"""
    form = await posted(request)
    do, coupon_id = form.line("do"), request.path_params["id"]
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        said = await _switch(tx, place, do, coupon_id)
    return go(request, "/money/coupons", said)


async def _switch(tx: Tx, place: Place, do: str, coupon_id: str) -> str:
    there = await coupons.one(tx, place.community.id, coupon_id)
    match do:
        case "on" | "off":
            await coupons.switch(tx, place.by, place.community, there.id, on=do == "on")
            return SWITCHED[do]
        case "offer":
            await coupons.offer_on_leaving(tx, place.by, place.community, there.id)
        case "withdraw":
            await coupons.offer_on_leaving(tx, place.by, place.community, None)
        case _:
            raise Invalid({"": "Choose what to do."})
    return "saved"
