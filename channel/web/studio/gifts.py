"""Gifts: codes made by hand, and what became of all that were made or bought."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import tiers
from channel.errors import ChannelError, Conflict, NotFound
from channel.i18n import translation
from channel.members import Action
from channel.payments import giving
from channel.payments.giving import MAX_SHOWN
from channel.routing import account_of, services_of, viewer_of
from channel.web.forms import Form
from channel.web.gifts.cards import drawn, sheet
from channel.web.gifts.words import lasting
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other
from channel.web.studio.place import enter, frame, go, posted

TEMPLATE = "studio/gifts.html"
PATH = "/money/gifts"


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/money/gifts?before=&made="""
    return page(request, TEMPLATE, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    services = services_of(request)
    words = translation(viewer_of(request).language)
    before, made = request.query_params.get("before", ""), _made(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        found = await giving.listing(
            tx, place.by, place.community, services.counter.seal, before=before, made_at=made
        )
        passes = [tier for tier in await tiers.of_community(tx, place.community.id) if tier.rank > 0]
        return await frame(request, tx, place, "money") | {
            "tab": "gifts",
            "gifts": [(one, lasting(one.voucher.days, words)) for one in found],
            "older": found[-1].voucher.id if len(found) == MAX_SHOWN else "",
            "passes": passes,
            "made": made,
            "base": services.settings.url,
        }


def _made(request: Request) -> int | None:
    """Which codes were made together, by their moment."""
    typed = request.query_params.get("made", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 15 else None


async def create(request: Request) -> Response:
    """POST /studio/{handle}/money/gifts {tier_id, count, days, label}"""
    form, services = await posted(request), services_of(request)
    try:
        async with services.db.write() as tx:
            place = await enter(request, tx, Action.HANDLE_MONEY)
            made = await giving.make_by_hand(
                tx, place.by, place.community, account_of(request), services.counter.seal, **_typed(form)
            )
    except NotFound:
        raise
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request))
    return see_other(f"{place.root}{PATH}?made={made[0].created_at}&said=made")


def _typed(form: Form) -> dict[str, Any]:
    count = form.number("count")
    return {
        "tier_id": form.line("tier_id"), "count": 1 if count is None else count, "days": form.number("days") or 0,
        "label": form.text("label"),
    }  # fmt: skip


async def revoke(request: Request) -> Response:
    """POST /studio/{handle}/money/gifts/{id}/revoke"""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        await giving.take_back(tx, place.by, place.community, request.path_params["id"])
    return go(request, PATH, "taken_back")


async def cards(request: Request) -> Response:
    """GET /studio/{handle}/money/gifts/cards?made= or ?id=: sheets of A6 to print, of those that are open."""
    services, only, made = services_of(request), request.query_params.get("id", ""), _made(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        if made is None and not only:
            return see_other(place.root + PATH)
        if made is None:
            made = (await giving.one(tx, place.by, place.community, only)).created_at
        found = await giving.listing(tx, place.by, place.community, services.counter.seal, made_at=made)
        context = await frame(request, tx, place, "money")
    printed = [
        sheet(request, one.voucher, one.tier, one.code, f"{place.root}{PATH}/{one.voucher.id}/qr.svg")
        for one in reversed(found)
        if one.code and one.status == "open" and (not only or one.voucher.id == only)
    ]
    if not printed:
        raise Conflict("None of these codes is open any more.", code="no_code")
    return page(
        request, "gifts/card.html", context | {"cards": printed, "state": "open", "back": place.root + PATH}
    )


async def code(request: Request) -> Response:
    """GET /studio/{handle}/money/gifts/{id}/qr.svg"""
    services = services_of(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        gift = await giving.one(tx, place.by, place.community, request.path_params["id"])
        return drawn(request, await giving.code_of(tx, gift, services.counter.seal))
