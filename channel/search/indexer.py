"""Keeps the index true: takes what changed, makes it ready, files it. Nothing of it delays who publishes.

What changed stands in `search_changes` since the transaction of the change, so a crash at any moment only means that it
is taken again. Between a change and its filing the index is old, never wrong: a document that is another one by now, or
for others, is not found.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Integer, bindparam, delete, func, or_, select, text

from channel.errors import ChannelError
from channel.search import filing, sources
from channel.search.documents import COMMENT, POST, Key
from channel.search.tables import changes
from channel.storage import Database, Prepared, Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 100  # documents in one transaction: some twenty milliseconds of the writer's time
LOOK_S: Final = 0.2  # how soon what was written here is found
POLL_S: Final = 2.0  # for what other processes wrote and did not file, because they ended
LOCK: Final = 0x66696E64  # "find"
THREAD: Final = "thread"  # all that stands under a post, which is for others now
# What another version tells of is left to it.
_KNOWN = or_(*(changes.c.kind == kind for kind in (POST, COMMENT, THREAD)))

log = logging.getLogger("channel.search")

# The newest first: what was just written need not wait for what an older version left to do.
_NEXT = Prepared(
    select(changes.c.id, changes.c.kind, changes.c.doc_id)
    .where(_KNOWN)
    .order_by(changes.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)


class Indexer:
    """app.py runs one in each process. With several, one at a time files; `at_once` documents at a time, up to 1,000."""

    def __init__(self, db: Database, at_once: int = AT_ONCE) -> None:
        self._db = db
        self._at_once = at_once
        self._upto: dict[
            int, int
        ] = {}  # of a long thread that is under way, by its change: the seq that was reached

    async def run(self) -> None:
        """Work until cancelled. Survives a database that is away."""
        seen, looked_s = -1, 0.0
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_S)  # first: nothing of it delays a start
            try:
                now = self._db.version()
                if now != seen or loop.time() - looked_s >= POLL_S:
                    seen, looked_s = now, loop.time()
                    # A few that came meanwhile wait for the next look: a transaction for each would cost more.
                    full = True
                    while full:
                        full = await self.step() >= self._at_once
            except ChannelError as error:
                log.warning("The search index has to wait: %s", error.detail)
            except Exception:
                log.exception("The search index stumbled; it goes on in %.0f s", POLL_S)
                await asyncio.sleep(POLL_S)

    async def step(self) -> int:
        """File some of what changed, and return how much. 0: there was nothing, or another process is at it."""
        async with self._db.read() as tx:
            taken = await tx.all(_NEXT, most=self._at_once)
            if not taken:
                return 0
            due = await self._due(tx, taken)
            make = await sources.load(tx, due.keys)
        ready = await asyncio.to_thread(make)
        async with self._db.write(heavy=True) as tx:
            if not await tx.value(only_one(tx.dialect, LOCK)):
                return 0
            put_off = await filing.replace(tx, due.keys, ready)
            await _settle(tx, due, put_off)
        self._upto = due.upto
        return max(len(taken), len(due.keys))

    async def _due(self, tx: Tx, taken: Sequence[Any]) -> "_Due":
        """What is to be looked at because of these changes. Of threads, as many comments as fit."""
        due = _Due()
        for row in taken:
            if row.kind != THREAD:
                due.keys.setdefault(Key(row.kind, row.doc_id), []).append(row.id)
        for row in taken:
            if row.kind == THREAD:
                await due.add_thread(tx, row, self._upto.get(row.id, 0), self._at_once - len(due.keys))
        return due


@dataclass(slots=True)
class _Due:
    """`keys` with the changes that are done once each is filed; `upto`: threads that are not done, and how far."""

    keys: dict[Key, list[int]] = field(default_factory=dict)
    upto: dict[int, int] = field(default_factory=dict)
    over: list[int] = field(default_factory=list)  # threads of which the rest is in `keys`

    async def add_thread(self, tx: Tx, row: Any, after: int, most: int) -> None:
        found = await sources.misplaced(tx, row.doc_id, after, most) if most > 0 else []
        for key, _ in found:
            self.keys.setdefault(key, [])
        if len(found) < most:
            self.over.append(row.id)
        else:
            self.upto[row.id] = found[-1][1] if found else after


async def _settle(tx: Tx, due: _Due, put_off: Collection[Key]) -> None:
    """Forget the changes that are done. What was put off was changed again meanwhile, or came: it is taken again."""
    done = [id for key, ids in due.keys.items() if key not in put_off for id in ids]
    await tx.run(delete(changes).where(changes.c.id.in_([*done, *due.over])))


async def catch_up(db: Database, at_once: int = AT_ONCE) -> None:
    """File all that changed until now, or wait for the process that does."""
    indexer = Indexer(db, at_once)
    while True:
        if await indexer.step():
            continue
        async with db.read() as tx:
            if not await waiting(tx):
                return
        await asyncio.sleep(LOOK_S)


async def waiting(tx: Tx) -> int:
    """How many changes are not filed yet."""
    return int(await tx.value(select(func.count()).select_from(changes).where(_KNOWN)))


async def start_anew(tx: Tx) -> None:
    """Have everything filed again, and what is filed of things that are gone forgotten."""
    await tx.run(
        text(
            "INSERT INTO search_changes (kind, doc_id) SELECT kind, doc_id FROM search_docs "
            "UNION SELECT 'post', id FROM posts WHERE deleted_at IS NULL "
            "UNION SELECT 'comment', id FROM comments WHERE state = 'shown'"
        )
    )
