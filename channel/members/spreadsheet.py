"""Members as a table for a spreadsheet, in which no cell can become a formula. Pure."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from channel.members.model import Member

COLUMNS = (
    "account_id",
    "name",
    "handle",
    "role",
    "tier",
    "rank",
    "state",
    "joined_at",
    "until",
    "reason",
    "note",
)
# What makes a spreadsheet calculate or fetch (its full-width forms too), and the mark that stops it.
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "＝", "＋", "－", "＠")


def head() -> str:
    """The first line."""
    return _lines([COLUMNS])


def lines(members: Iterable[Member]) -> str:
    """A line per member. Times are UTC."""
    return _lines(map(_cells, members))


def _cells(member: Member) -> tuple[str, ...]:
    cells = (
        member.account.id, member.account.name, member.account.handle or "", member.role.value, member.tier.name,
        str(member.tier.rank), member.state.value, _moment(member.joined_at), _moment(member.until), member.reason,
        member.note,
    )  # fmt: skip
    return tuple(map(safe, cells))


def safe(cell: str) -> str:
    """Put ' before what a spreadsheet would run; taking one leading ' away gives the text back."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_RISKY) else cell


def _moment(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds")


def _lines(rows: Iterable[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()
