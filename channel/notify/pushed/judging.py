"""What of the notices in hand may leave now: asked just before they do. Whatever changed since they were planned counts.

Notices of one post go together, so what holds for the post is asked once and what holds for people in one query each.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, select

from channel import communities, rooms
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.members.queries import entitlements_of
from channel.notices.limits import NO_LIMIT, limits_of
from channel.notices.model import Limit, Rule, after_quiet
from channel.notices.queries import tags_if_asked, times_of
from channel.notices.tables import notice_times
from channel.notify import ladder
from channel.notify.pushed import acting
from channel.notify.pushed.wording import Words
from channel.notify.talked import Talked, talked
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.push.model import wanted
from channel.push.queries import rules_of
from channel.push.queue import Claimed
from channel.render.views import PostFacts, facts
from channel.rooms import Room
from channel.rooms.queries import positions_of
from channel.storage import Prepared, Tx
from channel.tags import Tagged

LOOK_AGAIN_MS: Final = 10_000
HELD_MS: Final = 5 * 60_000
Looking = Callable[
    [str, str], bool
]  # whether this account has this place (see live.looking) before its eyes now


def nobody_looks(account_id: str, place_id: str) -> bool:
    """Where nobody listens to live pages."""
    return False


_PEOPLE = Prepared(
    lambda words: (
        select(
            accounts.c.id, accounts.c.language, notice_times.c.zone, notice_times.c.hour,
            notice_times.c.quiet_from, notice_times.c.quiet_to, notice_times.c.wait_hours,
            notice_times.c.important_passes,
        )
        .select_from(accounts.outerjoin(notice_times, notice_times.c.account_id == accounts.c.id))
        .where(words.among(accounts.c.id, "ids"), accounts.c.state == bindparam("state"))
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """`words`: what goes, and `ttl_s` how long it is good for. `over`: why nothing ever does. `later`: when to look again,
    epoch ms; `quiet`: because quiet hours end then. One of the three."""

    one: Claimed
    words: Words | None = None
    over: str = ""
    later: int | None = None
    quiet: bool = False
    ttl_s: int = ladder.LONGEST_TTL_S


@dataclass(frozen=True, slots=True)
class _Scene:
    """What holds for one post and those who are to be told of it."""

    community: Community
    room: Room
    fact: PostFacts
    by: Mapping[str, Entitlement]
    people: Mapping[str, Any]
    rules: Mapping[str, list[Rule]]
    tagged: Tagged
    read: Mapping[str, int]
    limits: Mapping[str, Limit]
    told: Mapping[tuple[str, str], set[str]]
    letters: Mapping[str, ladder.Lettered]
    talked: Talked


async def judge(
    tx: Tx, secret: bytes, claimed: Sequence[Claimed], looking: Looking = nobody_looks
) -> list[Verdict]:
    """Of members. Never raises because something is gone: then it is over."""
    by_post: dict[str, list[Claimed]] = defaultdict(list)
    for one in claimed:
        by_post[one.post_id].append(one)
    found = {post.id: post for post in await posts.many(tx, list(by_post))}
    verdicts: list[Verdict] = []
    weeks: dict[tuple[str, str], set[str]] = {}  # what each was told of this week, with what goes now
    for post_id, some in by_post.items():
        scene = await _scene(tx, found.get(post_id), sorted({one.reader_id for one in some}))
        if scene is not None:
            weeks.update({one: found for one, found in scene.told.items() if one not in weeks})
        for one in some:
            await asyncio.sleep(0)  # whoever is here goes first
            verdicts.append(_held(tx, scene, one, looking) or _verdict(tx, secret, scene, one, weeks))
    return verdicts


def _held(tx: Tx, scene: _Scene | None, one: Claimed, looking: Looking) -> Verdict | None:
    """Its reader has the room, or the topic of a group, before their eyes, and the post stands below: they are told once they
    look away.

    Not for ever: a page may stay open on a desk that nobody sits at.
    """
    if scene is None or tx.now >= one.meant_at + HELD_MS:
        return None
    if not looking(one.reader_id, scene.fact.post.topic_id or scene.room.id):
        return None
    return None if _against(scene, one) else Verdict(one, later=tx.now + LOOK_AGAIN_MS)


async def _scene(tx: Tx, post: Post | None, ids: Sequence[str]) -> _Scene | None:
    """None when there is nothing to tell of."""
    if post is None or post.deleted_at is not None:
        return None
    try:
        community = await communities.one(tx, post.community_id)
        room = await rooms.one(tx, post.room_id)
    except NotFound:
        return None
    if community.deleted or room.is_group != (post.topic_id is not None):
        return None
    [fact] = await facts(tx, [post], room, community)
    by = await entitlements_of(tx, community, ids)
    limits = await limits_of(tx, community.id, ids)
    # Weeks are counted in posts, not in messages.
    limited = [account_id for account_id, one in limits.items() if one.per_week and not room.is_group]
    told = await ladder.told_in_week(tx, community.id, limited)
    rules = await rules_of(tx, community.id, room.id, ids)
    return _Scene(
        community, room, fact, by, await _people(tx, ids),
        rules, await tags_if_asked(tx, post.id, rules.values()), await positions_of(tx, room.id, ids),
        limits, {(community.id, one): told.get(one, set()) for one in limited}, await ladder.lettered(tx, post.id, ids),
        await talked(tx, post, room, by.values()) if room.is_group else Talked(),
    )  # fmt: skip


async def _people(tx: Tx, ids: Sequence[str]) -> dict[str, Any]:
    """Those who can sign in, with the language and the times that they chose."""
    return {row.id: row for row in await tx.all(_PEOPLE, ids=ids, state="active")}


def _verdict(
    tx: Tx, secret: bytes, scene: _Scene | None, one: Claimed, weeks: Mapping[tuple[str, str], set[str]]
) -> Verdict:
    why = _against(scene, one) or _too_much(scene, one, weeks, tx.now)
    if why or scene is None:
        return Verdict(one, over=why)
    person = scene.people[one.reader_id]
    times = times_of(person)
    until = after_quiet(times, tx.now, important=scene.fact.post.important)
    if until > tx.now:
        return Verdict(one, later=until, quiet=True)
    letter = scene.letters.get(one.reader_id)
    if letter and letter.leaves(tx.now):
        return Verdict(one, later=tx.now + ladder.LOOK_AGAIN_MS)
    week = weeks.get((one.community_id, one.reader_id))
    if week is not None and not scene.room.is_group:
        week.add(one.post_id)
    ttl_s = letter.ttl_s(tx.now, times.wait_hours) if letter else ladder.LONGEST_TTL_S
    language = person.language or one.language
    by = scene.by[one.reader_id]
    more = acting.of_member(secret, one, scene.room, scene.fact, by, language)
    words = Words(scene.community, scene.room, scene.fact, by, language, one.shows_text, more)
    return Verdict(one, words, ttl_s=ttl_s)


def _too_much(scene: _Scene | None, one: Claimed, weeks: Mapping[tuple[str, str], set[str]], now: int) -> str:
    """What the reader lets through, and what a letter has told already."""
    assert scene is not None
    limit, letter = scene.limits.get(one.reader_id, NO_LIMIT), scene.letters.get(one.reader_id)
    if limit.mutes(now):
        return "muted"
    if letter and letter.told(now):
        return "mailed"
    if scene.room.is_group:
        return ""
    told = weeks.get((one.community_id, one.reader_id), set())
    return "limit" if limit.per_week and len(told | {one.post_id}) > limit.per_week else ""


def _against(scene: _Scene | None, one: Claimed) -> str:
    if scene is None:
        return "deleted"
    if one.reader_id not in scene.people:
        return "gone"
    by = scene.by[one.reader_id]
    if not by.belongs:
        return "left"
    if not by.reads(scene.room.min_rank):
        return "closed"
    post = scene.fact.post
    why = scene.talked.against(by, post, "push") if scene.room.is_group else _unwanted(scene, by, post)
    if not why and scene.read.get(one.reader_id, 0) >= post.seq:
        return "seen"
    return why


def _unwanted(scene: _Scene, by: Entitlement, post: Post) -> str:
    assert by.account_id is not None
    known = scene.tagged.known(reads=by.reads(scene.room.min_rank, post.min_rank))
    if not wanted(scene.rules[by.account_id], scene.room.id, known, important=post.important):
        return "unwanted"
    return "own" if post.author.id == by.account_id else ""
