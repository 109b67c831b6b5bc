"""Making private feeds, giving them new addresses, and ending them."""

from sqlalchemy import delete, func, select, update

from channel import members
from channel.communities import Community
from channel.errors import Conflict, Forbidden, NotFound
from channel.feeds.model import GONE_MS, KEPT_DAYS, MAX_LIVE, By, Feed, Reading, day_of
from channel.feeds.queries import found, live
from channel.feeds.seal import Seal
from channel.feeds.tables import feed_networks, feeds
from channel.ids import new_id, new_token, token_hash
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.rooms import Room
from channel.storage import Tx

AT_ONCE = 500


async def make(
    tx: Tx, seal: Seal, account_id: str, community: Community, room: Room | None = None
) -> tuple[Feed, bool]:
    """A feed of a room, or of all that its owner may read; False for one that was there: of each there is one.

    Raises NotFound, Forbidden (not_in, room_locked), Conflict at MAX_LIVE.
    """
    by = await members.entitlement(tx, community, account_id)
    _require_reader(by, room)
    mine = live(account_id)
    room_id = room.id if room else None
    same = feeds.c.room_id.is_(None) if room_id is None else feeds.c.room_id == room_id
    there = await tx.value(select(feeds.c.id).where(mine, feeds.c.community_id == community.id, same))
    if there is not None:
        return await found(tx, account_id, there, seal), False
    if await tx.value(select(func.count()).select_from(feeds).where(mine)) >= MAX_LIVE:
        raise Conflict("An account has at most 50 private feeds. Revoke one first.", code="too_many_feeds")
    return await _create(tx, seal, account_id, community, room), True


def _require_reader(by: Entitlement, room: Room | None) -> None:
    if not by.visible or (room is not None and room.community_id != by.community_id):
        raise NotFound("There is no such room." if by.visible else "There is no such community.")
    if not by.belongs:
        raise Forbidden("Only members have private feeds. Join the community first.", code="not_in")
    if room is not None and not by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")


async def _create(tx: Tx, seal: Seal, account_id: str, community: Community, room: Room | None) -> Feed:
    feed_id, secret = new_id(tx.now), new_token()
    await tx.run(
        feeds.insert().values(
            id=feed_id, account_id=account_id, community_id=community.id, room_id=room.id if room else None,
            secret_hash=token_hash(secret), secret_sealed=seal.close(secret, feed_id), created_at=tx.now,
        )
    )  # fmt: skip
    return Feed(feed_id, account_id, community, room, tx.now, secret, Reading())


async def revoke(tx: Tx, account_id: str, feed_id: str) -> None:
    """The address opens nothing from now on. Raises NotFound."""
    feed = await found(tx, account_id, feed_id)
    await _end(tx, feed.id, "owner")


async def renew(tx: Tx, seal: Seal, account_id: str, feed_id: str) -> Feed:
    """The same feed under a new address; the old one opens nothing from now on. Raises NotFound."""
    feed = await found(tx, account_id, feed_id)
    await _end(tx, feed.id, "owner")
    return await _create(tx, seal, account_id, feed.community, feed.room)


async def withdraw(
    tx: Tx, seal: Seal, by: Entitlement, community: Community, feed_id: str, *, renewed: bool
) -> None:
    """By those who moderate: a member's address opens nothing from now on. `renewed`: they find a new one in their
    account; nobody else is told it. Raises NotFound, Forbidden."""
    require(by, community, Action.MODERATE)
    feed = await found(tx, None, feed_id)
    if feed.community.id != community.id:
        raise NotFound("There is no such feed.")
    await _end(tx, feed.id, "team")
    if renewed:
        await _create(tx, seal, feed.account_id, community, feed.room)


async def _end(tx: Tx, feed_id: str, by: By) -> None:
    ended = update(feeds).where(feeds.c.id == feed_id, feeds.c.revoked_at.is_(None))
    await tx.run(ended.values(revoked_at=tx.now, revoked_by=by))
    await tx.run(delete(feed_networks).where(feed_networks.c.feed_id == feed_id))


async def forget(tx: Tx, account_id: str) -> None:
    """All feeds of an account that goes."""
    await tx.run(delete(feeds).where(feeds.c.account_id == account_id))


async def sweep(tx: Tx) -> None:
    """What was revoked long ago, and networks of more than two weeks ago."""
    old = select(feeds.c.id).where(feeds.c.revoked_at < tx.now - GONE_MS).limit(AT_ONCE)
    await tx.run(delete(feeds).where(feeds.c.id.in_(old)))
    await tx.run(delete(feed_networks).where(feed_networks.c.day <= day_of(tx.now) - KEPT_DAYS))
