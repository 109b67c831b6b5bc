"""What the team does with what waits: done, later, back, given to somebody.

Two at once do not lose each other's acts. Who acts says what they saw (`Seen`): putting away and giving are two things,
so one of each goes through, and of two of the same kind the second is told that somebody was faster.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, update

from channel.accounts.queries import one as account_one
from channel.communities import Community
from channel.errors import Conflict, Invalid
from channel.ids import is_id
from channel.inbox.model import WINDOW_MS, Item, Key, parse_later
from channel.inbox.queries import one
from channel.inbox.sources import OF_KIND
from channel.inbox.tables import acts
from channel.members.model import Entitlement, State
from channel.members.queries import entitlements_of
from channel.storage import Tx, locking


@dataclass(frozen=True, slots=True)
class Seen:
    """What who acts had before their eyes: the item's `mark` and `rev`. None: whatever it is now."""

    mark: int | None = None
    rev: int | None = None


NOW = Seen()


async def done(tx: Tx, by: Entitlement, community: Community, key: Key, *, seen: Seen = NOW) -> Item:
    """It needs no more, until something happens in it. What happened after `seen` is not put away with it.

    Twice is once. Raises NotFound (code left_inbox), Forbidden, Conflict (code acted_meanwhile).
    """
    return await _put(tx, by, community, key, seen, {"done_at": tx.now, "later_until": None})


async def later(
    tx: Tx, by: Entitlement, community: Community, key: Key, *, until: int | None, seen: Seen = NOW
) -> Item:
    """Out of sight until `until` (epoch ms), or until something happens in it. Raises as `done`, and Invalid (until)."""
    until = parse_later(until, tx.now)
    return await _put(tx, by, community, key, seen, {"done_at": None, "later_until": until})


async def reopen(tx: Tx, by: Entitlement, community: Community, key: Key, *, seen: Seen = NOW) -> Item:
    """Back among what is open. Raises as `done`."""
    return await _put(tx, by, community, key, seen, {"done_at": None, "later_until": None})


async def assign(
    tx: Tx, by: Entitlement, community: Community, key: Key, *, to: str | None, seen: Seen = NOW
) -> Item:
    """Give it to one of those who may act on it; None: to nobody. Raises as `done`, and Invalid (assigned_to)."""
    item, row = await _held(tx, by, community, key)
    if to is not None:
        await _require_teammate(tx, community, key, to)
    if item.assigned_to == to and row.assigned_to == to:
        return item
    _require_fresh(seen, row.given_rev)
    await _write(tx, by, row, {"assigned_to": to, "given_rev": row.rev + 1})
    return await one(tx, by, community, key)


async def _require_teammate(tx: Tx, community: Community, key: Key, account_id: str) -> None:
    """Somebody whose role here allows what the item asks for."""
    judged = (
        (await entitlements_of(tx, community, [account_id])).get(account_id) if is_id(account_id) else None
    )
    right = judged is not None and judged.state is State.ACTIVE and judged.may(OF_KIND[key.kind].sees)
    if not right or (await account_one(tx, account_id)).state != "active":
        raise Invalid(assigned_to="Choose somebody whose role here allows to deal with this.")


async def _put(
    tx: Tx, by: Entitlement, community: Community, key: Key, seen: Seen, fresh: dict[str, Any]
) -> Item:
    item, row = await _held(tx, by, community, key)
    mark = item.mark if seen.mark is None else min(seen.mark, item.mark)
    wanted = fresh | {"mark": mark if any(fresh.values()) else None}
    same_kind = (row.done_at is None) == (wanted["done_at"] is None)
    if same_kind and (row.later_until, row.mark) == (wanted["later_until"], wanted["mark"]):
        return item
    _require_fresh(seen, row.put_rev)
    await _write(tx, by, row, wanted | {"put_rev": row.rev + 1})
    await _tidy(tx, community)
    return await one(tx, by, community, key)


def _require_fresh(seen: Seen, rev: int) -> None:
    if seen.rev is not None and seen.rev < rev:
        raise Conflict(
            "Somebody else of the team did something with this meanwhile. Look at it again.",
            code="acted_meanwhile",
        )


async def _held(tx: Tx, by: Entitlement, community: Community, key: Key) -> tuple[Item, Row[Any]]:
    """The item, and its row, which nobody else changes until the transaction ends. Raises NotFound, Forbidden."""
    await one(tx, by, community, key)  # first: of what does not wait there is no row
    first = {
        "community_id": community.id, "kind": key.kind, "what": key.what, "who": key.who, "rev": 0,
        "put_rev": 0, "given_rev": 0, "changed_at": tx.now,
    }  # fmt: skip
    await tx.run(tx.insert(acts).values(**first).on_conflict_do_nothing())
    row = await tx.one(locking(tx.dialect, select(acts).where(*_row_of(community.id, key))))
    if row is None:
        raise Conflict("Somebody changed this at the same moment. Try again.")
    return await one(tx, by, community, key), row


def _row_of(community_id: str, key: Key) -> tuple[Any, ...]:
    return (
        acts.c.community_id == community_id, acts.c.kind == key.kind, acts.c.what == key.what,
        acts.c.who == key.who,
    )  # fmt: skip


async def _write(tx: Tx, by: Entitlement, row: Row[Any], values: dict[str, Any]) -> None:
    own = _row_of(row.community_id, Key(row.kind, row.what, row.who))
    more = {"rev": row.rev + 1, "by_id": by.account_id, "changed_at": tx.now}
    await tx.run(update(acts).where(*own).values(**values, **more))


async def _tidy(tx: Tx, community: Community) -> None:
    """What was done with comments that are too old to wait says nothing any more."""
    old = (acts.c.kind == "comment") & (acts.c.changed_at < tx.now - 2 * WINDOW_MS)
    await tx.run(acts.delete().where(acts.c.community_id == community.id, old))


async def forget(tx: Tx, account_id: str) -> None:
    """Nothing is kept of what came from somebody who is erased, nor what they did for a team."""
    await tx.run(acts.delete().where(acts.c.who == account_id))
    for column in (acts.c.assigned_to, acts.c.by_id):
        await tx.run(update(acts).where(column == account_id).values({column: None}))
