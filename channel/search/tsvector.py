"""PostgreSQL's tsvector. The words come ready made, so none of its dictionaries is asked.

Who may read a document is a word of its vector too (facts.audience): what a viewer may not read is left out by the
index itself, before any row is looked at.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Integer, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from channel.search import facts
from channel.search.current import SEQ_NOW
from channel.search.matching import Entry, Hit, Matching, Stretch
from channel.search.model import Term
from channel.search.places import audience_of
from channel.storage import Prepared, Tx

MAX_POSITION = 16_383
FACT = "="  # before a fact: no word of a text begins so
_PUT = text(
    "INSERT INTO search_words (place, vector) VALUES (:place, CAST(CAST(:vector AS TEXT) AS TSVECTOR))"
)
_DROP = text("DELETE FROM search_words WHERE place = :place")
# The newest come first, and are looked up until there are enough: OFFSET 0 keeps the two apart.
_FOUND = """
SELECT d.kind, d.doc_id, d.at FROM (
  SELECT d.* FROM search_words w JOIN search_docs d ON d.place = w.place
  WHERE w.vector @@ CAST(CAST(:match AS TEXT) AS TSQUERY) AND {where}
  AND d.at >= :after AND d.at < :before AND (d.at, d.doc_id) < (:last_at, :last_id)
  ORDER BY d.at DESC, d.doc_id DESC OFFSET 0
) d
WHERE {seq} >= (
  SELECT coalesce(max(begins.seq), 0)
  FROM unnest(CAST(:short AS INTEGER[]), CAST(:since AS BIGINT[])) AS begins (id, seq) WHERE begins.id = d.audience_id)
ORDER BY d.at DESC, d.doc_id DESC LIMIT :limit
"""
_VALUES = (
    bindparam("short", type_=ARRAY(Integer)),
    bindparam("since", type_=ARRAY(BigInteger)),
    bindparam("after", type_=BigInteger),
    bindparam("before", type_=BigInteger),
    bindparam("last_at", type_=BigInteger),
    bindparam("last_id", type_=Text),
    bindparam("limit", type_=Integer),
)
_COLUMNS = {"kind": Text, "doc_id": Text, "at": BigInteger}


def _found(where: str, *more: object) -> Prepared:
    query = text(_FOUND.format(where=where, seq=SEQ_NOW))
    return Prepared(query.bindparams(*_VALUES, *more).columns(**_COLUMNS))  # type: ignore[arg-type]


_WITHIN = _found("d.audience_id = ANY(:audiences)", bindparam("audiences", type_=ARRAY(Integer)))
_AT = _found("w.place = ANY(:places)", bindparam("places", type_=ARRAY(BigInteger)))


class Tsvector:
    """See engine.Engine."""

    async def put(self, tx: Tx, entries: Sequence[Entry]) -> None:
        await tx.run_many(_PUT, [{"place": entry.place, "vector": _vector(entry)} for entry in entries])

    async def drop(self, tx: Tx, places: Sequence[int]) -> None:
        await tx.run_many(_DROP, [{"place": place} for place in places])

    async def find(self, tx: Tx, matching: Matching, stretch: Stretch) -> list[Hit]:
        last_at, last_id = stretch.last or (2**62, "")
        where = {
            "after": stretch.after, "before": stretch.before, "last_at": last_at, "last_id": last_id,
            "limit": stretch.limit, "short": [*stretch.since], "since": [one.seq for one in stretch.since.values()],
        }  # fmt: skip
        rows: list[Row[Any]] = []
        if stretch.audiences:
            rows += await _within(tx, stretch.audiences, matching, where)
        if stretch.threads:
            below = tuple(facts.below(post_id) for some in stretch.threads.values() for post_id in some)
            rows += await _within(tx, tuple(stretch.threads), matching.with_one_of(below), where)
        if stretch.places:
            rows += await tx.all(_AT, match=_match(matching), places=list(stretch.places), **where)
        found = {Hit(row.kind, row.doc_id, row.at) for row in rows}
        return sorted(found, key=lambda hit: hit.order, reverse=True)[: stretch.limit]


async def _within(
    tx: Tx, audiences: tuple[int, ...], matching: Matching, where: Mapping[str, Any]
) -> Sequence[Row[Any]]:
    theirs = tuple(facts.audience(number) for number in audiences)
    match = _match(matching.with_one_of(theirs))
    return await tx.all(_WITHIN, match=match, audiences=list(audiences), **where)


def _vector(entry: Entry) -> str:
    """Each word with its positions, a second spelling where the first one stands; facts stand nowhere."""
    positions: dict[str, list[int]] = {}
    for number, spellings in enumerate(entry.words, 1):
        for word in spellings:
            if word:
                positions.setdefault(word, []).append(min(number, MAX_POSITION))
    words = [f"'{word}':{','.join(map(str, where))}" for word, where in positions.items()]
    audience = facts.audience(audience_of(entry.place))
    return " ".join([*words, *(f"'{FACT}{fact}'" for fact in (*entry.facts, audience))])


def _match(matching: Matching) -> str:
    """PostgreSQL's own language. All that comes from a query are words of letters and digits, in quotation marks."""
    groups = [" | ".join(f"'{FACT}{fact}'" for fact in group) for group in matching.facts]
    wanted = [f"({group})" for group in groups] + [f"({_term(term)})" for term in matching.wanted]
    unwanted = "".join(f" & !({_term(term)})" for term in matching.unwanted)
    return " & ".join(wanted) + unwanted


def _term(term: Term) -> str:
    star = ":*" if term.begins else ""
    return " | ".join("(" + " <-> ".join(f"'{word}'" for word in way) + f"{star})" for way in term.ways)
