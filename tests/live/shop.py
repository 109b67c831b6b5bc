"""A shop on a running server: the creator sells Gold through the pretend provider, and somebody buys it."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from channel import members
from channel.accounts import Account
from channel.payments import Connection, Counter, Holding
from channel.payments.books import Book
from channel.payments.connecting import connect
from channel.payments.orders import Wish
from channel.payments.sandbox import Sandbox
from channel.storage import Tx
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.live.site import Follower, Site


@dataclass
class Shop:
    site: Site
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


async def open_shop(site: Site) -> Shop:
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.community, site.creator.id)
        seal = site.app.state.services.counter.seal
        connection = await connect(tx, by, site.community, "sandbox", seal, account="sandbox")
        price = await offer(tx, site.gold, amount=500, currency="EUR", interval="month")
    return Shop(site, connection, price)


async def hears(site: Site, live: Follower, text: str) -> bool:
    """Whether a paid post that is published on this node now comes open to somebody who listens on any."""
    await site.post(text, min_rank=10)
    return text in json.dumps(await live.next("event"))
