"""When rights change under open sockets: what each follower hears from here on, and who hears nothing any more."""

from channel import communities, members, posts
from channel.errors import NotFound
from channel.live import frames
from channel.live.hub import Follower, Group, Hub, Subscription
from channel.live.protocol import NOT_ALLOWED, RIGHTS_CHANGED, encode, error
from channel.members import Entitlement, State
from channel.members.queries import entitlements_of
from channel.render import json, views
from channel.rooms import Room
from channel.storage import Database, Tx


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
            mine = [sub for sub in hub.of_follower(follower) if sub.community_id == community_id]
            if community is None:
                for subscription in mine:
                    _expel(hub, subscription)
                continue
            follower.push(frames.access(community.handle, entitlement.rank, entitlement.role))
            for subscription in mine:
                await _apply(tx, hub, subscription, entitlement)
            if mine and entitlement.state is State.BANNED:
                _show_the_door(hub, follower)


def _show_the_door(hub: Hub, follower: Follower) -> None:
    """Close the connection of somebody banned: for good, or to come back for the other communities it followed."""
    elsewhere = any(subscription.room_id for subscription in hub.of_follower(follower))
    if elsewhere:
        follower.end(RIGHTS_CHANGED, "rights changed")
    else:
        follower.end(NOT_ALLOWED, "banned")


async def room_changed(db: Database, hub: Hub, room_id: str) -> None:
    """A room, its community or its tiers changed: ask again for everybody in it, with a few queries for all."""
    async with db.read() as tx:
        subscriptions = tuple(hub.in_room(room_id))
        try:
            nobody, room, community = await members.entitlement_by_room(tx, room_id, None)
        except NotFound:
            for subscription in subscriptions:
                _expel(hub, subscription)
            return
        account_ids = {sub.follower.account_id for sub in subscriptions} - {None}
        judged = await entitlements_of(tx, community, tuple(str(account_id) for account_id in account_ids))
        for subscription in subscriptions:
            account_id = subscription.follower.account_id
            _regroup(hub, subscription, judged[account_id] if account_id else nobody, room)


async def _apply(tx: Tx, hub: Hub, subscription: Subscription, entitlement: Entitlement) -> None:
    if subscription.room_id is None:
        return
    try:
        _, room, _ = await members.entitlement_by_room(
            tx, subscription.room_id, subscription.follower.account_id
        )
    except NotFound:
        _expel(hub, subscription)
        return
    _regroup(hub, subscription, entitlement, room)


def _regroup(hub: Hub, subscription: Subscription, entitlement: Entitlement, room: Room) -> None:
    if not entitlement.reads(room.min_rank):
        _expel(hub, subscription)
        return
    subscription.group = group_of(entitlement, room, subscription)


def group_of(entitlement: Entitlement, room: Room, subscription: Subscription) -> Group:
    """The group whose frames are right for this follower in this room, now. Raises NotFound or Forbidden."""
    return Group(views.sight(entitlement, room), subscription.format, subscription.follower.language)


def _expel(hub: Hub, subscription: Subscription) -> None:
    hub.drop(subscription.follower, subscription.stream)
    detail = "You may no longer read this room."
    subscription.follower.push(error("forbidden", detail, stream=subscription.stream))


async def tell_counts(db: Database, hub: Hub, room_id: str, post_ids: tuple[str, ...]) -> None:
    """One coalesced `counts` frame to everybody in a room. Counts are no content: the same for every rank."""
    async with db.read() as tx:
        found = await posts.many(tx, post_ids)
    counted = {
        post.id: json.counts(post) for post in found if post.room_id == room_id and not post.deleted_at
    }
    if not counted:
        return
    frame = encode({"type": "counts", "stream": f"room:{room_id}", "posts": counted})
    for subscription in hub.in_room(room_id):
        if subscription.group is not None and subscription.held is None:
            subscription.follower.push(frame)
