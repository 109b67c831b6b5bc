"""Asking for entitlements. Everything that shows or does something for somebody asks here first.

Each is one statement, so what it says held at one moment. An error anywhere means no answer, hence no access.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, bindparam, or_, select

from channel import communities, rooms
from channel.communities import Community
from channel.communities.queries import COLUMNS as COMMUNITY
from channel.communities.queries import community_of
from channel.communities.tables import communities as community_table
from channel.errors import NotFound
from channel.ids import is_id
from channel.members.model import Belonging, Entitlement, Role, Standing, State, entitle
from channel.members.tables import memberships
from channel.rooms import Room
from channel.rooms.queries import COLUMNS as ROOM
from channel.rooms.queries import room_of
from channel.rooms.tables import rooms as room_table
from channel.storage import Prepared, Tx
from channel.tiers.tables import tiers

MAX_BELONGINGS = 500
STANDING = [
    memberships.c.account_id.label("standing_account_id"),
    memberships.c.role.label("standing_role"),
    memberships.c.state.label("standing_state"),
    memberships.c.tier_id.label("standing_tier_id"),
    memberships.c.until.label("standing_until"),
    memberships.c.reason.label("standing_reason"),
    memberships.c.tier_until.label("standing_tier_until"),
    memberships.c.joined_at.label("standing_joined_at"),
    tiers.c.name.label("standing_tier_name"),
    tiers.c.rank.label("standing_rank"),
]
WITH_TIER = memberships.join(tiers, tiers.c.id == memberships.c.tier_id)
_IN = select(*STANDING).select_from(WITH_TIER).where(memberships.c.community_id == bindparam("community_id"))
_ONE = Prepared(_IN.where(memberships.c.account_id == bindparam("account_id")))
_SEVERAL = Prepared(lambda words: _IN.where(words.among(memberships.c.account_id, "ids")))
_BY_ROOM = Prepared(
    select(*ROOM, *COMMUNITY, *STANDING)
    .select_from(
        room_table.join(community_table, community_table.c.id == room_table.c.community_id)
        .outerjoin(
            memberships,
            and_(
                memberships.c.community_id == room_table.c.community_id,
                memberships.c.account_id == bindparam("account_id"),
            ),
        )
        .outerjoin(tiers, tiers.c.id == memberships.c.tier_id)
    )
    .where(room_table.c.id == bindparam("room_id"))
)
_BELONGINGS = Prepared(
    select(*COMMUNITY, *STANDING)
    .select_from(WITH_TIER.join(community_table, community_table.c.id == memberships.c.community_id))
    .where(
        memberships.c.account_id == bindparam("account_id"),
        or_(memberships.c.state == State.ACTIVE.value, memberships.c.state == State.MUTED.value),
    )
    .order_by(memberships.c.joined_at.desc())
    .limit(MAX_BELONGINGS)
)


def _standing(row: Row[Any] | None) -> Standing | None:
    if row is None or row.standing_account_id is None:
        return None
    return Standing(
        role=Role(row.standing_role), state=State(row.standing_state), tier_id=row.standing_tier_id,
        tier_name=row.standing_tier_name, rank=row.standing_rank, until=row.standing_until,
        reason=row.standing_reason, tier_until=row.standing_tier_until, joined_at=row.standing_joined_at,
    )  # fmt: skip


def _judge(tx: Tx, community: Community, account_id: str | None, standing: Standing | None) -> Entitlement:
    return entitle(
        community.id, account_id, standing, visibility=community.visibility, closed=community.closed,
        deleted=community.deleted, now=tx.now,
    )  # fmt: skip


async def standing(tx: Tx, community_id: str, account_id: str) -> Standing | None:
    """What is stored about the account here, None for nothing: for a page that says why somebody is muted or banned."""
    return _standing(await tx.one(_ONE, community_id=community_id, account_id=account_id))


async def entitlement(tx: Tx, community: Community, account_id: str | None) -> Entitlement:
    """What this viewer (None: nobody signed in) may see and do in the community now."""
    if account_id is None:
        return _judge(tx, community, None, None)
    return _judge(tx, community, account_id, await standing(tx, community.id, account_id))


async def entitlements_of(tx: Tx, community: Community, account_ids: Sequence[str]) -> dict[str, Entitlement]:
    """The same for many viewers at once."""
    standings: dict[str, Standing | None] = dict.fromkeys(account_ids)
    for row in await tx.all(_SEVERAL, community_id=community.id, ids=account_ids):
        standings[row.standing_account_id] = _standing(row)
    return {account_id: _judge(tx, community, account_id, found) for account_id, found in standings.items()}


async def entitlement_by_room(
    tx: Tx, room_id: str, account_id: str | None
) -> tuple[Entitlement, Room, Community]:
    """For a caller who knows only the room: what this viewer may in its community. Raises NotFound for no room.

    The room itself may still be closed to them: ask `reads(room.min_rank)`.
    """
    row = await tx.one(_BY_ROOM, room_id=room_id, account_id=account_id) if is_id(room_id) else None
    if row is None:
        raise NotFound("There is no such room.")
    community = community_of(row)
    return _judge(tx, community, account_id, _standing(row)), room_of(row), community


async def entitlements(tx: Tx, account_id: str) -> list[Belonging]:
    """The communities that the account is in, last joined first, at most 500; an owner's deleted ones too."""
    found: list[Belonging] = []
    for row in await tx.all(_BELONGINGS, account_id=account_id):
        community = community_of(row)
        judged = _judge(tx, community, account_id, _standing(row))
        if judged.belongs:
            found.append(Belonging(community, judged, row.standing_tier_name))
    return found


async def tier_ends(tx: Tx, account_id: str) -> dict[str, int]:
    """By community, when the tier of the account ends unless it is renewed (epoch ms); none where it just goes on."""
    rows = await tx.all(_BELONGINGS, account_id=account_id)
    return {row.id: int(row.standing_tier_until) for row in rows if row.standing_tier_until is not None}


async def owner_id(tx: Tx, community_id: str) -> str:
    """The account that owns the community. Raises NotFound for no community."""
    query = select(memberships.c.account_id).where(
        memberships.c.community_id == community_id, memberships.c.role == Role.OWNER
    )
    found = await tx.value(query)
    if found is None:
        raise NotFound("There is no such community.")
    return str(found)


async def visible(tx: Tx, handle: str, account_id: str | None) -> tuple[Community, Entitlement]:
    """The community under an address, for this viewer. Raises NotFound when there is none or they may not know of it."""
    community = await communities.by_handle(tx, handle)
    judged = await entitlement(tx, community, account_id)
    if not judged.visible:
        raise NotFound("There is no such community.")
    return community, judged


async def readable_rooms(tx: Tx, judged: Entitlement) -> list[Room]:
    """The rooms that this viewer may enter, in the creator's order."""
    return [room for room in await rooms.of_community(tx, judged.community_id) if judged.reads(room.min_rank)]
