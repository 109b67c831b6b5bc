"""Who may send files to a community, and change one. `Entitlement` decides; here its answers become errors."""

from collections.abc import Sequence

from sqlalchemy import Select, select

from channel import rooms
from channel.errors import Forbidden, NotFound
from channel.media.model import Media
from channel.members.model import MATRIX, OUTSIDER_RANK, Action, Entitlement, State
from channel.members.tables import memberships
from channel.members.voice import require_unmuted
from channel.rooms.model import Room
from channel.storage import Tx


async def require_sender(tx: Tx, by: Entitlement) -> str:
    """The account of one who may upload: who posts here, and members where a group takes files of theirs.

    Raises NotFound, Forbidden (not_in, muted, community_closed, rank_too_low).
    """
    account_id = require_member(by)
    if by.role in MATRIX[Action.POST]:
        return account_id
    if by.closed:
        raise Forbidden("The community is closed. Open it again first.", code="community_closed")
    if not any(takes(by, room) for room in await rooms.of_community(tx, by.community_id)):
        raise Forbidden("Your tier sends no files here.", code="rank_too_low")
    return account_id


def require_member(by: Entitlement) -> str:
    """Raises NotFound, Forbidden (not_in, muted)."""
    if not by.visible:
        raise NotFound("There is no such community.")
    if by.account_id is None or not by.belongs:
        raise Forbidden("Only members send files here. Join the community first.", code="not_in")
    require_unmuted(by)
    return by.account_id


def takes(by: Entitlement, room: Room) -> bool:
    """Whether the room takes files of this member."""
    if not room.is_group:
        return by.role in MATRIX[Action.POST]
    rank = max(OUTSIDER_RANK if one is None else one for one in (room.write_rank, room.upload_rank))
    return by.belongs and by.reads(room.min_rank) and by.rank >= rank


def require_taken(by: Entitlement, room: Room) -> None:
    """Raises Forbidden (rank_too_low)."""
    if not takes(by, room):
        raise Forbidden("Your tier sends no files here. Send your words without them.", code="rank_too_low")


def team(community_id: str) -> Select[tuple[str]]:
    """The accounts that post in this community now."""
    return select(memberships.c.account_id).where(
        memberships.c.community_id == community_id,
        memberships.c.role.in_(sorted(MATRIX[Action.POST])),
        memberships.c.state.in_([State.ACTIVE, State.MUTED]),
    )


async def of_the_team(tx: Tx, by: Entitlement, found: Sequence[Media]) -> set[str]:
    """Ids of those that the team sent, for one who may edit whatever the team posts."""
    if not found or not by.may(Action.EDIT_ANY_POST):
        return set()
    owners = {row.account_id for row in await tx.all(team(by.community_id))}
    return {one.id for one in found if one.community_id == by.community_id and one.owner_id in owners}


async def require_original(tx: Tx, by: Entitlement, one: Media) -> None:
    """Who may have what was sent, which may say where it was taken: the team's own, those of it who may edit whatever it
    posts. A member's original is for nobody, nor is one that nobody has looked through yet, or that was refused. To
    others it is not there: raises NotFound.
    """
    if one.original_gone or one.state in ("processing", "refused"):
        raise NotFound("There is no such file.")
    posts_here = by.visible and by.role is not None and by.role in MATRIX[Action.POST]
    of_ours = posts_here and one.community_id == by.community_id
    own = of_ours and by.account_id == one.owner_id
    if not of_ours or not (own or one.id in await of_the_team(tx, by, [one])):
        raise NotFound("There is no such file.")


def require_owner(by: Entitlement, one: Media) -> None:
    """Whoever sent it, and those who may edit any post. To others it is not there: raises NotFound."""
    own = by.account_id is not None and by.account_id == one.owner_id and by.belongs
    if by.community_id != one.community_id or not by.visible or not (own or by.may(Action.EDIT_ANY_POST)):
        raise NotFound("There is no such file.")
