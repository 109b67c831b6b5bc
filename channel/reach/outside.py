"""Counting whom a post reaches of those who follow without an account, before it is sent and after. One query for each
way, that answers in groups."""

from collections.abc import Collection, Sequence
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select

from channel import communities, following, members
from channel.following.model import RESTS_MS
from channel.following.queries import addresses_of_members
from channel.following.sight import browsers_of_members
from channel.following.tables import (
    follow_device_rules,
    follow_device_tags,
    follow_devices,
    follow_letters,
    follow_pushes,
    follow_rules,
    follow_tags,
    followers,
)
from channel.notices.model import HOUR_MS, Times, after_quiet
from channel.posts.model import Post
from channel.reach import tagged
from channel.reach.model import Choice, Forecast, Outlook, Sending, Wording, foresee
from channel.reach.strangers import PROBLEMS, StrangerFate, Strangers, StrangerWay, sum_strangers
from channel.rooms.model import Room
from channel.storage import Tx
from channel.tags import of_post

QUARTER_MS: Final = HOUR_MS // 4  # every full hour of every zone begins with one
PLANNED_MS: Final = HOUR_MS // 6  # by then letters about a post are written down, however many follow


async def outlook(tx: Tx, room: Room, sendings: Sequence[Sending], *, mail: bool, of: Wording) -> Outlook:
    """What sending a post to the room at this moment does for them. `of`: the post; `mail`: whether the server sends any."""
    count = await following.count(tx, room.community_id)
    if not await _opens(tx, room, of.min_rank):
        return Outlook(count, closed=True)
    by_way: dict[StrangerWay, dict[Sending, Forecast]] = {"mail": {}, "push": {}}
    every = of.tags.all
    for important in (False, True) if every else (False,):  # see forecast
        letters = await tx.all(_addresses(tx, room, every, important=important))
        devices = await tx.all(_browsers(tx, room, every, important=important))
        by_mail = [(_wish(row, "mail" if mail else ""), int(row.size)) for row in letters]
        by_push = [(_wish(row, "push"), int(row.size)) for row in devices]
        for sending in sendings:
            if not every or (sending == "important") is important:
                by_way["mail"][sending] = foresee(by_mail, sending, tx.now)
                by_way["push"][sending] = foresee(by_push, sending, tx.now)
    return Outlook(count, by_way=by_way)


def until(muted_until: ColumnElement[Any], now: int) -> ColumnElement[int]:
    """When it is over, in quarters of an hour, so that many are in one group; 0 where nobody is quiet."""
    over = (muted_until + QUARTER_MS - 1) // QUARTER_MS * QUARTER_MS
    return case((muted_until > now, over), else_=0)


def _by_mail(room_rule: Any, tags: Collection[str], *, important: bool) -> ColumnElement[Any]:
    by_tag = tagged.of_followers(follow_tags, "follower_id", followers, tags, important=important)
    return func.coalesce(*([] if by_tag is None else [by_tag]), room_rule, followers.c.how)


def _by_push(room_rule: Any, tags: Collection[str], *, important: bool) -> ColumnElement[Any]:
    by_tag = tagged.of_followers(follow_device_tags, "device_id", follow_devices, tags, important=important)
    return func.coalesce(*([] if by_tag is None else [by_tag]), room_rule, follow_devices.c.how)


def _addresses(tx: Tx, room: Room, tags: Collection[str], *, important: bool) -> Any:
    rule = and_(follow_rules.c.follower_id == followers.c.id, follow_rules.c.room_id == room.id)
    columns = [
        _by_mail(follow_rules.c.how, tags, important=important).label("wanted"),
        case((followers.c.muted_until > tx.now, 1), else_=0).label("muted"),
        until(followers.c.muted_until, tx.now).label("muted_until"),
        case((_rests(tx.now), 1), else_=0).label("refused"),
        followers.c.zone, followers.c.hour, followers.c.quiet_from, followers.c.quiet_to,
        followers.c.important_passes,
    ]  # fmt: skip
    query = select(*columns).select_from(followers.outerjoin(follow_rules, rule))
    return _grouped(query.where(followers.c.community_id == room.community_id, ~addresses_of_members()))


def _browsers(tx: Tx, room: Room, tags: Collection[str], *, important: bool) -> Any:
    of, rules = follow_devices.c, follow_device_rules.c
    rule = and_(rules.device_id == of.id, rules.room_id == room.id)
    columns = [
        _by_push(rules.how, tags, important=important).label("wanted"),
        case((of.muted_until > tx.now, 1), else_=0).label("muted"),
        until(of.muted_until, tx.now).label("muted_until"),
        literal(0).label("refused"),
        of.zone, literal(0).label("hour"), of.quiet_from, of.quiet_to, of.important_passes,
    ]  # fmt: skip
    query = select(*columns).select_from(follow_devices.outerjoin(follow_device_rules, rule))
    return _grouped(query.where(of.community_id == room.community_id, ~browsers_of_members()))


def _rests(now: int) -> Any:
    return and_(followers.c.refused_at.is_not(None), followers.c.refused_at > now - RESTS_MS)


def _wish(row: Any, way: str) -> Choice:
    """`way`: the one by which they are told; "" where the server has none."""
    return Choice(
        row.wanted if way == "mail" else "", row.wanted if way == "push" else "", _times(row), bool(row.muted),
        bool(row.refused), row.muted_until,
    )  # fmt: skip


async def strangers(tx: Tx, post: Post, room: Room) -> Strangers:
    """What became of the post until this moment, with everybody who follows without an account in one class."""
    against = await _against(tx, post, room)
    every = (await of_post(tx, post.id)).all
    letters, devices = await tx.all(_letters(tx, post, every)), await tx.all(_devices(tx, post, every))
    found = [(_fate(row, tx, post, against, "mail"), int(row.size)) for row in letters]
    found += [(_fate(row, tx, post, against, "push"), int(row.size)) for row in devices]
    return sum_strangers(found)


async def _against(tx: Tx, post: Post, room: Room) -> Literal["", "silent", "closed"]:
    if not await _opens(tx, room, post.min_rank):
        return "closed"
    return "silent" if post.silent else ""


async def _opens(tx: Tx, room: Room, min_rank: int | None) -> bool:
    """Whether a stranger may read a post of that rank there whole."""
    stranger = await members.entitlement(tx, await communities.one(tx, room.community_id), None)
    return not room.is_group and stranger.reads(room.min_rank, min_rank)


def _letters(tx: Tx, post: Post, tags: Collection[str]) -> Any:
    letter = follow_letters.c
    here = and_(letter.follower_id == followers.c.id, letter.post_id == post.id, letter.way == "mail")
    rule = and_(follow_rules.c.follower_id == followers.c.id, follow_rules.c.room_id == post.room_id)
    source = followers.outerjoin(follow_letters, here).outerjoin(follow_rules, rule)
    columns = [
        func.coalesce(letter.state, "").label("state"),
        func.coalesce(letter.how, "").label("planned_how"),
        case((letter.problem.in_([*PROBLEMS]), letter.problem), else_=literal("")).label("problem"),
        _by_mail(follow_rules.c.how, tags, important=post.important).label("wanted"),
        case((_rests(tx.now), 1), else_=0).label("refused"),
        case((followers.c.muted_until > tx.now, 1), else_=0).label("muted"),
        case((followers.c.created_at > post.created_at, 1), else_=0).label("came_later"),
        followers.c.zone, followers.c.hour, followers.c.quiet_from, followers.c.quiet_to,
        followers.c.important_passes,
    ]  # fmt: skip
    return _grouped(select(*columns).select_from(source).where(followers.c.community_id == post.community_id))


def _devices(tx: Tx, post: Post, tags: Collection[str]) -> Any:
    notice, of = follow_pushes.c, follow_devices.c
    here = and_(notice.device_id == of.id, notice.post_id == post.id)
    rule = and_(follow_device_rules.c.device_id == of.id, follow_device_rules.c.room_id == post.room_id)
    source = follow_devices.outerjoin(follow_pushes, here).outerjoin(follow_device_rules, rule)
    columns = [
        func.coalesce(notice.state, "").label("state"),
        literal("").label("planned_how"),
        case((notice.problem.in_([*PROBLEMS]), notice.problem), else_=literal("")).label("problem"),
        _by_push(follow_device_rules.c.how, tags, important=post.important).label("wanted"),
        literal(0).label("refused"),
        case((of.muted_until > tx.now, 1), else_=0).label("muted"),
        case((of.created_at > post.created_at, 1), else_=0).label("came_later"),
        of.zone, literal(0).label("hour"), of.quiet_from, of.quiet_to, of.important_passes,
    ]  # fmt: skip
    return _grouped(select(*columns).select_from(source).where(of.community_id == post.community_id))


def _grouped(inner: Select[Any]) -> Any:
    each = inner.subquery()
    return select(each, func.count().label("size")).group_by(*each.c)


def _times(row: Any) -> Times:
    return Times(
        row.zone, row.hour, row.quiet_from, row.quiet_to, important_passes=bool(row.important_passes)
    )


def _fate(
    row: Any, tx: Tx, post: Post, against: Literal["", "silent", "closed"], way: StrangerWay
) -> StrangerFate:
    times = _times(row)
    return StrangerFate(
        {way: row.state}, row.planned_how, row.problem, against,
        refused=bool(row.refused), wants=post.important if row.wanted == "important" else row.wanted != "none",
        came_later=bool(row.came_later), quiet=after_quiet(times, tx.now, important=post.important) > tx.now,
        fresh=tx.now - post.created_at < PLANNED_MS, muted=bool(row.muted),
    )  # fmt: skip
