"""What the demo sells, and to whom one pays: the pretend provider, so that no money moves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from channel import tiers
from channel.communities import Community
from channel.members import Entitlement
from channel.payments.connecting import connect
from channel.payments.model import Options
from channel.payments.seal import Seal
from channel.storage import Tx
from channel.tiers import prices

YEAR, ONCE = "year", "once"


@dataclass(frozen=True, slots=True)
class Sold:
    """A tier's monthly price in euro cents; what else it costs by (currency, interval); seats and free days."""

    month: int
    more: Mapping[tuple[str, str], int] = field(default_factory=dict)
    facts: Mapping[str, int] = field(default_factory=dict)


SOLD: Mapping[str, Mapping[int, Sold]] = {
    "brandtkeramik": {
        10: Sold(400, {("EUR", YEAR): 4000}, {"trial_days": 7}),
        20: Sold(1200, {("EUR", YEAR): 12000}, {"capacity": 600}),
        30: Sold(2900, {("EUR", YEAR): 29000}, {"capacity": 6}),
    },
    "nightferry": {
        10: Sold(500, {("USD", "month"): 600, ("EUR", YEAR): 5000, ("USD", YEAR): 6000}),
        20: Sold(1500, {("USD", "month"): 1700, ("EUR", ONCE): 39000}),
    },
}
# An account that banks print in their examples.
BANKS: Mapping[str, Options] = {
    "brandtkeramik": Options(
        iban="DE89370400440532013000",
        payee="Brandt Keramik",
        instructions="Oder bar im Laden, dienstags bis samstags.",
        tax_note="inkl. MwSt.",
    )
}
NOTES = {"de": "inkl. MwSt.", "en": "incl. VAT"}


async def sell(
    tx: Tx, by: Entitlement, community: Community, tier_ids: Mapping[int, str], seal: Seal
) -> None:
    """Connect the pretend provider and offer the tiers."""
    sold = SOLD.get(community.handle, {})
    if not sold:
        return
    options = Options(tax_note=NOTES[community.language])
    await connect(tx, by, community, "sandbox", seal, account="sandbox", options=options)
    if community.handle in BANKS:
        await connect(tx, by, community, "manual", seal, account="manual", options=BANKS[community.handle])
    for rank, offer in sold.items():
        if rank not in tier_ids:
            continue
        tier = await tiers.update_fields(tx, await tiers.one(tx, community.id, tier_ids[rank]), **offer.facts)
        await prices.offer(tx, tier, amount=offer.month, currency="EUR", interval="month")
        for (currency, interval), amount in offer.more.items():
            await prices.offer(tx, tier, amount=amount, currency=currency, interval=interval)
