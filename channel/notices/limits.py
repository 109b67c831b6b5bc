"""How much of a community somebody lets through, by letter and on devices together."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, case, delete, or_, select, update

from channel.notices.model import Limit
from channel.notices.tables import notice_limits
from channel.storage import Prepared, Tx

NO_LIMIT = Limit()
_OF = Prepared(
    lambda words: select(notice_limits).where(
        notice_limits.c.community_id == bindparam("community_id"),
        words.among(notice_limits.c.account_id, "ids"),
    )
)


async def limit(tx: Tx, account_id: str, community_id: str, chosen: Limit) -> None:
    """From now on, also for what waits. Whether the account is in the community is for the caller to say."""
    mine = (notice_limits.c.account_id == account_id, notice_limits.c.community_id == community_id)
    held = notice_limits.c
    # That somebody was quiet for a while, and since when, is known after it is over; not of one that was taken back.
    ran_out = held.muted_until <= tx.now
    if chosen == NO_LIMIT:
        await tx.run(delete(notice_limits).where(*mine, or_(held.muted_until.is_(None), ~ran_out)))
        await tx.run(update(notice_limits).where(*mine).values(per_week=None))
        return
    values: dict[str, Any] = {
        "per_week": chosen.per_week,
        "muted_until": chosen.muted_until,
        "muted_at": None,
    }
    if chosen.muted_until is None:
        kept = {name: case((ran_out, held[name]), else_=None) for name in ("muted_until", "muted_at")}
    else:
        values["muted_at"] = tx.now
        same = held.muted_until == chosen.muted_until
        kept = {"muted_at": case((same, held.muted_at), else_=tx.now)}
    fresh: Any = tx.insert(notice_limits).values(account_id=account_id, community_id=community_id, **values)
    key = ["account_id", "community_id"]
    await tx.run(fresh.on_conflict_do_update(index_elements=key, set_={**values, **kept}))


async def limits(tx: Tx, account_id: str) -> dict[str, Limit]:
    """Those of the account, by community. What is over is left out."""
    rows = await tx.all(select(notice_limits).where(notice_limits.c.account_id == account_id))
    found = {row.community_id: _of(row, tx.now) for row in rows}
    return {community_id: one for community_id, one in found.items() if one != NO_LIMIT}


async def limits_of(tx: Tx, community_id: str, account_ids: Sequence[str]) -> dict[str, Limit]:
    """Those of these accounts in a community; who has none is missing."""
    rows = await tx.all(_OF, community_id=community_id, ids=account_ids)
    return {row.account_id: _of(row, tx.now) for row in rows}


def _of(row: Any, now: int) -> Limit:
    held = Limit(row.per_week, row.muted_until)
    return held if held.mutes(now) else Limit(row.per_week)
