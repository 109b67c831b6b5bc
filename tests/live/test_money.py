"""T20: what somebody hears follows their money, on open connections, with whatever ends it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from channel.app import build, drain
from channel.payments import Holding
from channel.payments.books import Book
from channel.payments.model import DAY_MS
from channel.settings import Settings
from tests.conftest import Clock
from tests.live.shop import Shop, hears, open_shop
from tests.live.site import Site, serving_ours


@pytest.fixture
async def shop(settings: Settings, clock: Clock) -> AsyncIterator[Shop]:
    app = build(replace(settings, url="http://127.0.0.1:8000"), clock=clock)
    async with serving_ours(app) as port:
        site = Site(app, port)
        await site.open()
        yield await open_shop(site)
        await drain(app)


async def test_who_pays_hears_the_next_post_and_the_rest_do_not(shop: Shop) -> None:
    bob, eve = await shop.site.member("Bob"), await shop.site.member("Eve")
    async with shop.site.follow(bob) as payer, shop.site.follow(eve) as free:
        await payer.subscribe(shop.site.stream)
        await free.subscribe(shop.site.stream)
        assert not await hears(shop.site, payer, "CANARY-1")
        await shop.buys(bob)
        assert (await payer.next("access"))["rank"] == 10
        assert await hears(shop.site, payer, "CANARY-2")
        heard = [json.dumps(await free.next("event")) for _ in range(2)]
        assert not any("CANARY" in one for one in heard)


def _contested(book: Book) -> None:
    book.charges[-1].dispute = "open"


async def _refund(shop: Shop, holding: Holding, clock: Clock) -> None:
    await shop.counter.refund(holding, f"{holding.external_id}.1", None, "form")


async def _end(shop: Shop, holding: Holding, clock: Clock) -> None:
    await shop.counter.cancel(holding, at_once=True)


async def _contest(shop: Shop, holding: Holding, clock: Clock) -> None:
    await shop.in_the_world(holding, _contested)


async def _run_out(shop: Shop, holding: Holding, clock: Clock) -> None:
    await shop.counter.cancel(holding)
    clock.forward(31 * DAY_MS)
    shop.site.app.state.worker.wake()


async def _fail_for_long(shop: Shop, holding: Holding, clock: Clock) -> None:
    await shop.sandbox.world(
        shop.connection, holding.external_id, lambda book: setattr(book, "failing", True)
    )
    clock.forward(31 * DAY_MS)
    await shop.fetched(holding.external_id)
    clock.forward(7 * DAY_MS)
    shop.site.app.state.worker.wake()


@pytest.mark.parametrize("stop", [_refund, _end, _contest, _run_out, _fail_for_long])
async def test_whatever_ends_it_closes_what_comes_next(
    shop: Shop, clock: Clock, stop: Callable[[Shop, Holding, Clock], Awaitable[None]]
) -> None:
    bob = await shop.site.member("Bob")
    holding = await shop.buys(bob)
    async with shop.site.follow(bob) as live:
        await live.subscribe(shop.site.stream)
        assert await hears(shop.site, live, "CANARY-1")
        await stop(shop, holding, clock)
        while (await live.next("access"))["rank"] != 0:
            pass
        assert not await hears(shop.site, live, "CANARY-2")
    async with shop.site.follow(bob) as back:
        await back.subscribe(shop.site.stream, after=0)
        again = [json.dumps(await back.next("event")) for _ in range(2)]
        assert not any("CANARY" in one for one in again)
