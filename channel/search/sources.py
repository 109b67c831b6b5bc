"""The tables of what can be found: what of it is there now, and the documents it makes.

A post takes along the words to what it carries. A comment belongs to whom its post belongs, while both are there for everybody who may read the post: one that is held,
deleted or refused is no document, nor is any under a deleted post.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Integer, bindparam, func, or_, select

from channel import polls, posts
from channel.comments import queries as comments
from channel.comments.tables import comments as comment_table
from channel.ids import is_id
from channel.media.tables import media, post_media
from channel.members.model import needed
from channel.posts.tables import posts as post_table
from channel.questions import queries as questions
from channel.rooms.tables import rooms
from channel.search.documents import COMMENT, POST, Carried, Document, Key, Present, of_comment, of_post
from channel.search.tables import audiences, docs
from channel.storage import Prepared, Tx

_RANK = func.coalesce(post_table.c.min_rank, needed(None))
_POSTS = Prepared(
    lambda words: select(post_table.c.id, post_table.c.rev, post_table.c.room_id, _RANK.label("rank")).where(
        words.among(post_table.c.id, "ids"), post_table.c.deleted_at.is_(None)
    )
)
# In a group one answers in the room itself: there are no comments there.
_UNDER_POSTS = comment_table.join(post_table, post_table.c.id == comment_table.c.thread_id).join(
    rooms, (rooms.c.id == post_table.c.room_id) & (rooms.c.kind == "channel")
)
_COMMENTS = Prepared(
    lambda words: (
        select(comment_table.c.id, comment_table.c.rev, post_table.c.room_id, _RANK.label("rank"))
        .select_from(_UNDER_POSTS)
        .where(
            words.among(comment_table.c.id, "ids"),
            comment_table.c.state == "shown",
            post_table.c.deleted_at.is_(None),
        )
    )
)
_CARRIED = Prepared(
    lambda words: (
        select(post_media.c.post_id, media.c.kind, media.c.alt, media.c.name)
        .join_from(post_media, media, media.c.id == post_media.c.media_id)
        .where(words.among(post_media.c.post_id, "ids"))
        .order_by(post_media.c.post_id, post_media.c.position)
    )
)
_MISPLACED = Prepared(
    select(comment_table.c.id, comment_table.c.seq)
    .select_from(
        comment_table.join(post_table, post_table.c.id == comment_table.c.thread_id)
        .join(docs, (docs.c.kind == COMMENT) & (docs.c.doc_id == comment_table.c.id))
        .join(audiences, audiences.c.id == docs.c.audience_id)
    )
    .where(
        comment_table.c.thread_id == bindparam("post_id"),
        comment_table.c.seq > bindparam("after"),
        or_(
            post_table.c.deleted_at.is_not(None),
            audiences.c.room_id != post_table.c.room_id,
            audiences.c.rank != _RANK,
        ),
    )
    .order_by(comment_table.c.seq)
    .limit(bindparam("most", type_=Integer))
)


async def present(tx: Tx, keys: Iterable[Key]) -> dict[Key, Present]:
    """What is there now of these. What is gone, and what was never there, is missing."""
    wanted = list(keys)
    found = {}
    for kind, query in ((POST, _POSTS), (COMMENT, _COMMENTS)):
        ids = [key.id for key in wanted if key.kind == kind and is_id(key.id)]
        for row in await tx.all(query, ids=ids) if ids else ():
            found[Key(kind, row.id)] = Present(row.rev, row.room_id, row.rank)
    return found


async def load(tx: Tx, keys: Iterable[Key]) -> Callable[[], list[Document]]:
    """Read what is there of these (up to 1,000 of a kind), and return what makes documents of it, which takes time."""
    there = await present(tx, keys)
    post_ids = [key.id for key in there if key.kind == POST]
    written = [one for one in await posts.many(tx, post_ids) if Key(POST, one.id) in there]
    said = await comments.many(tx, [key.id for key in there if key.kind == COMMENT])
    polled, asking = await polls.of_posts(tx, post_ids), await questions.prompts_of(tx, post_ids)
    carried = await _carried(tx, [one.id for one in written if one.media_count])

    def make() -> list[Document]:
        return [
            of_post(
                one,
                there[Key(POST, one.id)],
                polls=one.id in polled,
                asks=one.id in asking,
                carries=carried.get(one.id, ()),
            )
            for one in written
        ] + [of_comment(one, there[Key(COMMENT, one.id)]) for one in said]

    return make


async def _carried(tx: Tx, post_ids: Sequence[str]) -> dict[str, list[Carried]]:
    """What these posts carry, in its order; a post without media is missing."""
    found: dict[str, list[Carried]] = defaultdict(list)
    for row in await tx.all(_CARRIED, ids=post_ids) if post_ids else ():
        found[row.post_id].append(Carried(row.kind, row.alt, row.name))
    return found


async def misplaced(tx: Tx, post_id: str, after: int, most: int) -> Sequence[tuple[Key, int]]:
    """Comments of a post that are filed for others than may read it now, with their seqs, which come after `after`."""
    rows = await tx.all(_MISPLACED, post_id=post_id, after=after, most=most)
    return [(Key(COMMENT, row.id), row.seq) for row in rows]
