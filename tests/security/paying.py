"""Those whose rank follows from money: who pays, who is in arrears, who was paid back, who bought one post alone.

Their purchases are made at the pretend provider, by the doors that the product uses.
"""

from dataclasses import dataclass

from starlette.applications import Starlette

from channel.accounts import Account
from channel.money import Money
from channel.payments import Connection, Counter, Holding
from channel.payments.books import Book
from channel.payments.connecting import connect
from channel.payments.model import DAY_MS
from channel.payments.orders import Wish
from channel.payments.sandbox import Sandbox
from channel.posts import Draft, actions, prepare
from channel.storage import Tx
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.cast import Scene
from tests.conftest import Clock

MONTH_MS = 31 * DAY_MS


@dataclass
class Checkout:
    """A community that sells a tier through the pretend provider."""

    app: Starlette
    clock: Clock
    scene: Scene
    gold: Tier
    price: Price
    connection: Connection

    @property
    def counter(self) -> Counter:
        counter: Counter = self.app.state.services.counter
        return counter

    @property
    def sandbox(self) -> Sandbox:
        provider = self.counter.providers["sandbox"]
        assert isinstance(provider, Sandbox)
        return provider

    async def _pay(self, account: Account, wish: Wish) -> Holding:
        async def choose(tx: Tx, connection: Connection) -> Wish:
            return wish

        order = await self.counter.order(account, self.connection.id, "k", choose, language="en")
        assert order.external_id
        await self.sandbox.pay(self.connection, order.external_id)
        return await self.fetched(order.external_id)

    async def fetched(self, reference: str) -> Holding:
        found = await self.counter.refresh(self.connection.id, reference)
        assert found
        return found

    async def subscribes(self, account: Account) -> Holding:
        price = self.price
        return await self._pay(account, Wish(
            kind="subscription", amount=price.amount, currency=price.currency, interval=price.interval,
            tier=self.gold, price_id=price.id, title="Gold",
        ))  # fmt: skip

    async def is_paid_back(self, account: Account) -> None:
        holding = await self.subscribes(account)
        await self.counter.refund(holding, f"{holding.external_id}.1", None, "form")

    async def stops_paying(self, account: Account) -> None:
        """Since longer than grace lasts; nothing has written down that it is over."""

        def fail(book: Book) -> None:
            book.failing = True

        self.clock.forward(-MONTH_MS - 10 * DAY_MS)
        holding = await self.subscribes(account)
        await self.sandbox.world(self.connection, holding.external_id, fail)
        self.clock.forward(MONTH_MS)
        await self.fetched(holding.external_id)
        self.clock.forward(10 * DAY_MS)

    async def opens_one_post(self, account: Account, text: str) -> None:
        """A post that is sold alone, bought by one."""
        scene = self.scene
        rendered = await prepare(
            Draft.parse(text, min_rank=self.gold.rank, unlock=Money(300, "EUR")), rooms={}
        )
        async with scene.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            post, _ = await actions.publish(tx, by, scene.owner, scene.news, rendered)
        wish = Wish(kind="unlock", amount=300, currency="EUR", post_id=post.id, title="One post")
        await self._pay(account, wish)


async def open_checkout(app: Starlette, clock: Clock, scene: Scene, gold: Tier) -> Checkout:
    counter: Counter = app.state.services.counter
    async with scene.db.write() as tx:
        by = await scene.by(tx, scene.owner)
        connection = await connect(tx, by, scene.community, "sandbox", counter.seal, account="sandbox")
        price = await offer(tx, gold, amount=500, currency="EUR", interval="month")
    return Checkout(app, clock, scene, gold, price, connection)
