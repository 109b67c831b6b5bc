"""Asking those who pay an old price to pay the new one, and calling that off."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import tiers
from channel.errors import ChannelError, Conflict, Invalid, NotFound
from channel.members import Action
from channel.payments import payers, raising
from channel.payments.payers import OldPrice
from channel.payments.raising import LATEST_MS, NOTICE_MS
from channel.routing import services_of
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted, values

TEMPLATE = "studio/new_price.html"


async def _found(request: Request, tx: Tx) -> tuple[Place, Tier, Price]:
    """The price of `{price_id}`, one of this very tier. Raises NotFound."""
    place = await enter(request, tx, Action.EDIT_TIERS)
    tier = await tiers.one(tx, place.community.id, request.path_params["id"])
    price = await prices.one(tx, place.community.id, request.path_params["price_id"])
    if price.tier_id != tier.id:
        raise NotFound("There is no such price.")
    return place, tier, price


async def _old(tx: Tx, tier: Tier, price: Price) -> OldPrice:
    """Raises NotFound for a price that nobody pays any more, or everybody is offered."""
    there: Sequence[OldPrice] = await payers.old_prices(tx, tier, await prices.of_tier(tx, tier.id))
    found = next((one for one in there if one.price.id == price.id), None)
    if found is None:
        raise NotFound("Nobody pays this price any more.")
    return found


async def show(request: Request) -> Response:
    """GET /studio/{handle}/tiers/{id}/prices/{price_id}/change"""
    return page(request, TEMPLATE, await _asking(request))


async def _asking(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place, tier, price = await _found(request, tx)
        old = await _old(tx, tier, price)
        first, last = _first_day(tx.now), _day_of(tx.now + LATEST_MS)
        about = {"tier": tier, "old": old, "first_day": first, "last_day": last}
        return await frame(request, tx, place, "tiers") | about | {"form": values(day=first)}


def _first_day(now: int) -> str:
    """The first day that begins (UTC) when the notice is over."""
    return _day_of(now + NOTICE_MS + timedelta(days=1) // timedelta(milliseconds=1) - 1)


def _day_of(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


async def ask(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/prices/{price_id}/change {to_price_id, day, message}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, tier, price = await _found(request, tx)
            new = (await _old(tx, tier, price)).new
            if new is None or new.id != form.line("to_price_id"):
                raise Conflict("The price on offer has changed. Look at it again.", code="not_sold")
            begins, words = _begins(form.line("day")), form.text("message")
            await raising.announce(tx, place.by, place.community, price, new, from_at=begins, message=words)
    except NotFound:
        raise
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, _beside_fields(error), await _asking(request))
    return go(request, f"/tiers/{tier.id}", "price_asked")


def _begins(day: str) -> int:
    """The first moment of a day (UTC), epoch ms. Raises Invalid."""
    try:
        return int(datetime.combine(date.fromisoformat(day), time.min, UTC).timestamp() * 1000)
    except ValueError as error:
        raise Invalid(day="Write a day like 2030-12-31.") from error


def _beside_fields(error: ChannelError) -> ChannelError:
    """What the verb calls by its own names, by those of the form."""
    if not isinstance(error, Invalid):
        return error
    names = {"from_at": "day", "to_price_id": ""}
    return Invalid({names.get(name, name): text for name, text in error.fields.items()})


async def call_off(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/prices/{price_id}/change/off {change_id}"""
    form = await posted(request)
    async with services_of(request).db.write() as tx:
        place, tier, price = await _found(request, tx)
        change = await raising.one(tx, form.line("change_id"))
        if change.from_price_id != price.id:
            raise NotFound("There is no such change of price.")
        await raising.call_off(tx, place.by, place.community, change)
    return go(request, f"/tiers/{tier.id}", "price_off")
