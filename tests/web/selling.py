"""A site whose community sells a tier: by hand, and through the pretend provider."""

from dataclasses import dataclass

from channel.accounts import Account
from channel.payments import Connection, Counter, Order, queries
from channel.payments.connecting import connect
from channel.payments.model import Options, ProviderName
from channel.payments.orders import Wish
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.web.conftest import Site

BANK = Options(
    iban="DE89 3704 0044 0532 0130 00", payee="Anna Brandt", instructions="Or bring it on Tuesdays."
)


@dataclass
class Shop:
    """What Anna sells."""

    site: Site
    gold: Tier
    price: Price
    connection: Connection

    @property
    def counter(self) -> Counter:
        counter: Counter = self.site.app.state.services.counter
        return counter

    async def order(self, account: Account, key: str = "k") -> Order:
        """Somebody wants a month of it."""

        async def choose(tx: Tx, connection: Connection) -> Wish:
            return Wish(
                kind="subscription", amount=self.price.amount, currency="EUR", interval="month", tier=self.gold,
                price_id=self.price.id, title="Gold",
            )  # fmt: skip

        return await self.counter.order(account, self.connection.id, key, choose, language="en")

    async def rank(self, account: Account) -> int:
        async with self.site.db.read() as tx:
            return (await self.site.anna.by(tx, account)).rank

    async def order_now(self, order_id: str) -> Order:
        async with self.site.db.read() as tx:
            return await queries.order(tx, order_id)


async def opened(site: Site, provider: ProviderName = "manual") -> Shop:
    """Anna's shop, where one pays by `provider`."""
    gold = await site.anna.tier("Gold", 10)
    counter: Counter = site.app.state.services.counter
    async with site.db.write() as tx:
        price = await offer(tx, gold, amount=500, currency="EUR", interval="month")
        owner = await site.anna.by(tx, site.anna.owner)
        connection = await connect(
            tx, owner, site.anna.community, provider, counter.seal, options=BANK, account=provider
        )
    return Shop(site, gold, price, connection)
