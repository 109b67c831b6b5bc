"""What is to be sent: one message of a hook at a time, taken in hand by one process, and settled.

A message that was in hand when a server died goes again, under the same id: receivers know it by that.
"""

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, or_, select, update

from channel.hooks.model import KEPT_MS, TAKE_BACK, Hook, Target, wait_ms
from channel.hooks.queries import hook_of
from channel.hooks.seal import Seal
from channel.hooks.tables import changes, deliveries, hooks
from channel.ids import new_token
from channel.outbox import schedule
from channel.storage import Tx
from channel.storage.dialect import only_one
from channel.tasks import HookStopped

LEASE_MS: Final = 60_000  # longer than one message takes
MOST_SWEPT: Final = 5_000
CLAIM_LOCK: Final = 0x686F6F6B  # "hook"
_DUE = deliveries.c.state == "waiting"
# What was paused keeps what waits; what is to be taken back waits for no switch.
_GOES = or_(
    deliveries.c.kind == TAKE_BACK,
    deliveries.c.hook_id.in_(select(hooks.c.id).where(hooks.c.state == "active")),
)
GONE: Final = 410
DAYS: Final = "It failed for days, so it was switched off. Mend the other side, then switch it on."


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message in hand. `target` None: it was sealed with another key. `keys`: what it is signed with, the newest first."""

    id: str
    hook: Hook
    kind: str
    source: dict[str, Any]
    claim: str
    tries: int
    created_at: int
    target: Target | None
    keys: tuple[str, ...]
    log: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try. `status` 0: nobody answered, or nobody was asked. `problem` names no address.

    `over`: nothing was sent, and never is. `final`: trying again would not help. `after_s`: how long to wait at least.
    """

    status: int
    ms: int
    problem: str = ""
    over: bool = False
    final: bool = False
    after_s: int | None = None
    stops: str = ""  # why the hook as a whole stops


async def any_due(tx: Tx, busy: Collection[str] = ()) -> bool:
    """Whether there is something to send by hooks that are not busy."""
    query = select(deliveries.c.id).where(_DUE, _GOES, deliveries.c.due_at <= tx.now)
    if busy:
        query = query.where(deliveries.c.hook_id.not_in(sorted(busy)))
    return await tx.one(query.limit(1)) is not None


async def claim(tx: Tx, seal: Seal, busy: Collection[str], most: int) -> list[Claimed]:
    """The next message of each hook that is not busy, at most `most`. Empty when another process takes some just now."""
    if not await tx.value(only_one(tx.dialect, CLAIM_LOCK)):
        return []
    first = select(func.min(deliveries.c.id).label("id")).where(
        _DUE, _GOES, deliveries.c.due_at <= tx.now, deliveries.c.hook_id.not_in(sorted(busy) or [""])
    )
    first = first.group_by(deliveries.c.hook_id).limit(most)
    ids = [row.id for row in await tx.all(first)]
    if not ids:
        return []
    token = new_token(12)
    held = {"claim": token, "due_at": tx.now + LEASE_MS, "tries": deliveries.c.tries + 1}
    await tx.run(update(deliveries).where(deliveries.c.id.in_(ids)).values(**held))
    query = select(deliveries).where(deliveries.c.id.in_(ids)).order_by(deliveries.c.id)
    rows = await tx.all(query)
    of_these = select(hooks).where(hooks.c.id.in_([row.hook_id for row in rows]))
    theirs = {row.id: row for row in await tx.all(of_these)}
    return [_claimed(tx, seal, row, theirs[row.hook_id], token) for row in rows]


def _claimed(tx: Tx, seal: Seal, row: Any, hook: Any, token: str) -> Claimed:
    sealed = [hook.secret_sealed]
    if hook.old_sealed and (hook.old_until or 0) > tx.now:
        sealed.append(hook.old_sealed)
    keys = tuple(key for one in sealed if (key := seal.open(one, hook.id)))
    target = seal.open_target(hook.target_sealed, hook.id)
    return Claimed(
        row.id, hook_of(hook), row.kind, msgspec.json.decode(row.source), token, row.tries, row.created_at,
        target, keys, row.log,
    )  # fmt: skip


async def settle(tx: Tx, one: Claimed, outcome: Outcome) -> None:
    """Write down what became of it, plan the next try, and stop a hook that gave nothing but failures for days."""
    values: dict[str, Any] = {"problem": outcome.problem[:200]}
    if outcome.over:
        values |= {"state": "cancelled", "settled_at": tx.now}
    else:
        values |= {"status": outcome.status or None, "log": _longer(one.log, tx.now, outcome)}
        values |= _next(tx, one, outcome)
    mine = (deliveries.c.id == one.id, deliveries.c.claim == one.claim, _DUE)
    if await tx.run(update(deliveries).where(*mine).values(**values)):
        await _note(tx, one, outcome, gave_up=values.get("state") == "failed")


def _longer(log: str, at: int, outcome: Outcome) -> str:
    tries = [*msgspec.json.decode(log), [at, outcome.status, outcome.ms]]
    return msgspec.json.encode(tries[-20:]).decode()


def _next(tx: Tx, one: Claimed, outcome: Outcome) -> dict[str, Any]:
    if not outcome.problem:
        return {"state": "sent", "settled_at": tx.now}
    wait = None if outcome.final else wait_ms(one.tries, random.random(), outcome.after_s)
    if wait is None:
        return {"state": "failed", "settled_at": tx.now}
    return {"due_at": tx.now + wait}


async def _note(tx: Tx, one: Claimed, outcome: Outcome, *, gave_up: bool) -> None:
    # What has stopped goes on saying why, whatever it still takes back.
    hook = update(hooks).where(hooks.c.id == one.hook.id, hooks.c.state != "stopped")
    if not outcome.problem:
        if not outcome.over:
            await tx.run(hook.values(success_at=tx.now, failing_since=None, problem=""))
        return
    if outcome.over and not outcome.stops:
        return
    since = func.coalesce(hooks.c.failing_since, tx.now)
    await tx.run(hook.values(problem=outcome.problem[:200], failing_since=since))
    if outcome.stops:
        await stop(tx, one.hook, outcome.stops)
    elif gave_up and not outcome.final and await _nothing_since(tx, one):
        await stop(tx, one.hook, DAYS)


async def _nothing_since(tx: Tx, one: Claimed) -> bool:
    """Nothing has arrived since this message was made, days ago."""
    succeeded = func.coalesce(hooks.c.success_at, 0)
    return (
        await tx.one(select(hooks.c.id).where(hooks.c.id == one.hook.id, succeeded < one.created_at))
        is not None
    )


async def stop(tx: Tx, hook: Hook, why: str) -> None:
    """Switch it off, drop what waits, and have its owner told. Twice is once."""
    stopped = update(hooks).where(hooks.c.id == hook.id, hooks.c.state == "active")
    if not await tx.run(stopped.values(state="stopped", problem=why[:200])):
        return
    waiting = update(deliveries).where(deliveries.c.hook_id == hook.id, _DUE, deliveries.c.kind != TAKE_BACK)
    await tx.run(waiting.values(state="failed", problem="The hook was switched off.", settled_at=tx.now))
    await schedule(tx, HookStopped(hook_id=hook.id))


async def sweep(tx: Tx) -> None:
    """Forget what was settled long ago, and what nobody hears of: without a hook the triggers tell nothing more."""
    old = (
        select(deliveries.c.id)
        .where(
            deliveries.c.state.in_(("sent", "cancelled", "failed")),
            deliveries.c.created_at < tx.now - KEPT_MS,
        )
        .limit(MOST_SWEPT)
    )
    await tx.run(delete(deliveries).where(deliveries.c.id.in_(old)))
    if await tx.one(select(hooks.c.id).limit(1)) is None:
        await tx.run(delete(changes))
