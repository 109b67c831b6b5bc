"""The ledger as tables for a spreadsheet or a tax adviser, in which no cell can become a formula. Pure.

Amounts have a point and no thousands, times are UTC. A minus before a number stays: it is one.
"""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from channel import money
from channel.members.spreadsheet import safe
from channel.payments.facts import Entry
from channel.payments.figures import Sum

COLUMNS = (
    "at", "kind", "account_id", "name", "tier", "interval", "amount", "currency", "monthly", "reason",
    "provider_id", "purchase_id", "mode",
)  # fmt: skip
SUM_COLUMNS = ("month", "currency", "charged", "paid_back", "disputed", "net", "payments", "mode")


def head() -> str:
    """The first line of the list."""
    return _lines([COLUMNS])


def lines(entries: Iterable[Entry]) -> str:
    """A line for each entry."""
    return _lines(map(_cells, entries))


def sums(found: Iterable[Sum]) -> str:
    """The whole table of sums: a line for each month and currency."""
    return _lines([SUM_COLUMNS, *map(_sum, found)])


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="seconds"), entry.kind,
        entry.account_id, safe(entry.name), safe(entry.tier_name), entry.interval,
        money.plain(entry.amount, entry.currency), entry.currency,
        money.plain(entry.monthly, entry.currency) if entry.monthly else "", safe(entry.reason),
        safe(entry.external_id), entry.holding_id, _mode(entry.live),
    )  # fmt: skip


def _sum(one: Sum) -> tuple[str, ...]:
    amounts = (one.charged, one.paid_back, one.disputed, one.net)
    month = datetime.fromtimestamp(one.month / 1000, UTC)
    shown = (money.plain(amount, one.currency) for amount in amounts)
    return (f"{month:%Y-%m}", one.currency, *shown, str(one.payments), _mode(one.live))


def _mode(live: bool) -> str:
    return "live" if live else "test"


def _lines(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
