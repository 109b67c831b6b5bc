"""What is to be pushed: taken in hand by one worker at a time, and settled. One queue for the devices of accounts, another
one for those that belong to nobody (following/queue).

Unlike a letter, a notice that was in hand when a server died goes again: its tag is the post, so a device shows it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, delete, false, func, select, update

from channel.ids import new_token
from channel.push.model import Subscription
from channel.push.tables import push_devices, pushes
from channel.storage import Prepared, Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 20  # notices in one hand
LEASE_MS: Final = 60_000  # longer than so many take, ten at once, each until its push service is given up
FIRST_RETRY_MS: Final = 30_000
LONGEST_RETRY_MS: Final = 3_600_000
GIVEN_UP_MS: Final = 12 * 3_600_000  # what is older is read in the room
KEPT_MS: Final = 10 * 24 * 3_600_000  # longer than a weekly letter waits
LONGEST_GOOD_MS: Final = 24 * 3_600_000  # after it left
MOST_SWEPT: Final = 5_000
CLAIM_LOCK: Final = 0x70757368  # "push"


@dataclass(frozen=True, slots=True)
class Claimed:
    """One post for one device, in hand. `reader_id`: of the account, or of the device where it has none."""

    id: str
    post_id: str
    device_id: str
    reader_id: str
    community_id: str
    claim: str
    tries: int
    meant_at: int
    to: Subscription
    shows_text: bool
    language: str


class Queue:
    """The notices of one table for the devices of another. `reader` names the column of whom they are for; `lock` is the
    queue's own number."""

    def __init__(self, notices: Table, devices: Table, *, reader: str, lock: int) -> None:
        self._all = notices
        self._devices = devices
        self._reader = notices.c[reader]
        self._lock = lock
        self._waits = notices.c.state == "waiting"
        self._due = and_(self._waits, notices.c.device_id.is_not(None))
        self._prepare_taking()
        self._prepare_holding()
        self._prepare_settling()

    def _prepare_taking(self) -> None:
        every, of = self._all.c, self._devices.c
        due = (self._due, every.due_at <= bindparam("now"))
        self._any_due = Prepared(select(every.id).where(*due).limit(1))
        # Held first: a letter that looks at one of them at this moment decides before, or after.
        self._next = Prepared(
            lambda words: words.skipping(
                select(every.id).where(*due).order_by(every.due_at, every.id).limit(AT_ONCE)
            )
        )
        shows_text = of.get("shows_text", false().label("shows_text"))
        whole = (
            self._all,
            self._reader.label("reader"),
            of.endpoint,
            of.p256dh,
            of.auth,
            shows_text,
            of.language,
        )
        self._whole = Prepared(
            lambda words: (
                select(*whole)
                .join(self._devices, of.id == every.device_id)
                .where(words.among(every.id, "ids"))
                .order_by(every.due_at, every.id)
            )
        )

    def _prepare_holding(self) -> None:
        every = self._all.c
        self._left = Prepared(
            lambda words: (
                update(self._all)
                .where(words.among(every.id, "ids"), every.claim != "")
                .values(good_until=bindparam("until"))
            )
        )
        self._hold = Prepared(
            lambda words: (
                update(self._all)
                .where(words.among(every.id, "ids"))
                .values(claim=bindparam("token"), due_at=bindparam("until"), tries=every.tries + 1)
            )
        )

    def _prepare_settling(self) -> None:
        every = self._all.c
        until = func.coalesce(bindparam("until", type_=every.good_until.type), every.good_until)
        fate: dict[str, Any] = {
            "state": bindparam("fate"),
            "problem": bindparam("why"),
            "settled_at": bindparam("now"),
        }
        # The state is spelt so that no index is asked for it: SQLite would look at all that wait, to find the few that are
        # named.
        self._settle = Prepared(
            lambda words: (
                update(self._all)
                .where(
                    words.among(every.id, "ids"),
                    every.claim == bindparam("token"),
                    every.state + "" == "waiting",
                )
                .values(**fate, good_until=until)
            )
        )

    async def any_due(self, tx: Tx) -> bool:
        """Whether there is something to push."""
        return await tx.one(self._any_due, now=tx.now) is not None

    async def claim(self, tx: Tx) -> list[Claimed]:
        """What has waited longest, at most 20, for LEASE_MS. Empty when another process takes some just now."""
        if not await tx.value(only_one(tx.dialect, self._lock)):
            return []
        ids = [row.id for row in await tx.all(self._next, now=tx.now)]
        rows = await tx.all(self._whole, ids=ids) if ids else []
        if not rows:
            return []
        held = [row.id for row in rows]
        # In hand when a server died: it may have left then, and be shown for as long as a push service keeps anything.
        await tx.run(self._left, ids=held, until=tx.now + LONGEST_GOOD_MS)
        token = new_token(12)
        await tx.run(self._hold, ids=held, token=token, until=tx.now + LEASE_MS)
        return [_claimed(row, token) for row in rows]

    async def settle(
        self,
        tx: Tx,
        claim: str,
        ids: Sequence[str],
        state: str,
        problem: str = "",
        *,
        good_until: int | None = None,
    ) -> None:
        """It is over with these: sent (and good for so long, epoch ms), cancelled or failed."""
        given = {"fate": state, "why": problem[:200], "now": tx.now, "until": good_until}
        await tx.run(self._settle, ids=list(ids), token=claim, **given)

    async def put_back(
        self,
        tx: Tx,
        one: Claimed,
        problem: str = "",
        *,
        at: int | None = None,
        meant: bool = False,
        good_until: int | None = None,
    ) -> None:
        """Try again (30 s · 2ⁿ, at most an hour apart), or at `at`; twelve hours after it was meant to leave, give up.

        `meant`: it is meant to leave then. `good_until`: nobody knows whether it was taken; if it was, it is shown until
        then.
        """
        wait_ms = min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(one.tries - 1, 10))
        due_at = tx.now + wait_ms if at is None else at
        if problem and due_at - one.meant_at > GIVEN_UP_MS:
            await self.settle(tx, one.claim, [one.id], "failed", problem, good_until=good_until)
            return
        mine = (self._all.c.id == one.id, self._all.c.claim == one.claim, self._due)
        values: dict[str, Any] = {"problem": problem[:200], "due_at": due_at, "claim": ""}
        if meant:
            values["meant_at"] = due_at
        if good_until is not None:
            values["good_until"] = good_until
        await tx.run(update(self._all).where(*mine).values(**values))

    async def sweep(self, tx: Tx) -> None:
        """Forget what was settled long ago, and what waits for a device that is gone."""
        every = self._all.c
        over = every.state.in_(("sent", "cancelled", "failed"))
        settled = and_(over, every.due_at < tx.now - KEPT_MS)
        # Its device went with a session that ended: nobody takes it in hand any more.
        left = and_(self._waits, every.device_id.is_(None))
        for old in (settled, left):
            some = select(every.id).where(old).limit(MOST_SWEPT)
            await tx.run(delete(self._all).where(every.id.in_(some)))


def _claimed(row: Any, token: str) -> Claimed:
    return Claimed(
        row.id, row.post_id, row.device_id, row.reader, row.community_id, token, row.tries + 1,
        row.meant_at or row.created_at, Subscription(row.endpoint, row.p256dh, row.auth), bool(row.shows_text),
        row.language,
    )  # fmt: skip


PUSHES: Final = Queue(pushes, push_devices, reader="account_id", lock=CLAIM_LOCK)
