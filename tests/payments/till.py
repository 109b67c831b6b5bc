"""A community that sells tiers through the pretend provider, with the hands of those who buy."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select

from channel.accounts import Account
from channel.payments import Connection, Counter, Holding, Order, Seal, payments_handler, queries
from channel.payments.books import Book, book_of
from channel.payments.connecting import connect
from channel.payments.orders import Wish
from channel.payments.sandbox import Sandbox
from channel.payments.tables import books
from channel.storage import Database, Tx
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock

URL = "http://channel.test"


@dataclass
class Till:
    """`sandbox` is the provider; its book of an order is what is true."""

    scene: Scene
    clock: Clock
    counter: Counter
    sandbox: Sandbox
    connection: Connection
    worker: Worker

    @property
    def db(self) -> Database:
        return self.scene.db

    async def tier(self, name: str, rank: int, amount: int = 500, **price: object) -> tuple[Tier, Price]:
        """A tier with one price a month, in euros."""
        tier = await self.scene.tier(name, rank)
        return tier, await self.price(tier, amount, **price)

    async def price(self, tier: Tier, amount: int, **more: object) -> Price:
        given = {"currency": "EUR", "interval": "month"} | more
        async with self.db.write() as tx:
            return await offer(tx, tier, amount=amount, **given)  # type: ignore[arg-type]

    async def order(
        self,
        account: Account,
        tier: Tier,
        price: Price,
        *,
        key: str = "k",
        trial_days: int = 0,
        **more: object,
    ) -> Order:
        """Somebody goes to the checkout."""

        async def choose(tx: Tx, connection: Connection) -> Wish:
            kind = "subscription" if price.recurs else "purchase"
            given: dict[str, object] = {"kind": kind, "title": tier.name} | more
            return Wish(
                amount=price.amount, currency=price.currency, interval=price.interval, days=price.days,
                tier=tier, price_id=price.id, trial_days=trial_days, **given,  # type: ignore[arg-type]
            )  # fmt: skip

        return await self.counter.order(account, self.connection.id, key, choose, language="en")

    async def pay(self, order: Order) -> Holding:
        """The pretend card is good, and the buyer comes back."""
        assert order.external_id is not None, "no checkout"
        await self.sandbox.pay(self.connection, order.external_id)
        return await self.fetch(order.external_id)

    async def buy(self, account: Account, tier: Tier, price: Price, **more: object) -> Holding:
        return await self.pay(await self.order(account, tier, price, **more))  # type: ignore[arg-type]

    async def fetch(self, reference: str) -> Holding:
        found = await self.counter.refresh(self.connection.id, reference)
        assert found is not None, "nothing was bought"
        return found

    async def world(self, reference: str, act: Callable[[Book], None]) -> None:
        """Something happens at the provider, and nobody tells us."""
        await self.sandbox.world(self.connection, reference, act)

    async def rank(self, account: Account) -> int:
        async with self.db.read() as tx:
            return (await self.scene.by(tx, account)).rank

    async def held(self, account: Account) -> list[Holding]:
        async with self.db.read() as tx:
            return await queries.holdings_of(tx, account.id)

    async def work(self) -> None:
        """Everything that is due gets done."""
        await self.worker.work_off()


async def kept_books(tx: Tx, connection: Connection) -> list[Book]:
    """All that the pretend provider holds."""
    rows = await tx.all(select(books).where(books.c.connection_id == connection.id))
    return [book_of(row) for row in rows]


async def open_till(db: Database, clock: Clock) -> Till:
    """Anna's community, connected to the sandbox."""
    from channel.chores import scheduler

    scene = await creator(db)
    sandbox, seal = Sandbox(db, URL), Seal(b"k" * 32)
    counter = Counter(db, {"sandbox": sandbox}, seal, URL)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        connection = await connect(tx, owner, scene.community, "sandbox", seal, account="sandbox")

    async def nobody(_: object) -> None:
        return

    handlers = {
        "payments": payments_handler(db, counter), "schedule": scheduler(db), "mail": nobody, "janitor": nobody,
    }  # fmt: skip
    return Till(scene, clock, counter, sandbox, connection, Worker(db, handlers))
