"""`/@{handle}/gift`: a pass for somebody else. Paid like anything else; the code is made when the money has come."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import tiers
from channel.accounts import Account
from channel.errors import ChannelError, Conflict, Invalid, NotFound
from channel.i18n import translation
from channel.ids import is_id, new_id
from channel.members.queries import owner_id
from channel.payments import Connection, Order, giving, queries
from channel.payments.giving import Offer
from channel.payments.model import Details
from channel.payments.orders import Wish
from channel.routing import VIEWER, Services, route, services_of, viewer_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.model import listed
from channel.tiers.prices import of_community
from channel.web import cookies
from channel.web.door import who_comes
from channel.web.forms import Form, read_form
from channel.web.gifts.words import offered
from channel.web.paying.going import go_to
from channel.web.places import Place, banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

TEMPLATE = "gifts/buy.html"
SENT_AT = time(7, tzinfo=UTC)  # morning where most readers of the two languages are


@dataclass(frozen=True, slots=True)
class Shelf:
    """What can be given here, and by which ways it can be paid."""

    offers: list[tuple[Tier, list[Offer]]]
    ways: list[Connection]

    def offer(self, key: str) -> tuple[Tier, Offer]:
        """Raises Invalid (what)."""
        for tier, some in self.offers:
            for one in some:
                if one.key == key:
                    return tier, one
        raise Invalid(what="Choose what to give.")

    def way(self, connection_id: str) -> Connection:
        """The one that was chosen; the first without a choice. Raises Conflict when there is none."""
        if not self.ways:
            raise Conflict("Nothing can be paid here at the moment.", code="no_way_to_pay")
        return next((one for one in self.ways if one.id == connection_id), self.ways[0])


async def _shelf(tx: Tx, services: Services, place: Place) -> Shelf:
    there = await of_community(tx, place.community.id)
    passes = listed(await tiers.of_community(tx, place.community.id))
    offers = [(tier, giving.offers(there.get(tier.id, ()))) for tier in passes if tier.rank > 0]
    providers = services.counter.providers
    ways = [
        one
        for one in await queries.connected(tx, place.community.id)
        if one.state == "on" and one.provider in providers and providers[one.provider].abilities.purchases
    ]
    return Shelf([(tier, some) for tier, some in offers if some], ways)


async def show(request: Request) -> Response:
    """What can be given, for how long, to whom."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        context = await _context(tx, request, place)
    return page(request, TEMPLATE, context)


async def _context(tx: Tx, request: Request, place: Place) -> dict[str, Any]:
    shelf = await _shelf(tx, services_of(request), place)
    words = translation(viewer_of(request).language)
    choices = [
        (tier, [(one.key, one.amount, one.price.currency, offered(one, words)) for one in some])
        for tier, some in shelf.offers
    ]
    chosen = request.query_params.get("tier", "")
    first = next(
        (some[0][0] for tier, some in choices if tier.id == chosen), choices[0][1][0][0] if choices else ""
    )
    today = datetime.fromtimestamp(tx.now / 1000, UTC).date().isoformat()
    return {
        "community": place.community, "choices": choices, "first": first, "ways": shelf.ways, "today": today,
        "key": new_id(tx.now), "owner_gives": viewer_of(request).account_id == await owner_id(tx, place.community.id),
        "form": None,
    }  # fmt: skip


@dataclass(slots=True)
class Visit:
    """Who gives, and by which way they pay. `secret`: the cookie of a giver's new session."""

    account: Account
    secret: str | None
    connection_id: str


async def buy(request: Request) -> Response:
    """POST /@{handle}/gift {what, way, to_name, to_email, message, send_on, key}"""
    form = await read_form(request)
    visit: Visit | None = None
    try:
        viewer = viewer_of(request)
        services_of(request).limiter.hit("order", viewer.account_id or viewer.network)
        came = await _enter(request, form)
        if isinstance(came, Response):
            return came
        visit = came
        response = _on(request, await _order(request, form, visit))
    except NotFound:
        raise
    except ChannelError as error:
        async with services_of(request).db.read() as tx:
            context = await _context(tx, request, await community_of(tx, request))
        response = ask_again(request, TEMPLATE, form, error, context)
    if visit is not None and visit.secret is not None:
        cookies.set_session(request, response, visit.secret)
    return response


async def _enter(request: Request, form: Form) -> "Visit | Response":
    """Everything that can be wrong is looked at before somebody is made an account for it."""
    services = services_of(request)
    async with services.db.write() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        shelf = await _shelf(tx, services, place)
        problems: dict[str, str] = {}
        for check in (lambda: shelf.offer(form.line("what")), lambda: _details(form, tx.now)):
            try:
                check()
            except Invalid as error:
                problems |= error.fields
        if problems:
            raise Invalid(problems)
        way = shelf.way(form.line("way"))
        account, secret = await who_comes(tx, request, form)
    return Visit(account, secret, way.id)


def _details(form: Form, now: int) -> Details:
    """Raises Invalid."""
    day, send_at = form.line("send_on"), None
    if day:
        try:
            send_at = int(datetime.combine(date.fromisoformat(day), SENT_AT).timestamp() * 1000)
        except ValueError as error:
            raise Invalid(send_on="Write a day like 2030-12-31.") from error
    typed = {name: form.text(name) for name in ("to_name", "to_email", "message")}
    return giving.details(**typed, send_at=send_at, now=now)


async def _order(request: Request, form: Form, visit: Visit) -> Order:
    """The order of this form; another one when the page is so old that its order is over."""
    services, language = services_of(request), viewer_of(request).language
    words = translation(language)

    async def choose(tx: Tx, connection: Connection) -> Wish:
        place = await community_of(tx, request)
        if place.community.closed:
            raise Conflict("This community is closed and takes nobody in.", code="community_closed")
        tier, offer = (await _shelf(tx, services, place)).offer(form.line("what"))
        title = words.gettext("Gift: %(tier)s, %(lasting)s") % {
            "tier": tier.name, "lasting": offered(offer, words),
        }  # fmt: skip
        return giving.wish(tier, offer, _details(form, tx.now), title)

    async def begin(key: str) -> Order:
        return await services.counter.order(
            visit.account, visit.connection_id, key, choose, language=language, back_to=request.url.path
        )

    typed = form.line("key")
    order = await begin(typed if is_id(typed) else new_id(services.db.clock()))
    over = order.state in ("declined", "abandoned")
    return await begin(new_id(services.db.clock())) if over else order


def _on(request: Request, order: Order) -> Response:
    """To the payment page, or to what became of the order."""
    paying = order.state == "open" and order.url
    return go_to(request, order.url) if paying and order.url else see_other(f"/pay/{order.id}")


ROUTES = [
    route("/@{handle}/gift", show, VIEWER),
    route("/@{handle}/gift", buy, VIEWER, methods=("POST",)),
]
