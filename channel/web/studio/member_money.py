"""One person's money: what they pay and paid, why they have their tier, and what staff do about it."""

from typing import Any

from starlette.requests import Request

from channel import money
from channel.errors import Conflict, Invalid
from channel.i18n import noop as N_
from channel.ids import new_token
from channel.members import Action, grants
from channel.payments import Counter, Holding, aftercare, facts, queries
from channel.payments.model import RUNS
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.studio.place import Place, enter

SAID = {"refund": "paid_back", "cancel": "ended_later", "cancel_now": "ended_now"}
BY_STAFF = N_("Ended by the team")
HOURS = (1, 6, 24, 72, 168)


async def of_member(request: Request, tx: Tx, place: Place, account_id: str) -> dict[str, Any]:
    """What the page of a member prints about money, to those whose role goes with it."""
    found: dict[str, Any] = {"whys": [], "holdings": [], "paid": [], "refundable": frozenset(), "key": ""}
    if place.has(Action.GIVE_TIER):
        found["whys"] = await grants.whys(tx, place.community.id, account_id)
    if not place.has(Action.HANDLE_MONEY):
        return found
    held = await queries.holdings_of(tx, account_id, place.community.id)
    ways = {way.id: way for way in await queries.connected(tx, place.community.id)}
    counter = services_of(request).counter
    return found | {
        "holdings": held,
        "paid": await facts.of_member(tx, place.community.id, account_id),
        "refundable": frozenset(one.id for one in held if _pays_back(counter, ways, one)),
        "running": frozenset(one.id for one in held if one.kind == "subscription" and one.status in RUNS),
        "key": new_token(12),
    }


def _pays_back(counter: Counter, ways: dict[str, Any], held: Holding) -> bool:
    way = ways.get(held.connection_id)
    provider = counter.providers.get(way.provider) if way else None
    return provider is not None and provider.abilities.refunds


async def do(request: Request, form: Form) -> str:
    """refund | cancel | cancel_now; the key of what the page then says. Raises what the provider raises."""
    what = form.line("do")
    if what == "refund":
        await _pay_back(request, form)
    elif what in ("cancel", "cancel_now"):
        held = await _purchase(request, form)
        await services_of(request).counter.cancel(held, at_once=what == "cancel_now", reason=BY_STAFF)
    else:
        raise Invalid({"": "Choose what to do."})
    return SAID[what]


async def _purchase(request: Request, form: Form) -> Holding:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        account_id = request.path_params["id"]
        return await aftercare.purchase(tx, place.by, place.community, account_id, form.line("holding_id"))


async def _pay_back(request: Request, form: Form) -> None:
    """All of a payment, or a part. The provider knows what is left of it."""
    held = await _purchase(request, form)
    async with services_of(request).db.read() as tx:
        charged = await aftercare.charge(tx, held, form.line("charge_id"))
    amount = money.parse_amount(form.text("amount"), held.currency) if form.line("amount") else None
    if amount is not None and amount > charged:
        raise Invalid(amount="That is more than was paid.")
    if not form.line("key"):
        raise Conflict("This form is too old. Load the page again.", code="form_too_old")
    await services_of(request).counter.refund(held, form.line("charge_id"), amount, form.line("key"))
