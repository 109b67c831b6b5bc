"""A community that sells through Stripe, which is a Stripe of our own, with the hands of those who buy."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from channel.accounts import Account
from channel.payments import Connection, Counter, Holding, Order, Seal, payments_handler, queries
from channel.payments.connecting import connect
from channel.payments.model import Fact, Held, Keys, Options
from channel.payments.orders import Wish
from channel.payments.stripe import Stripe
from channel.payments.stripe.hints import TYPES
from channel.storage import Database, Tx
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.payments.stripe_site import Hands, StripeSite

URL = "http://channel.test"
HOOK = f"{URL}/api/hooks/stripe/"


@dataclass
class StripeTill:
    """`site` is Stripe; its ledger is what is true. `forward` moves both clocks."""

    scene: Scene
    clock: Clock
    site: StripeSite
    stripe: Stripe
    counter: Counter
    connection: Connection
    worker: Worker
    secret: str
    told: list[str] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.scene.db

    @property
    def hands(self) -> Hands:
        return self.site.hands

    def forward(self, ms: int) -> None:
        self.clock.forward(ms)
        self.site.advance(self.clock.now_ms // 1000 - self.site.ledger.now)

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
        amount: int | None = None,
        **more: object,
    ) -> Order:
        """Somebody goes to Stripe's checkout."""
        kind = "subscription" if price.recurs else "purchase"
        given: dict[str, object] = {
            "kind": kind, "amount": amount or price.amount, "currency": price.currency, "interval": price.interval,
            "days": price.days, "tier": tier, "price_id": price.id, "title": tier.name,
        }  # fmt: skip
        return await self.wish(account, key=key, **given | more)

    async def wish(self, account: Account, *, key: str = "k", **given: object) -> Order:
        async def choose(tx: Tx, connection: Connection) -> Wish:
            return Wish(**given)  # type: ignore[arg-type]

        return await self.counter.order(account, self.connection.id, key, choose, language="en")

    async def pay(self, order: Order, **how: object) -> Holding:
        """The card is good, and the buyer comes back."""
        assert order.external_id is not None, "no checkout"
        self.hands.pay(order.external_id, **how)  # type: ignore[arg-type]
        return await self.fetch(order.external_id)

    async def buy(self, account: Account, tier: Tier, price: Price, **more: object) -> Holding:
        return await self.pay(await self.order(account, tier, price, **more))  # type: ignore[arg-type]

    async def fetch(self, reference: str) -> Holding:
        found = await self.counter.refresh(self.connection.id, reference)
        assert found is not None, "nothing was bought"
        return found

    async def held(self, reference: str) -> Held:
        found = await self.stripe.fetch(self.connection, reference)
        assert found is not None, "nothing was bought"
        return found

    async def facts(self, reference: str, kind: str) -> list[Fact]:
        return [fact for fact in (await self.held(reference)).facts if fact.kind == kind]

    async def rank(self, account: Account) -> int:
        async with self.db.read() as tx:
            return (await self.scene.by(tx, account)).rank

    async def stored(self, order: Order) -> Order:
        async with self.db.read() as tx:
            return await queries.order(tx, order.id)

    async def work(self) -> None:
        """Everything that is due gets done."""
        await self.worker.work_off()

    async def reconnect(self, **options: object) -> None:
        """The creator chooses anew, with the same keys."""
        async with self.db.write() as tx:
            owner = await self.scene.by(tx, self.scene.owner)
            same = self.connection
            self.connection = await connect(
                tx, owner, self.scene.community, "stripe", self.counter.seal, keys=same.keys, live=same.live,
                account=same.account, options=Options(**options),  # type: ignore[arg-type]
            )  # fmt: skip

    def subscription(self, holding: Holding) -> dict[str, object]:
        """As Stripe has it."""
        return self.hands.look(holding.external_id)

    def charges(self, *, succeeded: bool = True) -> list[dict[str, object]]:
        status = "succeeded" if succeeded else "failed"
        return self.hands.all("charge", status=status)


@contextlib.asynccontextmanager
async def open_stripe_till(
    db: Database, clock: Clock, *, live: bool = False, counter: Counter | None = None
) -> AsyncIterator[StripeTill]:
    """Anna's community, connected to an account of her own. `counter`: that of a whole server."""
    from channel.chores import scheduler

    scene = await creator(db)
    with StripeSite(now=clock.now_ms // 1000) as site:
        stripe, counter = Stripe(db, site.address), counter or Counter(db, {}, Seal(b"k" * 32), URL)
        seal, counter.providers = counter.seal, {"stripe": stripe}
        ledger = site.account.live if live else site.account.test
        made = Hands(ledger).endpoint("https://channel.test/later", TYPES)
        keys = Keys(site.account.secret_key(livemode=live), (made["secret"],))
        async with db.write() as tx:
            owner = await scene.by(tx, scene.owner)
            connection = await connect(
                tx, owner, scene.community, "stripe", seal, keys=keys, live=live, account=site.account.id
            )
        with ledger.lock:
            ledger.tables["webhook_endpoint"][made["id"]]["url"] = counter.hook_url(connection)

        async def nobody(_: object) -> None:
            return

        handlers = {
            "payments": payments_handler(db, counter), "schedule": scheduler(db), "mail": nobody, "janitor": nobody,
        }  # fmt: skip
        yield StripeTill(
            scene, clock, site, stripe, counter, connection, Worker(db, handlers), made["secret"]
        )
