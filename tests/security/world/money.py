"""Money: who pays, gifts, and orders."""

from typing import Any

from channel import members
from channel.members import Action
from channel.payments import Connection, dues, giving
from channel.payments.connecting import connect
from channel.payments.model import Options
from channel.payments.orders import Wish
from tests.cast import Scene
from tests.security.paying import open_checkout
from tests.security.sights import GOLD
from tests.security.world.accounts import Accounts


class Money(Accounts):
    """What is sold, and to whom."""

    async def _paying(self) -> None:
        """Whose rank follows from what the provider holds."""
        shop = await open_checkout(self.app, self.clock, self.anna, self.gold)
        people = {name: await self.anna.member(name) for name in ("payer", "overdue", "refunded", "opener")}
        await shop.stops_paying(people["overdue"])
        await shop.subscribes(people["payer"])
        await shop.is_paid_back(people["refunded"])
        for name, account in people.items():
            await self._seen(name, account, rank=GOLD if name == "payer" else 0)
        gold = self._from(GOLD)
        alone = self._canary("alone", lambda sight: gold(sight) or self._is(sight, "opener"))
        await shop.opens_one_post(people["opener"], alone)
        mine = await shop.subscribes(self.anna.owner)
        self.own |= {"holding": mine.id, "order": mine.order_id, "book": mine.external_id}

    async def _gift(self, scene: Scene, tier_id: str) -> tuple[str, str]:
        """A gift made by hand: its id and its code."""
        handle, seal = scene.community.handle, self.app.state.services.counter.seal
        async with self.db.write() as tx:
            by = await members.entitlement(tx, scene.community, scene.owner.id)
            given = {"tier_id": tier_id, "count": 1, "days": 30, "label": ""}
            [made] = await giving.make_by_hand(tx, by, scene.community, scene.owner, seal, **given)
            code = await giving.code_of(tx, made, seal)
        self.canaries.watch(f"{handle}gift", code, lambda sight: sight.at(handle).may(Action.HANDLE_MONEY))
        return made.id, code

    async def _orders(self) -> None:
        """The owner buys by hand: an order that waits for its payment, and a gift that is paid."""
        counter, owner, community = self.app.state.services.counter, self.anna.owner, self.anna.community
        bank = Options(iban="DE89370400440532013000", payee=self._canary("payee", self._only("owner")))
        async with self.db.write() as tx:
            by = await self.anna.by(tx, owner)
            account = await connect(tx, by, community, "manual", counter.seal, options=bank, account="manual")

        async def choose(tx: Any, connection: Connection) -> Wish:
            return Wish(kind="gift", amount=500, currency="EUR", days=30, tier=self.gold, title="Gold")

        for name in ("order", "gift"):
            order = await counter.order(owner, account.id, name, choose, language="en")
            self.own[name] = order.id
        async with self.db.write() as tx:
            by = await self.anna.by(tx, owner)
            await dues.confirm(tx, by, community, account, dues.Receipt(self.own["gift"], 1, tx.now))
        await counter.refresh(account.id, self.own["gift"])
