"""Keeps the index true: takes what changed, makes it ready, files it. Nothing of it delays who publishes.

What changed stands in `search_changes` since the transaction of the change, so a crash at any moment only means that it
is taken again. Between a change and its filing the index is old, never wrong: a document of another revision than the
present one is not found.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Integer, bindparam, delete, func, insert, select, text

from channel import polls, posts
from channel.errors import ChannelError
from channel.ids import is_id
from channel.posts.tables import posts as post_table
from channel.search import places
from channel.search.documents import Document, of_post
from channel.search.engine import engine_of
from channel.search.matching import Entry
from channel.search.tables import audiences, authors, changes, docs
from channel.storage import Database, Prepared, Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 100  # documents in one transaction: some twenty milliseconds of the writer's time
LOOK_S: Final = 0.2  # how soon what was written here is found
POLL_S: Final = 2.0  # for what other processes wrote and did not file, because they ended
LOCK: Final = 0x66696E64  # "find"
CROWD_MS: Final = 1_000  # how far is looked at once for a free moment

log = logging.getLogger("channel.search")

# The newest first: what was just written need not wait for what an older version left to do.
_NEXT = Prepared(
    select(changes.c.id, changes.c.kind, changes.c.doc_id)
    .order_by(changes.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
_PRESENT = Prepared(
    lambda words: select(post_table.c.id, post_table.c.rev).where(
        words.among(post_table.c.id, "ids"), post_table.c.deleted_at.is_(None)
    )
)
_FILED = Prepared(
    lambda words: select(docs.c.place, docs.c.doc_id).where(
        docs.c.kind == "post", words.among(docs.c.doc_id, "ids")
    )
)
_LAST_TAKEN = Prepared(
    select(func.max(docs.c.place)).where(
        docs.c.place >= bindparam("first"), docs.c.place <= bindparam("last")
    )
)
_AUDIENCE = Prepared(
    select(audiences.c.id).where(
        audiences.c.room_id == bindparam("room_id"), audiences.c.rank == bindparam("wanted")
    )
)
_EXIST = Prepared(lambda words: select(docs.c.place).where(words.among(docs.c.place, "wanted")))


class Indexer:
    """app.py runs one in each process. With several, one at a time files; `at_once` documents at a time, up to 1,000."""

    def __init__(self, db: Database, at_once: int = AT_ONCE) -> None:
        self._db = db
        self._at_once = at_once

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
                        full = await self.step() == self._at_once
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
            ids = [*{row.doc_id for row in taken if is_id(row.doc_id)}]
            found = [post for post in await posts.many(tx, ids) if post.deleted_at is None]
            asked = await polls.of_posts(tx, ids)
        ready = await asyncio.to_thread(lambda: [of_post(post, asks=post.id in asked) for post in found])
        async with self._db.write(heavy=True) as tx:
            if not await tx.value(only_one(tx.dialect, LOCK)):
                return 0
            await _file(tx, ids, ready)
            await tx.run(delete(changes).where(changes.c.id.in_([row.id for row in taken])))
        return len(taken)


async def catch_up(db: Database, at_once: int = AT_ONCE) -> None:
    """File all that changed until now, or wait for the process that does."""
    while True:
        if await Indexer(db, at_once).step():
            continue
        async with db.read() as tx:
            if not await waiting(tx):
                return
        await asyncio.sleep(LOOK_S)


async def waiting(tx: Tx) -> int:
    """How many changes are not filed yet."""
    return int(await tx.value(select(func.count()).select_from(changes)))


async def start_anew(tx: Tx) -> None:
    """Have everything filed again, and what is filed of things that are gone forgotten."""
    await tx.run(
        text(
            "INSERT INTO search_changes (kind, doc_id) SELECT kind, doc_id FROM search_docs "
            "UNION SELECT 'post', id FROM posts WHERE deleted_at IS NULL"
        )
    )


async def _file(tx: Tx, ids: Sequence[str], ready: Sequence[Document]) -> None:
    """Replace what is filed under `ids`. What changed since it was made ready is left to the one who takes that change."""
    present = {row.id: row.rev for row in await tx.all(_PRESENT, ids=ids)}
    current = [one for one in ready if present.get(one.id) == one.rev]
    changed = {one.id for one in ready if one.id in present and present[one.id] != one.rev}
    late = {doc_id for doc_id in present if doc_id not in {one.id for one in ready}}
    old = [row.place for row in await tx.all(_FILED, ids=[id for id in ids if id not in changed | late])]
    await engine_of(tx).drop(tx, old)
    if old:
        await tx.run(delete(docs).where(docs.c.place.in_(old)))
    await _enter(tx, current)


async def _enter(tx: Tx, fresh: Sequence[Document]) -> None:
    """File documents that are not filed, with few statements: the writer's time is everybody's."""
    rows, wrote, entries = [], [], []
    numbers = {key: await _audience(tx, *key) for key in {(one.room_id, one.rank) for one in fresh}}
    wanted = [places.place_of(numbers[one.room_id, one.rank], one.at) for one in fresh]
    used = {row.place for row in await tx.all(_EXIST, wanted=wanted)}
    for one, own in zip(fresh, wanted, strict=True):
        audience = numbers[one.room_id, one.rank]
        place = own if own not in used else await _next_free(tx, own, used)
        used.add(place)
        at = places.moment_of(place)
        rows.append(
            {
                "place": place,
                "audience_id": audience,
                "at": at,
                "kind": one.kind,
                "doc_id": one.id,
                "rev": one.rev,
            }
        )
        wrote.append({"audience_id": audience, "account_id": one.author_id})
        entries.append(Entry(place, one.words, one.facts))
    await tx.run_many(insert(docs), rows)
    await tx.run_many(tx.insert(authors).on_conflict_do_nothing(), wrote)
    await engine_of(tx).put(tx, entries)


async def _audience(tx: Tx, room_id: str, rank: int) -> int:
    found = await tx.value(_AUDIENCE, room_id=room_id, wanted=rank)
    if found is None:
        await tx.run(tx.insert(audiences).values(room_id=room_id, rank=rank).on_conflict_do_nothing())
        found = await tx.value(_AUDIENCE, room_id=room_id, wanted=rank)
    return int(found)


async def _next_free(tx: Tx, place: int, used: set[int]) -> int:
    """The next moment after a taken one that no other document of the audience has."""
    while True:
        last = max(
            int(await tx.value(_LAST_TAKEN, first=place, last=place + CROWD_MS) or 0),
            max((one for one in used if place <= one <= place + CROWD_MS), default=0),
        )
        if last == 0:
            return place
        place = last + 1
