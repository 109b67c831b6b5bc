"""The one place that writes memberships: it keeps the count and tells the account."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from channel.communities.actions import count_member
from channel.errors import Conflict, NotFound
from channel.events import MembershipChanged, TierEnds
from channel.ids import is_id
from channel.members.model import FOR_GOOD_MS, Membership, Role, State, state_at
from channel.members.tables import memberships
from channel.outbox import emit
from channel.storage import Prepared, Tx
from channel.tiers.model import Tier

COUNTED = frozenset({State.ACTIVE, State.MUTED})
_HELD = Prepared(
    lambda words: words.locking(
        select(memberships)
        .where(
            memberships.c.community_id == bindparam("community_id"),
            words.among(memberships.c.account_id, "ids"),
        )
        .order_by(memberships.c.account_id)
    )
)
_FIRST = Prepared(
    lambda words: (
        words.insert(memberships)
        .values(**{column.name: bindparam(column.name) for column in memberships.c})
        .on_conflict_do_nothing()
    )
)


async def held(tx: Tx, community_id: str, account_ids: Iterable[str]) -> dict[str, Row[Any]]:
    """The stored memberships of these accounts, locked until the end of the transaction.

    All at once and by id: two that lock the same people in different order would wait for each other for ever.
    """
    rows = await tx.all(_HELD, community_id=community_id, ids=[own for own in account_ids if is_id(own)])
    return {row.account_id: row for row in rows}


async def held_one(tx: Tx, community_id: str, account_id: str) -> Row[Any]:
    """The stored membership of one account, locked. Raises NotFound for somebody who was never here."""
    row = (await held(tx, community_id, [account_id])).get(account_id)
    if row is None:
        raise NotFound("This person is not a member of the community.")
    return row


async def insert(tx: Tx, community_id: str, account_id: str, values: dict[str, Any]) -> bool:
    """A first membership. False, and nothing written, when there is one already."""
    row = {
        "community_id": community_id,
        "account_id": account_id,
        "invite_id": None,
        "note": "",
        "reason": "",
        "until": None,
        "tier_until": None,
        "joined_at": tx.now,
        "changed_at": tx.now,
    } | values
    if not await write(tx, _FIRST, **row):
        return False
    if values["state"] in COUNTED:
        await count_member(tx, community_id, 1)
    await _tell(tx, community_id, account_id, values.get("tier_until"))
    return True


async def change(tx: Tx, row: Row[Any], **values: Any) -> None:
    """Write to a membership that `held` gave, so nobody else has changed it since."""
    own = (memberships.c.community_id == row.community_id) & (memberships.c.account_id == row.account_id)
    await write(tx, update(memberships).where(own).values(**values, changed_at=tx.now))
    counted = int(State(values.get("state", row.state)) in COUNTED) - int(State(row.state) in COUNTED)
    if counted:
        await count_member(tx, row.community_id, counted)
    await _tell(tx, row.community_id, row.account_id, values.get("tier_until"))


async def _tell(tx: Tx, community_id: str, account_id: str, tier_until: int | None) -> None:
    await emit(tx, MembershipChanged(account_id=account_id, community_id=community_id))
    if tier_until is not None:
        ends = TierEnds(account_id=account_id, community_id=community_id, at=tier_until)
        await emit(tx, ends, after_ms=max(0, tier_until - tx.now))


async def write(tx: Tx, statement: Executable | Prepared, **values: Any) -> int:
    """Raises Conflict when what it refers to went since it was read."""
    try:
        return await tx.run(statement, **values)
    except IntegrityError as error:  # the tier or the community went since it was read
        raise Conflict("Somebody changed this at the same moment. Try again.") from error


def state_now(row: Row[Any], now: int) -> State:
    """The state that holds at `now`."""
    return state_at(State(row.state), row.until, now)


def arrival(row: Row[Any], state: State, now: int) -> dict[str, Any]:
    """What coming in as `state` writes over a membership that was left or asked for.

    A mute that had not ended goes on: leaving and coming back must not end it.
    """
    if row.until is None or row.until <= now:
        return {"state": state, "until": None, "reason": ""}
    if state is State.REQUESTED:
        return {"state": state}
    return {"state": State.MUTED, "until": None if row.until == FOR_GOOD_MS else row.until}


def membership_of(row: Row[Any], tier: Tier, now: int, *, joined: bool) -> Membership:
    """The stored row as others see it."""
    return Membership(
        community_id=row.community_id, account_id=row.account_id, role=Role(row.role), tier=tier,
        state=state_now(row, now), joined_at=row.joined_at, invite_id=row.invite_id, joined=joined,
    )  # fmt: skip


def in_order(account_ids: Sequence[str]) -> list[str]:
    """Each once, in the order in which everybody locks."""
    return sorted(set(account_ids))
