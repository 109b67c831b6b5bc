"""What of the notices in hand may leave now: asked just before they do. Whatever changed since they were planned counts.

Notices of one post go together, so what holds for the post is asked once and what holds for people in one query each.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from channel import communities, rooms
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.members.queries import entitlements_of
from channel.notices.model import Rule, after_quiet
from channel.notices.queries import times_of
from channel.notices.tables import notice_times
from channel.notify.pushed.wording import Words
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.push.model import wanted
from channel.push.queries import rules_of
from channel.push.queue import Claimed
from channel.render.views import PostFacts, facts
from channel.rooms import Room
from channel.rooms.queries import positions_of
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Verdict:
    """`words`: what goes. `over`: why nothing ever does. `later`: when quiet hours end, epoch ms. One of the three."""

    one: Claimed
    words: Words | None = None
    over: str = ""
    later: int | None = None


@dataclass(frozen=True, slots=True)
class _Scene:
    """What holds for one post and those who are to be told of it."""

    community: Community
    room: Room
    fact: PostFacts
    by: Mapping[str, Entitlement]
    people: Mapping[str, Any]
    rules: Mapping[str, list[Rule]]
    read: Mapping[str, int]


async def judge(tx: Tx, claimed: Sequence[Claimed]) -> list[Verdict]:
    """Never raises because something is gone: then it is over."""
    by_post: dict[str, list[Claimed]] = defaultdict(list)
    for one in claimed:
        by_post[one.post_id].append(one)
    found = {post.id: post for post in await posts.many(tx, list(by_post))}
    verdicts: list[Verdict] = []
    for post_id, some in by_post.items():
        scene = await _scene(tx, found.get(post_id), sorted({one.account_id for one in some}))
        verdicts += [_verdict(tx, scene, one) for one in some]
    return verdicts


async def _scene(tx: Tx, post: Post | None, ids: Sequence[str]) -> _Scene | None:
    """None when there is nothing to tell of."""
    if post is None or post.deleted_at is not None:
        return None
    try:
        community = await communities.one(tx, post.community_id)
        room = await rooms.one(tx, post.room_id)
    except NotFound:
        return None
    if community.deleted or room.is_group:
        return None
    [fact] = await facts(tx, [post], room, community)
    return _Scene(
        community, room, fact, await entitlements_of(tx, community, ids), await _people(tx, ids),
        await rules_of(tx, community.id, room.id, ids), await positions_of(tx, room.id, ids),
    )  # fmt: skip


async def _people(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """Those who can sign in, with the language and the times that they chose."""
    query = (
        select(
            accounts.c.id, accounts.c.language, notice_times.c.zone, notice_times.c.hour,
            notice_times.c.quiet_from, notice_times.c.quiet_to, notice_times.c.wait_hours,
        )
        .select_from(accounts.outerjoin(notice_times, notice_times.c.account_id == accounts.c.id))
        .where(accounts.c.id.in_(ids), accounts.c.state == "active")
    )  # fmt: skip
    return {row.id: row for row in await tx.all(query)}


def _verdict(tx: Tx, scene: _Scene | None, one: Claimed) -> Verdict:
    why = _against(scene, one)
    if why or scene is None:
        return Verdict(one, over=why)
    person = scene.people[one.account_id]
    until = after_quiet(times_of(person), tx.now)
    if until > tx.now:
        return Verdict(one, later=until)
    language = person.language or one.language
    by = scene.by[one.account_id]
    return Verdict(one, Words(scene.community, scene.room, scene.fact, by, language, one.shows_text))


def _against(scene: _Scene | None, one: Claimed) -> str:
    if scene is None:
        return "deleted"
    if one.account_id not in scene.people:
        return "gone"
    by = scene.by[one.account_id]
    if not by.belongs:
        return "left"
    if not by.reads(scene.room.min_rank):
        return "closed"
    if not wanted(scene.rules[one.account_id], scene.room.id, important=scene.fact.post.important):
        return "unwanted"
    if scene.read.get(one.account_id, 0) >= scene.fact.post.seq:
        return "seen"
    return "own" if scene.fact.post.author.id == one.account_id else ""
