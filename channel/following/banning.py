"""Who is banned stays out of what comes without an account, too, as far as it is known to be theirs: their proven address,
and the browsers that are switched on for their account."""

from sqlalchemy import and_, select

from channel.accounts.tables import accounts
from channel.following.actions import stop
from channel.following.devices import stop as stop_device
from channel.following.tables import follow_devices, followers
from channel.push.tables import push_devices
from channel.storage import Tx


async def put_out(tx: Tx, account_id: str, community_id: str) -> None:
    """They follow no more, and nothing is kept of it. Twice is as once. It is not by their own will, so it counts for
    nobody who grew weary."""
    mine = select(accounts.c.email).where(accounts.c.id == account_id, accounts.c.email.is_not(None))
    here = select(followers.c.id).where(
        followers.c.community_id == community_id, followers.c.email.in_(mine.scalar_subquery())
    )
    for row in await tx.all(here.order_by(followers.c.id)):
        await stop(tx, row.id)
    same = and_(
        push_devices.c.endpoint_hash == follow_devices.c.endpoint_hash,
        # Whoever knows an endpoint and not its keys must not put another browser out.
        push_devices.c.p256dh == follow_devices.c.p256dh,
        push_devices.c.auth == follow_devices.c.auth,
        push_devices.c.account_id == account_id,
    )
    browsers = select(follow_devices.c.id).where(
        follow_devices.c.community_id == community_id, select(push_devices.c.id).where(same).exists()
    )
    for row in await tx.all(browsers.order_by(follow_devices.c.id)):
        await stop_device(tx, row.id)
