"""What is to be pushed: taken in hand by one worker at a time, and settled.

Unlike a letter, a notice that was in hand when a server died goes again: its tag is the post, so a device shows it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from channel.ids import new_token
from channel.push.model import Subscription
from channel.push.tables import push_devices, pushes
from channel.storage import Tx
from channel.storage.dialect import only_one, skip_locked

AT_ONCE: Final = 40  # notices in one hand
LEASE_MS: Final = 60_000  # longer than so many take, ten at once, each until its push service is given up
FIRST_RETRY_MS: Final = 30_000
LONGEST_RETRY_MS: Final = 3_600_000
GIVEN_UP_MS: Final = 12 * 3_600_000  # what is older is read in the room
KEPT_MS: Final = 10 * 24 * 3_600_000  # longer than a weekly letter waits
LONGEST_GOOD_MS: Final = 24 * 3_600_000  # after it left
MOST_SWEPT: Final = 5_000
CLAIM_LOCK: Final = 0x70757368  # "push"
_DUE = pushes.c.state == "waiting"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One post for one device, in hand."""

    id: str
    post_id: str
    device_id: str
    account_id: str
    community_id: str
    claim: str
    tries: int
    meant_at: int
    to: Subscription
    shows_text: bool
    language: str


async def any_due(tx: Tx) -> bool:
    """Whether there is something to push."""
    return await tx.one(select(pushes.c.id).where(_DUE, pushes.c.due_at <= tx.now).limit(1)) is not None


async def claim(tx: Tx) -> list[Claimed]:
    """What has waited longest, at most 40, for LEASE_MS. Empty when another process takes some just now."""
    if not await tx.value(only_one(tx.dialect, CLAIM_LOCK)):
        return []
    query = (
        select(
            pushes, push_devices.c.endpoint, push_devices.c.p256dh, push_devices.c.auth,
            push_devices.c.shows_text, push_devices.c.language,
        )
        .join(push_devices, push_devices.c.id == pushes.c.device_id)
        .order_by(pushes.c.due_at, pushes.c.id)
    )  # fmt: skip
    # Held first: a letter that looks at one of them at this moment decides before, or after.
    free = select(pushes.c.id).where(_DUE, pushes.c.due_at <= tx.now).order_by(pushes.c.due_at, pushes.c.id)
    ids = [row.id for row in await tx.all(skip_locked(tx.dialect, free.limit(AT_ONCE)))]
    rows = await tx.all(query.where(pushes.c.id.in_(ids))) if ids else []
    if not rows:
        return []
    # In hand when a server died: it may have left then, and be shown for as long as a push service keeps anything.
    left = (pushes.c.id.in_([row.id for row in rows]), pushes.c.claim != "")
    await tx.run(update(pushes).where(*left).values(good_until=tx.now + LONGEST_GOOD_MS))
    token = new_token(12)
    held = {"claim": token, "due_at": tx.now + LEASE_MS, "tries": pushes.c.tries + 1}
    await tx.run(update(pushes).where(pushes.c.id.in_([row.id for row in rows])).values(**held))
    return [
        Claimed(
            row.id, row.post_id, row.device_id, row.account_id, row.community_id, token, row.tries + 1,
            row.meant_at or row.created_at, Subscription(row.endpoint, row.p256dh, row.auth), row.shows_text, row.language,
        )
        for row in rows
    ]  # fmt: skip


async def settle(
    tx: Tx, claim: str, ids: Sequence[str], state: str, problem: str = "", *, good_until: int | None = None
) -> None:
    """It is over with these: sent (and good for so long, epoch ms), cancelled or failed."""
    mine = (pushes.c.id.in_(ids), pushes.c.claim == claim, _DUE)
    values: dict[str, Any] = {"state": state, "problem": problem[:200], "settled_at": tx.now}
    if good_until is not None:
        values["good_until"] = good_until
    await tx.run(update(pushes).where(*mine).values(**values))


async def put_back(
    tx: Tx,
    one: Claimed,
    problem: str = "",
    *,
    at: int | None = None,
    meant: bool = False,
    good_until: int | None = None,
) -> None:
    """Try again (30 s · 2ⁿ, at most an hour apart), or at `at`; twelve hours after it was meant to leave, give up.

    `meant`: it is meant to leave then. `good_until`: nobody knows whether it was taken; if it was, it is shown until then.
    """
    wait_ms = min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(one.tries - 1, 10))
    due_at = tx.now + wait_ms if at is None else at
    if problem and due_at - one.meant_at > GIVEN_UP_MS:
        await settle(tx, one.claim, [one.id], "failed", problem, good_until=good_until)
        return
    mine = (pushes.c.id == one.id, pushes.c.claim == one.claim, _DUE)
    values: dict[str, Any] = {"problem": problem[:200], "due_at": due_at, "claim": ""}
    if meant:
        values["meant_at"] = due_at
    if good_until is not None:
        values["good_until"] = good_until
    await tx.run(update(pushes).where(*mine).values(**values))


async def sweep(tx: Tx) -> None:
    """Forget what was settled long ago."""
    old = (
        select(pushes.c.id)
        .where(pushes.c.state.in_(("sent", "cancelled", "failed")), pushes.c.due_at < tx.now - KEPT_MS)
        .limit(MOST_SWEPT)
    )
    await tx.run(delete(pushes).where(pushes.c.id.in_(old)))
