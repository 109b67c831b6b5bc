"""`/@{handle}/tiers/{tier_id}`: one calm page that says all of it, and the way to whoever takes the money."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import members
from channel.accounts import Account
from channel.errors import ChannelError, NotFound, Unavailable
from channel.ids import is_id, new_id
from channel.members import joining
from channel.payments import Order, offers
from channel.payments.sale import WHY_NOT, Basket, Choice, Chosen, Sale, choice_of, sale_of
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cookies, passes
from channel.web.door import Arrived, settle_in, who_comes
from channel.web.forms import Form, local_path, read_form
from channel.web.paying.going import go_to
from channel.web.places import Place, banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

ASKED = ("price", "way", "code", "next")


@dataclass(slots=True)
class Visit:
    """Who came in by this form, so that an answer that refuses the rest keeps their session."""

    account: Account | None = None
    secret: str | None = None
    connection_id: str = ""
    community_id: str = ""


async def checkout(request: Request) -> Response:
    """What one gets, what it costs and when, and how it ends; nothing is begun by looking."""
    form = Form({name: request.query_params[name] for name in ASKED if name in request.query_params})
    return await _show(request, form, looked=bool(form.line("code")))


async def _show(request: Request, form: Form, *, looked: bool) -> Response:
    """The page. `looked`: a code was typed, so what is wrong with it stands beside it."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        sale = await _sale(tx, request, place)
        try:
            choice = None if sale.why_not else await choice_of(tx, sale, _chosen(form))
        except ChannelError as error:
            if looked:
                return ask_again(request, "checkout.html", form, error, await _context(tx, sale, form, None))
            choice = None
        context = await _context(tx, sale, form, choice)
    return page(request, "checkout.html", {**context, "form": form})


async def _sale(tx: Tx, request: Request, place: Place) -> Sale:
    """The pass of `{tier_id}` for who looks."""
    providers = services_of(request).counter.providers
    return await sale_of(tx, providers, place.community, place.by, request.path_params["tier_id"])


def _chosen(form: Form) -> Chosen:
    return Chosen(form.line("price"), form.line("way"), form.line("amount"), form.line("code"))


async def _context(tx: Tx, sale: Sale, form: Form, choice: Choice | None) -> dict[str, Any]:
    """`choice` None: something in the form is not right, so the page speaks of what it offers by itself."""
    if choice is None and not sale.why_not:
        named = form.line("price") if sale.price(form.line("price")) else ""
        choice = await choice_of(tx, sale, Chosen(price=named))
    bill = None
    if choice is not None:
        bill = offers.bill(choice.price, choice.amount, choice.coupon, choice.free_days, tx.now)
    return {
        "community": sale.community,
        "by": sale.by,
        "sale": sale,
        "tier": sale.tier,
        "choice": choice,
        "bill": bill,
        "why_not": WHY_NOT.get(sale.why_not, ""),
        "note": choice.way.connection.options.tax_note if choice else passes.tax_note(sale.ways),
        "key": new_id(tx.now),
        "onward": local_path(form.text("next"), ""),
        "now": tx.now,
    }


async def buy(request: Request) -> Response:
    """Begin to pay: join where one has not, make the order, go to who takes the money. Or show what a code does."""
    form = await read_form(request)
    if form.line("do") == "look":
        return await _show(request, form, looked=True)
    viewer = viewer_of(request)
    visit = Visit(account=viewer.account)
    try:
        services_of(request).limiter.hit("order", viewer.account_id or viewer.network)
        order = await _clear(request, form, visit) or await _enter(request, form, visit)
        order = order or await _order(request, form, visit)
    except NotFound:
        raise
    except ChannelError as error:
        response = await _refused(request, form, error)
    else:
        if isinstance(order, Response):
            return order
        paying = order.state == "open" and order.url
        response = go_to(request, order.url) if paying and order.url else see_other(f"/pay/{order.id}")
    if visit.secret is not None:
        cookies.set_session(request, response, visit.secret)
    return response


async def _clear(request: Request, form: Form, visit: Visit) -> Order | None:
    """Give up what this buyer began before, so that what it held is free for this. An order that turns out to be paid."""
    if visit.account is None:
        return None
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
    counter = services_of(request).counter
    return await counter.give_up_others(visit.account.id, place.community.id, but=form.line("key"))


async def _enter(request: Request, form: Form, visit: Visit) -> Response | None:
    """Everything that can be wrong is looked at before somebody joins for nothing. The page for who is banned."""
    services = services_of(request)
    async with services.db.write() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        choice = await choice_of(tx, await _sale(tx, request, place), _chosen(form))
        visit.connection_id = choice.way.connection.id
        account, secret = await who_comes(tx, request, form)
        joined = await joining.join(tx, account, place.community)
        by = await members.entitlement(tx, place.community, account.id)
        await settle_in(tx, Arrived(account, joined, secret), Place(place.community, by), None)
    visit.account, visit.secret, visit.community_id = account, secret, place.community.id
    return None


async def _order(request: Request, form: Form, visit: Visit) -> Order:
    """The order of this form."""
    services = services_of(request)
    typed = form.line("key")
    order = await _begin(request, form, visit, typed if is_id(typed) else new_id(services.db.clock()))
    if order.state in ("declined", "abandoned"):  # an old page, whose order is over
        order = await _begin(request, form, visit, new_id(services.db.clock()))
    return order


async def _begin(request: Request, form: Form, visit: Visit, key: str) -> Order:
    account = visit.account
    assert account is not None, "they came in"

    services = services_of(request)
    basket = Basket(
        services.counter.providers, visit.community_id, account.id, request.path_params["tier_id"], _chosen(form),
        onward=local_path(form.text("next"), ""),
    )  # fmt: skip
    return await services.counter.order(
        account, visit.connection_id, key, basket.wish, language=viewer_of(request).language, back_to=_here(request, form)
    )  # fmt: skip


def _here(request: Request, form: Form) -> str:
    """Back to this page, as it was chosen."""
    price = form.line("price")
    return f"{request.url.path}?price={price}" if is_id(price) else request.url.path


async def _refused(request: Request, form: Form, error: ChannelError) -> Response:
    """The page again. When whoever takes the money did not answer, it says that nothing was charged."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        sale = await _sale(tx, request, place)
        context = await _context(tx, sale, form, None)
    unreached = isinstance(error, Unavailable) or error.code == "provider_key"
    return ask_again(request, "checkout.html", form, error, {**context, "unreached": unreached})


ROUTES = [
    route("/@{handle}/tiers/{tier_id}", checkout, VIEWER),
    route("/@{handle}/tiers/{tier_id}", buy, VIEWER, methods=("POST",)),
]
