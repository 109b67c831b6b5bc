"""Which store takes what a community sends, where that is another one than the server's: set by who runs the server."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from channel.communities.tables import communities
from channel.media.blobs import Blobs
from channel.media.tables import media_homes
from channel.storage import Database, Tx


async def home(tx: Tx, community_id: str) -> str:
    """The name of the store; "" is that of the server."""
    query = select(media_homes.c.store).where(media_homes.c.community_id == community_id)
    return str(await tx.value(query) or "")


async def at_home(db: Database, blobs: Blobs, community_id: str) -> Blobs:
    """The same store, with what is new going where this community's files go now."""
    async with db.read() as tx:
        return blobs.into(await home(tx, community_id))


async def settle(tx: Tx, community_id: str, store: str) -> None:
    """What is sent from now on goes to `store`, "" for that of the server. What is there stays where it is."""
    await tx.run(delete(media_homes).where(media_homes.c.community_id == community_id))
    if store:
        await tx.run(media_homes.insert().values(community_id=community_id, store=store))


async def settled(tx: Tx, ids: Sequence[str] | None = None) -> dict[str, str]:
    """The stores of the communities that have their own, by id; of these alone, where some are named."""
    query = select(media_homes)
    if ids is not None:
        query = query.where(media_homes.c.community_id.in_(ids))
    return {row.community_id: row.store for row in await tx.all(query)}


async def named(tx: Tx) -> list[tuple[str, str]]:
    """(handle, store) of each that has its own."""
    query = select(communities.c.handle, media_homes.c.store).join_from(
        media_homes, communities, communities.c.id == media_homes.c.community_id
    )
    return [(row.handle, row.store) for row in await tx.all(query.order_by(communities.c.handle))]
