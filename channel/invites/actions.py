"""Making, switching and accepting invites."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from channel import communities, rooms, tiers
from channel.accounts import Account
from channel.accounts.queries import account_of
from channel.communities import Community
from channel.communities.actions import hold
from channel.communities.fields import parsed
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.ids import is_id, new_id, token_hash
from channel.invites.model import CHECKS, CODE_CHARS, MAX_OPEN, Invite, Switch, gone, new_code
from channel.invites.queries import base, invite_of, one, require_sight, row_of
from channel.invites.seal import Seal
from channel.invites.tables import invite_uses, invites
from channel.members import Action, Entitlement, State
from channel.members.joining import find_membership, join, membership, raise_tier
from channel.members.model import Membership
from channel.members.rights import require
from channel.storage import Tx

_CODE = re.compile(rf"[A-Za-z0-9]{{{CODE_CHARS}}}")
IN = (State.ACTIVE, State.MUTED)


async def create(  # noqa: PLR0913 - each is a field of the form
    tx: Tx,
    by: Entitlement,
    community: Community,
    seal: Seal,
    *,
    label: str = "",
    expires_at: int | None = None,
    max_uses: int | None = None,
    tier_id: str | None = None,
    requires_approval: bool = False,
    rooms: Sequence[str] = (),
) -> Invite:
    """A link that makes members, never more than that. To grant a tier one needs the right to give tiers.

    Raises Invalid with every wrong field, NotFound for a tier or a room of elsewhere, Forbidden, Conflict at 1,000.
    """
    require(by, community, Action.INVITE)
    row = parsed(
        CHECKS,
        {
            "label": label,
            "expires_at": expires_at,
            "max_uses": max_uses,
            "requires_approval": requires_approval,
        },
    )
    if expires_at is not None and expires_at <= tx.now:
        raise Invalid(expires_at="Choose a moment to come, or none.")
    row["tier_id"] = await _grantable(tx, by, community, tier_id)
    row["rooms"] = await _own_rooms(tx, community, rooms)
    await _room_for_one_more(tx, community)
    code, invite_id = new_code(), new_id(tx.now)
    row |= {
        "id": invite_id, "community_id": community.id, "code_hash": token_hash(code),
        "code_sealed": seal.close(code, invite_id), "state": "open", "created_by": by.account_id, "created_at": tx.now,
    }  # fmt: skip
    try:
        await tx.run(invites.insert().values(**row))
    except IntegrityError as error:  # the tier went since it was read
        raise NotFound("There is no such tier.") from error
    return await one(tx, by, community, invite_id, seal=seal)


async def _grantable(tx: Tx, by: Entitlement, community: Community, tier_id: str | None) -> str | None:
    if not tier_id:
        return None
    tier = await tiers.one(tx, community.id, tier_id)
    if tier.rank > 0:
        require(by, community, Action.GIVE_TIER)
    return tier.id


async def _own_rooms(tx: Tx, community: Community, room_ids: Sequence[str]) -> str:
    own = {room.id for room in await rooms.of_community(tx, community.id)}
    if not set(room_ids) <= own:
        raise NotFound("There is no such room in this community.")
    return msgspec.json.encode(list(dict.fromkeys(room_ids))).decode()


async def _room_for_one_more(tx: Tx, community: Community) -> None:
    await hold(tx, community.id)
    alive = (invites.c.community_id == community.id) & (invites.c.state != "revoked")
    alive &= or_(invites.c.expires_at.is_(None), invites.c.expires_at > tx.now)
    alive &= or_(invites.c.max_uses.is_(None), invites.c.uses < invites.c.max_uses)
    if await tx.value(select(func.count()).select_from(invites).where(alive)) >= MAX_OPEN:
        raise Conflict(
            "A community has at most 1,000 open invites. Revoke one first.", code="too_many_invites"
        )


async def set_state(
    tx: Tx, by: Entitlement, community: Community, invite_id: str, state: Switch, *, seal: Seal
) -> Invite:
    """Pause, open again, or revoke, which is for good. Raises Conflict for a revoked one.

    Anybody who may see invites may stop one; to open one again takes the right to make it.
    """
    require_sight(by, community)
    row = await row_of(tx, community, invites.c.id == invite_id, known=is_id(invite_id))
    if state == "open":
        require(by, community, Action.INVITE)
        await _grantable(tx, by, community, row.invite_tier_id)
    alive = update(invites).where(invites.c.id == invite_id, invites.c.state != "revoked")
    if not await tx.run(alive.values(state=state)) and state != "revoked":
        raise Conflict("This invite was revoked. Make a new one.", code="invite_revoked")
    return await one(tx, by, community, invite_id, seal=seal)


async def behind(tx: Tx, code: str) -> tuple[Invite, Community, Account]:
    """What stands behind a code and who made it, also when it no longer opens: for a page that says why not.

    Consumes nothing. Raises NotFound for no invite. The Invite comes without its code.
    """
    row = await _by_code(tx, code)
    invite = invite_of(row, tx.now)
    community = await communities.one(tx, invite.community_id)
    if community.deleted:
        raise NotFound("There is no such invite.")
    return invite, community, account_of(row)


async def preview(tx: Tx, code: str) -> tuple[Invite, Community, Account]:
    """What one would join by it, and who invites. Consumes nothing.

    Raises NotFound for no invite, Gone with code invite_expired, invite_used_up, invite_revoked or invite_paused.
    The Invite comes without its code.
    """
    invite, community, host = await behind(tx, code)
    if invite.status != "open":
        raise gone(invite.status)
    return invite, community, host


async def accept(tx: Tx, code: str, account: Account, *, note: str = "") -> tuple[Membership, bool]:
    """Join by it; True when that was a joining or a request to, False for somebody who is in (or asked) already.

    Counted once for an account, however often it comes, leaves and returns; never more than `max_uses`. A link gives
    its tier once: whoever comes back by it, or had it taken, is without. Somebody who is in with a lower tier gets
    the one it grants, and that counts. Raises what `preview` and `members.join` raise.
    """
    invite = invite_of(await _by_code(tx, code), tx.now)
    community = await communities.one(tx, invite.community_id)
    if community.deleted:
        raise NotFound("There is no such invite.")
    there = await find_membership(tx, community.id, account.id)
    if there is not None and there.state is State.BANNED:
        raise Forbidden("You cannot join this community.", code="banned")
    first = not await _used(tx, invite, account)
    if there is not None and there.state in IN:
        return await _raise(tx, invite, community, there, first=first), False
    if there is not None and there.state is State.REQUESTED and invite.requires_approval:
        return there, False
    if first:
        await _take(tx, invite, account.id)
    elif invite.status not in ("open", "used_up"):  # their use is among those that used it up
        raise gone(invite.status)
    tier_id = invite.tier.id if first and invite.tier else None
    came = await join(
        tx,
        account,
        community,
        tier_id=tier_id,
        invite_id=invite.id,
        approve=invite.requires_approval,
        note=note,
    )
    return came, came.joined


async def _raise(
    tx: Tx, invite: Invite, community: Community, there: Membership, *, first: bool
) -> Membership:
    """The membership of somebody who is in, with the tier that the invite grants if that is more."""
    higher = invite.tier is not None and invite.tier.rank > there.tier.rank
    good = invite.status == "open" and not invite.requires_approval and not community.closed
    if not (first and higher and good) or invite.tier is None:
        return there
    await _take(tx, invite, there.account_id)
    await raise_tier(tx, community, there.account_id, invite.tier, invite.id)
    return await membership(tx, community.id, there.account_id)


async def _used(tx: Tx, invite: Invite, account: Account) -> bool:
    own = (invite_uses.c.invite_id == invite.id) & (invite_uses.c.account_id == account.id)
    return await tx.one(select(invite_uses.c.at).where(own)) is not None


async def _take(tx: Tx, invite: Invite, account_id: str) -> None:
    """Count one use. The condition stands in the UPDATE: of many at once, only as many as fit get through it."""
    if invite.status != "open":
        raise gone(invite.status)
    use = {"invite_id": invite.id, "account_id": account_id, "at": tx.now}
    if not await tx.run(tx.insert(invite_uses).values(**use).on_conflict_do_nothing()):
        return  # the same account on another device, a moment ago
    good = (invites.c.id == invite.id) & (invites.c.state == "open")
    good &= or_(invites.c.expires_at.is_(None), invites.c.expires_at > tx.now)
    good &= or_(invites.c.max_uses.is_(None), invites.c.uses < invites.c.max_uses)
    if not await tx.run(update(invites).where(good).values(uses=invites.c.uses + 1)):
        now = invite_of(await _row(tx, invites.c.id == invite.id), tx.now)
        raise gone(now.status)


async def _by_code(tx: Tx, code: str) -> Row[Any]:
    if not _CODE.fullmatch(code):
        raise NotFound("There is no such invite.")
    return await _row(tx, invites.c.code_hash == token_hash(code))


async def _row(tx: Tx, condition: ColumnElement[bool]) -> Row[Any]:
    row = await tx.one(base().where(condition))
    if row is None:
        raise NotFound("There is no such invite.")
    return row
