"""What an account made of a topic: how far it has read, how much it wants to hear of it, whether it stays on top."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, literal, select, update
from sqlalchemy.exc import IntegrityError

from channel.errors import Invalid, NotFound
from channel.events import room_stream
from channel.outbox import head
from channel.storage import Prepared, Tx
from channel.topics.model import Level, MailWay, Mark, PushWay, Topic
from channel.topics.queries import marks_of, several
from channel.topics.tables import marks

_HELD = Prepared(
    # Locked in one order, or two who overlap would wait for each other.
    lambda words: words.locking(
        select(marks.c.account_id, marks.c.seq)
        .where(marks.c.topic_id == bindparam("topic_id"), words.among(marks.c.account_id, "ids"))
        .order_by(marks.c.account_id)
    )
)
_MARK = (
    update(marks)
    .where(marks.c.account_id == bindparam("who"), marks.c.topic_id == bindparam("topic"))
    .values(seq=bindparam("upto"), at=bindparam("now"))
)


async def mark_read(tx: Tx, topic: Topic, reached: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Remember up to which seq accounts have read, by account id; of those who moved: where they were and are now.

    Never goes back, whichever device reports last, and never beyond what has happened. Raises NotFound.
    """
    last = await head(tx, room_stream(topic.room_id))
    known = await _held(tx, topic, [*reached])
    new = sorted(reached.keys() - known.keys())
    fresh = [_row(tx, topic, account_id) for account_id in new]
    try:
        await tx.run_many(tx.insert(marks).on_conflict_do_nothing(), fresh)
    except IntegrityError as error:  # the room went since it was read
        raise NotFound("There is no such topic.") from error
    known |= await _held(tx, topic, new) if new else {}
    moved = {
        account_id: (before, min(reached[account_id], last))
        for account_id, before in known.items()
        if min(reached[account_id], last) > before
    }
    rows = [{"who": who, "topic": topic.id, "upto": now, "now": tx.now} for who, (_, now) in moved.items()]
    await tx.run_many(_MARK, rows)
    return moved


async def _held(tx: Tx, topic: Topic, account_ids: Sequence[str]) -> dict[str, int]:
    """The positions that there are, which nobody else moves until this transaction ends."""
    rows = await tx.all(_HELD, topic_id=topic.id, ids=account_ids)
    return {row.account_id: int(row.seq) for row in rows}


def _row(tx: Tx, topic: Topic, account_id: str) -> dict[str, Any]:
    return {
        "account_id": account_id, "topic_id": topic.id, "room_id": topic.room_id, "seq": 0, "level": "",
        "starred": False, "at": tx.now,
    }  # fmt: skip


async def read_upto(tx: Tx, account_id: str, ids: Sequence[str]) -> dict[str, int]:
    """How far an account has read in each of these topics; of one that was merged into another, there. 0 for no topic."""
    goes_on = {one.id: one.moved_to or one.id for one in (await several(tx, ids)).values()}
    mine = await marks_of(tx, account_id, sorted(set(goes_on.values())))
    return {one: mine[goes_on[one]].seq if one in goes_on else 0 for one in ids}


async def follow(
    tx: Tx,
    account_id: str,
    topic: Topic,
    *,
    level: Level | None = None,
    starred: bool | None = None,
    push: PushWay | None = None,
    mail: MailWay | None = None,
) -> Mark:
    """Follow, mute or neither; keep on top or not; and how whoever follows is told. None leaves it as it is.

    Whoever begins to follow is told on their devices, unless they say otherwise; who follows no more, by no way.
    Raises Invalid (push, mail) for a way without following.
    """
    before = (await marks_of(tx, account_id, [topic.id]))[topic.id]
    fresh: dict[str, Any] = {"at": tx.now}
    fresh |= {} if level is None else {"level": level}
    fresh |= {} if starred is None else {"starred": starred}
    fresh |= _ways(tx, before, before.level if level is None else level, push, mail)
    row = _row(tx, topic, account_id) | fresh
    keys = ["account_id", "topic_id"]
    await tx.run(tx.insert(marks).values(**row).on_conflict_do_update(index_elements=keys, set_=fresh))
    return (await marks_of(tx, account_id, [topic.id]))[topic.id]


def _ways(tx: Tx, before: Mark, level: Level, push: PushWay | None, mail: MailWay | None) -> dict[str, Any]:
    """What is to be written of how they are told, who stand at `level` now."""
    if level != "follow":
        wrong = {name: way for name, way in (("push", push), ("mail", mail)) if way not in (None, "none")}
        if wrong:
            raise Invalid(dict.fromkeys(wrong, "Follow the topic first: who does not is told nothing."))
        return {"push": "none", "mail": "none", "chosen_at": None} if before.told else {}
    if before.level != "follow":
        return {"push": push or "instant", "mail": mail or "none", "chosen_at": tx.now}
    chosen = {name: way for name, way in (("push", push), ("mail", mail)) if way is not None}
    return {**chosen, "chosen_at": tx.now} if chosen else {}


async def hand_over(tx: Tx, source: Topic, target: Topic, *, read_too: bool) -> None:
    """Messages of `source` are in `target` now: whoever followed or muted it does so there, unless they said otherwise.

    `read_too`: all of them come from `source`, so whoever had read it so far has read as far there. Positions in a
    topic that was there already stay: nothing becomes read by it that was not.
    """
    seq = marks.c.seq if read_too else literal(0)
    columns = (
        literal(target.id), marks.c.room_id, seq, marks.c.level, literal(False), literal(tx.now), marks.c.push,
        marks.c.mail, marks.c.chosen_at,
    )  # fmt: skip
    rows = select(marks.c.account_id, *columns).where(marks.c.topic_id == source.id)
    names = [
        "account_id",
        "topic_id",
        "room_id",
        "seq",
        "level",
        "starred",
        "at",
        "push",
        "mail",
        "chosen_at",
    ]
    await tx.run(tx.insert(marks).from_select(names, rows).on_conflict_do_nothing())


async def forget(tx: Tx, topic: Topic) -> None:
    """The topic was merged away: what accounts made of it is no more."""
    await tx.run(marks.delete().where(marks.c.topic_id == topic.id))
