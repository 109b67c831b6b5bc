"""Coming and going. Every way in ends in `join`, so a banned person stays out by all of them."""

from typing import Any

from sqlalchemy import Row, select

from channel import accounts, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.communities.fields import prose
from channel.communities.tables import communities
from channel.errors import Conflict, Forbidden, NotFound
from channel.members.grants import UNPAID, Source, best, give, revoke, settle_row, tell_if_paying
from channel.members.model import FOR_GOOD_MS, MAX_NOTE_CHARS, Membership, Role, State
from channel.members.standing import arrival, change, held, held_one, insert, membership_of, state_now
from channel.members.tables import memberships
from channel.storage import Tx
from channel.tiers import Tier

_note = prose("note", "At most 500 characters fit here. Write less.", at_most=MAX_NOTE_CHARS)


async def join(
    tx: Tx,
    account: Account,
    community: Community,
    *,
    tier_id: str | None = None,
    invite_id: str | None = None,
    approve: bool = False,
    invited: bool = False,
    note: str = "",
) -> Membership:
    """Make the account a member, or a person who asks to be one when `approve` (or the community, without invite) says so.

    `invited`: by a gift, say, which is a way in like an invite.

    Who is in already stays as they are (`joined` False). Coming back starts from role member and the free tier, or
    the tier given here; a mute that had not ended goes on. Raises Forbidden (banned, suspended), Conflict
    (community_closed), NotFound (a private community without invite; a tier of another community).
    """
    invited = invited or invite_id is not None
    _may_come(account, community, invited=invited)
    tier = await (tiers.one(tx, community.id, tier_id) if tier_id else tiers.free(tx, community.id))
    asks = approve or (not invited and community.approval)
    fresh = {
        "role": Role.MEMBER, "tier_id": tier.id, "state": State.REQUESTED if asks else State.ACTIVE,
        "invite_id": invite_id, "note": _note(note),
    }  # fmt: skip
    if await insert(tx, community.id, account.id, fresh):
        joined = True
        await _grant(tx, community.id, account.id, tier, invite_id)
    else:
        joined = await _come_back(tx, await held_one(tx, community.id, account.id), fresh, tier)
    return await membership(tx, community.id, account.id, joined=joined)


async def _grant(tx: Tx, community_id: str, account_id: str, tier: Tier, invite_id: str | None) -> None:
    """Say why they have the tier that they come with."""
    if tier.rank > 0:
        source: Source = "invite" if invite_id else "given"
        await give(tx, community_id, account_id, tier.id, source=source, source_id=invite_id or community_id)


def _may_come(account: Account, community: Community, *, invited: bool) -> None:
    if community.deleted or (community.visibility == "private" and not invited):
        raise NotFound("There is no such community.")
    if account.state != "active":
        raise Forbidden("This account is suspended. Ask the people who run this instance.", code="suspended")
    if community.closed:
        raise Conflict("This community is closed and takes nobody in.", code="community_closed")


async def _come_back(tx: Tx, row: Row[Any], fresh: dict[str, Any], tier: Tier) -> bool:
    """Turn a stored membership into a fresh one if it is not one already."""
    state = state_now(row, tx.now)
    if state is State.BANNED:
        raise Forbidden("You cannot join this community.", code="banned")
    if state in (State.ACTIVE, State.MUTED):
        return False
    if state is State.REQUESTED and fresh["state"] is State.REQUESTED:
        return False
    note = fresh["note"] or (row.note if state is State.REQUESTED else "")
    await revoke(tx, row.community_id, row.account_id, sources=UNPAID)
    await _grant(tx, row.community_id, row.account_id, tier, fresh["invite_id"])
    tier_id, tier_until = await best(tx, row.community_id, row.account_id)
    fresh |= {"tier_id": tier_id, "tier_until": tier_until, "joined_at": tx.now, "note": note}
    await change(tx, row, **fresh | arrival(row, fresh["state"], tx.now))
    return True


async def membership(tx: Tx, community_id: str, account_id: str, *, joined: bool = False) -> Membership:
    """How the account stands here, locked until the end of the transaction. Raises NotFound for a stranger."""
    row = await held_one(tx, community_id, account_id)
    return membership_of(row, await tiers.one(tx, community_id, row.tier_id), tx.now, joined=joined)


async def find_membership(tx: Tx, community_id: str, account_id: str) -> Membership | None:
    """The same; None for a stranger."""
    row = (await held(tx, community_id, [account_id])).get(account_id)
    if row is None:
        return None
    return membership_of(row, await tiers.one(tx, community_id, row.tier_id), tx.now, joined=False)


async def raise_tier(tx: Tx, community: Community, account_id: str, tier: Tier, invite_id: str) -> bool:
    """Give a member who is in a higher tier than they have, for the invite that grants it. False when it is not higher."""
    row = (await held(tx, community.id, [account_id])).get(account_id)
    if row is None or state_now(row, tx.now) not in (State.ACTIVE, State.MUTED):
        return False
    if (await tiers.one(tx, community.id, row.tier_id)).rank >= tier.rank:
        return False
    await give(tx, community.id, account_id, tier.id, source="invite", source_id=invite_id)
    return await settle_row(tx, row)


async def leave(tx: Tx, account_id: str, community: Community) -> None:
    """Go, or take back a request. Role and tier are gone with it; a mute is not, else leaving would end it.

    Raises Conflict (code owner) for the owner, NotFound for somebody who is not in.
    """
    row = await held_one(tx, community.id, account_id)
    if row.role == Role.OWNER:
        raise Conflict("The owner cannot leave. Transfer the community to somebody first.", code="owner")
    if state_now(row, tx.now) in (State.LEFT, State.BANNED):
        raise NotFound("You are not a member of this community.")
    await _go(tx, row)


async def _go(tx: Tx, row: Row[Any]) -> None:
    kept: dict[str, Any] = {"until": None, "reason": ""}
    if state_now(row, tx.now) is State.MUTED:
        kept = {"until": row.until or FOR_GOOD_MS}
    free = await tiers.free(tx, row.community_id)
    await revoke(tx, row.community_id, row.account_id, sources=UNPAID)
    kept |= {"tier_id": free.id, "tier_until": None}
    await change(tx, row, state=State.LEFT, role=Role.MEMBER, note="", **kept)
    await tell_if_paying(tx, row.community_id, row.account_id)


async def erase_account(tx: Tx, account_id: str) -> None:
    """Delete an account on its owner's or the operator's wish: it leaves every community, then nothing personal is left.

    Raises Conflict (code owns_communities, naming them; or last_admin), NotFound.
    """
    joined = memberships.join(communities, communities.c.id == memberships.c.community_id)
    query = select(
        memberships.c.community_id, memberships.c.role, communities.c.name, communities.c.deleted_at
    )
    stays = memberships.c.state.in_((State.ACTIVE, State.MUTED, State.REQUESTED))
    rows = await tx.all(query.select_from(joined).where(memberships.c.account_id == account_id, stays))
    owned = [row.name for row in rows if row.role == Role.OWNER and row.deleted_at is None]
    await accounts.delete_account(tx, account_id, owned)
    for row in sorted(rows, key=lambda row: row.community_id):
        if row.role != Role.OWNER:
            await _go(tx, await held_one(tx, row.community_id, account_id))
