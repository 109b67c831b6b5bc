"""A post came: which devices are told of it. In pieces: see posts/rounds."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from sqlalchemy import Integer, bindparam, exists, literal, select

from channel.accounts.tables import accounts
from channel.events import Event
from channel.ids import new_id
from channel.members.model import State
from channel.members.queries import entitlements_of
from channel.members.tables import memberships
from channel.notices.model import Times, after_quiet, morning_at
from channel.notices.planning import is_old
from channel.notices.queries import tags_if_asked, times_of
from channel.notices.tables import notice_times
from channel.posts import rounds
from channel.posts.model import Post
from channel.posts.rounds import Case, Told
from channel.push.model import wanted
from channel.push.queries import rules_of
from channel.push.queue import KEPT_MS
from channel.push.tables import push_devices, pushes
from channel.storage import Database, Prepared, Tx
from channel.tasks import PushesDue
from channel.topics import telling

# Asked of the members, who lie in this order: sorted from what two tables say, each piece would go through everybody.
_NEXT: Final = Prepared(
    select(memberships.c.account_id)
    .where(
        memberships.c.community_id == bindparam("community_id"),
        memberships.c.state.in_((literal(State.ACTIVE.value), literal(State.MUTED.value))),
        memberships.c.account_id > bindparam("after"),
        exists().where(push_devices.c.account_id == memberships.c.account_id),
    )
    .order_by(memberships.c.account_id)
    .limit(bindparam("limit", type_=Integer))
)
# Who has the room before their eyes has read the post by then, on whatever device and whichever server it is open.
GLANCE_MS: Final = 4_000


def planner(db: Database) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "push"."""
    return rounds.handler(db, PushesDue, _look, _add)


async def plan(db: Database, task: PushesDue) -> None:
    """Write down what is pushed to the devices of the next accounts. See rounds.tell_next."""
    await rounds.tell_next(db, task, _look, _add)


async def _look(tx: Tx, case: Case, after: str, limit: int) -> Told:
    if case.opened_at and is_old(tx.now, case.post, KEPT_MS):
        return Told()
    if case.post.topic_id is not None:
        ids = await telling.next_told(tx, case.post.topic_id, "push", after, limit)
        return Told(ids, await _about_message(tx, case, ids, case.post.topic_id))
    ids = await _next(tx, case.community.id, after, limit)
    return Told(ids, await _about_post(tx, case, ids))


async def _next(tx: Tx, community_id: str, after: str, limit: int) -> list[str]:
    """Of those who are in and have a device, the next ones by id."""
    rows = await tx.all(_NEXT, community_id=community_id, after=after, limit=limit)
    return [row.account_id for row in rows]


async def _about_post(tx: Tx, case: Case, ids: Sequence[str]) -> list[dict[str, Any]]:
    post, room = case.post, case.room
    judged = await entitlements_of(tx, case.community, ids)
    chosen = await rules_of(tx, case.community.id, room.id, ids)
    tagged = await tags_if_asked(tx, post.id, chosen.values())
    fresh = []
    for row in await _devices(tx, ids):
        by = judged[row.account_id]
        reads = by.belongs and by.reads(room.min_rank, post.min_rank if case.opened_at else None)
        known = tagged.known(reads=by.reads(room.min_rank, post.min_rank))
        heard = wanted(chosen[row.account_id], room.id, known, important=post.important)
        if reads and heard and row.account_id != post.author.id:
            fresh.append(_row(tx, post, row, due_at(post, times_of(row), case.came_at)))
    return fresh


async def _about_message(tx: Tx, case: Case, ids: Sequence[str], topic_id: str) -> list[dict[str, Any]]:
    """The same for a message in a topic, to those of its followers who chose devices."""
    post = case.post
    judged = await entitlements_of(tx, case.community, ids)
    marks = await telling.marks_in(tx, topic_id, ids)
    fresh = []
    for row in await _devices(tx, ids):
        by = judged[row.account_id]
        heard = marks[row.account_id].way("push", by.joined_at) != "none" and row.account_id != post.author.id
        if heard and by.belongs and by.reads(case.room.min_rank):
            fresh.append(_row(tx, post, row, due_at(post, times_of(row), case.came_at)))
    return fresh


async def _add(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run_many(tx.insert(pushes).on_conflict_do_nothing(), rows)


def due_at(post: Post, times: Times, came_at: int) -> int:
    """When a device is to be told of it that came, or opened, at `came_at` (both epoch ms)."""
    at = morning_at(times, came_at) if post.morning else came_at + GLANCE_MS
    return after_quiet(times, at, important=post.important)


async def _devices(tx: Tx, ids: Sequence[str]) -> Sequence[Any]:
    """Of those who can sign in, with the times that they chose."""
    query = (
        select(
            push_devices.c.id, push_devices.c.account_id, notice_times.c.zone, notice_times.c.hour,
            notice_times.c.quiet_from, notice_times.c.quiet_to, notice_times.c.wait_hours,
            notice_times.c.important_passes,
        )
        .join_from(push_devices, accounts, accounts.c.id == push_devices.c.account_id)
        .outerjoin(notice_times, notice_times.c.account_id == accounts.c.id)
        .where(push_devices.c.account_id.in_(ids), accounts.c.state == "active")
    )  # fmt: skip
    return await tx.all(query.order_by(push_devices.c.account_id, push_devices.c.id)) if ids else ()


def _row(tx: Tx, post: Post, device: Any, due_at: int) -> dict[str, Any]:
    return {
        "id": new_id(tx.now), "post_id": post.id, "device_id": device.id, "account_id": device.account_id,
        "community_id": post.community_id, "state": "waiting", "problem": "", "tries": 0, "claim": "",
        "due_at": due_at, "created_at": tx.now, "settled_at": None, "meant_at": due_at,
    }  # fmt: skip
