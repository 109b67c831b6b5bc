"""What is paid once and opens no tier: one post alone, or a tip."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import money
from channel.communities.fields import prose
from channel.errors import ChannelError, Conflict, Invalid, NotFound, Unavailable
from channel.i18n import noop as N_
from channel.i18n import translation
from channel.ids import is_id, new_id
from channel.members import Role
from channel.money import Money
from channel.payments import Connection, offers
from channel.payments.model import Details
from channel.payments.offers import Way
from channel.payments.orders import Wish
from channel.posts import queries as posts
from channel.render import views
from channel.render.views import LockedView
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.paying.going import go_to
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

PAGE = "alone.html"
MAX_WORD_CHARS = 500
TIPS = (300, 500, 1000)  # offered, in minor units of a currency with hundredths
_word = prose("message", "At most 500 characters fit here. Write less.", at_most=MAX_WORD_CHARS)


@dataclass(frozen=True, slots=True)
class Thing:
    """What can be paid for here. `post` None: a tip. `why_not`: a sentence when it cannot be paid for now."""

    place: Place
    post: LockedView | None
    cost: Money | None
    ways: tuple[Way, ...]
    currencies: tuple[str, ...]
    why_not: str

    @property
    def here(self) -> str:
        front = f"/@{self.place.community.handle}"
        return f"{self.post.href}/unlock" if self.post else f"{front}/tip"

    @property
    def back(self) -> str:
        return self.post.href if self.post else f"/@{self.place.community.handle}"


async def _ways(tx: Tx, request: Request, place: Place) -> tuple[Way, ...]:
    there = await offers.ways(tx, services_of(request).counter.providers, place.community.id)
    return tuple(way for way in there if way.abilities.purchases)


async def _post(tx: Tx, request: Request, place: Place) -> Thing | str:
    """The locked post of the address; where to go instead when it is open already. Raises NotFound."""
    room = await room_of(tx, request, place)
    if not place.by.reads(room.min_rank):
        return f"/@{place.community.handle}/{room.slug}"
    post = await posts.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    view = (await views.post_views(tx, [post], room, place.community, place.by))[0]
    if not isinstance(view, LockedView):
        return view.href
    if view.unlock is None:
        raise NotFound("This post is not sold alone.")
    ways = await _ways(tx, request, place)
    why_not = _why_not(place, ways)
    if not why_not and not place.by.belongs:
        why_not = N_("Join first; following is free. Then you can open this post.")
    return Thing(place, view, view.unlock, ways, (view.unlock.currency,), why_not)


async def _tip(tx: Tx, request: Request, place: Place) -> Thing:
    ways = await _ways(tx, request, place)
    sold = await offers.from_prices(tx, place.community.id)
    currencies = tuple(dict.fromkeys([*(price.currency for price in sold.values()), money.COMMON[0]]))
    why_not = _why_not(place, ways)
    if place.by.role is not None and place.by.role is not Role.MEMBER:
        why_not = N_("You run this. Tips come to you.")
    return Thing(place, None, None, ways, currencies, why_not)


def _why_not(place: Place, ways: tuple[Way, ...]) -> str:
    if place.community.closed or place.community.deleted:
        return N_("This community is closed: nothing is sold here any more.")
    return "" if ways else N_("Nobody takes payments here at the moment.")


async def _found(tx: Tx, request: Request) -> Thing | Response:
    place = await community_of(tx, request)
    if place.banned:
        return await banned_page(tx, request, place)
    thing = await (_post(tx, request, place) if "seq" in request.path_params else _tip(tx, request, place))
    return see_other(thing) if isinstance(thing, str) else thing


def _context(thing: Thing, now: int) -> dict[str, Any]:
    return {
        "community": thing.place.community, "thing": thing, "key": new_id(now), "tips": TIPS,
        "pretend": any(way.connection.provider == "sandbox" for way in thing.ways),
        "note": thing.ways[0].connection.options.tax_note if thing.ways else "",
    }  # fmt: skip


async def show(request: Request) -> Response:
    """What it is and what it costs; nothing is begun by looking."""
    async with services_of(request).db.read() as tx:
        thing = await _found(tx, request)
        now = tx.now
    if isinstance(thing, Response):
        return thing
    return page(request, PAGE, {**_context(thing, now), "form": None})


async def pay(request: Request) -> Response:
    """Make the order, and go to who takes the money."""
    form, account = await read_form(request), account_of(request)
    services = services_of(request)
    async with services.db.read() as tx:
        thing = await _found(tx, request)
        now = tx.now
    if isinstance(thing, Response):
        return thing
    try:
        services.limiter.hit("order", account.id)
        way = _way(thing, form)

        async def choose(tx: Tx, connection: Connection) -> Wish:
            again = await _found(tx, request)
            if isinstance(again, Response):
                raise Conflict("This was changed meanwhile. Look at it again.")
            return _wish(request, again, form)

        typed = form.line("key")
        order = await services.counter.order(
            account, way.connection.id, typed if is_id(typed) else new_id(now), choose,
            language=viewer_of(request).language, back_to=thing.back,
        )  # fmt: skip
    except ChannelError as error:
        unreached = isinstance(error, Unavailable) or error.code == "provider_key"
        return ask_again(request, PAGE, form, error, {**_context(thing, now), "unreached": unreached})
    paying = order.state == "open" and order.url
    return go_to(request, order.url) if paying and order.url else see_other(f"/pay/{order.id}")


def _way(thing: Thing, form: Form) -> Way:
    if thing.why_not:
        raise Conflict(thing.why_not)
    chosen = form.line("way")
    for way in thing.ways:
        if chosen in ("", way.connection.id):
            return way
    raise Invalid(way="This way to pay is not offered any more. Choose one of these.")


def _wish(request: Request, thing: Thing, form: Form) -> Wish:
    say = translation(viewer_of(request).language).gettext
    if thing.why_not:
        raise Conflict(thing.why_not)
    if thing.post is not None and thing.cost is not None:
        title = say("One post of %(community)s") % {"community": thing.place.community.name}
        return Wish(
            kind="unlock", amount=thing.cost.amount, currency=thing.cost.currency, post_id=thing.post.id,
            title=title,
        )  # fmt: skip
    currency = money.parse_currency(form.line("currency") or thing.currencies[0])
    amount = money.parse_amount(form.line("amount"), currency)
    title = say("A tip for %(community)s") % {"community": thing.place.community.name}
    details = Details(message=_word(form.text("message")))
    return Wish(kind="tip", amount=amount, currency=currency, details=details, title=title)


ROUTES = [
    route("/@{handle}/tip", show, VIEWER),
    route("/@{handle}/tip", pay, SIGNED_IN, methods=("POST",)),
    route("/@{handle}/{slug}/{seq}/unlock", show, VIEWER),
    route("/@{handle}/{slug}/{seq}/unlock", pay, SIGNED_IN, methods=("POST",)),
]
