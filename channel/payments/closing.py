"""When a community closes or is deleted: what happens to those who pay, as its owner chooses.

`keep`: they pay on (a closed community can be opened again). `end`: nothing more is charged, and what is paid stays
open to its end. `refund`: they are ended at once, and the share of the paid period that is left goes back.
"""

from typing import Final, Literal

from sqlalchemy import select

from channel.communities import Community
from channel.errors import Conflict, Invalid
from channel.events import PurchasesEnd
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.outbox import schedule
from channel.payments.counter import Counter
from channel.payments.model import LIVE, RUNS, Holding
from channel.payments.queries import holding_of
from channel.payments.tables import holdings, ledger
from channel.storage import Database, Tx

Ending = Literal["keep", "end", "refund"]
ENDINGS: Final[tuple[Ending, ...]] = ("keep", "end", "refund")
AT_ONCE: Final = 50


def parse_ending(text: str, *, least: Ending = "keep") -> Ending:
    """What the owner chose; `least` when nothing was said. Raises Invalid."""
    for ending in ENDINGS[ENDINGS.index(least) :]:
        if text in ("", ending):
            return ending
    raise Invalid(purchases="Choose what happens to those who pay: they are ended, or ended and paid back.")


async def end_all(tx: Tx, by: Entitlement, community: Community, ending: Ending) -> None:
    """Plan it, with the act that closes the community. Raises Forbidden."""
    require(by, community, Action.CLOSE_COMMUNITY)
    if ending != "keep":
        await schedule(tx, PurchasesEnd(community_id=community.id, refund=ending == "refund", after=""))


async def paying(tx: Tx, community_id: str) -> int:
    """How many subscriptions the providers would charge again."""
    return len(await _some(tx, community_id, "", limit=100_000))


async def _some(tx: Tx, community_id: str, after: str, limit: int = AT_ONCE) -> list[Holding]:
    query = select(holdings).where(
        holdings.c.community_id == community_id, holdings.c.kind == "subscription",
        holdings.c.status.in_(sorted(RUNS)), holdings.c.cancelling.is_(False), holdings.c.id > after,
    )  # fmt: skip
    return [holding_of(row) for row in await tx.all(query.order_by(holdings.c.id).limit(limit))]


async def carry_out(db: Database, counter: Counter, planned: PurchasesEnd) -> None:
    """End some, and plan the rest. Safe to repeat: who was ended is not among them any more, and a refund has a key.

    Raises Unavailable when a provider cannot be reached: what is left is tried again.
    """
    async with db.read() as tx:
        some, now = await _some(tx, planned.community_id, planned.after), tx.now
    for holding in some:
        if planned.refund and holding.status in LIVE:
            await _pay_back(db, counter, holding, now)
        await counter.cancel(holding, at_once=planned.refund, reason="closed")
    if len(some) == AT_ONCE:
        async with db.write() as tx:
            rest = PurchasesEnd(community_id=planned.community_id, refund=planned.refund, after=some[-1].id)
            await schedule(tx, rest)


async def _pay_back(db: Database, counter: Counter, holding: Holding, now: int) -> None:
    """The share of the last charge that is for time to come, rounded up."""
    start, end = holding.period_start, holding.period_end
    if start is None or end is None or not start <= now < end:
        return
    async with db.read() as tx:
        last = await tx.one(
            select(ledger.c.external_id, ledger.c.amount)
            .where(ledger.c.holding_id == holding.id, ledger.c.kind == "charge", ledger.c.amount > 0)
            .order_by(ledger.c.at.desc(), ledger.c.id.desc())
        )
    if last is None:
        return
    share = -(-last.amount * (end - now) // (end - start))
    try:
        await counter.refund(holding, last.external_id, min(share, last.amount), "closing")
    except Conflict:
        return  # it was paid back before
