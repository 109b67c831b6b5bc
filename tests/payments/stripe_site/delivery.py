"""Webhooks on their way: each event so often, in any order, late, at once, to one of several addresses, or never."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx2

from .ledger import Ledger, Secrets
from .shapes import Wire
from .webhooks import body_of, header, interested, other_version


@dataclass(frozen=True)
class Plan:
    """How to deliver. Each event is sent `fewest` to `most` times; 0 and 0 lose them all."""

    fewest: int = 1
    most: int = 1
    shuffled: bool = False
    latest_s: float = 0  # each delivery waits up to so long, in real seconds
    at_once: int = 1  # how many are under way at the same time
    addresses: Sequence[str] = ()  # instead of the endpoint's own URL: one of these, by chance
    backdated_s: int = 0  # signed so long ago


HOSTILE = Plan(fewest=0, most=3, shuffled=True, latest_s=0.02, at_once=8)
LOST = Plan(fewest=0, most=0)


@dataclass
class Delivery:
    event: Wire
    address: str
    body: str
    headers: dict[str, str]
    status: int | None = None  # None: nobody answered


@dataclass
class Deliverer:
    """Sends a ledger's events by command. `signed_at` is the time that signatures carry, the ledger's by default."""

    ledger: Ledger
    client: httpx2.AsyncClient
    seed: int = 0
    signed_at: Callable[[], int] | None = None
    sent: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._seen = 0

    def pending(self) -> list[Wire]:
        """Events since the last call, oldest first."""
        with self.ledger.lock:
            fresh = self.ledger.events[self._seen :]
            self._seen += len(fresh)
        return fresh

    async def deliver(self, plan: Plan = Plan(), events: Sequence[Wire] | None = None) -> list[Delivery]:
        """Deliver what is pending, or the given events (again). Answers every delivery that was tried."""
        made = [
            delivery
            for event in (self.pending() if events is None else events)
            for delivery in self._copies(event, plan)
        ]
        if plan.shuffled:
            self._random.shuffle(made)
        waits = [self._random.uniform(0, plan.latest_s) for _ in made]
        gate = asyncio.Semaphore(plan.at_once)
        async with asyncio.TaskGroup() as group:
            for delivery, wait in zip(made, waits, strict=True):
                group.create_task(self._send(delivery, wait, gate))
        self.sent += made
        return made

    def _copies(self, event: Wire, plan: Plan) -> list[Delivery]:
        found = []
        for endpoint in self.ledger.endpoints():
            if interested(endpoint, event):
                assert not other_version(endpoint), "the double sends one version only"
                for _ in range(self._random.randint(plan.fewest, plan.most)):
                    address = self._random.choice(plan.addresses) if plan.addresses else endpoint["url"]
                    found.append(
                        self.signed(event, self.ledger.hidden.secrets[endpoint["id"]], address, plan)
                    )
        return found

    def signed(self, event: Wire, secrets: Secrets, address: str, plan: Plan = Plan()) -> Delivery:
        body = body_of(event)
        at = (self.signed_at() if self.signed_at else self.ledger.now) - plan.backdated_s
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": header(body, secrets, at),
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        }
        return Delivery(event, address, body, headers)

    async def _send(self, delivery: Delivery, wait: float, gate: asyncio.Semaphore) -> None:
        async with gate:
            if wait:
                await asyncio.sleep(wait)
            try:
                answer = await self.client.post(
                    delivery.address, content=delivery.body.encode(), headers=delivery.headers
                )
            except httpx2.TransportError:
                return
            delivery.status = answer.status_code

    def unheard(self) -> list[Wire]:
        """Events of which no delivery was taken, to be delivered again as Stripe does for days."""
        taken = {d.event["id"] for d in self.sent if d.status is not None and 200 <= d.status < 300}
        return list({d.event["id"]: d.event for d in self.sent if d.event["id"] not in taken}.values())

    def counts(self) -> Counter[str]:
        """How often each event was sent."""
        return Counter(delivery.event["id"] for delivery in self.sent)
