"""Counting whom a post reaches of those who follow without an account. One query for each way, that answers in
groups."""

from typing import Any, Final, Literal

from sqlalchemy import Select, and_, case, func, literal, select

from channel import communities, members
from channel.following.model import RESTS_MS
from channel.following.tables import (
    follow_device_rules,
    follow_devices,
    follow_letters,
    follow_pushes,
    follow_rules,
    followers,
)
from channel.notices.model import HOUR_MS, Times, after_quiet
from channel.posts.model import Post
from channel.reach.strangers import PROBLEMS, StrangerFate, Strangers, StrangerWay, sum_strangers
from channel.rooms.model import Room
from channel.storage import Tx

PLANNED_MS: Final = HOUR_MS // 6  # by then letters about a post are written down, however many follow


async def strangers(tx: Tx, post: Post, room: Room) -> Strangers:
    """What became of the post until this moment, with everybody who follows without an account in one class."""
    against = await _against(tx, post, room)
    found = [
        (_fate(row, tx, post, against, "mail"), int(row.size)) for row in await tx.all(_letters(tx, post))
    ]
    found += [
        (_fate(row, tx, post, against, "push"), int(row.size)) for row in await tx.all(_devices(tx, post))
    ]
    return sum_strangers(found)


async def _against(tx: Tx, post: Post, room: Room) -> Literal["", "silent", "closed"]:
    stranger = await members.entitlement(tx, await communities.one(tx, post.community_id), None)
    if room.is_group or not stranger.reads(room.min_rank, post.min_rank):
        return "closed"
    return "silent" if post.silent else ""


def _letters(tx: Tx, post: Post) -> Any:
    letter = follow_letters.c
    here = and_(letter.follower_id == followers.c.id, letter.post_id == post.id, letter.way == "mail")
    rule = and_(follow_rules.c.follower_id == followers.c.id, follow_rules.c.room_id == post.room_id)
    source = followers.outerjoin(follow_letters, here).outerjoin(follow_rules, rule)
    rests = and_(followers.c.refused_at.is_not(None), followers.c.refused_at > tx.now - RESTS_MS)
    columns = [
        func.coalesce(letter.state, "").label("state"),
        func.coalesce(letter.how, "").label("planned_how"),
        case((letter.problem.in_([*PROBLEMS]), letter.problem), else_=literal("")).label("problem"),
        func.coalesce(follow_rules.c.how, followers.c.how).label("wanted"),
        case((rests, 1), else_=0).label("refused"),
        case((followers.c.muted_until > tx.now, 1), else_=0).label("muted"),
        case((followers.c.created_at > post.created_at, 1), else_=0).label("came_later"),
        followers.c.zone, followers.c.hour, followers.c.quiet_from, followers.c.quiet_to,
    ]  # fmt: skip
    return _grouped(select(*columns).select_from(source).where(followers.c.community_id == post.community_id))


def _devices(tx: Tx, post: Post) -> Any:
    notice, of = follow_pushes.c, follow_devices.c
    here = and_(notice.device_id == of.id, notice.post_id == post.id)
    rule = and_(follow_device_rules.c.device_id == of.id, follow_device_rules.c.room_id == post.room_id)
    source = follow_devices.outerjoin(follow_pushes, here).outerjoin(follow_device_rules, rule)
    columns = [
        func.coalesce(notice.state, "").label("state"),
        literal("").label("planned_how"),
        case((notice.problem.in_([*PROBLEMS]), notice.problem), else_=literal("")).label("problem"),
        func.coalesce(follow_device_rules.c.how, of.how).label("wanted"),
        literal(0).label("refused"),
        case((of.muted_until > tx.now, 1), else_=0).label("muted"),
        case((of.created_at > post.created_at, 1), else_=0).label("came_later"),
        of.zone, literal(0).label("hour"), of.quiet_from, of.quiet_to,
    ]  # fmt: skip
    return _grouped(select(*columns).select_from(source).where(of.community_id == post.community_id))


def _grouped(inner: Select[Any]) -> Any:
    each = inner.subquery()
    return select(each, func.count().label("size")).group_by(*each.c)


def _fate(
    row: Any, tx: Tx, post: Post, against: Literal["", "silent", "closed"], way: StrangerWay
) -> StrangerFate:
    times = Times(row.zone, row.hour, row.quiet_from, row.quiet_to)
    return StrangerFate(
        {way: row.state}, row.planned_how, row.problem, against,
        refused=bool(row.refused), wants=post.important if row.wanted == "important" else row.wanted != "none",
        came_later=bool(row.came_later), quiet=after_quiet(times, tx.now) > tx.now,
        fresh=tx.now - post.created_at < PLANNED_MS, muted=bool(row.muted),
    )  # fmt: skip
