"""Who and what is meant by the names in a query, of those that the viewer may know of.

What lies outside of what they may read has no part in it: with or without it, the same is meant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, func, or_, select, union_all

from channel.accounts.tables import accounts
from channel.comments.tables import comments
from channel.ids import is_id
from channel.posts.horizon import First
from channel.search.tables import authors as wrote
from channel.search.words import spellings
from channel.storage import Prepared, Tx
from channel.storage.prepared import Words
from channel.topics import queries

MAX_AUTHORS = 5_000  # that one name is compared with
MAX_NAMED = 50
_writers = accounts.alias("writers")


@dataclass(frozen=True, slots=True)
class Where:
    """Whose authors are meant: audiences, the writers of single posts, and of the comments under posts."""

    audiences: tuple[int, ...]
    writers: tuple[str, ...]
    threads: tuple[str, ...]


def _here(words: Words) -> Select[tuple[str, str]]:
    filed = select(wrote.c.account_id).where(words.among(wrote.c.audience_id, "audiences"))
    said = select(comments.c.author_id).where(
        words.among(comments.c.thread_id, "threads"), comments.c.state == "shown"
    )
    posted = select(_writers.c.id).where(words.among(_writers.c.id, "writers"))
    # One list of ids, not one condition OR another, for which the databases would look at every account.
    ids = union_all(filed, said, posted)
    return select(accounts.c.id, accounts.c.name).where(
        accounts.c.state != "deleted", accounts.c.id.in_(ids.scalar_subquery())
    )


_CALLED = Prepared(lambda words: _here(words).where(accounts.c.handle == bindparam("handle")))
# Names in plain letters only with one of the beginnings somewhere in them; of all others every one.
_NAMED = Prepared(
    lambda words: (
        _here(words)
        .where(
            or_(
                func.lower(accounts.c.name).like(bindparam("first"), escape="!"),
                func.lower(accounts.c.name).like(bindparam("second"), escape="!"),
                words.beyond_ascii(accounts.c.name),
            )
        )
        .order_by(accounts.c.id)
        .limit(MAX_AUTHORS)
    )
)
_AS_IT_IS = str.maketrans({"!": "!!", "%": "!%", "_": "!_"})


async def authors(tx: Tx, name: str, where: Where) -> list[str]:
    """The accounts with that handle or id; when there is none, those with a name of which a word begins so."""
    if is_id(name):
        return [name.lower()]
    here = {"audiences": where.audiences, "writers": where.writers, "threads": where.threads}
    called = await tx.all(_CALLED, handle=name.casefold(), **here)
    if called:
        return [row.id for row in called]
    wanted = [spelling for spelling in spellings(name) if spelling]
    inside = [f"%{spelling.translate(_AS_IT_IS)}%" for spelling in wanted]
    rows = await tx.all(_NAMED, first=inside[0], second=inside[-1], **here) if inside else []
    return [row.id for row in rows if _begins(row.name, wanted)][:MAX_NAMED]


def _begins(name: str, wanted: Sequence[str]) -> bool:
    spelled = [*spellings(name), *(spelling for word in name.split() for spelling in spellings(word))]
    return any(one.startswith(begin) for one in spelled if one for begin in wanted)


async def topics(tx: Tx, name: str, room_ids: Sequence[str], begins: Mapping[str, First]) -> list[str]:
    """The topics of these groups with that name; when there is none, those whose names begin so."""
    since = {room_id: first.seq for room_id, first in begins.items()}
    return await queries.named(tx, room_ids, name, MAX_NAMED, since=since)
