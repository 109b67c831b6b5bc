"""Finding private feeds: by their secret, of an account, and those of a community that are read from many networks."""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, distinct, func, or_, select

from channel import communities
from channel.accounts import Account
from channel.accounts.queries import several
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Gone, NotFound
from channel.feeds.model import (
    KEPT_DAYS,
    MAX_LIVE,
    MOST_A_DAY,
    MOST_A_WEEK,
    Feed,
    Reading,
    Scope,
    day_of,
)
from channel.feeds.seal import Seal
from channel.feeds.tables import feed_networks, feeds
from channel.ids import is_id, token_hash
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.rooms.queries import of_communities
from channel.storage import Prepared, Tx

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_OPENED = Prepared(
    select(feeds.c.id, feeds.c.account_id, feeds.c.community_id, feeds.c.room_id, feeds.c.revoked_at)
    .join(accounts, accounts.c.id == feeds.c.account_id)
    .where(feeds.c.secret_hash == bindparam("hash"), accounts.c.state == "active")
)
_WEEK = (feed_networks.c.day + 3) // 7  # model.week_of
MOST_WIDE = 100


def live(account_id: str) -> ColumnElement[bool]:
    """The feeds of an account that have not been revoked."""
    return and_(feeds.c.account_id == account_id, feeds.c.revoked_at.is_(None))


async def opened(tx: Tx, secret: str) -> Scope:
    """Whose eyes the secret is, and for which part of a community. One query.

    Raises Gone for one that was revoked, NotFound for one that never was, or whose account is suspended or gone.
    """
    row = await tx.one(_OPENED, hash=token_hash(secret)) if _SECRET.fullmatch(secret) else None
    if row is None:
        raise NotFound("There is no such feed.")
    if row.revoked_at is not None:
        raise Gone("This feed was revoked. Its owner has a new address, or makes one.", code="feed_revoked")
    return Scope(row.id, row.account_id, row.community_id, row.room_id)


async def found(tx: Tx, account_id: str | None, feed_id: str, seal: Seal | None = None) -> Feed:
    """One that is not revoked, of this account (None: of anybody). Without `seal` its secret is not told. Raises NotFound."""
    whose = feeds.c.revoked_at.is_(None) if account_id is None else live(account_id)
    row = await tx.one(select(feeds).where(feeds.c.id == feed_id, whose)) if is_id(feed_id) else None
    if row is None:
        raise NotFound("There is no such feed.")
    return (await _whole(tx, [row], seal))[0]


async def listing(tx: Tx, account_id: str, seal: Seal | None = None) -> list[Feed]:
    """The account's feeds, the newest first."""
    query = select(feeds).where(live(account_id)).order_by(feeds.c.created_at.desc(), feeds.c.id.desc())
    return await _whole(tx, await tx.all(query.limit(MAX_LIVE)), seal)


async def wide(tx: Tx, by: Entitlement, community: Community) -> list[tuple[Feed, Account]]:
    """The feeds of the community that are read from more networks than one person has, with whose they are; at most 100.

    Raises NotFound, Forbidden.
    """
    require(by, community, Action.SEE_MEMBERS)
    here = and_(feeds.c.community_id == community.id, feeds.c.revoked_at.is_(None))
    different = func.count(distinct(feed_networks.c.network))
    those = feed_networks.c.feed_id.in_(select(feeds.c.id).where(here))
    found = (
        _counted(tx, feed_networks.c.day, func.count()).where(those).having(func.count() > MOST_A_DAY),
        _counted(tx, _WEEK, different).where(those).having(different > MOST_A_WEEK),
    )
    ids = [select(query.subquery().c.feed_id) for query in found]
    query = select(feeds).where(here, or_(*(feeds.c.id.in_(some) for some in ids))).order_by(feeds.c.id)
    shown = await _whole(tx, await tx.all(query.limit(MOST_WIDE)), None)
    owners = await several(tx, [feed.account_id for feed in shown])
    return [(feed, owners[feed.account_id]) for feed in shown]


def _counted(tx: Tx, span: ColumnElement[Any], many: ColumnElement[int]) -> Select[Any]:
    """How many networks there were for each feed and span of the last fourteen days."""
    recent = feed_networks.c.day > day_of(tx.now) - KEPT_DAYS
    query = select(feed_networks.c.feed_id, span.label("span"), many.label("n"))
    return query.where(recent).group_by(feed_networks.c.feed_id, span)


async def _whole(tx: Tx, rows: Sequence[Row[Any]], seal: Seal | None) -> list[Feed]:
    if not rows:
        return []
    there = await of_communities(tx, [*{row.community_id for row in rows}])
    known = {room.id: room for listed in there.values() for room in listed}
    owned = {row.community_id: await communities.one(tx, row.community_id) for row in rows}
    counts = await _readings(tx, [row.id for row in rows])
    return [
        Feed(
            row.id, row.account_id, owned[row.community_id], known[row.room_id] if row.room_id else None,
            row.created_at, seal.open(row.secret_sealed, row.id) if seal else None, counts[row.id],
        )
        for row in rows
    ]  # fmt: skip


async def _readings(tx: Tx, feed_ids: Sequence[str]) -> dict[str, Reading]:
    those = feed_networks.c.feed_id.in_(feed_ids)
    today = day_of(tx.now)
    days = await tx.all(_counted(tx, feed_networks.c.day, func.count()).where(those))
    different = func.count(distinct(feed_networks.c.network))
    weeks = await tx.all(_counted(tx, _WEEK, different).where(those))
    made = {}
    for feed_id in feed_ids:
        by_day = {row.span: int(row.n) for row in days if row.feed_id == feed_id}
        most_a_week = max((int(row.n) for row in weeks if row.feed_id == feed_id), default=0)
        last = max(by_day, default=None)
        made[feed_id] = Reading(by_day.get(today, 0), max(by_day.values(), default=0), most_a_week, last)
    return made
