"""Asking who follows, and what they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, exists, func, or_, select, union_all

from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.following.model import Follower, Wish, how_of
from channel.following.sight import count_devices
from channel.following.tables import follow_letters, follow_rules, follow_tags, followers
from channel.ids import is_id
from channel.members.model import State
from channel.members.tables import memberships
from channel.notices.model import Times, key_of
from channel.notices.tables import notice_rules
from channel.posts.tables import posts
from channel.push.tables import push_devices
from channel.storage import Prepared, Tx

_AS_MEMBER = Prepared(
    select(
        accounts.c.id,
        memberships.c.account_id.label("member"),
        select(notice_rules.c.account_id)
        .where(
            notice_rules.c.account_id == accounts.c.id,
            notice_rules.c.community_id == memberships.c.community_id,
            notice_rules.c.chosen_at >= memberships.c.joined_at,
            notice_rules.c.tag == "",
        )
        .limit(1)
        .scalar_subquery()
        .label("chosen"),
    )
    .join_from(followers, accounts, accounts.c.email == followers.c.email)
    .outerjoin(
        memberships,
        (memberships.c.account_id == accounts.c.id)
        & (memberships.c.community_id == followers.c.community_id)
        & or_(memberships.c.state == State.ACTIVE.value, memberships.c.state == State.MUTED.value),
    )
    .where(followers.c.id == bindparam("follower_id"), accounts.c.state == "active")
    .limit(1)
)


def _follower(row: Row[Any], chosen: dict[str, Any]) -> Follower:
    times = Times(
        row.zone, row.hour, row.quiet_from, row.quiet_to, important_passes=bool(row.important_passes)
    )
    return Follower(
        row.id, row.community_id, row.email, how_of(row.how), row.language, times, row.refused_at, row.created_at, chosen,
        row.muted_until, row.per_week, row.pictures_since,
    )  # fmt: skip


async def _with_choices(tx: Tx, rows: Sequence[Row[Any]]) -> list[Follower]:
    chosen: dict[str, dict[str, Any]] = {row.id: {} for row in rows}
    of_rooms = select(follow_rules.c.follower_id, follow_rules.c.room_id.label("key"), follow_rules.c.how)
    of_tags = select(
        follow_tags.c.follower_id, (key_of("") + follow_tags.c.tag).label("key"), follow_tags.c.how
    )
    query = union_all(
        of_rooms.where(follow_rules.c.follower_id.in_([*chosen])),
        of_tags.where(follow_tags.c.follower_id.in_([*chosen])),
    )
    for rule in await tx.all(query) if rows else ():
        chosen[rule.follower_id][rule.key] = how_of(rule.how)
    return [_follower(row, chosen[row.id]) for row in rows]


async def one(tx: Tx, follower_id: str) -> Follower:
    """Raises NotFound for who stopped."""
    known = select(followers).where(followers.c.id == follower_id)
    rows = await tx.all(known) if is_id(follower_id) else []
    if not rows:
        raise NotFound("Nobody follows by this link any more. Nothing is sent, and nothing is kept.")
    return (await _with_choices(tx, rows))[0]


async def of_wish(tx: Tx, wish: Wish) -> Follower | None:
    """Who follows that community with that address already."""
    here = (followers.c.community_id == wish.community_id, followers.c.email == wish.email)
    found = await _with_choices(tx, await tx.all(select(followers).where(*here)))
    return found[0] if found else None


async def some(tx: Tx, community_id: str, after: str, limit: int) -> list[Follower]:
    """Those of a community, by id, after `after`."""
    here = (followers.c.community_id == community_id, followers.c.id > after)
    return await _with_choices(
        tx, await tx.all(select(followers).where(*here).order_by(followers.c.id).limit(limit))
    )


async def count(tx: Tx, community_id: str) -> int:
    """How many follow a community without an account, by mail or on a device. No more is told to anybody: addresses are
    nobody's business."""
    query = select(func.count()).select_from(followers).where(followers.c.community_id == community_id)
    return int(await tx.value(query)) + await count_devices(tx, community_id)


async def has_account(tx: Tx, email: str) -> bool:
    """Whether an account has proven this address. For letters to that address only, never for a page."""
    return await tx.value(select(accounts.c.id).where(accounts.c.email == email)) is not None


@dataclass(frozen=True, slots=True)
class AsMember:
    """The account whose proven address it is: one person, who is told of a post once. `belongs`: to the community.
    `chose_letters`: of it, by their own rules as a member, were it none; those come instead."""

    account_id: str
    belongs: bool
    chose_letters: bool


async def as_member(tx: Tx, follower_id: str) -> AsMember | None:
    """None where no account has this address. Also of who has left the community: what their devices have shown they know."""
    row = await tx.one(_AS_MEMBER, follower_id=follower_id)
    return AsMember(row.id, row.member is not None, row.chosen is not None) if row is not None else None


async def with_devices(tx: Tx, found: Sequence[Follower]) -> set[str]:
    """Those of them, by id, whose address is that of an account with a device that is told of posts."""
    query = (
        select(followers.c.id)
        .join(accounts, accounts.c.email == followers.c.email)
        .where(
            followers.c.id.in_([one.id for one in found]),
            exists().where(push_devices.c.account_id == accounts.c.id),
        )
    )
    return {row.id for row in await tx.all(query)} if found else set()


def addresses_of_members() -> ColumnElement[bool]:
    """Of each row of `followers`: whether the address is that of a member who chose letters of the community, which come
    instead."""
    chosen = and_(
        notice_rules.c.account_id == accounts.c.id,
        notice_rules.c.community_id == memberships.c.community_id,
        notice_rules.c.chosen_at >= memberships.c.joined_at,
        notice_rules.c.tag == "",
    )
    query = (
        select(accounts.c.id)
        .join_from(accounts, memberships, memberships.c.account_id == accounts.c.id)
        .join(notice_rules, chosen)
        .where(
            accounts.c.email == followers.c.email,
            accounts.c.state == "active",
            memberships.c.community_id == followers.c.community_id,
            memberships.c.state.in_((State.ACTIVE.value, State.MUTED.value)),
        )
    )
    return query.correlate(followers).exists()


async def unseen(tx: Tx, follower_id: str) -> dict[str, int]:
    """By room, the seq of the first post whose letter has not left yet: it is still news to them."""
    query = (
        select(posts.c.room_id, func.min(follow_letters.c.seq).label("seq"))
        .join_from(follow_letters, posts, posts.c.id == follow_letters.c.post_id)
        .where(follow_letters.c.follower_id == follower_id, follow_letters.c.state == "waiting")
        .group_by(posts.c.room_id)
    )
    return {row.room_id: int(row.seq) for row in await tx.all(query)}
