"""The tiers: seen as the passes they are, made, priced, changed, taken away."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import money, tiers
from channel.errors import ChannelError
from channel.members import Action, governing, reach
from channel.payments import payers, queries
from channel.payments.orders import seats_taken
from channel.routing import services_of
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import INTERVALS
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other
from channel.web.studio.place import Place, enter, frame, go, posted, values

LIST = "studio/tiers.html"
EDIT = "studio/tier.html"
RANK_STEP = 10  # between tiers, so that another one fits in
NOT_OF_THE_FREE = ("rank", "state", "trial_days", "capacity")  # it is for everybody, always
CURRENCIES = [(one, one) for one in (*money.COMMON, *sorted(money.CURRENCIES - set(money.COMMON)))]


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/tiers"""
    return page(request, LIST, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_TIERS)
        there = await tiers.of_community(tx, place.community.id)
        known = await reach.reach(tx, place.by, place.community)
        return await frame(request, tx, place, "tiers") | {
            "tiers": sorted(there, key=lambda tier: (tier.state == "archived", tier.position, tier.rank)),
            "prices": await prices.of_community(tx, place.community.id),
            "seats": {tier.id: await seats_taken(tx, tier) for tier in there if tier.capacity},
            "holders": known.by_tier,
            "form": values(rank=there[-1].rank + RANK_STEP, shared_colour=True),
        }


async def create(request: Request) -> Response:
    """POST /studio/{handle}/tiers: made, and on to its price."""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_TIERS)
            made = await governing.create_tier(tx, place.by, place.community, **_typed(form))
    except ChannelError as error:
        return ask_again(request, LIST, form, error, await _list(request))
    return see_other(f"{place.root}/tiers/{made.id}?said=made")


def _typed(form: Form) -> dict[str, Any]:
    """An empty rank is none, which the check refuses in its own words."""
    return {
        "name": form.text("name"),
        "rank": form.number("rank"),
        "about": form.text("about"),
        "benefits": tuple(form.text("benefits").splitlines()),
        "colour": None if form.on("shared_colour") else form.number("colour"),
        "state": form.line("state") or "listed",
        "position": form.number("position") or 0,
        "welcome": form.text("welcome"),
        "trial_days": form.number("trial_days") or 0,
        "capacity": form.number("capacity"),
    }


async def edit_form(request: Request) -> Response:
    """GET /studio/{handle}/tiers/{id}"""
    return page(request, EDIT, await _editing(request))


async def _editing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place, tier = await _found(request, tx)
        known = await reach.reach(tx, place.by, place.community)
        form = values(
            name=tier.name, rank=tier.rank, about=tier.about, benefits="\n".join(tier.benefits),
            colour=tier.colour, shared_colour=tier.colour is None, state=tier.state, position=tier.position,
            welcome=tier.welcome, trial_days=tier.trial_days, capacity=tier.capacity,
        )  # fmt: skip
        found = await frame(request, tx, place, "tiers") | await _prices(tx, place, tier)
        return found | {
            "tier": tier,
            "holders": known.by_tier.get(tier.id, 0),
            "form": form,
            "stored": form,
            "wrong": "",
        }


async def _prices(tx: Tx, place: Place, tier: Tier) -> dict[str, Any]:
    """What it costs, and whether anybody could pay it."""
    everywhere = [
        one for some in (await prices.of_community(tx, place.community.id)).values() for one in some
    ]
    usual = max(everywhere, key=lambda price: price.created_at, default=None)
    ways = await queries.connected(tx, place.community.id)
    offered = await prices.of_tier(tx, tier.id)
    return {
        "prices": offered,
        "old_prices": await payers.old_prices(tx, tier, offered),
        "seats": await seats_taken(tx, tier) if tier.capacity else 0,
        "currencies": CURRENCIES,
        "usual_currency": usual.currency if usual else money.COMMON[0],
        "intervals": INTERVALS,
        "payable": any(way.state == "on" for way in ways),
    }


async def _found(request: Request, tx: Tx) -> tuple[Place, Tier]:
    place = await enter(request, tx, Action.EDIT_TIERS)
    return place, await tiers.one(tx, place.community.id, request.path_params["id"])


async def save(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, tier = await _found(request, tx)
            typed = _typed(form)
            if tier.rank == 0:  # it has no fields for these
                typed = {name: value for name, value in typed.items() if name not in NOT_OF_THE_FREE}
            await governing.edit_tier(tx, place.by, place.community, tier, **typed)
    except ChannelError as error:
        return ask_again(request, EDIT, form, error, await _editing(request) | {"wrong": "tier"})
    return go(request, "/tiers", "saved")


async def offer(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/prices {amount, currency, interval, days, open}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, tier = await _found(request, tx)
            await governing.offer_price(tx, place.by, place.community, tier, **_price(form))
    except ChannelError as error:
        return ask_again(request, EDIT, form, error, await _editing(request) | {"wrong": "price"})
    return go(request, f"/tiers/{tier.id}", "offered")


def _price(form: Form) -> dict[str, Any]:
    """Days are asked for beside what is paid once; with an interval they say nothing. Raises Invalid."""
    currency = money.parse_currency(form.text("currency"))
    interval = form.line("interval")
    return {
        "amount": money.parse_amount(form.text("amount"), currency),
        "currency": currency,
        "interval": interval,
        "days": (form.number("days") or 0) if interval == "once" else 0,
        "open": form.on("open"),
    }


async def retire(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/prices/retire {price_id}"""
    form = await posted(request)
    async with services_of(request).db.write() as tx:
        place, tier = await _found(request, tx)
        await governing.retire_price(tx, place.by, place.community, tier, form.line("price_id"))
    return go(request, f"/tiers/{tier.id}", "retired")


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/delete"""
    await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, tier = await _found(request, tx)
            await governing.delete_tier(tx, place.by, place.community, tier)
    except ChannelError as error:
        found = await _editing(request)
        return ask_again(request, EDIT, found["form"], error, found)
    return go(request, "/tiers", "deleted")
