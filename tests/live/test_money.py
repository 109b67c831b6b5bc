"""T20: what somebody hears follows their money, on open connections, with whatever ends it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from channel import members
from channel.accounts import Account
from channel.app import build, drain
from channel.payments import Connection, Counter, Holding
from channel.payments.books import Book
from channel.payments.connecting import connect
from channel.payments.model import DAY_MS
from channel.payments.orders import Wish
from channel.payments.sandbox import Sandbox
from channel.settings import Settings
from channel.storage import Tx
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.conftest import Clock
from tests.live.site import Follower, Site, serving_ours


@dataclass
class Shop:
    site: Site
    clock: Clock
    connection: Connection
    price: Price

    @property
    def counter(self) -> Counter:
        counter: Counter = self.site.app.state.services.counter
        return counter

    @property
    def sandbox(self) -> Sandbox:
        provider = self.counter.providers["sandbox"]
        assert isinstance(provider, Sandbox)
        return provider

    async def buys(self, account: Account) -> Holding:
        async def choose(tx: Tx, connection: Connection) -> Wish:
            return Wish(
                kind="subscription", amount=500, currency="EUR", interval="month", tier=self.site.gold,
                price_id=self.price.id, title="Gold",
            )  # fmt: skip

        order = await self.counter.order(account, self.connection.id, account.id, choose, language="en")
        assert order.external_id
        await self.sandbox.pay(self.connection, order.external_id)
        return await self.fetched(order.external_id)

    async def fetched(self, reference: str) -> Holding:
        found = await self.counter.refresh(self.connection.id, reference)
        assert found
        return found

    async def in_the_world(self, holding: Holding, act: Callable[[Book], None]) -> None:
        await self.sandbox.world(self.connection, holding.external_id, act)
        await self.fetched(holding.external_id)


@pytest.fixture
async def shop(settings: Settings, clock: Clock) -> AsyncIterator[Shop]:
    app = build(replace(settings, url="http://127.0.0.1:8000"), clock=clock)
    async with serving_ours(app) as port:
        site = Site(app, port)
        await site.open()
        async with site.db.write() as tx:
            by = await members.entitlement(tx, site.community, site.creator.id)
            connection = await connect(
                tx, by, site.community, "sandbox", app.state.services.counter.seal, account="sandbox"
            )
            price = await offer(tx, site.gold, amount=500, currency="EUR", interval="month")
        yield Shop(site, clock, connection, price)
        await drain(app)


async def hears(shop: Shop, live: Follower, text: str) -> bool:
    """Whether a paid post that is published now comes open."""
    await shop.site.post(text, min_rank=10)
    return text in json.dumps(await live.next("event"))


async def test_who_pays_hears_the_next_post_and_the_rest_do_not(shop: Shop) -> None:
    bob, eve = await shop.site.member("Bob"), await shop.site.member("Eve")
    async with shop.site.follow(bob) as payer, shop.site.follow(eve) as free:
        await payer.subscribe(shop.site.stream)
        await free.subscribe(shop.site.stream)
        assert not await hears(shop, payer, "CANARY-1")
        await shop.buys(bob)
        assert (await payer.next("access"))["rank"] == 10
        assert await hears(shop, payer, "CANARY-2")
        heard = [json.dumps(await free.next("event")) for _ in range(2)]
        assert not any("CANARY" in one for one in heard)


def _contested(book: Book) -> None:
    book.charges[-1].dispute = "open"


async def _refund(shop: Shop, holding: Holding) -> None:
    await shop.counter.refund(holding, f"{holding.external_id}.1", None, "form")


async def _end(shop: Shop, holding: Holding) -> None:
    await shop.counter.cancel(holding, at_once=True)


async def _contest(shop: Shop, holding: Holding) -> None:
    await shop.in_the_world(holding, _contested)


async def _run_out(shop: Shop, holding: Holding) -> None:
    await shop.counter.cancel(holding)
    shop.clock.forward(31 * DAY_MS)
    shop.site.app.state.worker.wake()


async def _fail_for_long(shop: Shop, holding: Holding) -> None:
    await shop.sandbox.world(
        shop.connection, holding.external_id, lambda book: setattr(book, "failing", True)
    )
    shop.clock.forward(31 * DAY_MS)
    await shop.fetched(holding.external_id)
    shop.clock.forward(7 * DAY_MS)
    shop.site.app.state.worker.wake()


@pytest.mark.parametrize("stop", [_refund, _end, _contest, _run_out, _fail_for_long])
async def test_whatever_ends_it_closes_what_comes_next(
    shop: Shop, stop: Callable[[Shop, Holding], Awaitable[None]]
) -> None:
    bob = await shop.site.member("Bob")
    holding = await shop.buys(bob)
    async with shop.site.follow(bob) as live:
        await live.subscribe(shop.site.stream)
        assert await hears(shop, live, "CANARY-1")
        await stop(shop, holding)
        while (await live.next("access"))["rank"] != 0:
            pass
        assert not await hears(shop, live, "CANARY-2")
    async with shop.site.follow(bob) as back:
        await back.subscribe(shop.site.stream, after=0)
        again = [json.dumps(await back.next("event")) for _ in range(2)]
        assert not any("CANARY" in one for one in again)
