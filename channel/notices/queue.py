"""The letters that are due: taken in hand by one worker at a time, marked before they leave, and settled.

A letter that is marked ("handed") is never sent again, whatever happens: bulk mail comes once or not at all. What a mail
server has certainly not taken goes back to those that wait.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select, update

from channel.ids import new_token
from channel.notices.planning import MAIL
from channel.notices.tables import notices
from channel.storage import Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 20  # letters in one hand
LEASE_MS: Final = 15 * 60_000  # longer than so many letters take, each until its mail server is given up
FIRST_RETRY_MS: Final = 60_000
LONGEST_RETRY_MS: Final = 3_600_000
GIVEN_UP_MS: Final = 3 * 24 * 3_600_000  # an old letter tells nothing new
KEPT_MS: Final = 30 * 24 * 3_600_000
MOST_SWEPT: Final = 5_000
CLAIM_LOCK: Final = 0x6C657474  # "lett"
_DUE = notices.c.state == "waiting"


@dataclass(frozen=True, slots=True)
class Notice:
    """One post of which one account is to be told."""

    id: str
    post_id: str
    seq: int
    how: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What goes into one letter: all that is due at one moment to one account of one community, oldest first."""

    account_id: str
    community_id: str
    claim: str
    tries: int
    created_at: int  # of the oldest
    notices: tuple[Notice, ...]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.notices]


async def any_due(tx: Tx) -> bool:
    """Whether there is a letter to take."""
    return await tx.one(select(notices.c.id).where(_DUE, notices.c.due_at <= tx.now).limit(1)) is not None


async def claim(tx: Tx) -> list[Claimed]:
    """The letters that have waited longest, at most 20, for LEASE_MS. Empty when another process takes some just now."""
    if not await tx.value(only_one(tx.dialect, CLAIM_LOCK)):
        return []
    due = (_DUE, notices.c.due_at <= tx.now, notices.c.way == MAIL)
    heads = await tx.all(
        select(notices.c.account_id, notices.c.community_id)
        .where(*due)
        .order_by(notices.c.due_at, notices.c.id)
        .limit(AT_ONCE)
    )
    pairs = list(dict.fromkeys((row.account_id, row.community_id) for row in heads))
    found = []
    for account_id, community_id in pairs:
        here = (notices.c.account_id == account_id, notices.c.community_id == community_id)
        rows = await tx.all(select(notices).where(*due, *here).order_by(notices.c.created_at, notices.c.id))
        found.append(await _take(tx, account_id, community_id, rows))
    return found


async def _take(tx: Tx, account_id: str, community_id: str, rows: Sequence[Any]) -> Claimed:
    token = new_token(12)
    ids = [row.id for row in rows]
    held = {"claim": token, "due_at": tx.now + LEASE_MS, "tries": notices.c.tries + 1}
    await tx.run(update(notices).where(notices.c.id.in_(ids)).values(**held))
    of_letter = tuple(Notice(row.id, row.post_id, int(row.seq), row.how) for row in rows)
    tries, oldest = max(row.tries for row in rows) + 1, min(row.created_at for row in rows)
    return Claimed(account_id, community_id, token, tries, oldest, of_letter)


async def mark(tx: Tx, letter: Claimed, ids: Sequence[str]) -> bool:
    """These leave now. False, and nothing is marked, when somebody else has taken the letter over, or it is gone."""
    mine = (notices.c.id.in_(ids), notices.c.claim == letter.claim, _DUE)
    rows = await tx.all(select(notices.c.id).where(*mine))
    if len(rows) != len(ids):
        return False
    await tx.run(update(notices).where(*mine).values(state="handed"))
    return True


async def settle(tx: Tx, letter: Claimed, ids: Sequence[str], state: str, problem: str = "") -> None:
    """It is over with these: sent, cancelled or failed."""
    values = {"state": state, "problem": problem[:200], "settled_at": tx.now}
    mine = (
        notices.c.id.in_(ids),
        notices.c.claim == letter.claim,
        notices.c.state.in_(("waiting", "handed")),
    )
    await tx.run(update(notices).where(*mine).values(**values))


async def put_back(
    tx: Tx, letter: Claimed, ids: Sequence[str], problem: str = "", *, at: int | None = None
) -> None:
    """The mail server has certainly not taken these: try again (1 min · 2ⁿ, at most an hour apart), or at `at`; after
    three days give up."""
    if at is None and tx.now - letter.created_at > GIVEN_UP_MS + _wanted_wait(letter):
        await settle(tx, letter, ids, "failed", problem)
        return
    wait_ms = min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(letter.tries - 1, 10))
    values = {"state": "waiting", "problem": problem[:200], "due_at": tx.now + wait_ms if at is None else at}
    mine = (
        notices.c.id.in_(ids),
        notices.c.claim == letter.claim,
        notices.c.state.in_(("waiting", "handed")),
    )
    await tx.run(update(notices).where(*mine).values(**values))


async def release(tx: Tx, letter: Claimed) -> None:
    """Whoever comes next may have it at once, but for what is marked."""
    mine = (notices.c.claim == letter.claim, _DUE)
    await tx.run(update(notices).where(*mine).values(due_at=tx.now, tries=notices.c.tries - 1))


def _wanted_wait(letter: Claimed) -> int:
    """A digest is as old as its oldest post, by the reader's own wish."""
    return 8 * 24 * 3_600_000 if any(one.how != "instant" for one in letter.notices) else 0


async def sweep(tx: Tx) -> None:
    """Forget what was settled long ago; and what was marked when a server died, just as long ago."""
    old = (
        select(notices.c.id)
        .where(
            notices.c.state.in_(("handed", "sent", "cancelled", "failed")),
            notices.c.due_at < tx.now - KEPT_MS,
        )
        .limit(MOST_SWEPT)
    )
    await tx.run(delete(notices).where(notices.c.id.in_(old)))
