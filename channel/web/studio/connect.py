"""Where the money goes: the ways to pay that this installation has, connected, checked and switched by the owner."""

import contextlib
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import ChannelError, Conflict, Invalid, NotFound, Unavailable
from channel.members import Action
from channel.payments import Connection, Counter, Seal, connecting, queries
from channel.payments.model import NO_KEYS, NO_OPTIONS, Keys, Options, ProviderName
from channel.payments.provider import Probe
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted

TEMPLATE = "studio/connect.html"
ORDER: Final[tuple[ProviderName, ...]] = ("stripe", "manual", "sandbox")
SHOWN_KEY_CHARS: Final = 4
STRIPE: Final = "https://dashboard.stripe.com/"
# What Stripe has to tell us of, and what a restricted key has to allow. The guide prints both.
EVENTS: Final = (
    "charge.dispute.closed", "charge.dispute.created", "charge.dispute.updated", "charge.refunded",
    "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
    "checkout.session.completed", "customer.subscription.created", "customer.subscription.deleted",
    "customer.subscription.paused", "customer.subscription.resumed", "customer.subscription.updated",
    "invoice.marked_uncollectible", "invoice.paid", "invoice.payment_failed", "invoice.voided", "refund.failed",
    "refund.updated",
)  # fmt: skip
WRITES: Final = (
    "Charges and Refunds", "Checkout Sessions", "Coupons", "Customer portal", "Invoices", "Prices", "Products",
    "Subscriptions",
)  # fmt: skip
READS: Final = (
    "Basic Business Contact Information", "Customers", "Disputes", "Events", "PaymentIntents",
    "Webhook Endpoints",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """One way to pay. `there` None: not connected. `key_end`: the last of the key; "" when there is none to show."""

    provider: ProviderName
    there: Connection | None
    key_end: str
    hook_url: str
    problems: tuple[str, ...]
    checked: bool = False


async def show(request: Request) -> Response:
    """GET /studio/{handle}/money/connect"""
    return page(request, TEMPLATE, await _all(request))


async def _all(
    request: Request, probed: ProviderName | None = None, probe: Probe | None = None
) -> dict[str, Any]:
    counter = services_of(request).counter
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.CONNECT_MONEY)
        there = {one.provider: one for one in await queries.connected(tx, place.community.id)}
        cards = [
            await _card(tx, counter, place, name, there.get(name))
            for name in ORDER
            if name in counter.providers
        ]
        found = await frame(request, tx, place, "money")
    if probe is not None:
        cards = [
            replace(one, problems=probe.problems, checked=True) if one.provider == probed else one
            for one in cards
        ]
    guide = {"events": EVENTS, "writes": WRITES, "reads": READS, "stripe": STRIPE}
    return found | guide | {"cards": cards, "wrong": "", "tab": "connect"}


async def _card(tx: Tx, counter: Counter, place: Place, name: ProviderName, there: Connection | None) -> Card:
    problems = (there.problem,) if there and there.problem else ()
    planned = connecting.candidate(place.community.id, name, Keys(), NO_OPTIONS, now=place.now)
    key_end = ""
    if there is not None and name in connecting.KEYED:
        try:
            opened = await queries.connection(tx, there.id, counter.seal)
            key_end = opened.keys.api[-SHOWN_KEY_CHARS:]
        except Unavailable as error:
            problems = (error.detail,)
    return Card(name, there, key_end, counter.hook_url(there or planned), problems)


async def act(request: Request) -> Response:
    """POST /studio/{handle}/money/connect {do: connect|check|options|on|off|disconnect, provider, …}"""
    form = await posted(request)
    provider = _provider(request, form)
    do = form.line("do")
    try:
        if do == "check":
            return page(request, TEMPLATE, await _all(request, provider, await _check(request, provider)))
        said = await (_connect if do == "connect" else _change)(request, form, provider)
    except ChannelError as error:
        _beside(provider, error)
        return ask_again(request, TEMPLATE, form, error, await _all(request) | {"wrong": provider})
    return go(request, "/money/connect", said)


def _provider(request: Request, form: Form) -> ProviderName:
    """Raises NotFound for one that this installation does not have."""
    named = form.line("provider")
    for one in ORDER:
        if one == named and one in services_of(request).counter.providers:
            return one
    raise NotFound("This way to pay is not available on this server.")


def _beside(provider: ProviderName, error: ChannelError) -> None:
    """Several forms with the same fields stand on this page, so each field carries its provider's name."""
    if isinstance(error, Invalid):
        error.fields = {f"{provider}_{name}" if name else "": words for name, words in error.fields.items()}


async def _connect(request: Request, form: Form, provider: ProviderName) -> str:
    """Look at the provider first: what it refuses is not stored."""
    services, counter = services_of(request), services_of(request).counter
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.CONNECT_MONEY)
        there = await _there(tx, place, provider)
        keys = _keys(form, provider, await _kept(tx, there, counter.seal))
    # New keys for what is connected come without the rest of the form.
    options = there.options if there is not None else _options(form, provider)
    connecting.check_keys(provider, keys)
    options = connecting.check_options(provider, options)
    planned = connecting.candidate(place.community.id, provider, keys, options, now=place.now)
    planned = replace(planned, id=there.id) if there else planned
    probe = await counter.provider(planned).probe(planned, counter.hook_url(planned))
    if not probe.account:
        raise Invalid(api_key=probe.problems[0] if probe.problems else "The provider does not know this key.")
    async with services.db.write() as tx:
        place = await enter(request, tx, Action.CONNECT_MONEY)
        made = await connecting.connect(
            tx, place.by, place.community, provider, counter.seal, keys=keys, options=options, live=probe.live,
            account=probe.account,
        )  # fmt: skip
        await connecting.note_probe(tx, made, probe)
    return "connected"


async def _kept(tx: Tx, there: Connection | None, seal: Seal) -> Keys:
    """The keys as they are; none where they were sealed with another secret, which is why new ones are entered."""
    if there is None:
        return NO_KEYS
    with contextlib.suppress(Unavailable):
        return (await queries.connection(tx, there.id, seal)).keys
    return NO_KEYS


def _keys(form: Form, provider: ProviderName, kept: Keys) -> Keys:
    """What is left empty stays. While a secret is being replaced at the provider, the last one is taken beside it."""
    secret = form.line(f"{provider}_webhook_secret")
    webhook: tuple[str, ...] = (secret,) if secret else kept.webhook
    if secret and form.on(f"{provider}_keep_secret") and kept.webhook[:1] != webhook:
        webhook += kept.webhook[:1]
    return Keys(api=form.line(f"{provider}_api_key") or kept.api, webhook=webhook)


async def _check(request: Request, provider: ProviderName) -> Probe:
    services, counter = services_of(request), services_of(request).counter
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.CONNECT_MONEY)
        there = await _connected(tx, place, provider, counter.seal)
    probe = await counter.provider(there).probe(there, counter.hook_url(there))
    async with services.db.write() as tx:
        await connecting.note_probe(tx, there, probe)
    return probe


async def _change(request: Request, form: Form, provider: ProviderName) -> str:
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.CONNECT_MONEY)
        there = await _connected(tx, place, provider)
        match form.line("do"):
            case "options":
                await connecting.set_options(tx, place.by, place.community, there, _options(form, provider))
                return "saved"
            case "on" | "off" as way:
                await connecting.switch(tx, place.by, place.community, there, on=way == "on")
                return f"switched_{way}"
            case "disconnect":
                await connecting.disconnect(tx, place.by, place.community, there)
                return "disconnected"
            case _:
                raise Invalid({"": "Choose what to do."})


async def _there(tx: Tx, place: Place, provider: ProviderName) -> Connection | None:
    found = await queries.connected(tx, place.community.id)
    return next((one for one in found if one.provider == provider), None)


async def _connected(tx: Tx, place: Place, provider: ProviderName, seal: Seal | None = None) -> Connection:
    """Raises Conflict when it is not."""
    there = await _there(tx, place, provider)
    if there is None:
        raise Conflict("This way to pay is not connected. Connect it first.", code="not_connected")
    return await queries.connection(tx, there.id, seal)


def _options(form: Form, provider: ProviderName) -> Options:
    typed = {
        name: form.text(f"{provider}_{name}") for name in ("tax_note", "iban", "bic", "payee", "instructions")
    }
    return Options(tax=form.on(f"{provider}_tax"), invoices=form.on(f"{provider}_invoices"), **typed)
