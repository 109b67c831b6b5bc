"""T17: only what Stripe itself says, of this account, in this mode, now, has an effect; and that once."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update

from channel.app import build
from channel.errors import Unavailable
from channel.payments.model import Keys
from channel.payments.tables import connections, hints, holdings
from channel.settings import Settings
from tests.conftest import Clock
from tests.payments.stripe_site import Deliverer
from tests.payments.stripe_site.ledger import Secrets
from tests.payments.stripe_site.webhooks import body_of, header, sign
from tests.payments.stripe_till import StripeTill, open_stripe_till

TIMES = 20
Event = dict[str, Any]


@dataclass
class Door:
    """The server's own route, and what came through it. `bob` has paid, and nobody has told us yet."""

    till: StripeTill
    http: httpx2.AsyncClient
    path: str

    async def knock(self, body: bytes, signature: str | None) -> int:
        """The status that a message is answered with."""
        headers = {} if signature is None else {"Stripe-Signature": signature.encode("latin-1")}
        answer = await self.http.post(self.path, content=body, headers=headers)
        return answer.status_code

    async def heard(self) -> int:
        async with self.till.db.read() as tx:
            return int(await tx.value(select(func.count()).select_from(hints)))

    async def effect(self) -> tuple[int, int]:
        """How many messages are stored, and Bob's rank after all that follows from them."""
        await self.till.work()
        return await self.heard(), await self.till.rank(self.till.scene.people["Bob"])

    @property
    def now(self) -> int:
        return self.till.site.ledger.now

    def signed(self, body: bytes | str, *, secret: str | None = None, at: int | None = None) -> str:
        text = body if isinstance(body, str) else body.decode()
        moment = self.now if at is None else at
        return f"t={moment},v1={sign(text, secret or self.till.secret, moment)}"

    def events(self) -> list[Event]:
        """As many as a class is tried with, all of them news."""
        told = [event for event in self.till.site.ledger.events if event["type"] == "invoice.paid"]
        assert told, "the premise: Bob has paid"
        return [told[-1] | {"id": f"evt_{number:024}"} for number in range(TIMES)]


@pytest.fixture
async def door(settings: Settings, clock: Clock) -> AsyncIterator[Door]:
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        services = app.state.services
        app.state.worker.stop()  # the tests do its work, when they want it done
        async with open_stripe_till(services.db, clock, counter=services.counter) as till:
            gold, price = await till.tier("Gold", 10)
            order = await till.order(await till.scene.member("Bob"), gold, price)
            till.hands.pay(order.external_id or "")
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url=settings.url) as http:
                yield Door(till, http, f"/api/hooks/stripe/{till.connection.id}")


async def refused(door: Door, forged: list[tuple[bytes, str | None]]) -> None:
    """None of these has an effect."""
    assert len(forged) == TIMES
    for body, signature in forged:
        assert await door.knock(body, signature) == 403, signature
    assert await door.effect() == (0, 0)


def bodies(door: Door) -> list[bytes]:
    return [body_of(event).encode() for event in door.events()]


async def test_a_good_one_has_its_effect(door: Door) -> None:
    [body, *_] = bodies(door)
    assert await door.knock(body, door.signed(body)) == 200
    assert await door.effect() == (1, 10)


async def test_no_signature(door: Door) -> None:
    headers = [None, "", "t=", "v1=", ",", "t=1,v1="]
    await refused(door, [(body, headers[n % len(headers)]) for n, body in enumerate(bodies(door))])


async def test_a_wrong_signature(door: Door) -> None:
    def wrong(body: bytes, number: int) -> str:
        good = door.signed(body)
        return [
            good[:-1] + ("0" if good[-1] != "0" else "1"),
            good[:-64],
            good.upper(),
            good + "00",
            good.replace("v1=", "v1= "),
            good[:-1] + "é",
            f"t={door.now},v1={'0' * 64}",
            door.signed(body, secret="whsec_anothersecret"),
        ][number % 8]

    await refused(door, [(body, wrong(body, n)) for n, body in enumerate(bodies(door))])


async def test_only_an_old_scheme(door: Door) -> None:
    await refused(door, [(body, door.signed(body).replace("v1=", "v0=")) for body in bodies(door)])


async def test_too_old(door: Door) -> None:
    ages = [301, 302, 600, 3_600, 86_400]
    made = [(body, door.signed(body, at=door.now - ages[n % 5])) for n, body in enumerate(bodies(door))]
    await refused(door, made)
    [body, *_] = bodies(door)
    assert await door.knock(body, door.signed(body, at=door.now - 300)) == 200, "just young enough"


async def test_of_the_future(door: Door) -> None:
    ahead = [301, 600, 3_600, 10**9, 10**11]
    made = [(body, door.signed(body, at=door.now + ahead[n % 5])) for n, body in enumerate(bodies(door))]
    await refused(door, made)


async def test_a_time_that_was_not_signed(door: Door) -> None:
    def moved(body: bytes, number: int) -> str:
        old = door.signed(body, at=door.now - 900)
        return [
            old.replace(f"t={door.now - 900}", f"t={door.now}"),
            f"{old},t={door.now}",
            f"t={door.now},{old}",
            f" t={door.now},{old}",
            old.replace("t=", f"t={door.now}\x20,t="),
        ][number % 5]

    await refused(door, [(body, moved(body, n)) for n, body in enumerate(bodies(door))])


async def test_the_right_signature_of_another_body(door: Door) -> None:
    made = bodies(door)
    await refused(door, [(body, door.signed(made[n - 1])) for n, body in enumerate(made)])


async def test_the_same_json_written_anew(door: Door) -> None:
    await refused(door, [(json.dumps(json.loads(body)).encode(), door.signed(body)) for body in bodies(door)])


async def test_two_signatures_while_a_secret_is_replaced(door: Door) -> None:
    fresh = "whsec_afreshone"
    for number, body in enumerate(bodies(door)):
        both = header(body.decode(), Secrets(fresh, door.till.secret), door.now)
        swapped = header(body.decode(), Secrets(door.till.secret, fresh), door.now)
        assert await door.knock(body, (both, swapped)[number % 2]) == 200, "we know one of the two"
    assert await door.effect() == (TIMES, 10)


async def test_two_secrets_of_ours_while_one_is_replaced(door: Door) -> None:
    till = door.till
    keys = Keys(till.connection.keys.api, ("whsec_afreshone", till.secret))
    async with till.db.write() as tx:
        sealed = till.counter.seal.close(keys, till.connection.id)
        await tx.run(update(connections).values(sealed=sealed))
    first, second, *_ = bodies(door)
    assert await door.knock(first, door.signed(first, secret="whsec_afreshone")) == 200
    assert await door.knock(second, door.signed(second)) == 200
    assert await door.effect() == (2, 10)


async def test_a_test_event_on_live(door: Door) -> None:
    async with door.till.db.write() as tx:
        await tx.run(update(connections).values(live=True))
    await refused(door, [(body, door.signed(body)) for body in bodies(door)])
    odd = [body.replace(b'"livemode": false', b'"livemode": 1') for body in bodies(door)]
    await refused(door, [(body, door.signed(body)) for body in odd])


async def test_another_account(door: Door) -> None:
    made = [body_of(event | {"account": "acct_somebodyelse"}).encode() for event in door.events()]
    await refused(door, [(body, door.signed(body)) for body in made])
    own = body_of(door.events()[0] | {"account": door.till.connection.account}).encode()
    assert await door.knock(own, door.signed(own)) == 200, "the premise: its own is taken"


async def test_a_message_to_somebody_elses_door(door: Door) -> None:
    [body, *_] = bodies(door)
    for path in (f"/api/hooks/stripe/{'0' * 36}", door.path.replace("stripe", "sandbox"), f"{door.path}x"):
        elsewhere = replace(door, path=path)
        assert await elsewhere.knock(body, door.signed(body)) == 404
    assert await door.effect() == (0, 0)


async def test_an_unknown_price(door: Door) -> None:
    till = door.till
    [order] = till.hands.all("checkout.session")
    for number in range(TIMES):
        price = till.hands.foreign_price(1 + number)["id"]
        cheap = till.hands.foreign_subscription(price, metadata=order["metadata"])
        [event] = [
            one
            for one in till.site.ledger.events
            if one["type"] == "customer.subscription.created" and one["data"]["object"]["id"] == cheap["id"]
        ]
        body = body_of(event).encode()
        assert await door.knock(body, door.signed(body)) == 200, "it is Stripe's word"
    assert await door.effect() == (TIMES, 0)
    async with till.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(holdings)) == 0


@pytest.mark.parametrize("secrets", [(), ("",), ("   ",), ("", " \t")])
async def test_an_empty_secret(door: Door, secrets: tuple[str, ...]) -> None:
    till = door.till
    async with till.db.write() as tx:
        sealed = till.counter.seal.close(Keys(till.connection.keys.api, secrets), till.connection.id)
        await tx.run(update(connections).values(sealed=sealed))
    made = bodies(door)
    guessed = [
        (body, f"t={door.now},v1={sign(body.decode(), secret, door.now)}")
        for body in made
        for secret in ("", "   ")
    ]
    await refused(door, guessed[:TIMES])
    await refused(door, guessed[TIMES:])


async def test_a_server_does_not_start_with_an_empty_secret(settings: Settings, clock: Clock) -> None:
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        services = app.state.services
        async with open_stripe_till(services.db, clock, counter=services.counter) as till:
            async with till.db.write() as tx:
                sealed = till.counter.seal.close(Keys(till.connection.keys.api, ("",)), till.connection.id)
                await tx.run(update(connections).values(sealed=sealed))
    again = build(settings, clock=clock)
    with pytest.raises(Unavailable, match="empty secret"):
        async with again.router.lifespan_context(again):
            raise AssertionError("it started")


async def test_a_very_large_body(door: Door) -> None:
    [event, *_] = door.events()
    for size in (600_000, 1_100_000, 5_000_000):
        body = body_of(event | {"padding": "x" * size}).encode()
        assert await door.knock(body, door.signed(body)) in (413, 422)
    assert await door.effect() == (0, 0)


async def test_what_is_signed_but_no_event_that_we_know(door: Door) -> None:
    [event, *_] = door.events()
    odd: list[bytes] = [
        b"", b"null", b"[]", b"{}", b"1", b'"event"', b"{", b"\xff\xfe", b"[" * 50_000, b'{"object": "event"}',
        json.dumps(event | {"object": "v2.core.event"}).encode(), json.dumps(event | {"data": None}).encode(),
        json.dumps(event | {"data": {"object": []}}).encode(), json.dumps(event | {"id": ""}).encode(),
        json.dumps(event | {"id": 7}).encode(), json.dumps(event | {"type": None}).encode(),
        json.dumps(event | {"livemode": None}).encode(), json.dumps(event | {"livemode": 0}).encode(),
        json.dumps({name: value for name, value in event.items() if name != "livemode"}).encode(),
        json.dumps({name: value for name, value in event.items() if name != "data"}).encode(),
    ]  # fmt: skip
    signed = [(body, door.signed(body.decode("utf-8", "replace"))) for body in odd]
    await refused(door, signed)


async def test_the_same_message_a_thousand_times_is_one(door: Door) -> None:
    [body, *_] = bodies(door)
    signature = door.signed(body)
    statuses = {await door.knock(body, signature) for _ in range(1_000)}
    asked = len(door.till.site.heard)
    assert statuses == {200}
    assert await door.effect() == (1, 10)
    assert len(door.till.site.heard) - asked <= 6, "Stripe was asked once"


async def test_what_stripe_really_sends_is_taken(door: Door) -> None:
    """Every event of a life, signed and delivered as Stripe does, and those that we do not follow."""
    till = door.till
    deliverer = Deliverer(till.site.ledger, door.http)
    [charge] = till.charges()
    till.hands.refund(str(charge["id"]), 100)
    delivered = await deliverer.deliver()
    assert {one.status for one in delivered} == {200}
    assert {one.event["type"] for one in delivered} >= {
        "checkout.session.completed",
        "invoice.paid",
        "charge.refunded",
    }
    heard, rank = await door.effect()
    assert (heard, rank) == (len(delivered), 10)

    other = next(one for one in till.site.ledger.events if one["type"] == "product.created")
    body = body_of(other).encode()
    assert await door.knock(body, door.signed(body)) == 200
    async with till.db.read() as tx:
        query = select(hints.c.kind, hints.c.reference).where(hints.c.event_id == other["id"])
        assert [tuple(row) for row in await tx.all(query)] == [("product.created", "")]
