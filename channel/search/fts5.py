"""SQLite's FTS5. Its rows are filed under places, and it walks through them backwards: newest first, stopping early."""

import heapq
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Row, Text, text

from channel.posts.horizon import ALL
from channel.search import facts, places
from channel.search.current import SEQ_NOW
from channel.search.matching import Entry, Hit, Matching, Stretch
from channel.search.model import Term
from channel.storage import Prepared, Tx

_PUT = text("INSERT INTO search_words (rowid, words, second, facts) VALUES (:place, :words, :second, :facts)")
_DROP = text("DELETE FROM search_words WHERE rowid = :place")
# CROSS JOIN: in this order. The words are walked through, and each hit is looked up until there are enough.
_FOUND = """
SELECT d.kind, d.doc_id, d.at FROM search_words w CROSS JOIN search_docs d ON d.place = w.rowid
WHERE w.search_words MATCH :match AND {where} AND {seq} >= :since
ORDER BY w.rowid DESC LIMIT :limit
"""
_COLUMNS = {"kind": Text, "doc_id": Text, "at": BigInteger}


def _found(where: str) -> Prepared:
    return Prepared(text(_FOUND.format(where=where, seq=SEQ_NOW)).columns(**_COLUMNS))


_WITHIN = _found("w.rowid BETWEEN :first AND :last")
_AT = _found("w.rowid = :place")


class Fts5:
    """See engine.Engine."""

    async def put(self, tx: Tx, entries: Sequence[Entry]) -> None:
        rows = [
            {
                "place": entry.place,
                "words": " ".join(plain for plain, _ in entry.words),
                "second": " ".join(second for _, second in entry.words if second),
                "facts": " ".join(entry.facts),
            }
            for entry in entries
        ]
        await tx.run_many(_PUT, rows)

    async def drop(self, tx: Tx, places: Sequence[int]) -> None:
        await tx.run_many(_DROP, [{"place": place} for place in places])

    async def find(self, tx: Tx, matching: Matching, stretch: Stretch) -> list[Hit]:
        enough = _Enough(stretch)
        match = _match(matching)
        for place in stretch.places:
            since = stretch.since.get(places.audience_of(place), ALL).seq
            enough.take(await tx.all(_AT, match=match, place=place, since=since, limit=1))
        for audience in stretch.audiences:
            await _walk(tx, audience, match, stretch, enough)
        for audience, post_ids in stretch.threads.items():
            below = tuple(facts.below(post_id) for post_id in post_ids)
            await _walk(tx, audience, _match(matching.with_one_of(below)), stretch, enough)
        return enough.newest()


async def _walk(tx: Tx, audience: int, match: str, stretch: Stretch, enough: "_Enough") -> None:
    """Through what an audience has to read, the newest first."""
    begins = stretch.since.get(audience, ALL)
    first, last = enough.still_of_use()
    first = max(first, begins.at)
    if first <= last:
        between = {"first": places.place_of(audience, first), "last": places.place_of(audience, last)}
        # One more: the hit that the answer goes on after may be among them.
        limit = stretch.limit + 1
        enough.take(await tx.all(_WITHIN, match=match, **between, since=begins.seq, limit=limit))


class _Enough:
    """The newest hits so far, no more than are asked for. What is older than all of them need not be looked at."""

    def __init__(self, stretch: Stretch) -> None:
        self._stretch = stretch
        self._hits: list[tuple[int, str, str]] = []  # a heap, the oldest first

    def take(self, rows: Sequence[Row[Any]]) -> None:
        stretch = self._stretch
        for row in rows:
            at, doc_id = row.at, row.doc_id
            fits = stretch.after <= at < stretch.before
            if not fits or (stretch.last is not None and (at, doc_id) >= stretch.last):
                continue
            heapq.heappush(self._hits, (at, doc_id, row.kind))
            if len(self._hits) > stretch.limit:
                heapq.heappop(self._hits)

    def still_of_use(self) -> tuple[int, int]:
        """The first and the last moment in which a hit would get into the answer."""
        stretch = self._stretch
        first, last = stretch.after, stretch.before - 1
        if stretch.last is not None:
            last = min(last, stretch.last[0])
        if len(self._hits) == stretch.limit:
            first = max(first, self._hits[0][0])
        return first, last

    def newest(self) -> list[Hit]:
        return [Hit(kind, doc_id, at) for at, doc_id, kind in sorted(self._hits, reverse=True)]


def _match(matching: Matching) -> str:
    """FTS5's own language. All that comes from a query are words of letters and digits, in quotation marks."""
    groups = [" OR ".join(f'"{fact}"' for fact in group) for group in matching.facts]
    wanted = [f"(facts : ({group}))" for group in groups] + [f"({_term(term)})" for term in matching.wanted]
    unwanted = "".join(f" NOT ({_term(term)})" for term in matching.unwanted)
    return f"({' AND '.join(wanted)}){unwanted}"


def _term(term: Term) -> str:
    star = " *" if term.begins else ""
    ways = " OR ".join(f'"{" ".join(way)}"{star}' for way in term.ways)
    columns = "words" if any(len(way) > 1 for way in term.ways) else "{words second}"
    return f"{columns} : ({ways})"
