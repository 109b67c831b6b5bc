"""What staff do to people. Each asks for the right, then for the power over this person, then writes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from channel import tiers
from channel.communities import Community
from channel.communities.fields import line
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.ids import is_id
from channel.members.grants import UNPAID, give, revoke, settle_row, tell_if_paying
from channel.members.model import FOR_GOOD_MS, MAX_REASON_CHARS, POWER, Action, Entitlement, Role, State
from channel.members.rights import require, require_power, require_typed
from channel.members.standing import arrival, change, held, held_one, in_order, state_now
from channel.outbox import schedule
from channel.storage import Tx
from channel.tasks import BannedFollows

MAX_AT_ONCE = 100  # people in one bulk action
MAX_GUEST_HOURS = 720
HOUR_MS = 3_600_000
IN = (State.ACTIVE, State.MUTED)
_reason = line("reason", "At most 500 characters fit here. Write less.", at_most=MAX_REASON_CHARS)


async def mute(
    tx: Tx,
    by: Entitlement,
    community: Community,
    account_id: str,
    *,
    until: int | None = None,
    reason: str = "",
) -> None:
    """They read on but do not write, until `until` (epoch ms) or until somebody ends it. Raises Conflict if not in."""
    row = await _target(tx, by, community, account_id, Action.MODERATE)
    if state_now(row, tx.now) not in IN:
        raise Conflict("Only a member can be muted.", code="not_a_member")
    await change(tx, row, state=State.MUTED, until=_to_come(until, tx.now), reason=_reason(reason))


async def unmute(tx: Tx, by: Entitlement, community: Community, account_id: str) -> None:
    """Raises Conflict for somebody who is not muted."""
    row = await _target(tx, by, community, account_id, Action.MODERATE)
    if state_now(row, tx.now) is not State.MUTED:
        raise Conflict("This person is not muted.", code="not_muted")
    await change(tx, row, state=State.ACTIVE, until=None, reason="")


async def ban(
    tx: Tx,
    by: Entitlement,
    community: Community,
    account_id: str,
    *,
    until: int | None = None,
    reason: str = "",
) -> None:
    """They are out and stay out by every way in, until `until` (epoch ms) or until somebody ends it.

    A role goes for good. Whoever left or only asked to join can be banned too. What comes to them without the account
    ends, and comes back by itself neither when the ban is over nor when it is taken back.
    """
    row = await _target(tx, by, community, account_id, Action.MODERATE)
    values = {"until": _to_come(until, tx.now), "reason": _reason(reason), "role": Role.MEMBER}
    await change(tx, row, state=State.BANNED, **values)
    await tell_if_paying(tx, community.id, account_id)
    await schedule(tx, BannedFollows(account_id=account_id, community_id=community.id))


async def unban(tx: Tx, by: Entitlement, community: Community, account_id: str) -> None:
    """They may join again, and are not in until they do. Raises Conflict for somebody who is not banned."""
    row = await _target(tx, by, community, account_id, Action.MODERATE)
    if state_now(row, tx.now) is not State.BANNED:
        raise Conflict("This person is not banned.", code="not_banned")
    await change(tx, row, state=State.LEFT, until=None, reason="")


async def approve(tx: Tx, by: Entitlement, community: Community, account_ids: Sequence[str]) -> int:
    """Take in those of these who asked; returns how many. Raises Conflict when the community is closed."""
    require(by, community, Action.MODERATE)
    if community.closed or community.deleted:
        raise Conflict(
            "The community is closed and takes nobody in. Open it again first.", code="community_closed"
        )
    asking = await _asking(tx, community, account_ids)
    for row in asking:
        await change(tx, row, **arrival(row, State.ACTIVE, tx.now) | {"joined_at": tx.now})
    return len(asking)


async def refuse(tx: Tx, by: Entitlement, community: Community, account_ids: Sequence[str]) -> int:
    """Turn down those of these who asked; returns how many. They may ask again; a ban is what keeps somebody out."""
    require(by, community, Action.MODERATE)
    asking = await _asking(tx, community, account_ids)
    free = await tiers.free(tx, community.id)
    for row in asking:
        await revoke(tx, community.id, row.account_id, sources=UNPAID)
        await change(tx, row, state=State.LEFT, tier_id=free.id, tier_until=None, note="")
    return len(asking)


async def _asking(tx: Tx, community: Community, account_ids: Sequence[str]) -> list[Row[Any]]:
    rows = await held(tx, community.id, _some(account_ids))
    return [row for row in rows.values() if row.state == State.REQUESTED]


async def give_tier(
    tx: Tx,
    by: Entitlement,
    community: Community,
    account_ids: Sequence[str],
    tier_id: str,
    *,
    ends_at: int | None = None,
    reason: str = "",
) -> int:
    """Give these people a tier, up or down, until `ends_at` (epoch ms; None: for good); returns for how many it changed.

    It takes the place of what was given by hand or by an invite before; what somebody pays for stays. Raises NotFound for a person or a tier of elsewhere, Conflict for somebody who is not in, Forbidden (rank): then
    nobody was changed.
    """
    role = require(by, community, Action.GIVE_TIER)
    tier = await tiers.one(tx, community.id, tier_id)
    wanted = _some(account_ids)
    rows = await held(tx, community.id, wanted)
    if len(rows) < len(wanted):
        raise NotFound("One of these people is not a member of the community.")
    for row in rows.values():
        require_power(role, Role(row.role))
        if state_now(row, tx.now) not in (*IN, State.REQUESTED):
            raise Conflict("Only a member can be given a tier.", code="not_a_member")
    ends_at, reason = _to_come(ends_at, tx.now, field="ends_at"), _reason(reason)
    changed = 0
    for row in rows.values():
        await revoke(tx, community.id, row.account_id, sources=UNPAID)
        if tier.rank > 0:
            await give(
                tx, community.id, row.account_id, tier.id, source="given", source_id=community.id,
                ends_at=ends_at, reason=reason, by_id=by.account_id,
            )  # fmt: skip
        changed += await settle_row(tx, row)
    return changed


async def guest_pass(
    tx: Tx, by: Entitlement, community: Community, account_id: str, tier_id: str, hours: int
) -> None:
    """Open a paid tier to a member for some hours; another pass takes its place. What they have besides stays.

    Raises Invalid, NotFound, Conflict for somebody who is not in, Forbidden (rank).
    """
    row = await _target(tx, by, community, account_id, Action.GIVE_TIER)
    if isinstance(hours, bool) or not 1 <= hours <= MAX_GUEST_HOURS:
        raise Invalid(hours="A guest pass is for 1 to 720 hours.")
    if not is_id(tier_id):
        raise Invalid(guest_tier="Choose the tier that the pass opens.")
    tier = await tiers.one(tx, community.id, tier_id)
    if tier.rank == 0:
        raise Invalid(guest_tier="Everyone has the free tier. Choose another one.")
    if state_now(row, tx.now) not in IN:
        raise Conflict("Only a member can be given a tier.", code="not_a_member")
    await give(
        tx, community.id, account_id, tier.id, source="guest", source_id=community.id,
        ends_at=tx.now + hours * HOUR_MS, by_id=by.account_id,
    )  # fmt: skip
    await settle_row(tx, row)


async def give_role(tx: Tx, by: Entitlement, community: Community, account_id: str, role: Role) -> None:
    """Make a member something else, always below oneself. Raises Forbidden (rank), Conflict if they are not in."""
    own = require(by, community, Action.GIVE_ROLE)
    if role is Role.OWNER:
        raise Forbidden("There is one owner. Transfer the community instead.", code="rank")
    if POWER[own] <= POWER[role]:
        raise Forbidden("You can only give roles below your own.", code="rank")
    row = await _target(tx, by, community, account_id, Action.GIVE_ROLE)
    if state_now(row, tx.now) not in IN:
        raise Conflict("Only a member can be given a role.", code="not_a_member")
    if row.role != role:
        await change(tx, row, role=role)


async def transfer(
    tx: Tx, by: Entitlement, community: Community, to_account_id: str, *, typed_handle: str
) -> None:
    """Make another active member the owner; the owner becomes an admin. The handle is typed to confirm.

    Raises Invalid (typed_handle), Conflict when they are not an active member, or are the owner already.
    """
    require(by, community, Action.CLOSE_COMMUNITY)
    require_typed(community, typed_handle)
    owner_id = by.account_id or ""
    rows = await held(tx, community.id, [owner_id, to_account_id])
    heir = rows.get(to_account_id)
    if heir is None or to_account_id == owner_id or state_now(heir, tx.now) is not State.ACTIVE:
        raise Conflict("Only an active member can become the owner.", code="not_a_member")
    if rows[owner_id].role != Role.OWNER:  # they were the owner when they were asked, not any more
        raise Conflict("The community has another owner now.", code="not_owner")
    for account_id in in_order([owner_id, to_account_id]):
        await change(tx, rows[account_id], role=Role.OWNER if account_id == to_account_id else Role.ADMIN)


async def _target(tx: Tx, by: Entitlement, community: Community, account_id: str, action: Action) -> Row[Any]:
    role = require(by, community, action)
    row = await held_one(tx, community.id, account_id)
    require_power(role, Role(row.role))
    return row


def _some(account_ids: Sequence[str]) -> list[str]:
    wanted = in_order(account_ids)
    if not 0 < len(wanted) <= MAX_AT_ONCE:
        raise Invalid(ids="Choose from one to 100 people.")
    return wanted


def _to_come(until: int | None, now: int, *, field: str = "until") -> int | None:
    if until is not None and not now < until < FOR_GOOD_MS:
        raise Invalid({field: "Choose a moment to come, or no end."})
    return until
