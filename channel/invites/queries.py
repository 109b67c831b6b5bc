"""Finding invites."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, select, tuple_

from channel import rooms
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import NotFound
from channel.ids import is_id
from channel.invites.model import Invite, Join, status_of
from channel.invites.seal import Seal
from channel.invites.tables import invite_uses, invites
from channel.members import Action, Entitlement, Role, State
from channel.members.model import MATRIX, state_at
from channel.members.paging import Page, cursor_of, place, within
from channel.members.rights import require
from channel.members.tables import memberships
from channel.rooms import Room
from channel.storage import Tx
from channel.tiers.queries import COLUMNS as TIER
from channel.tiers.queries import tier_of
from channel.tiers.tables import tiers

INVITE = [column.label(f"invite_{column.name}") for column in invites.c]
STANDS = [memberships.c.role.label("stands_role"), memberships.c.state.label("stands_state"),
         memberships.c.until.label("stands_until")]  # fmt: skip


def base() -> Select[Any]:
    """Every invite with its tier, its maker, and how the maker stands in the community now."""
    stands = and_(
        memberships.c.community_id == invites.c.community_id, memberships.c.account_id == invites.c.created_by
    )
    joined = invites.join(accounts, accounts.c.id == invites.c.created_by)
    joined = joined.outerjoin(tiers, tiers.c.id == invites.c.tier_id).outerjoin(memberships, stands)
    return select(*INVITE, *ACCOUNT, *TIER, *STANDS).select_from(joined)


def invite_of(row: Row[Any], now: int, code: str | None = None) -> Invite:
    """The Invite in a row of `base`."""
    tier = None if row.invite_tier_id is None else tier_of(row)
    status = status_of(
        row.invite_state, expires_at=row.invite_expires_at, max_uses=row.invite_max_uses, uses=row.invite_uses,
        backed=_backed(row, now), now=now,
    )  # fmt: skip
    return Invite(
        id=row.invite_id, community_id=row.invite_community_id, label=row.invite_label,
        expires_at=row.invite_expires_at, max_uses=row.invite_max_uses, uses=row.invite_uses, tier=tier,
        requires_approval=row.invite_requires_approval, rooms=msgspec.json.decode(row.invite_rooms, type=tuple[str, ...]),
        state=row.invite_state, status=status, created_by=account_of(row), created_at=row.invite_created_at, code=code,
    )  # fmt: skip


def _backed(row: Row[Any], now: int) -> bool:
    """Whether the maker could make this invite today: a link dies with the right of whoever made it."""
    if row.stands_role is None or row.account_state != "active":
        return False
    if state_at(State(row.stands_state), row.stands_until, now) not in (State.ACTIVE, State.MUTED):
        return False
    role = Role(row.stands_role)
    return role in MATRIX[Action.INVITE] and (not grants(row) or role in MATRIX[Action.GIVE_TIER])


def grants(row: Row[Any]) -> bool:
    """Whether the invite gives more than the free tier."""
    return row.invite_tier_id is not None and row.tier_rank > 0


async def listing(
    tx: Tx, by: Entitlement, community: Community, *, seal: Seal, cursor: str | None = None, limit: int = 50
) -> Page[Invite]:
    """The invites of a community, newest first. Raises Invalid for a cursor that is not ours."""
    require_sight(by, community)
    query = base().where(invites.c.community_id == community.id)
    if cursor:
        query = query.where(tuple_(invites.c.created_at, invites.c.id) < tuple_(*place(cursor)))
    query = query.order_by(invites.c.created_at.desc(), invites.c.id.desc())
    size = within(limit)
    found = [_shown(row, by, seal, tx.now) for row in await tx.all(query.limit(size + 1))]
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], cursor_of(found[size - 1].created_at, found[size - 1].id))


async def one(tx: Tx, by: Entitlement, community: Community, invite_id: str, *, seal: Seal) -> Invite:
    """Raises NotFound, for another community's invite too."""
    require_sight(by, community)
    return _shown(
        await row_of(tx, community, invites.c.id == invite_id, known=is_id(invite_id)), by, seal, tx.now
    )


def require_sight(by: Entitlement, community: Community) -> None:
    """Who may make invites may see them, in a closed community too: that is when they are taken back."""
    require(by, community, Action.SEE_MEMBERS)


async def row_of(tx: Tx, community: Community, condition: ColumnElement[bool], *, known: bool) -> Row[Any]:
    """One row of `base` in this community. Raises NotFound."""
    row = await tx.one(base().where(invites.c.community_id == community.id, condition)) if known else None
    if row is None:
        raise NotFound("There is no such invite.")
    return row


def _shown(row: Row[Any], by: Entitlement, seal: Seal, now: int) -> Invite:
    """With its code, except to somebody who could not grant what it grants: a code is as good as the right."""
    may_have = not grants(row) or by.may(Action.GIVE_TIER)
    return invite_of(row, now, seal.open(row.invite_code_sealed, row.invite_id) if may_have else None)


async def joins(
    tx: Tx,
    by: Entitlement,
    community: Community,
    invite: Invite,
    *,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Join]:
    """Who came by an invite, last first, and what became of them."""
    require_sight(by, community)
    if invite.community_id != community.id:
        raise NotFound("There is no such invite.")
    stands = and_(
        memberships.c.account_id == invite_uses.c.account_id, memberships.c.community_id == community.id
    )
    joined = invite_uses.join(accounts, accounts.c.id == invite_uses.c.account_id)
    joined = joined.outerjoin(memberships, stands).outerjoin(tiers, tiers.c.id == memberships.c.tier_id)
    query = select(invite_uses.c.at.label("used_at"), *ACCOUNT, *TIER, *STANDS).select_from(joined)
    query = query.where(invite_uses.c.invite_id == invite.id)
    if cursor:
        query = query.where(tuple_(invite_uses.c.at, invite_uses.c.account_id) < tuple_(*place(cursor)))
    size = within(limit)
    query = query.order_by(invite_uses.c.at.desc(), invite_uses.c.account_id.desc()).limit(size + 1)
    found = [_join(row, tx.now) for row in await tx.all(query)]
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], cursor_of(found[size - 1].at, found[size - 1].account.id))


def _join(row: Row[Any], now: int) -> Join:
    if row.stands_role is None:
        return Join(account_of(row), row.used_at, None, None, None)
    state = state_at(State(row.stands_state), row.stands_until, now)
    return Join(account_of(row), row.used_at, Role(row.stands_role), row.tier_name, state)


async def landing(tx: Tx, invite: Invite, judged: Entitlement) -> Room | None:
    """Where somebody who came by the invite goes first: its first room that they may read, else the community's."""
    readable = [
        room for room in await rooms.of_community(tx, invite.community_id) if judged.reads(room.min_rank)
    ]
    named = {room.id: room for room in readable}
    wished = [named[room_id] for room_id in invite.rooms if room_id in named]
    return next(iter(wished or readable), None)
