"""Who is told of what is written in a topic: those who follow it and chose a way."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Integer, bindparam, exists, select, text, update

from channel.storage import Prepared, Tx
from channel.topics.model import MailWay, Mark, PushWay, Topic, Way
from channel.topics.queries import COLUMNS, MARK, mark_of
from channel.topics.tables import marks, topics

SHOWN: Final = 30  # topics of one community, of those that one follows
# Word for word parts of what the index holds: see tables.TOLD.
_WAYS: Final = {"push": text("push <> 'none'"), "mail": text("mail <> 'none'")}


def _anybody(way: Way) -> Any:
    others = marks.c.account_id != bindparam("author_id")
    return exists().where(marks.c.topic_id == bindparam("topic_id"), others, _WAYS[way]).label(way)


_WANTED = Prepared(select(_anybody("push"), _anybody("mail")))
_NEXT: Final = {
    way: Prepared(
        select(marks.c.account_id)
        .where(marks.c.topic_id == bindparam("topic_id"), marks.c.account_id > bindparam("after"), chosen)
        .order_by(marks.c.account_id)
        .limit(bindparam("limit", type_=Integer))
    )
    for way, chosen in _WAYS.items()
}
_OF = Prepared(
    lambda words: select(marks.c.account_id, *MARK).where(
        marks.c.topic_id == bindparam("topic_id"), words.among(marks.c.account_id, "ids")
    )
)


async def wanted(tx: Tx, topic_id: str, author_id: str) -> tuple[bool, bool]:
    """Whether anybody but the author is to be told of a message: on devices, and by letter."""
    row = await tx.one(_WANTED, topic_id=topic_id, author_id=author_id)
    return (bool(row.push), bool(row.mail)) if row else (False, False)


async def next_told(tx: Tx, topic_id: str, way: Way, after: str, limit: int) -> list[str]:
    """The next accounts after `after`, by id, that chose this way for the topic."""
    rows = await tx.all(_NEXT[way], topic_id=topic_id, after=after, limit=limit)
    return [row.account_id for row in rows]


async def marks_in(tx: Tx, topic_id: str, account_ids: Sequence[str]) -> Mapping[str, Mark]:
    """What each of these accounts made of the topic."""
    rows = await tx.all(_OF, topic_id=topic_id, ids=account_ids) if account_ids else []
    return dict.fromkeys(account_ids, Mark()) | {row.account_id: mark_of(row) for row in rows}


async def followed(
    tx: Tx, account_id: str, community_id: str, rooms: Mapping[str, int]
) -> list[tuple[Topic, Mark]]:
    """What the account follows in a community, what somebody wrote in last first, 30 at most. `rooms`: the groups that it may
    enter, each with the first seq that it sees of it."""
    query = select(*COLUMNS, *[column.label(f"my_{column.name}") for column in MARK]).join(
        marks, marks.c.topic_id == topics.c.id
    )
    query = query.where(
        marks.c.account_id == account_id, marks.c.level == "follow", topics.c.community_id == community_id,
        topics.c.room_id.in_(list(rooms)), topics.c.moved_to.is_(None),
    )  # fmt: skip
    rows = await tx.all(query.order_by(topics.c.last_at.desc(), topics.c.id.desc()).limit(SHOWN))
    found = [(_topic(row), _mark(row)) for row in rows]
    return [one for one in found if one[0].is_general or one[0].last_seq >= rooms[one[0].room_id]]


def _topic(row: Any) -> Topic:
    return Topic(**{name: getattr(row, name) for name in Topic.__dataclass_fields__})


def _mark(row: Any) -> Mark:
    return Mark(**{name: getattr(row, f"my_{name}") for name in Mark.__dataclass_fields__})


async def quieter(
    tx: Tx,
    account_id: str,
    community_id: str | None = None,
    *,
    push: PushWay | None = None,
    mail: MailWay | None = None,
) -> None:
    """From now on no more than this of all topics that the account follows, in one community or (None) in any. Who is told
    nothing by that way stays so, and so does who is told less often."""
    mine = [marks.c.account_id == account_id]
    if community_id is not None:
        here = select(topics.c.id).where(topics.c.community_id == community_id)
        mine.append(marks.c.topic_id.in_(here))
    if push == "none":
        await tx.run(update(marks).where(*mine, _WAYS["push"]).values(push="none"))
    if mail == "none":
        await tx.run(update(marks).where(*mine, _WAYS["mail"]).values(mail="none"))
    elif mail is not None:
        louder = ("instant", "daily") if mail == "weekly" else ("instant",)
        await tx.run(update(marks).where(*mine, marks.c.mail.in_(louder)).values(mail=mail))


async def by_letter(tx: Tx, account_id: str, community_id: str) -> None:
    """What of the community's topics comes to devices comes by letter once a day from now on, at most."""
    here = select(topics.c.id).where(topics.c.community_id == community_id)
    told = (marks.c.account_id == account_id, marks.c.topic_id.in_(here), _WAYS["push"])
    await tx.run(update(marks).where(*told, marks.c.mail == "none").values(mail="daily"))
    await quieter(tx, account_id, community_id, push="none", mail="daily")


async def by_mail(tx: Tx, account_id: str, community_id: str, since: int) -> bool:
    """Whether the account is told of any topic of the community by letter, as it chose since then (epoch ms)."""
    here = select(topics.c.id).where(topics.c.community_id == community_id)
    told = (
        marks.c.account_id == account_id,
        marks.c.topic_id.in_(here),
        marks.c.chosen_at >= since,
        _WAYS["mail"],
    )
    return await tx.one(select(marks.c.topic_id).where(*told).limit(1)) is not None
