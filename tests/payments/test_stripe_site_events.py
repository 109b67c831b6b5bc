"""How our own Stripe tells of what happened, and how it fails."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
import stripe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.payments.stripe_shop import DAY, Shop, error_of, open_shop
from tests.payments.stripe_site import HOSTILE, LOST, Deliverer, Plan
from tests.payments.stripe_site.ledger import Secrets
from tests.payments.stripe_site.webhooks import body_of, header, sign

NODES = ("http://a.test/hook", "http://b.test/hook")


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop() as opened:
        yield opened


@dataclass
class Inbox:
    """Takes webhooks at any address, as the library reads them."""

    secret: str = ""
    tolerance_s: int = 0  # none: the shop's clock is not the real one
    down: bool = False
    events: list[Any] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def take(self, request: Request) -> Response:
        if self.down:
            return Response(status_code=503)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        body = (await request.body()).decode()
        signature = request.headers["stripe-signature"]
        self.events.append(stripe.Webhook.construct_event(body, signature, self.secret, self.tolerance_s))
        self.hosts.append(request.url.hostname or "")
        self.at_once -= 1
        return Response(status_code=200)

    def client(self) -> httpx2.AsyncClient:
        app = Starlette(routes=[Route("/hook", self.take, methods=["POST"])])
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))


def told(shop: Shop) -> list[str]:
    """The ids of all events, in the order in which they happened."""
    return [event["id"] for event in shop.site.ledger.events]


@pytest.fixture
async def post(shop: Shop) -> AsyncIterator[tuple[Deliverer, Inbox]]:
    inbox = Inbox(shop.hands.endpoint(NODES[0])["secret"])
    async with inbox.client() as client:
        yield Deliverer(shop.site.ledger, client, seed=3), inbox


# --- signatures ---

SECRET = "whsec_" + "s" * 32
BODY = body_of({"id": "evt_1", "object": "event", "type": "invoice.paid"})
OURS = Secrets(SECRET)
ROLLED = Secrets("whsec_" + "n" * 32, SECRET)
OTHER = Secrets("whsec_other")

# What is signed with the time at which the test runs, since the library refuses what is older than five minutes.
SIGNED: list[tuple[str, str, Callable[[int], str], bool]] = [
    ("valid", BODY, lambda now: header(BODY, OURS, now), True),
    ("in the future", BODY, lambda now: header(BODY, OURS, now + 3_600), True),
    ("both secrets while one is rolled", BODY, lambda now: header(BODY, ROLLED, now), True),
    (
        "a bad v1 before a good one",
        BODY,
        lambda now: f"t={now},v1={'0' * 64},v1={sign(BODY, SECRET, now)}",
        True,
    ),
    ("a bad v1", BODY, lambda now: f"t={now},v1={'0' * 64}", False),
    ("only v0", BODY, lambda now: f"t={now},v0={sign(BODY, SECRET, now)}", False),
    ("an old time", BODY, lambda now: header(BODY, OURS, now - 301), False),
    ("a time exchanged", BODY, lambda now: f"t={now},v1={sign(BODY, SECRET, now - 301)}", False),
    ("another secret", BODY, lambda now: header(BODY, OTHER, now), False),
    ("another body", BODY.replace("paid", "void"), lambda now: header(BODY, OURS, now), False),
    ("the body written anew", json.dumps(json.loads(BODY)), lambda now: header(BODY, OURS, now), False),
    ("no time", BODY, lambda now: f"v1={sign(BODY, SECRET, now)}", False),
    ("no signature", BODY, lambda now: f"t={now}", False),
    ("nothing", BODY, lambda now: "", False),
]


@pytest.mark.parametrize(
    ("body", "signature", "good"), [row[1:] for row in SIGNED], ids=[row[0] for row in SIGNED]
)
def test_the_library_takes_good_signatures_and_no_others(
    body: str, signature: Callable[[int], str], good: bool
) -> None:
    try:
        stripe.Webhook.construct_event(body, signature(int(time.time())), SECRET)
        taken = True
    except stripe.SignatureVerificationError:
        taken = False
    assert taken == good


def test_the_site_signs_as_the_library_does() -> None:
    now = int(time.time())
    assert header(BODY, OURS, now) == stripe.WebhookSignature.generate_signature_header(BODY, SECRET, now)


# --- endpoints and events ---


def test_endpoints_are_made_and_checked_for_what_they_hear(shop: Shop) -> None:
    events: Any = ["checkout.session.completed", "invoice.paid"]
    made = shop.api.webhook_endpoints.create({"url": "https://channel.test/hook", "enabled_events": events})
    assert made.secret.startswith("whsec_")
    (found,) = [e for e in shop.api.webhook_endpoints.list().data if e.url == "https://channel.test/hook"]
    assert (found.enabled_events, found.status) == (events, "enabled")
    assert not hasattr(found, "secret")
    shop.api.webhook_endpoints.update(made.id, {"disabled": True})
    assert shop.api.webhook_endpoints.retrieve(made.id).status == "disabled"
    shop.api.webhook_endpoints.delete(made.id)
    assert shop.api.webhook_endpoints.list().data == []


def test_live_endpoints_need_https(shop: Shop) -> None:
    live = shop.client_for(shop.site.account.secret_key(livemode=True)).v1
    with pytest.raises(stripe.InvalidRequestError, match="must use HTTPS"):
        live.webhook_endpoints.create({"url": "http://channel.test/hook", "enabled_events": ["*"]})


def test_events_can_be_fetched_instead_of_waited_for(shop: Shop) -> None:
    shop.subscribed(shop.price())
    since = shop.site.ledger.now
    shop.site.advance(DAY)
    shop.hands.cancel_now(shop.api.subscriptions.list().data[0].id)
    listed = shop.api.events.list({"types": ["customer.subscription.deleted", "invoice.paid"]})
    assert [event.type for event in listed.data] == ["customer.subscription.deleted", "invoice.paid"]
    assert [e.type for e in shop.api.events.list({"created": {"gt": since}}).data] == [
        "customer.subscription.deleted"
    ]
    assert {e.type for e in shop.api.events.list({"type": "invoice_payment.*"}).data} == {
        "invoice_payment.paid"
    }
    event = shop.api.events.retrieve(listed.data[0].id)
    assert (event.data.object["status"], event.livemode, event.api_version) == (
        "canceled",
        False,
        stripe.api_version,
    )
    assert len(list(shop.api.events.list({"limit": 100}).auto_paging_iter())) == len(shop.site.ledger.events)


def test_events_say_what_was_before_and_are_kept_for_thirty_days(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    shop.hands.cancel_at_period_end(subscription)
    event = shop.api.events.list({"type": "customer.subscription.updated"}).data[0]
    assert event.data.previous_attributes is not None
    assert event.data.previous_attributes.to_dict() == {
        "cancel_at": None, "cancel_at_period_end": False, "canceled_at": None,
        "cancellation_details": {"reason": None},
    }  # fmt: skip
    shop.site.advance(30 * DAY + 1)
    with pytest.raises(stripe.InvalidRequestError, match="No such event"):
        shop.api.events.retrieve(event.id)
    assert all(
        e.created > shop.site.ledger.now - 30 * DAY - 1 for e in shop.api.events.list({"limit": 100}).data
    )


def test_an_event_shows_the_object_as_it_was_then(shop: Shop) -> None:
    subscription = shop.subscribed(shop.price()).id
    shop.hands.cancel_now(subscription)
    created = shop.api.events.list({"type": "customer.subscription.created"}).data[0]
    assert created.data.object["status"] == "incomplete"
    assert shop.status(subscription) == "canceled"


# --- delivery ---


async def test_every_event_arrives_once_and_in_order_when_all_is_well(
    shop: Shop, post: tuple[Deliverer, Inbox]
) -> None:
    deliverer, inbox = post
    shop.subscribed(shop.price())
    await deliverer.deliver()
    assert [event.type for event in inbox.events] == shop.told()
    assert await deliverer.deliver() == []
    assert all(delivery.status == 200 for delivery in deliverer.sent)


async def test_a_hostile_network_repeats_shuffles_delays_and_loses(
    shop: Shop, post: tuple[Deliverer, Inbox]
) -> None:
    deliverer, inbox = post
    for _ in range(3):
        shop.subscribed(shop.price())
    plan = Plan(**{**vars(HOSTILE), "addresses": NODES})
    await deliverer.deliver(plan)
    times = Counter(event.id for event in inbox.events)
    assert {times.get(identity, 0) for identity in told(shop)} == {0, 1, 2, 3}
    assert [event.id for event in inbox.events] != sorted((e.id for e in inbox.events), key=told(shop).index)
    assert set(inbox.hosts) == {"a.test", "b.test"}
    assert inbox.most_at_once > 1
    assert deliverer.counts() == times


async def test_the_same_seed_makes_the_same_weather(shop: Shop, post: tuple[Deliverer, Inbox]) -> None:
    deliverer, inbox = post
    shop.subscribed(shop.price())
    again = Deliverer(shop.site.ledger, deliverer.client, seed=3)
    calm = Plan(fewest=0, most=3, shuffled=True)
    first, second = await deliverer.deliver(calm), await again.deliver(calm)
    assert [d.event["id"] for d in first] == [d.event["id"] for d in second]
    assert [event.id for event in inbox.events[: len(first)]] == [d.event["id"] for d in first]
    assert [d.event["id"] for d in first] != sorted((d.event["id"] for d in first), key=told(shop).index)


async def test_all_webhooks_can_be_lost_and_old_ones_sent_again(
    shop: Shop, post: tuple[Deliverer, Inbox]
) -> None:
    deliverer, inbox = post
    shop.subscribed(shop.price())
    assert await deliverer.deliver(LOST) == []
    assert inbox.events == []
    paid = [event for event in shop.site.ledger.events if event["type"] == "invoice.paid"]
    for _ in range(5):
        await deliverer.deliver(events=paid)
    assert [event.id for event in inbox.events] == [paid[0]["id"]] * 5


async def test_endpoints_hear_what_they_asked_for(shop: Shop, post: tuple[Deliverer, Inbox]) -> None:
    deliverer, inbox = post
    (endpoint,) = shop.api.webhook_endpoints.list().data
    shop.api.webhook_endpoints.update(endpoint.id, {"enabled_events": ["invoice.paid"]})
    shop.subscribed(shop.price())
    await deliverer.deliver()
    assert [event.type for event in inbox.events] == ["invoice.paid"]


async def test_a_rolled_secret_signs_beside_the_old_one_for_a_while(
    shop: Shop, post: tuple[Deliverer, Inbox]
) -> None:
    deliverer, inbox = post
    (endpoint,) = shop.api.webhook_endpoints.list().data
    shop.price()
    fresh = shop.hands.roll_secret(endpoint.id, keep_old=True)
    await deliverer.deliver()
    inbox.secret = fresh
    await deliverer.deliver(events=shop.site.ledger.events)
    assert len(inbox.events) == 4
    shop.hands.roll_secret(endpoint.id, keep_old=False)
    with pytest.raises(ExceptionGroup):
        await deliverer.deliver(events=shop.site.ledger.events[:1])


async def test_what_was_not_taken_can_be_sent_again(shop: Shop, post: tuple[Deliverer, Inbox]) -> None:
    deliverer, inbox = post
    shop.price()
    inbox.down = True
    await deliverer.deliver()
    assert [event["type"] for event in deliverer.unheard()] == ["product.created", "price.created"]
    inbox.down = False
    await deliverer.deliver(events=deliverer.unheard())
    assert (len(inbox.events), deliverer.unheard()) == (2, [])


async def test_deliveries_can_be_signed_by_another_clock_or_long_ago(
    shop: Shop, post: tuple[Deliverer, Inbox]
) -> None:
    deliverer, inbox = post
    inbox.tolerance_s = 300
    deliverer.signed_at = lambda: int(time.time())
    shop.price()
    await deliverer.deliver(Plan(backdated_s=290))
    assert len(inbox.events) == 2
    with pytest.raises(ExceptionGroup) as raised:
        await deliverer.deliver(Plan(backdated_s=310), shop.site.ledger.events[:1])
    assert raised.group_contains(stripe.SignatureVerificationError, match="outside the tolerance zone")


async def test_webhooks_travel_over_real_sockets_and_nobody_may_be_there(shop: Shop) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    shop.hands.endpoint(f"http://127.0.0.1:{port}/hook")
    shop.price()
    async with httpx2.AsyncClient(trust_env=False) as client:
        deliverer = Deliverer(shop.site.ledger, client)
        first = await deliverer.deliver(Plan(at_once=2))
        server.close()
        second = await deliverer.deliver(events=shop.site.ledger.events)
    assert [delivery.status for delivery in first] == [204, 204]
    assert [delivery.status for delivery in second] == [None, None]
    assert deliverer.unheard() == []  # each was taken the first time
    assert b"stripe-signature: t=" in heard[0].lower()


# --- trouble ---


def test_nobody_listens_and_then_it_is_back(shop: Shop) -> None:
    with shop.site.refusing(), pytest.raises(stripe.APIConnectionError, match="Connection refused"):
        shop.api.customers.list()
    assert shop.api.customers.list().data == []


def test_it_hangs_until_our_patience_ends(shop: Shop) -> None:
    impatient = shop.client_for(shop.key)
    impatient._requestor._get_http_client()._timeout = 0.2
    with shop.site.trouble("hang"), pytest.raises(stripe.APIConnectionError, match="Timeout"):
        impatient.v1.customers.create({"email": "ada@example.com"})
    assert shop.told() == []


def test_it_answers_500_or_429_before_any_work(shop: Shop) -> None:
    with shop.site.trouble("error", times=1):
        with pytest.raises(stripe.APIError) as broken:
            shop.api.customers.create({"email": "ada@example.com"})
    assert (broken.value.http_status, error_of(broken.value)["type"]) == (500, "api_error")
    with shop.site.trouble("rate"), pytest.raises(stripe.RateLimitError) as hurried:
        shop.api.customers.create({"email": "ada@example.com"})
    assert hurried.value.headers is not None
    assert hurried.value.headers["Retry-After"] == "2"
    assert shop.told() == []


def test_a_lost_answer_is_made_good_by_the_same_key(shop: Shop) -> None:
    values: Any = {"email": "ada@example.com"}
    with shop.site.trouble("lost", times=1):
        with pytest.raises(stripe.APIConnectionError):
            shop.api.customers.create(values, {"idempotency_key": "k1"})
    (there,) = shop.hands.all("customer")
    assert shop.api.customers.create(values, {"idempotency_key": "k1"}).id == there["id"]
    assert shop.told() == ["customer.created"]


def test_the_librarys_own_retry_makes_good_a_lost_answer(shop: Shop) -> None:
    stubborn = shop.client_for(shop.key, max_network_retries=1)
    with shop.site.trouble("lost", times=1):
        customer = stubborn.v1.customers.create({"email": "ada@example.com"})
    assert [row["id"] for row in shop.hands.all("customer")] == [customer.id]


def test_a_late_answer_has_done_its_work(shop: Shop) -> None:
    impatient = shop.client_for(shop.key)
    impatient._requestor._get_http_client()._timeout = 0.1
    with shop.site.trouble("late", seconds=0.3), pytest.raises(stripe.APIConnectionError):
        impatient.v1.customers.create({"email": "ada@example.com"})
    assert shop.told() == ["customer.created"]


def test_trouble_may_be_with_some_requests_only(shop: Shop) -> None:
    charge = shop.hands.charge_of(shop.subscribed(shop.price()).latest_invoice)["id"]
    with shop.site.trouble("error", verb="post", path="/v1/refunds"):
        with pytest.raises(stripe.APIError):
            shop.api.refunds.create({"charge": charge})
        assert shop.api.charges.retrieve(charge).amount_refunded == 0
