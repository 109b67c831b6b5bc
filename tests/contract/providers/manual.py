"""Dues paid by hand: the hands are the member's, who transfers, and the creator's, who sees that it came."""

from channel.members import Entitlement
from channel.payments import dues
from channel.payments.manual import Manual
from channel.payments.model import Held, Options
from channel.payments.provider import Checkout
from channel.storage import Database, Tx
from tests.conftest import Clock
from tests.contract.ground import URL, Ground, Way, charges, connected

BANK = Options(iban="DE89 3704 0044 0532 0130 00", payee="Anna Brandt")


class Purse:
    """See Hands."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground

    async def pay(self, checkout: Checkout) -> None:
        await self._confirm(checkout.external_id, 1)

    async def wait(self, ms: int) -> None:
        self.ground.clock.forward(ms)

    async def keep_paying(self, held: Held) -> None:
        await self._confirm(held.external_id, len(charges(held)) + 1)
        self._to_the_end(held)

    async def fail_to_pay(self, held: Held) -> None:
        self._to_the_end(held)

    async def make_good(self, held: Held) -> None:
        await self._confirm(held.external_id, len(charges(held)) + 1)

    async def _confirm(self, purchase: str, number: int) -> None:
        async with self.ground.db.write() as tx:
            receipt = dues.Receipt(purchase, number, tx.now)
            await dues.confirm(
                tx, await self._owner(tx), self.ground.scene.community, self.ground.connection, receipt
            )

    async def _owner(self, tx: Tx) -> Entitlement:
        return await self.ground.scene.by(tx, self.ground.scene.owner)

    def _to_the_end(self, held: Held) -> None:
        assert held.period_end is not None, "it has no periods"
        self.ground.clock.forward(max(1, held.period_end + 1 - self.ground.clock.now_ms))


async def opened(db: Database, clock: Clock) -> Ground:
    return await connected(db, clock, "manual", Manual(db, URL), Purse, options=BANK)


WAY = Way("manual", Manual, opened)
