"""The public feeds of a room read otherwise now: the hub is to be told, where the operator has named one (WebSub).

Which feeds are public is asked when it is told. Without a hub nothing happens, no statement either.
"""

from typing import Final

from channel.communities import Community
from channel.hearers import HUB
from channel.outbox import schedule
from channel.rooms.model import Room
from channel.rooms.queries import of_community
from channel.storage import Tx
from channel.tasks import FeedsChanged

GATHER_MS: Final = 2_000  # what changes in a room within it is told together
# What feeds say of a room and of its community, beside their posts.
OF_ROOM: Final = ("slug", "name", "about", "min_rank", "podcast_category", "podcast_email")
OF_COMMUNITY: Final = (
    "name", "about", "visibility", "hue", "avatar", "language", "podcast_category", "podcast_email",
)  # fmt: skip


async def announce(tx: Tx, room_id: str) -> None:
    """Something in it is new, or reads otherwise."""
    if HUB in tx.extras:
        await schedule(tx, FeedsChanged(room_id=room_id), tx.now + GATHER_MS)


async def announce_room(tx: Tx, before: Room, after: Room) -> None:
    """It was changed itself. Nobody outside is told of a group."""
    if not after.is_group and any(getattr(before, one) != getattr(after, one) for one in OF_ROOM):
        await announce(tx, after.id)


async def announce_community(tx: Tx, before: Community, after: Community) -> None:
    """What stands above each of its feeds was changed."""
    if HUB in tx.extras and any(getattr(before, one) != getattr(after, one) for one in OF_COMMUNITY):
        for room in await of_community(tx, after.id):
            if not room.is_group:
                await announce(tx, room.id)
