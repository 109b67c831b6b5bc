"""When rights change under open sockets: what each follower hears from here on, and who hears nothing any more."""

import asyncio
from dataclasses import dataclass
from typing import Final

from channel import communities, members
from channel.comments import reading
from channel.errors import NotFound
from channel.live import frames
from channel.live.follower import Follower
from channel.live.hub import Hub
from channel.live.protocol import NOT_ALLOWED, RIGHTS_CHANGED, error
from channel.live.stream import Subscription
from channel.members import Entitlement, State
from channel.members.queries import entitlements_of
from channel.render import views
from channel.rooms import Room
from channel.storage import Database, Tx

JUDGED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Where a room's stream is, or that of the thread under a post of it."""

    room_id: str
    community_id: str
    post_id: str = ""


async def membership_changed(db: Database, hub: Hub, account_id: str, community_id: str) -> None:
    """Apply new rights of one account to all of its sockets, at once."""
    followers = hub.of_account(account_id)
    if not followers:
        return
    async with db.read() as tx:
        try:
            community = await communities.one(tx, community_id)
            entitlement = await members.entitlement(tx, community, account_id)
        except NotFound:
            community = None
        for follower in followers:
            for subscription in follower.subscriptions:
                subscription.stale = subscription.cohort is None
            mine = [one for one in follower.subscriptions if _community_of(one) == community_id]
            if community is None:
                for subscription in mine:
                    expel(hub, subscription)
                continue
            follower.say(frames.access(community.handle, entitlement.rank, entitlement.role))
            for subscription in mine:
                await _apply(tx, hub, subscription, entitlement)
            if mine and entitlement.state is State.BANNED:
                _show_the_door(follower)


def _community_of(subscription: Subscription) -> str | None:
    place = subscription.stream.facts
    return place.community_id if isinstance(place, Place) else None


def _show_the_door(follower: Follower) -> None:
    """Close the connection of somebody banned: for good, or to come back for the other communities it followed."""
    if any(_community_of(subscription) for subscription in follower.subscriptions):
        follower.end(RIGHTS_CHANGED, "rights changed")
    else:
        follower.end(NOT_ALLOWED, "banned")


async def room_changed(db: Database, hub: Hub, room_id: str) -> None:
    """A room, its community or its tiers changed: ask again for everybody in it, many at once, but not all."""
    async with db.read() as tx:
        subscriptions = hub.in_stream(f"room:{room_id}")
        for subscription in subscriptions:
            subscription.stale = subscription.cohort is None
        try:
            nobody, room, community = await members.entitlement_by_room(tx, room_id, None)
        except NotFound:
            for subscription in subscriptions:
                expel(hub, subscription)
            return
        for start in range(0, len(subscriptions), JUDGED_AT_ONCE):
            some = subscriptions[start : start + JUDGED_AT_ONCE]
            ids = {one.follower.account_id for one in some} - {None}
            judged = await entitlements_of(tx, community, tuple(str(account_id) for account_id in ids))
            for subscription in some:
                account_id = subscription.follower.account_id
                _regroup(hub, subscription, judged[account_id] if account_id else nobody, room)
            await asyncio.sleep(0)


async def _apply(tx: Tx, hub: Hub, subscription: Subscription, entitlement: Entitlement) -> None:
    place = subscription.stream.facts
    if place.post_id:
        await regroup_thread(tx, hub, place.post_id, (subscription,))
        return
    try:
        _, room, _ = await members.entitlement_by_room(tx, place.room_id, subscription.follower.account_id)
    except NotFound:
        expel(hub, subscription)
        return
    _regroup(hub, subscription, entitlement, room)


def _regroup(hub: Hub, subscription: Subscription, entitlement: Entitlement, room: Room) -> None:
    if subscription.cohort is None:
        return  # still joining, and told above to read its rights again; or gone meanwhile
    if not entitlement.reads(room.min_rank):
        expel(hub, subscription)
    else:
        hub.regroup(subscription, sight_of(entitlement, room))


async def regroup_thread(tx: Tx, hub: Hub, post_id: str, some: tuple[Subscription, ...]) -> None:
    """Give each of these what its account may see of the thread now; who may see nothing is let go."""
    ids = {one.follower.account_id for one in some}
    try:
        sights = await reading.sights(tx, post_id, ids)
    except NotFound:
        sights = {}
    for subscription in some:
        if subscription.cohort is None:
            continue  # still joining, and told to read its rights again; or gone meanwhile
        sight = sights.get(subscription.follower.account_id)
        if sight is None:
            expel(hub, subscription)
        else:
            hub.regroup(subscription, sight)


def sight_of(entitlement: Entitlement, room: Room) -> int:
    """What decides which frames are right in this room, now. Raises NotFound, Forbidden."""
    return views.sight(entitlement, room)


def expel(hub: Hub, subscription: Subscription) -> None:
    """It hears nothing any more, and is told so."""
    follower, name = subscription.follower, subscription.stream.name
    if subscription.cohort is None:
        return
    hub.detach(subscription)
    what = "this post, or it was deleted" if name.startswith("thread:") else "this room"
    follower.say(error("forbidden", f"You may no longer read {what}.", stream=name))
