"""Single posts that somebody paid for: open to them whatever their rank, as long as they may enter the room."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from channel.members.model import Entitlement
from channel.members.tables import unlocks
from channel.storage import Prepared, Tx

_OPEN = Prepared(
    lambda words: select(unlocks.c.post_id).where(
        unlocks.c.account_id == bindparam("account_id"),
        unlocks.c.revoked_at.is_(None),
        words.among(unlocks.c.post_id, "ids"),
    )
)


async def unlocked(tx: Tx, by: Entitlement, post_ids: Sequence[str]) -> frozenset[str]:
    """Which of these posts the viewer has paid for. Whoever left or is banned has paid for none."""
    if by.account_id is None or not by.belongs or not post_ids:
        return frozenset()
    rows = await tx.all(_OPEN, account_id=by.account_id, ids=post_ids)
    return frozenset(row.post_id for row in rows)


async def unlock(tx: Tx, account_id: str, post_id: str, purchase_id: str) -> None:
    """Open the post to the account. Twice is once."""
    row = {"account_id": account_id, "post_id": post_id, "purchase_id": purchase_id, "at": tx.now}
    again = {"purchase_id": purchase_id, "revoked_at": None}
    await tx.run(
        tx.insert(unlocks)
        .values(**row)
        .on_conflict_do_update(index_elements=["account_id", "post_id"], set_=again)
    )


async def lock(tx: Tx, account_id: str, post_id: str, purchase_id: str) -> None:
    """Take back what this purchase had opened."""
    own = (unlocks.c.account_id == account_id, unlocks.c.post_id == post_id)
    by_it = update(unlocks).where(*own, unlocks.c.purchase_id == purchase_id, unlocks.c.revoked_at.is_(None))
    await tx.run(by_it.values(revoked_at=tx.now))


async def lock_all(tx: Tx, purchase_id: str) -> None:
    """Take back whatever this purchase had opened."""
    by_it = update(unlocks).where(unlocks.c.purchase_id == purchase_id, unlocks.c.revoked_at.is_(None))
    await tx.run(by_it.values(revoked_at=tx.now))
