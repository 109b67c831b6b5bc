"""What every provider must do. Each behaviour is tried on every adapter that says it can do it.

This is the guide to another adapter: write its hands (see ground.py) in providers/, and make all of this pass, and of
test_provider_running.py, test_provider_prices.py and test_provider_refunds.py. Here: what is bought, and how we come to know.
"""

from collections.abc import Awaitable

import pytest

from channel.errors import Conflict, Forbidden, Unavailable
from channel.payments.model import DAY_MS, RUNS, Status
from channel.payments.periods import after
from tests.contract.ground import Ground, charges, refused
from tests.contract.providers import EVERY, able


@EVERY
async def test_what_is_ordered_and_not_paid_opens_nothing(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    checkout = await ground.checkout(order)
    assert checkout.url.startswith("http")
    for reference in (checkout.external_id, "nothing", order.id):
        assert refused(await ground.provider.fetch(ground.connection, reference))


@able("subscriptions")
async def test_what_is_paid_is_held_with_all_that_we_go_by(ground: Ground) -> None:
    price = await ground.price(700)
    order = await ground.order(price)
    checkout = await ground.checkout(order)
    before = ground.clock.now_ms
    await ground.hands.pay(checkout)
    held = await ground.held(checkout.external_id)
    assert (held.order_id, held.account_id, held.price_id) == (order.id, order.account_id, price.id)
    assert (held.amount, held.currency, held.interval) == (700, "EUR", "month")
    assert (held.status, held.live, held.cancelling) == (Status.ACTIVE, ground.connection.live, False)
    assert held.period_start is not None
    assert held.period_end == after(held.period_start, "month", 1)
    assert before - 1_000 < held.period_start <= ground.clock.now_ms, "some count whole seconds"
    (charge,) = charges(held)
    assert (charge.amount, charge.currency) == (700, "EUR")
    assert held.facts == (charge,)
    assert await ground.held(held.external_id) == held, "by its own name, too"


@EVERY
async def test_a_checkout_that_is_repeated_is_one_purchase(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    first, again = await ground.checkout(order), await ground.checkout(order)
    assert first == again
    await ground.hands.pay(first)
    held = await ground.held(first.external_id)
    assert len(charges(held)) == 1
    assert (await ground.checkout(order)).external_id == first.external_id
    assert len(charges(await ground.now(held))) == 1


@EVERY
async def test_facts_keep_their_names(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    again = await ground.now(held)
    assert again.facts == held.facts
    await ground.hands.keep_paying(held)
    later = await ground.now(held)
    assert later.facts[: len(held.facts)] == held.facts
    names = [(fact.kind, fact.external_id) for fact in later.facts]
    assert len(set(names)) == len(names)


@EVERY
async def test_what_two_people_buy_is_kept_apart(ground: Ground) -> None:
    price = await ground.price()
    first, second = await ground.buy(price), await ground.buy(price)
    assert first.external_id != second.external_id
    assert first.account_id != second.account_id
    assert {fact.external_id for fact in first.facts}.isdisjoint(fact.external_id for fact in second.facts)


@able("purchases")
async def test_what_is_paid_once_is_charged_once(ground: Ground) -> None:
    price = await ground.price(900, interval="once", days=30)
    held = await ground.buy(price)
    assert (held.status, held.interval, held.price_id) == (Status.ACTIVE, "once", price.id)
    assert [charge.amount for charge in charges(held)] == [900]
    await ground.hands.wait(400 * DAY_MS)
    assert len(charges(await ground.now(held))) == 1


@able("declines")
async def test_a_card_that_is_declined_at_the_checkout_has_bought_nothing(ground: Ground) -> None:
    order = await ground.order(await ground.price())
    checkout = await ground.checkout(order)
    await ground.hands.decline(checkout)
    assert refused(await ground.provider.fetch(ground.connection, checkout.external_id))
    await ground.hands.pay(checkout)
    held = await ground.held(checkout.external_id)
    assert held.status is Status.ACTIVE
    assert charges(held, "failed") == [], "nothing that was bought has failed"


@EVERY
async def test_what_changed_is_found_without_being_told(ground: Ground) -> None:
    price = await ground.price()
    held = await ground.buy(price)
    await ground.hands.wait(DAY_MS)
    since = ground.clock.now_ms
    order = await ground.order(price)
    checkout = await ground.checkout(order)
    await ground.hands.pay(checkout)
    assert order.id in await _orders(ground, since)
    assert held.period_end is not None
    await ground.hands.fail_to_pay(held)
    assert held.order_id in await _orders(ground, held.period_end - 1)


async def _orders(ground: Ground, since: int) -> set[str | None]:
    """The orders of all that changed."""
    found = [
        await ground.provider.fetch(ground.connection, reference)
        for reference in await ground.provider.recent(ground.connection, since)
    ]
    return {held.order_id for held in found if held is not None}


@EVERY
async def test_nobody_pays_at_a_checkout_that_is_closed(ground: Ground) -> None:
    checkout = await ground.checkout(await ground.order(await ground.price()))
    for _ in range(2):
        await ground.provider.close_checkout(ground.connection, checkout.external_id)
    with pytest.raises(Conflict):
        await ground.hands.pay(checkout)
    assert refused(await ground.provider.fetch(ground.connection, checkout.external_id))


@EVERY
async def test_closing_a_checkout_that_was_paid_takes_nothing_back(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    await ground.provider.close_checkout(ground.connection, held.checkout_id or held.external_id)
    assert (await ground.now(held)).status in RUNS


@EVERY
@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\x00", b'{"id": "evt_1", "type": "charge.succeeded"}'])
async def test_what_anybody_could_have_sent_is_refused(ground: Ground, body: bytes) -> None:
    for headers in ({}, {"stripe-signature": "t=1,v1=00"}, {"authorization": "Bearer x"}):
        with pytest.raises(Forbidden):
            ground.provider.read_hint(ground.connection, body, headers, ground.clock.now_ms)


@able("messages")
async def test_an_authentic_message_leads_to_the_purchase(ground: Ground) -> None:
    held = await ground.buy(await ground.price())
    body, headers = ground.hands.message(held.external_id)
    hints = ground.provider.read_hint(ground.connection, body, headers, ground.clock.now_ms)
    (reference,) = {hint.reference for hint in hints}
    assert (await ground.held(reference)).external_id == held.external_id
    for changed, later_ms in ((body + b" ", 0), (body, DAY_MS), (body, -DAY_MS)):
        with pytest.raises(Forbidden):
            ground.provider.read_hint(ground.connection, changed, headers, ground.clock.now_ms + later_ms)


@able("network")
async def test_one_that_cannot_be_reached_says_so(ground: Ground) -> None:
    price = await ground.price()
    held = await ground.buy(price)
    order = await ground.order(price)
    provider, connection = ground.provider, ground.connection
    await ground.hands.go_away()
    calls: list[Awaitable[object]] = [
        provider.probe(connection, "https://channel.test/api/hooks/x/y"),
        provider.fetch(connection, held.external_id),
        provider.recent(connection, 0),
        provider.cancel(connection, held.external_id, at_once=True, key="cancel"),
        provider.refund(connection, charges(held)[0].external_id, None, key="refund"),
        ground.checkout(order),
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            await call
    await ground.hands.come_back()
    assert (await ground.now(held)).status is Status.ACTIVE


@EVERY
async def test_it_says_how_the_connection_stands(ground: Ground) -> None:
    probe = await ground.provider.probe(ground.connection, "https://channel.test/api/hooks/x/y")
    assert probe.live is ground.connection.live
    assert all(problem.endswith(".") for problem in probe.problems)
