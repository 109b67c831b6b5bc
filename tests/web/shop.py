"""A community that sells a tier by the month through the pretend provider, and buyers without scripts."""

import re
from dataclasses import dataclass

from channel import tiers
from channel.accounts import Account
from channel.payments import Connection, Order, queries
from channel.payments.connecting import connect
from channel.payments.model import Options
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from tests.web.conftest import Browser, Page, Site


@dataclass
class Shop:
    """Anna's community, which sells Gold by the month."""

    site: Site
    gold: Tier
    price: Price
    connection: Connection

    @property
    def path(self) -> str:
        return f"/@anna/tiers/{self.gold.id}"

    async def rank(self, account: Account) -> int:
        async with self.site.db.read() as tx:
            return (await self.site.anna.by(tx, account)).rank

    async def orders(self, account: Account) -> list[Order]:
        async with self.site.db.read() as tx:
            from sqlalchemy import select

            from channel.payments.tables import orders

            rows = await tx.all(
                select(orders.c.id).where(orders.c.account_id == account.id).order_by(orders.c.id)
            )
            return [await queries.order(tx, row.id) for row in rows]

    async def offer(self, tier: Tier | None = None, amount: int = 500, **about: object) -> Price:
        given = {"currency": "EUR", "interval": "month"} | about
        async with self.site.db.write() as tx:
            return await prices.offer(tx, tier or self.gold, amount=amount, **given)  # type: ignore[arg-type]

    async def change(self, **facts: object) -> None:
        async with self.site.db.write() as tx:
            self.gold = await tiers.update_fields(tx, self.gold, **facts)


async def open_shop(site: Site, **options: object) -> Shop:
    gold = await site.anna.tier("Gold", 10)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        connection = await connect(
            tx, by, site.anna.community, "sandbox", site.app.state.services.counter.seal, account="sandbox",
            options=Options(tax_note="incl. VAT", **options),  # type: ignore[arg-type]
        )  # fmt: skip
        price = await prices.offer(tx, gold, amount=500, currency="EUR", interval="month")
    return Shop(site, gold, price, connection)


def hidden(page: Page, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, (name, page.text[:3000])
    return found[1]


async def order(browser: Browser, shop: Shop, **more: str) -> Page:
    """Press the button of the checkout."""
    page = await browser.get(f"{shop.path}?price={shop.price.id}")
    assert page.status == 200
    fields = {"key": hidden(page, "key"), "price": shop.price.id} | more
    return await browser.post(shop.path, fields)


async def pay(browser: Browser, shop: Shop, **more: str) -> Page:
    """Order, and let the pretend card be good; the page one comes back to."""
    sent = await order(browser, shop, **more)
    assert sent.status == 303, sent.text[:3000]
    assert sent.location.startswith("/sandbox/")
    return await browser.follow(sent.location, {"do": "pay"})
