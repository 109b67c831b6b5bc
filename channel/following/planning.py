"""A post came that everybody may read: who of those without an account gets a letter about it, which of their devices is
told, and when.

In pieces: see posts/rounds.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import select

from channel import members, tags
from channel.events import Event
from channel.following.model import FollowDevice, Follower
from channel.following.queries import some, with_devices
from channel.following.queue import LETTERS
from channel.following.sight import some_devices
from channel.following.tables import follow_pushes
from channel.ids import new_id
from channel.notices.model import tags_of
from channel.notices.planning import AT_ONCES, first_due, is_old
from channel.notices.queue import KEPT_MS as LETTERS_KEPT_MS
from channel.posts import rounds
from channel.posts.model import Post
from channel.posts.rounds import Case, Told
from channel.posts.tables import revisions
from channel.push.planning import due_at
from channel.push.queue import KEPT_MS as PUSHES_KEPT_MS
from channel.storage import Database, Tx
from channel.tasks import FollowDevicesDue, FollowersDue


def device_planner(db: Database) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "push", as far as devices without an account are concerned."""
    return rounds.handler(db, FollowDevicesDue, _devices, _add_pushes)


async def plan(db: Database, task: FollowersDue) -> None:
    """Write down the letters to the next followers. See rounds.tell_next."""
    await rounds.tell_next(db, task, _letters, LETTERS.add)


async def _letters(tx: Tx, case: Case, after: str, limit: int) -> Told:
    post = case.post
    if not await _is_public(tx, case) or (case.opened_at and await _was_told(tx, post, LETTERS_KEPT_MS)):
        return Told()
    found = await some(tx, post.community_id, after, limit)
    tagged = await tags_if_chosen(tx, post, found)
    awake = [one for one in found if not one.rests(tx.now)]
    told = [one for one in awake if one.wants_of(post, tagged)]
    with_device = await with_devices(tx, told)
    fresh = []
    for follower in told:
        how = follower.wants(post, tagged)
        at = first_due(post, how, follower.times, case.came_at, has_device=follower.id in with_device)
        row = LETTERS.fresh(tx, post, follower.id, how, at)
        fresh.append(row | _due_in_quiet(follower, at, tx.now) if how in AT_ONCES else row)
    return Told([follower.id for follower in found], fresh)


async def plan_devices(db: Database, task: FollowDevicesDue) -> None:
    """The same for the next devices."""
    await rounds.tell_next(db, task, _devices, _add_pushes)


async def _devices(tx: Tx, case: Case, after: str, limit: int) -> Told:
    post = case.post
    if not await _is_public(tx, case) or (case.opened_at and await _was_told(tx, post, PUSHES_KEPT_MS)):
        return Told()
    found = await some_devices(tx, post.community_id, after, limit)
    tagged = await tags_if_chosen(tx, post, found)
    told = [one for one in found if one.wants_of(post, tagged)]
    rows = ((one, _push(tx, post, one, case.came_at)) for one in told)
    fresh = [row | _due_in_quiet(one, row["due_at"], tx.now) for one, row in rows]
    return Told([one.id for one in found], fresh)


async def _add_pushes(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    await tx.run_many(tx.insert(follow_pushes).on_conflict_do_nothing(), rows)


def _due_in_quiet(one: Follower | FollowDevice, at: int, now: int) -> dict[str, Any]:
    """What is due at once (`at`, `now`: epoch ms) while they want quiet is told neither then nor later, whenever somebody
    looks; that it was so is written down. A digest is asked about when it is due: they may take it back."""
    if one.muted_until is None or at >= one.muted_until:
        return {}
    return {"state": "cancelled", "problem": "muted", "settled_at": now}


def _push(tx: Tx, post: Post, one: FollowDevice, came_at: int) -> dict[str, Any]:
    at = due_at(post, one.times, came_at)
    return {
        "id": new_id(tx.now), "post_id": post.id, "device_id": one.id, "community_id": post.community_id,
        "state": "waiting", "problem": "", "tries": 0, "claim": "", "due_at": at, "created_at": tx.now,
        "settled_at": None, "meant_at": at,
    }  # fmt: skip


async def tags_if_chosen(tx: Tx, post: Post, found: Iterable[Follower | FollowDevice]) -> frozenset[str]:
    """Those of the post, which they may all read, where one of them chose anything by tag."""
    asked = any(tags_of(one.chosen) for one in found)
    return (await tags.of_post(tx, post.id)).all if asked else frozenset()


async def _is_public(tx: Tx, case: Case) -> bool:
    """Whether a stranger may read it whole."""
    stranger = await members.entitlement(tx, case.community, None)
    return not case.room.is_group and stranger.reads(case.room.min_rank, case.post.min_rank)


async def _was_told(tx: Tx, post: Post, kept_ms: int) -> bool:
    """Whether everybody could read it once, before an edit closed it, and it may be forgotten by now who was told."""
    if not is_old(tx.now, post, kept_ms):
        return False
    once = select(revisions.c.rev).where(revisions.c.post_id == post.id, revisions.c.min_rank.is_(None))
    return await tx.one(once.limit(1)) is not None
