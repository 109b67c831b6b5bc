"""A post came: who gets a letter about it, and when. In pieces: see posts/rounds."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy import Integer, bindparam, column, exists, literal, or_, select, table

from channel.accounts.tables import accounts
from channel.events import Event
from channel.ids import token_hash
from channel.members.model import State
from channel.members.queries import entitlements_of
from channel.members.tables import memberships
from channel.notices.model import HOUR_MS, How, Times, after_quiet, due_at, effective, morning_at
from channel.notices.queries import rules_of, tags_if_asked, times_of
from channel.notices.queue import KEPT_MS, LETTERS
from channel.notices.tables import notice_rules, notice_times
from channel.posts import rounds
from channel.posts.model import Post
from channel.posts.rounds import Case, Told
from channel.storage import Database, Prepared, Tx
from channel.tasks import NoticesDue
from channel.topics import telling

AT_ONCES: Final = ("instant", "important")
# Of somebody with a device: by then it is written down, too, what is pushed to them. See notify/ladder.
AFTER_PUSH_MS: Final = 10_000
_DEVICES = table("push_devices", column("account_id"))  # see push/tables.py

_NEXT: Final = Prepared(
    select(notice_rules.c.account_id)
    .distinct()
    .join_from(
        notice_rules, memberships,
        (memberships.c.account_id == notice_rules.c.account_id)
        & (memberships.c.community_id == notice_rules.c.community_id),
    )
    .where(
        notice_rules.c.community_id == bindparam("community_id"),
        or_(
            notice_rules.c.place.in_((bindparam("community_id"), bindparam("room_id"))),
            notice_rules.c.tag != "",
        ),
        notice_rules.c.how != "none",
        notice_rules.c.account_id > bindparam("after"),
        memberships.c.state.in_((literal(State.ACTIVE.value), literal(State.MUTED.value))),
    )
    .order_by(notice_rules.c.account_id)
    .limit(bindparam("limit", type_=Integer))
)  # fmt: skip


def planner(db: Database, *, mail: bool) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "notices". Without mail there is nobody to tell."""

    async def handle(event: Event) -> None:
        if mail and isinstance(event, NoticesDue):
            await plan(db, event)

    return handle


async def plan(db: Database, task: NoticesDue) -> None:
    """Write down the letters to the next accounts. See rounds.tell_next."""
    await rounds.tell_next(db, task, _look, LETTERS.add)


async def _look(tx: Tx, case: Case, after: str, limit: int) -> Told:
    if case.opened_at and is_old(tx.now, case.post, KEPT_MS):
        return Told()
    if case.post.topic_id is not None:
        ids = await telling.next_told(tx, case.post.topic_id, "mail", after, limit)
        return Told(ids, await _about_message(tx, case, ids, case.post.topic_id))
    ids = await _next(tx, case.post, after, limit)
    return Told(ids, await _about_post(tx, case, ids))


def is_old(now: int, post: Post, kept_ms: int) -> bool:
    """Whether it may be forgotten by now whom it was told to when it was published (epoch ms). What opens then is told to
    nobody who may have been: better not at all than twice."""
    return now - post.created_at > kept_ms - HOUR_MS


async def _next(tx: Tx, post: Post, after: str, limit: int) -> list[str]:
    """Of those who are in and chose anything here, the next ones by id."""
    here = {"community_id": post.community_id, "room_id": post.room_id}
    rows = await tx.all(_NEXT, **here, after=after, limit=limit)
    return [row.account_id for row in rows]


async def _about_post(tx: Tx, case: Case, ids: Sequence[str]) -> list[dict[str, Any]]:
    post, room = case.post, case.room
    judged = await entitlements_of(tx, case.community, ids)
    chosen = await rules_of(tx, case.community.id, room.id, ids)
    tagged = await tags_if_asked(tx, post.id, chosen.values())
    fresh = []
    for row in await _reachable(tx, ids):
        by = judged[row.id]
        known = tagged.known(reads=by.reads(room.min_rank, post.min_rank))
        how = effective(chosen[row.id], room.id, by.joined_at, known, important=post.important)
        if (
            how == "none"
            or (how == "important" and not post.important)
            or _is_paused(row)
            or row.id == post.author.id
            or not (by.belongs and by.reads(room.min_rank, post.min_rank if case.opened_at else None))
        ):
            continue
        at = first_due(post, how, times_of(row), case.came_at, has_device=row.device)
        fresh.append(LETTERS.fresh(tx, post, row.id, how, at))
    return fresh


async def _about_message(tx: Tx, case: Case, ids: Sequence[str], topic_id: str) -> list[dict[str, Any]]:
    """The same for a message in a topic, to those of its followers who chose letters."""
    post = case.post
    judged = await entitlements_of(tx, case.community, ids)
    marks = await telling.marks_in(tx, topic_id, ids)
    fresh = []
    for row in await _reachable(tx, ids):
        by = judged[row.id]
        how = marks[row.id].way("mail", by.joined_at)
        if (
            how != "none"
            and not _is_paused(row)
            and row.id != post.author.id
            and by.belongs
            and by.reads(case.room.min_rank)
        ):
            at = first_due(post, how, times_of(row), case.came_at, has_device=row.device)
            fresh.append(LETTERS.fresh(tx, post, row.id, how, at))
    return fresh


def _is_paused(row: Any) -> bool:
    """Whether letters to the address of the account are."""
    return bool(row.refused_hash) and row.refused_hash == token_hash(row.email)


def first_due(post: Post, how: How, times: Times, came_at: int, *, has_device: bool) -> int:
    """When a letter about it is due that came, or opened, at `came_at` (both epoch ms): what is told at once, in the
    morning if the post says so."""
    if how not in AT_ONCES:
        return due_at(how, times, came_at)
    if post.morning:
        return after_quiet(times, morning_at(times, came_at), important=post.important)
    return due_at(how, times, came_at + (AFTER_PUSH_MS if has_device else 0), important=post.important)


async def _reachable(tx: Tx, ids: Sequence[str]) -> Sequence[Any]:
    """Those who read mail at an address that they have proven, with the times that they chose."""
    query = select(
        accounts.c.id, accounts.c.email, notice_times.c.zone, notice_times.c.hour, notice_times.c.quiet_from,
        notice_times.c.quiet_to, notice_times.c.wait_hours, notice_times.c.important_passes, notice_times.c.refused_hash,
        exists().where(_DEVICES.c.account_id == accounts.c.id).label("device"),
    ).select_from(accounts.outerjoin(notice_times, notice_times.c.account_id == accounts.c.id))  # fmt: skip
    living = (accounts.c.id.in_(ids), accounts.c.state == "active", accounts.c.email.is_not(None))
    return await tx.all(query.where(*living).order_by(accounts.c.id)) if ids else ()
