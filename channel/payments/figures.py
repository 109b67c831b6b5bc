"""Figures about money, computed from the ledger and nothing else. Real and pretend money are never added up together.

Months are those of UTC. All amounts are minor units, and never of two currencies at once.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, case, func, literal, select

from channel.payments.tables import ledger
from channel.storage import Tx

MONTHS_SHOWN: Final = 12
RECURRING: Final = ("started", "switched", "changed", "ended")
DISPUTES: Final = ("dispute", "dispute_won")
MAX_REASONS: Final = 8
MAX_REASONS_READ: Final = 1_000
MAX_TIERS: Final = 50


@dataclass(slots=True)
class Month:
    """What happened in a month that begins at `start` (epoch ms). `recurring` is what a month brought at its end."""

    start: int
    recurring: int = 0
    came: int = 0
    back: int = 0  # paid back or lost to a dispute, never negative but for a dispute that was won later
    started: int = 0
    switched: int = 0
    ended: int = 0
    running: int = 0  # subscriptions at its end

    @property
    def net(self) -> int:
        return self.came - self.back


@dataclass(slots=True)
class Figures:
    """One currency. `months` are the last twelve, the present one last; `before` is all that was earlier."""

    currency: str
    before: Month
    months: list[Month] = field(default_factory=list)

    @property
    def now(self) -> Month:
        return self.months[-1]

    @property
    def last(self) -> Month:
        return self.months[-2]

    @property
    def churn(self) -> float | None:
        """Which share of those that ran when the month began has ended since; None when none ran."""
        return self.now.ended / self.last.running if self.last.running > 0 else None


@dataclass(frozen=True, slots=True)
class Share:
    """What one tier brings a month, by how many subscriptions."""

    tier_id: str | None
    name: str
    currency: str
    monthly: int
    subscriptions: int


@dataclass(frozen=True, slots=True)
class Sum:
    """What came and went in one month (its first moment) in one currency. What went is negative."""

    month: int
    currency: str
    live: bool
    charged: int
    paid_back: int
    disputed: int
    payments: int

    @property
    def net(self) -> int:
        return self.charged + self.paid_back + self.disputed


def month_starts(now: int, count: int = MONTHS_SHOWN) -> list[int]:
    """The first moments (epoch ms) of the last `count` months, oldest first; the last one is the present month's."""
    today = datetime.fromtimestamp(now / 1000, UTC)
    numbers = range(today.year * 12 + today.month - count, today.year * 12 + today.month)
    return [_start(number // 12, number % 12 + 1) for number in numbers]


def year_bounds(year: int) -> tuple[int, int]:
    """The first moment of a year and of the next one, epoch ms."""
    return _start(year, 1), _start(year + 1, 1)


def _start(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000)


async def modes(tx: Tx, community_id: str) -> frozenset[bool]:
    """Whether there is real money in the ledger (True), pretend money (False), both or none."""
    rows = await tx.all(select(ledger.c.live).where(ledger.c.community_id == community_id).distinct())
    return frozenset(bool(row.live) for row in rows)


async def figures(tx: Tx, community_id: str, *, live: bool) -> list[Figures]:
    """A set of figures for each currency, the one that brings most a month first."""
    starts = month_starts(tx.now)
    lines = (
        select(ledger, _bucket(starts).label("month"))
        .where(ledger.c.community_id == community_id, ledger.c.live.is_(live))
        .subquery()
    )
    sums = [func.sum(lines.c.amount).label("amount"), func.sum(lines.c.monthly).label("monthly")]
    groups = [lines.c.currency, lines.c.month, lines.c.kind]
    rows = await tx.all(select(*groups, *sums, func.count().label("size")).group_by(*groups))
    found = fold(rows, starts)
    return sorted(found, key=lambda one: (-one.now.recurring, -one.now.came, one.currency))


def _bucket(starts: Sequence[int]) -> ColumnElement[int]:
    """The number of the month that a row is of: 0 before the first, then 1, 2 …"""
    cases = [(ledger.c.at < start, literal(number)) for number, start in enumerate(starts)]
    return case(*cases, else_=literal(len(starts)))


def fold(rows: Iterable[Row[Any]], starts: Sequence[int]) -> list[Figures]:
    """Sums by currency, month and kind, put together: what runs on is carried from month to month."""
    found: dict[str, Figures] = {}
    for row in rows:
        one = found.setdefault(
            row.currency, Figures(row.currency, Month(0), [Month(start) for start in starts])
        )
        _add(one.before if row.month == 0 else one.months[row.month - 1], row)
    for one in found.values():
        previous = one.before
        for month in one.months:
            month.recurring += previous.recurring
            month.running += previous.running
            previous = month
    return list(found.values())


def _add(month: Month, row: Row[Any]) -> None:
    match row.kind:
        case "charge":
            month.came += int(row.amount)
        case "refund" | "dispute" | "dispute_won":
            month.back -= int(row.amount)
        case "started":
            month.started += row.size
            month.running += row.size
        case "ended":
            month.ended += row.size
            month.running -= row.size
        case "switched":
            month.switched += row.size
    month.recurring += int(row.monthly)


async def by_tier(tx: Tx, community_id: str, *, live: bool) -> list[Share]:
    """What each tier brings a month. A subscription counts for the tier that it was last known to be for."""
    newest = (ledger.c.at.desc(), ledger.c.written_at.desc(), ledger.c.id.desc())
    each = (
        select(
            ledger.c.tier_id, ledger.c.tier_name, ledger.c.currency,
            func.sum(ledger.c.monthly).over(partition_by=ledger.c.holding_id).label("total"),
            func.row_number().over(partition_by=ledger.c.holding_id, order_by=newest).label("turn"),
        )
        .where(
            ledger.c.community_id == community_id, ledger.c.live.is_(live), ledger.c.kind.in_(RECURRING)
        )
        .subquery()
    )  # fmt: skip
    query = (
        select(
            each.c.tier_id, each.c.currency, func.max(each.c.tier_name).label("name"),
            func.sum(each.c.total).label("monthly"), func.count().label("subscriptions"),
        )
        .where(each.c.turn == 1, each.c.total > 0)
        .group_by(each.c.tier_id, each.c.currency)
        .limit(MAX_TIERS)
    )  # fmt: skip
    shares = [
        Share(row.tier_id, row.name, row.currency, int(row.monthly), row.subscriptions)
        for row in await tx.all(query)
    ]
    return sorted(shares, key=lambda share: (share.currency, -share.monthly, share.name))


async def reasons(tx: Tx, community_id: str, *, live: bool) -> list[tuple[str, int]]:
    """Why subscriptions ended in the last twelve months, most frequent first; "" where nobody said.

    Words of one's own, which follow a chosen reason behind a colon, do not make it another one.
    """
    size = func.count().label("size")
    query = (
        select(ledger.c.reason, size)
        .where(
            ledger.c.community_id == community_id, ledger.c.live.is_(live), ledger.c.kind == "ended",
            ledger.c.at >= month_starts(tx.now)[0],
        )
        .group_by(ledger.c.reason)
        .order_by(size.desc(), ledger.c.reason)
        .limit(MAX_REASONS_READ)
    )  # fmt: skip
    counts: Counter[str] = Counter()
    for row in await tx.all(query):
        counts[row.reason.partition(": ")[0]] += row.size
    return counts.most_common(MAX_REASONS)


async def of_year(tx: Tx, community_id: str, start: int, end: int) -> list[Sum]:
    """What a tax return needs: a sum for each month and currency of a year, real and pretend money apart."""
    starts = month_starts(end - 1)
    lines = (
        select(ledger, _bucket(starts).label("month"))
        .where(ledger.c.community_id == community_id, ledger.c.at >= start, ledger.c.at < end)
        .subquery()
    )
    groups = [lines.c.month, lines.c.currency, lines.c.live]
    sums = [
        func.sum(case((lines.c.kind.in_(kinds), lines.c.amount), else_=0)).label(name)
        for name, kinds in (("charged", ["charge"]), ("paid_back", ["refund"]), ("disputed", DISPUTES))
    ]
    charges = case(((lines.c.kind == "charge") & (lines.c.amount > 0), 1), else_=0)
    query = select(*groups, *sums, func.sum(charges).label("payments")).group_by(*groups)
    rows = await tx.all(query.order_by(lines.c.live.desc(), lines.c.month, lines.c.currency))
    found = [
        Sum(
            starts[row.month - 1], row.currency, bool(row.live), int(row.charged), int(row.paid_back),
            int(row.disputed), int(row.payments),
        )
        for row in rows
    ]  # fmt: skip
    return [one for one in found if one.charged or one.paid_back or one.disputed]
