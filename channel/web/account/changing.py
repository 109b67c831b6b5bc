"""Changing what one pays for: another pass or interval, a pause, an end in two taps, and back with one."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import money, tiers
from channel.errors import ChannelError, Conflict, Invalid
from channel.i18n import noop as N_
from channel.payments import Holding, Status, coupons, offers, queries, raising
from channel.payments.coupons import Coupon
from channel.payments.offers import Way
from channel.payments.provider import Preview
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from channel.web.account.memberships import NOTHING, Mine, holding_of, show
from channel.web.forms import Form, read_form
from channel.web.paying.going import go_to
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

# Why somebody ends it; the creator reads these words. Not saying so is fine.
REASONS: Final = (
    N_("Too expensive for me"),
    N_("Not enough that interests me"),
    N_("No time to read it"),
    N_("I wanted it for a while only"),
    N_("Something does not work"),
)
MAX_WORDS_CHARS: Final = 160


def _home(request: Request, said: str = "") -> Response:
    holding_id = request.path_params["id"]
    return see_other(f"/account/memberships/{holding_id}{'?said=' if said else ''}{said}")


async def _own(request: Request) -> Mine:
    async with services_of(request).db.read() as tx:
        return await holding_of(tx, request, account_of(request))


# -- another pass or interval -----------------------------------------------------------------------------------------


async def _choices(tx: Tx, request: Request, mine: Mine) -> list[tuple[Tier, Price]]:
    """What can be switched to: what is sold to everybody by the same provider, in the currency that is paid in."""
    held, counter = mine.holding, services_of(request).counter
    connection = await queries.connection(tx, held.connection_id)
    provider = counter.providers.get(connection.provider)
    way = Way(connection, provider.abilities if provider else NOTHING)
    if not (way.abilities.switches and held.runs and held.status in (Status.ACTIVE, Status.TRIAL)):
        return []
    sold = await prices.of_community(tx, held.community_id)
    found = []
    for tier in await tiers.of_community(tx, held.community_id):
        if tier.state != "listed" and tier.id != held.tier_id:
            continue
        full = tier.id != held.tier_id and await offers.seats_left(tx, tier, held.account_id) == 0
        for price in offers.payable(sold.get(tier.id, ()), [way]):
            fits = price.recurs and price.currency == held.currency and price.id != held.price_id
            if fits and not full:
                found.append((tier, price))
    return found


async def switching(request: Request) -> Response:
    """The choices; with `?price=`, what that one would cost now and later, before anything is done."""
    form = Form(dict(request.query_params))
    return await _switching(request, form)


async def _switching(request: Request, form: Form, error: ChannelError | None = None) -> Response:
    mine = await _own(request)
    async with services_of(request).db.read() as tx:
        choices = await _choices(tx, request, mine)
    context: dict[str, Any] = {"mine": mine, "holding": mine.holding, "community": mine.community,
                               "choices": choices, "chosen": None, "preview": None}  # fmt: skip
    chosen = next(((tier, price) for tier, price in choices if price.id == form.line("price")), None)
    try:
        if error is None and chosen is not None:
            context["preview"], context["amount"] = await _preview(request, mine.holding, chosen[1], form)
            context["chosen"] = chosen
    except ChannelError as failed:
        error = failed
    if error is not None:
        return ask_again(request, "account/switch.html", form, error, context | {"chosen": None})
    return page(request, "account/switch.html", context | {"form": form})


async def _preview(request: Request, held: Holding, price: Price, form: Form) -> tuple[Preview, int]:
    amount = _amount(price, form.line("amount"))
    services_of(request).limiter.hit("ask_provider", held.account_id)
    return await services_of(request).counter.preview(held, price, amount), amount


def _amount(price: Price, typed: str) -> int:
    if not price.open or not typed:
        return price.amount
    amount = money.parse_amount(typed, price.currency)
    if amount < price.amount:
        raise Invalid(amount="That is less than the least that is asked for. Write at least that much.")
    return amount


async def switch(request: Request) -> Response:
    """Do it."""
    form = await read_form(request)
    mine = await _own(request)
    try:
        async with services_of(request).db.read() as tx:
            choices = await _choices(tx, request, mine)
        price = next((price for _, price in choices if price.id == form.line("price")), None)
        if price is None:
            raise Conflict("This choice is not offered any more. Choose another one.", code="not_sold")
        await services_of(request).counter.switch(mine.holding, price, _amount(price, form.line("amount")))
    except ChannelError as error:
        return await _switching(request, form, error)
    return _home(request, "switched")


# -- the end, and back ------------------------------------------------------------------------------------------------


async def ending(request: Request) -> Response:
    """The first tap: until when it stays open, why perhaps, and the second tap."""
    return await _ending(request, Form())


async def _ending(request: Request, form: Form, error: ChannelError | None = None) -> Response:
    mine = await _own(request)
    if not mine.holding.runs:
        return _home(request)
    async with services_of(request).db.read() as tx:
        offer = await _offer(tx, request, mine)
    context = {
        "mine": mine, "holding": mine.holding, "community": mine.community, "reasons": REASONS, "offer": offer,
        "less": coupons.reduced(offer, mine.holding.amount), "form": form,
    }  # fmt: skip
    if error is not None:
        return ask_again(request, "account/cancel.html", form, error, context)
    return page(request, "account/cancel.html", context)


async def _offer(tx: Tx, request: Request, mine: Mine) -> Coupon | None:
    """The one thing that is offered to who goes; nothing where it would mean nothing."""
    held = mine.holding
    connection = await queries.connection(tx, held.connection_id)
    provider = services_of(request).counter.providers.get(connection.provider)
    if provider is None or not provider.abilities.coupons or held.status is not Status.ACTIVE:
        return None
    offer = await coupons.on_leaving(tx, held.community_id, held.tier_id, held.account_id)
    return (
        offer if offer and coupons.reduced(offer, held.amount) < held.amount and _same(offer, held) else None
    )


def _same(offer: Coupon, held: Holding) -> bool:
    return offer.currency in (None, held.currency)


async def cancel(request: Request) -> Response:
    """The second tap."""
    form = await read_form(request)
    mine = await _own(request)
    try:
        words = form.line("words")
        if len(words) > MAX_WORDS_CHARS or not (words or " ").isprintable():
            raise Invalid(words="At most 160 characters fit here, in one line. Write less.")
        chosen = next((reason for reason in REASONS if reason == form.text("reason")), "")
        reason = ": ".join(part for part in (chosen, words) if part)
        await services_of(request).counter.cancel(mine.holding, reason=reason)
    except ChannelError as error:
        return await _ending(request, form, error)
    return _home(request, "cancelled")


async def stay(request: Request) -> Response:
    """Take the offer: it costs less from the next payment on. Counted once; taken back when the provider fails."""
    mine, services = await _own(request), services_of(request)
    held = mine.holding
    async with services.db.write() as tx:
        offer = await _offer(tx, request, mine)
        discount = coupons.as_discount(offer) if offer else None
        if offer is None or discount is None:
            return _home(request)
        await coupons.use(tx, offer, held.account_id, held.order_id)
    try:
        await services.counter.discount(held, discount)
    except ChannelError as error:
        async with services.db.write() as tx:
            await coupons.unuse(tx, offer, held.account_id)
        return await show(request, error=error)
    return _home(request, "kept")


async def resume(request: Request) -> Response:
    """One tap, and it goes on: after a cancellation that has not taken effect, or a pause."""
    mine = await _own(request)
    try:
        await services_of(request).counter.resume(mine.holding)
    except ChannelError as error:
        return await show(request, error=error)
    return _home(request, "resumed")


async def pause(request: Request) -> Response:
    """Charge nothing until it is resumed."""
    mine = await _own(request)
    try:
        if not mine.holding.runs or mine.holding.status is not Status.ACTIVE:
            raise Conflict("Only what runs and is paid can be paused.", code="not_running")
        await services_of(request).counter.pause(mine.holding)
    except ChannelError as error:
        return await show(request, error=error)
    return _home(request, "paused")


async def answer_price(request: Request) -> Response:
    """POST …/price {change_id, agreed: yes|no}: what they say to the new price that they saw."""
    form = await read_form(request)
    agreed = form.line("agreed")
    try:
        if agreed not in ("yes", "no"):
            raise Conflict("Say whether you agree or decline.", code="not_answered")
        async with services_of(request).db.write() as tx:
            mine = await holding_of(tx, request, account_of(request))
            question = await raising.asked(tx, mine.holding)
            if question is None or question.change.id != form.line("change_id"):
                raise Conflict("This change of price is over.", code="price_change_over")
            await raising.answer(tx, mine.holding, question.change, agreed=agreed == "yes")
    except Conflict as error:
        return await show(request, error=error)
    return _home(request, "agreed" if agreed == "yes" else "declined")


async def portal(request: Request) -> Response:
    """To the provider's own page for cards and invoices."""
    mine = await _own(request)
    try:
        services_of(request).limiter.hit("ask_provider", mine.holding.account_id)
        url = await services_of(request).counter.portal(
            mine.holding, f"/account/memberships/{mine.holding.id}"
        )
    except ChannelError as error:
        return await show(request, error=error)
    return go_to(request, url)


POST = ("POST",)
ROUTES = [
    route("/account/memberships/{id}/switch", switching, SIGNED_IN),
    route("/account/memberships/{id}/switch", switch, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/cancel", ending, SIGNED_IN),
    route("/account/memberships/{id}/cancel", cancel, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/stay", stay, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/resume", resume, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/pause", pause, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/price", answer_price, SIGNED_IN, methods=POST),
    route("/account/memberships/{id}/portal", portal, SIGNED_IN, methods=POST),
]
