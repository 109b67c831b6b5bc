"""The pretend provider, and the pretend cards of its buyers."""

from channel.payments.model import Fact, Held
from channel.payments.provider import Checkout
from channel.payments.sandbox import Sandbox
from channel.storage import Database
from tests.conftest import Clock
from tests.contract.ground import URL, Ground, Way, connected


class Cards:
    """See Hands and Disputing."""

    def __init__(self, ground: Ground, sandbox: Sandbox) -> None:
        self.ground = ground
        self.sandbox = sandbox

    async def pay(self, checkout: Checkout) -> None:
        await self.sandbox.pay(self.ground.connection, checkout.external_id)

    async def decline(self, checkout: Checkout) -> None:
        await self.sandbox.decline(self.ground.connection, checkout.external_id)

    async def wait(self, ms: int) -> None:
        self.ground.clock.forward(ms)

    async def keep_paying(self, held: Held) -> None:
        await self._set(held, failing=False)
        self._to_the_end(held)

    async def fail_to_pay(self, held: Held) -> None:
        await self._set(held, failing=True)
        self._to_the_end(held)

    async def make_good(self, held: Held) -> None:
        await self._set(held, failing=False)

    async def dispute(self, charge: Fact) -> None:
        await self._judge(charge, "open")

    async def win(self, charge: Fact) -> None:
        await self._judge(charge, "won")

    def _to_the_end(self, held: Held) -> None:
        assert held.period_end is not None, "it has no periods"
        self.ground.clock.forward(max(1, held.period_end + 1 - self.ground.clock.now_ms))

    async def _set(self, held: Held, *, failing: bool) -> None:
        await self.sandbox.world(
            self.ground.connection, held.external_id, lambda book: setattr(book, "failing", failing)
        )

    async def _judge(self, charge: Fact, how: str) -> None:
        def act(book) -> None:  # type: ignore[no-untyped-def]
            found = book.find(charge.external_id)
            found.dispute, found.dispute_at = how, self.ground.clock.now_ms

        await self.sandbox.world(self.ground.connection, charge.external_id, act)


async def opened(db: Database, clock: Clock) -> Ground:
    sandbox = Sandbox(db, URL)
    return await connected(db, clock, "sandbox", sandbox, lambda ground: Cards(ground, sandbox))


WAY = Way("sandbox", Sandbox, opened, frozenset({"declines", "disputes", "renews"}))
