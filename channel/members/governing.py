"""What staff do to the community itself, its rooms and its tiers: the right is asked here, the nouns below do the work.

Whatever changes what somebody may see is told to every room concerned, so that live viewers' rights are asked again.
"""

from typing import Any

from sqlalchemy import delete, func, select, update

from channel import communities, rooms, tiers
from channel.communities import Community
from channel.communities.model import UNDO_MS
from channel.errors import Conflict, Invalid, NotFound
from channel.events import CommunityDeleted, room_stream
from channel.members.grants import sold
from channel.members.model import Action, Entitlement, State
from channel.members.rights import require, require_typed
from channel.members.tables import memberships
from channel.outbox import emit, events, streams
from channel.rooms import Room
from channel.rooms.actions import announce
from channel.rooms.announcing import announce_community
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price

# What a viewer's rights or every page of the community depend on.
TOLD = frozenset({"visibility", "name", "hue", "cover", "avatar"})


async def edit_community(tx: Tx, by: Entitlement, community: Community, **changes: object) -> Community:
    """Change name, about, visibility, approval, embeddable, reach_shown, hue, cover, avatar, language or what podcasts say. Raises Invalid with every wrong field."""
    require(by, community, Action.EDIT_COMMUNITY)
    changed = await communities.update_fields(tx, community.id, **_without_foreign(community, changes))
    if any(getattr(changed, field) != getattr(community, field) for field in TOLD):
        await announce(tx, community.id)
    await announce_community(tx, community, changed)
    return changed


def _without_foreign(community: Community, changes: dict[str, object]) -> dict[str, object]:
    """A picture of one's own is put on by sending it; here it may only stay. Raises Invalid (cover, avatar)."""
    wrong = {
        name: "Choose one of the pictures, or send your own."
        for name in ("cover", "avatar")
        if str(changes.get(name, "")).startswith("own:") and changes[name] != getattr(community, name)
    }
    if wrong:
        raise Invalid(wrong)
    return changes


def require_look(by: Entitlement, community: Community) -> None:
    """May `by` change how the community looks? Raises NotFound, Forbidden."""
    require(by, community, Action.EDIT_COMMUNITY)


async def set_look(tx: Tx, by: Entitlement, community: Community, place: str, worn: str) -> Community:
    """Its `avatar` or `cover` is now what `channel.looks` made. Raises NotFound, Forbidden."""
    require_look(by, community)
    changed = await communities.update_fields(tx, community.id, **{place: worn})
    await announce(tx, community.id)
    return changed


async def close(tx: Tx, by: Entitlement, community: Community) -> Community:
    """No joins and no posts from here on; reading goes on."""
    require(by, community, Action.CLOSE_COMMUNITY)
    closed = await communities.set_state(tx, community.id, "closed")
    await announce(tx, community.id)
    return closed


async def reopen(tx: Tx, by: Entitlement, community: Community) -> Community:
    """Undo `close`. Raises Conflict for a deleted community: undo that first."""
    require(by, community, Action.CLOSE_COMMUNITY)
    if community.deleted:
        raise Conflict("The community is deleted. Undo that first.", code="deleted")
    opened = await communities.set_state(tx, community.id, "open")
    await announce(tx, community.id)
    return opened


async def delete_community(tx: Tx, by: Entitlement, community: Community, *, typed_handle: str) -> Community:
    """Gone at once for all but the owner, for good in 14 days. The handle stays taken until then."""
    require(by, community, Action.CLOSE_COMMUNITY)
    require_typed(community, typed_handle)
    deleted = await communities.mark_deleted(tx, community.id)
    told = CommunityDeleted(
        account_id=by.account_id or "", community_id=community.id, purge_at=deleted.purge_at or tx.now
    )
    await emit(tx, told, after_ms=UNDO_MS)
    await announce(tx, community.id)
    return deleted


async def undo_delete(tx: Tx, by: Entitlement, community: Community) -> Community:
    """Raises Conflict when there is nothing to undo."""
    require(by, community, Action.CLOSE_COMMUNITY)
    back = await communities.undo_delete(tx, community.id)
    await announce(tx, community.id)
    return back


async def purge(tx: Tx, community_id: str) -> bool:
    """The janitor's: remove a deleted community whose 14 days are over, with its rooms' logs. False when not due.

    Safe to repeat. What was undone, or deleted again later, is not due.
    """
    logs = [room_stream(room.id) for room in await rooms.of_community(tx, community_id)]
    if not await communities.purge(tx, community_id):
        return False
    await tx.run(delete(events).where(events.c.stream.in_(logs)))
    await tx.run(delete(streams).where(streams.c.stream.in_(logs)))
    return True


async def create_room(
    tx: Tx,
    by: Entitlement,
    community: Community,
    *,
    slug: str,
    name: str,
    kind: str = "channel",
    min_rank: int | None = None,
    about: str = "",
    **more: object,
) -> Room:
    """A room at the end of the list, see rooms.create. Raises Invalid (also for a taken slug), Conflict at 100 rooms."""
    require(by, community, Action.EDIT_ROOMS)
    return await rooms.create(
        tx, community.id, slug=slug, name=name, kind=kind, min_rank=min_rank, about=about, **more
    )


async def edit_room(tx: Tx, by: Entitlement, community: Community, room: Room, **changes: object) -> Room:
    """Change some of rooms.model.CHANGEABLE. Raises Invalid with every wrong field."""
    require(by, community, Action.EDIT_ROOMS)
    return await rooms.update_fields(tx, _own_room(community, room), **changes)


async def delete_room(tx: Tx, by: Entitlement, community: Community, room: Room, *, typed_slug: str) -> None:
    """Remove a room and its posts at once. The slug is typed to confirm. Raises Conflict for the last room."""
    require(by, community, Action.EDIT_ROOMS)
    if typed_slug.strip().lower() != _own_room(community, room).slug:
        raise Invalid(typed_slug="Type the address of the room exactly to confirm.")
    await rooms.delete(tx, room)


async def move_room(tx: Tx, by: Entitlement, community: Community, room: Room, position: int) -> list[Room]:
    """Put a room at `position` (1 is first) and return all in their new order."""
    require(by, community, Action.EDIT_ROOMS)
    return await rooms.move(tx, _own_room(community, room), position)


def _own_room(community: Community, room: Room) -> Room:
    if room.community_id != community.id:
        raise NotFound("There is no such room.")
    return room


async def create_tier(
    tx: Tx,
    by: Entitlement,
    community: Community,
    *,
    name: str,
    rank: int,
    **more: object,
) -> Tier:
    """Raises Invalid (also for a taken rank), Conflict at 50 tiers."""
    require(by, community, Action.EDIT_TIERS)
    return await tiers.create(tx, community.id, name=name, rank=rank, **more)


async def edit_tier(tx: Tx, by: Entitlement, community: Community, tier: Tier, **changes: object) -> Tier:
    """Change a tier. A new rank opens and locks rooms for all who have it; archived, it is sold and given no more."""
    require(by, community, Action.EDIT_TIERS)
    changed = await tiers.update_fields(tx, _own_tier(community, tier), **changes)
    if changed.rank != tier.rank:
        await announce(tx, community.id)
    return changed


async def offer_price(tx: Tx, by: Entitlement, community: Community, tier: Tier, **price: Any) -> Price:
    """Offer the tier for a price; see tiers.prices.offer. Who pays another one goes on paying that."""
    require(by, community, Action.EDIT_TIERS)
    return await prices.offer(tx, _own_tier(community, tier), **price)


async def retire_price(tx: Tx, by: Entitlement, community: Community, tier: Tier, price_id: str) -> None:
    """Offer it no more. Who pays it goes on."""
    require(by, community, Action.EDIT_TIERS)
    await prices.retire(tx, _own_tier(community, tier), price_id)


async def delete_tier(tx: Tx, by: Entitlement, community: Community, tier: Tier) -> None:
    """Remove a tier, and with it the invites that grant it. Raises Conflict while somebody has it or asked for it.

    Who left or is banned keeps their place, on the free tier.
    """
    require(by, community, Action.EDIT_TIERS)
    await tiers.lock(tx, _own_tier(community, tier))
    theirs = (memberships.c.community_id == community.id) & (memberships.c.tier_id == tier.id)
    out = memberships.c.state.in_((State.LEFT, State.BANNED))
    if tier.rank > 0:
        users = int(await tx.value(select(func.count()).where(theirs, ~out)))
        if users:
            raise Conflict(
                "Members have this tier. Give them another one first.", code="tier_in_use", members=users
            )
        if await sold(tx, tier.id):
            raise Conflict("This tier was sold. Archive it instead.", code="tier_sold")
        free = await tiers.free(tx, community.id)
        await tx.run(update(memberships).where(theirs, out).values(tier_id=free.id, tier_until=None))
    await tiers.delete(tx, tier)
    await announce(tx, community.id)


def _own_tier(community: Community, tier: Tier) -> Tier:
    if tier.community_id != community.id:
        raise NotFound("There is no such tier.")
    return tier
