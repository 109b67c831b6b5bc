"""Which letters follow when a purchase stands differently than before, and which are planned for a day to come.

Called where the change is written, in its transaction and with the row of the purchase locked, so that of two who learn
of it one asks for the letter. What is planned is looked at again when its day has come (notify/money).
"""

from typing import Any, Final

from sqlalchemy import Row

from channel.events import LetterDue, LetterPlanned
from channel.outbox import emit, schedule
from channel.payments.model import DAY_MS, LIVE, RUNS, Connection, Held, Order, Status
from channel.storage import Tx
from channel.tiers.model import Interval

TRIAL_ENDS_MS: Final = 3 * DAY_MS  # ahead of the first charge; a trial that is shorter is told of at once
RENEWS_MS: Final = 14 * DAY_MS
LONG: Final[frozenset[Interval]] = frozenset({"quarter", "year"})  # that one may have forgotten


async def of_change(tx: Tx, order: Order, before: Row[Any], held: Held) -> None:
    """The letters of what is different from `before`, our row until now: begun, cancelled, ended."""
    for letter in _letters(order, before, held):
        due = LetterDue(
            account_id=order.account_id, community_id=order.community_id, letter=letter, about=before.id
        )
        await emit(tx, due)


def _letters(order: Order, before: Row[Any], held: Held) -> list[str]:
    found = []
    if order.kind in ("subscription", "purchase") and before.status == Status.PENDING and held.status in LIVE:
        found.append("welcome")
    if order.kind == "subscription" and held.status in RUNS and held.cancelling and not before.cancelling:
        found.append("cancelled")
    if order.kind == "subscription" and held.status is Status.ENDED and before.status in RUNS:
        found.append("ended")
    return found


async def plan(tx: Tx, connection: Connection, before: Row[Any], held: Held) -> None:
    """Have somebody told ahead of a charge that they may not expect. Whether it still comes is asked on the day."""
    if held.status not in LIVE or held.interval == "once":
        return
    trial_end, renews_at = held.trial_end, held.period_end
    if trial_end is not None and trial_end != before.trial_end:
        await _plan(tx, before.id, "trial_ending", trial_end, ahead_ms=TRIAL_ENDS_MS)
    same = (before.interval, before.period_end) == (held.interval, renews_at)
    # Nobody is charged for what is paid by hand: its payer is told what is due.
    charged = connection.provider != "manual" and held.interval in LONG
    if charged and renews_at is not None and renews_at != trial_end and not same:
        await _plan(tx, before.id, "renewal_ahead", renews_at, ahead_ms=RENEWS_MS)


async def _plan(tx: Tx, holding_id: str, letter: str, at: int, *, ahead_ms: int) -> None:
    if at > tx.now:
        planned = LetterPlanned(holding_id=holding_id, letter=letter, for_at=at)
        await schedule(tx, planned, at=at - ahead_ms)
