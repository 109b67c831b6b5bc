"""Stripe, which is a Stripe of our own, with the cards and banks of its buyers."""

import contextlib

from channel.errors import Conflict
from channel.payments.model import Fact, Held, Keys
from channel.payments.provider import Checkout
from channel.payments.stripe import Stripe
from channel.storage import Database
from tests.conftest import Clock
from tests.contract.ground import Ground, Way, connected
from tests.payments.stripe_site import Deliverer, StripeSite
from tests.payments.stripe_site.ledger import Secrets

HOUR_MS = 3_600_000
SECRET = "whsec_contract"


class Cards:
    """See Hands, Disputing, Messaging and Distant. Both clocks go on together."""

    def __init__(self, ground: Ground, site: StripeSite) -> None:
        self.ground = ground
        self.site = site
        self._away = contextlib.ExitStack()

    async def pay(self, checkout: Checkout) -> None:
        self._same_time()
        if self.site.hands.look(checkout.external_id)["status"] != "open":
            raise Conflict("This checkout is over.")
        self.site.hands.pay(checkout.external_id)

    async def decline(self, checkout: Checkout) -> None:
        self.site.hands.decline(checkout.external_id)

    async def wait(self, ms: int) -> None:
        self.ground.clock.forward(ms)
        self._same_time()
        await self._settle()

    async def keep_paying(self, held: Held) -> None:
        self.site.hands.card(held.customer, "works")
        await self._to_the_end(held)

    async def fail_to_pay(self, held: Held) -> None:
        self.site.hands.card(held.customer, "declines")
        await self._to_the_end(held)

    async def make_good(self, held: Held) -> None:
        self.site.hands.card(held.customer, "works")
        [owed] = self.site.hands.all("invoice", status="open")
        self.site.hands.pay_invoice(owed["id"])

    async def dispute(self, charge: Fact) -> None:
        self.site.hands.dispute(charge.external_id)

    async def win(self, charge: Fact) -> None:
        [opened] = self.site.hands.all("dispute", charge=charge.external_id)
        self.site.hands.decide(opened["id"], won=True)

    def message(self, reference: str) -> tuple[bytes, dict[str, str]]:
        self._same_time()
        told = [one for one in self.site.ledger.events if one["data"]["object"].get("id") == reference]
        sent = Deliverer(self.site.ledger, None).signed(told[-1], Secrets(SECRET), "")  # type: ignore[arg-type]
        return sent.body.encode(), sent.headers

    async def go_away(self) -> None:
        self._away.enter_context(self.site.refusing())

    async def come_back(self) -> None:
        self._away.close()

    def _same_time(self) -> None:
        self.site.advance(max(0, self.ground.clock.now_ms // 1000 - self.site.ledger.now))

    async def _to_the_end(self, held: Held) -> None:
        assert held.period_end is not None, "it has no periods"
        self.ground.clock.forward(max(1, held.period_end + 1 - self.ground.clock.now_ms))
        self._same_time()
        await self._settle()

    async def _settle(self) -> None:
        """An invoice is a draft for an hour before it is charged."""
        if any(one["auto_advance"] for one in self.site.hands.all("invoice", status="draft")):
            self.ground.clock.forward(HOUR_MS)
            self._same_time()


async def opened(db: Database, clock: Clock) -> Ground:
    ends = contextlib.ExitStack()
    site = ends.enter_context(StripeSite(now=clock.now_ms // 1000))
    provider, keys = Stripe(db, site.address), Keys(site.account.secret_key(), (SECRET,))
    ground = await connected(db, clock, "stripe", provider, lambda it: Cards(it, site), keys=keys)
    ground.ends = ends
    return ground


WAY = Way("stripe", Stripe, opened, frozenset({"declines", "disputes", "messages", "network", "renews"}))
