"""Putting documents into the index, in the one transaction in which they are current."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select

from channel.search import places, sources
from channel.search.documents import COMMENT, POST, Document, Key
from channel.search.engine import engine_of
from channel.search.matching import Entry
from channel.search.tables import audiences, authors, docs
from channel.storage import Prepared, Tx

CROWD_MS: Final = 1_000  # how far is looked at once for a free moment

_FILED = Prepared(
    lambda words: select(docs.c.place, docs.c.audience_id, docs.c.doc_id).where(
        docs.c.kind == bindparam("kind"), words.among(docs.c.doc_id, "ids")
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


async def replace(tx: Tx, keys: Collection[Key], ready: Sequence[Document]) -> set[Key]:
    """File `ready` instead of what is filed under `keys`. Returns those that have to be made ready again.

    Those are the ones that are not, by now, what they were made ready as: nothing is done about them.
    """
    now = await sources.present(tx, keys)
    current = [one for one in ready if now.get(one.key) == one.present]
    put_off = now.keys() - {one.key for one in current}
    old = await _filed(tx, [key for key in keys if key not in put_off])
    gone = [row.place for row in old.values()]
    await engine_of(tx).drop(tx, gone)
    if gone:
        await tx.run(delete(docs).where(docs.c.place.in_(gone)))
    await _enter(tx, current, old)
    return set(put_off)


async def _filed(tx: Tx, keys: Iterable[Key]) -> dict[Key, Any]:
    """What is filed under these keys: `place` and `audience_id`."""
    wanted = list(keys)
    found = {}
    for kind in (POST, COMMENT):
        ids = [key.id for key in wanted if key.kind == kind]
        for row in await tx.all(_FILED, kind=kind, ids=ids) if ids else ():
            found[Key(kind, row.doc_id)] = row
    return found


async def _enter(tx: Tx, fresh: Sequence[Document], old: Mapping[Key, Any]) -> None:
    """File documents that are not filed, with few statements: the writer's time is everybody's."""
    rows, wrote, entries = [], [], []
    held_by = {(one.present.room_id, one.present.rank) for one in fresh}
    numbers = {key: await _audience(tx, *key) for key in held_by}
    own = {one.key: numbers[one.present.room_id, one.present.rank] for one in fresh}
    at = await _places(tx, fresh, own, old)
    for one in fresh:
        place, audience = at[one.key], own[one.key]
        row = {"place": place, "audience_id": audience, "at": places.moment_of(place), "rev": one.present.rev}
        rows.append({**row, "kind": one.key.kind, "doc_id": one.key.id})
        wrote.append({"audience_id": audience, "account_id": one.author_id})
        entries.append(Entry(place, one.words, one.facts))
    await tx.run_many(insert(docs), rows)
    await tx.run_many(tx.insert(authors).on_conflict_do_nothing(), wrote)
    await engine_of(tx).put(tx, entries)


async def _places(
    tx: Tx, fresh: Sequence[Document], own: Mapping[Key, int], old: Mapping[Key, Any]
) -> dict[Key, int]:
    """Where each goes. Who stays with its audience keeps its place, or somebody who turns pages would meet it twice."""
    at = {
        one.key: int(old[one.key].place)
        for one in fresh
        if one.key in old and old[one.key].audience_id == own[one.key]
    }
    moving = {one.key: places.place_of(own[one.key], one.at) for one in fresh if one.key not in at}
    used = {row.place for row in await tx.all(_EXIST, wanted=[*moving.values()])} if moving else set()
    used |= set(at.values())
    for key, wanted in moving.items():
        place = wanted if wanted not in used else await _next_free(tx, wanted, used)
        used.add(place)
        at[key] = place
    return at


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
