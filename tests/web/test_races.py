"""T39 by the doors: many press at the same moment, and there is one winner, or as many as there is room for.

The gift's race is with the gifts.
"""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from channel.accounts import Account
from channel.ids import new_id
from channel.payments import coupons
from channel.payments.orders import seats_taken
from channel.payments.tables import coupon_uses, orders, trials
from channel.tiers import update_fields
from tests.web.conftest import Browser, Page, Site
from tests.web.selling import Shop, opened


@pytest.fixture
async def shop(site: Site) -> Shop:
    return await opened(site, "sandbox")


async def browsers(site: Site, people: Sequence[Account]) -> list[Browser]:
    return [await site.browser(one) for one in people]


async def press(shop: Shop, browser: Browser, **more: str) -> Page:
    """The button of the checkout."""
    fields = {"price": shop.price.id, "key": new_id(shop.site.clock.now_ms)} | more
    return await browser.post(f"/@anna/tiers/{shop.gold.id}", fields)


def paying(answers: Sequence[Page]) -> int:
    """How many were sent on to pay."""
    assert {answer.status for answer in answers} <= {303, 409}
    return sum(answer.status == 303 for answer in answers)


async def test_the_last_seats_go_to_as_many_as_there_are(site: Site, shop: Shop) -> None:
    async with site.db.write() as tx:
        shop.gold = await update_fields(tx, shop.gold, capacity=3)
    people = [await site.anna.member(f"P{number}") for number in range(20)]
    answers = await asyncio.gather(*(press(shop, one) for one in await browsers(site, people)))
    assert paying(answers) == 3
    async with site.db.read() as tx:
        assert await seats_taken(tx, shop.gold) == 3


async def test_buyers_and_givers_share_the_same_seats(site: Site, shop: Shop) -> None:
    async with site.db.write() as tx:
        shop.gold = await update_fields(tx, shop.gold, capacity=2)
    people = [await site.anna.member(f"P{number}") for number in range(12)]
    every = await browsers(site, people)
    gift = {"what": f"{shop.price.id}:1"}
    gives = [one.post("/@anna/gift", gift | {"key": new_id(site.clock.now_ms)}) for one in every[:6]]
    answers = await asyncio.gather(*gives, *(press(shop, one) for one in every[6:]))
    assert paying(answers) == 2


async def test_a_code_for_one_is_used_by_one(site: Site, shop: Shop) -> None:
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await coupons.create(
            tx, owner, site.anna.community, code="HALF", kind="percent", value=50, max_uses=1
        )
    people = [await site.anna.member(f"P{number}") for number in range(20)]
    answers = await asyncio.gather(*(press(shop, one, code="HALF") for one in await browsers(site, people)))
    assert sum(answer.status == 303 for answer in answers) == 1
    assert {answer.status for answer in answers} <= {303, 409, 422}
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(coupon_uses)) == 1


async def test_one_person_has_one_trial_however_often_they_press(site: Site, shop: Shop) -> None:
    async with site.db.write() as tx:
        shop.gold = await update_fields(tx, shop.gold, trial_days=7)
    bob = await site.anna.member("Bob")
    every = await browsers(site, [bob] * 8)
    await asyncio.gather(*(press(shop, one) for one in every))
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(trials)) == 1
        free = select(func.count()).where(orders.c.trial_days > 0, orders.c.state == "open")
        assert await tx.value(free) == 1


async def test_one_form_pressed_often_is_one_order(site: Site, shop: Shop) -> None:
    bob, key = await site.anna.member("Bob"), new_id(site.clock.now_ms)
    every = await browsers(site, [bob] * 8)
    answers = await asyncio.gather(*(press(shop, one, key=key) for one in every))
    assert len({answer.location for answer in answers}) == 1
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(orders)) == 1
