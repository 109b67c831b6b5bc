"""Changing what is said of a medium, and taking one away."""

from collections.abc import Sequence

from sqlalchemy import delete as delete_from
from sqlalchemy import select, update

from channel.errors import Invalid
from channel.media import queries
from channel.media.model import Media, parse_alt, parse_focal
from channel.media.rights import require_owner
from channel.media.tables import media, post_media
from channel.members.model import MATRIX, Action, Entitlement
from channel.storage import Tx


async def describe(
    tx: Tx,
    by: Entitlement,
    one: Media,
    *,
    alt: str | None = None,
    focal: tuple[int, int] | None = None,
    sensitive: bool | None = None,
) -> Media:
    """Say what it shows, what of it must stay in sight, whether it is covered at first. Raises NotFound, Invalid."""
    require_owner(by, one)
    x, y = (one.focal_x, one.focal_y) if focal is None else parse_focal(*focal)
    fresh = {
        "alt": one.alt if alt is None else parse_alt(alt),
        "focal_x": x,
        "focal_y": y,
        "sensitive": one.sensitive if sensitive is None else sensitive,
    }
    await tx.run(update(media).where(media.c.id == one.id).values(**fresh))
    return await queries.one(tx, one.id)


async def carriers(tx: Tx, media_id: str) -> list[str]:
    """Ids of the posts that carry it, at most 100."""
    query = select(post_media.c.post_id).where(post_media.c.media_id == media_id)
    return [row.post_id for row in await tx.all(query.order_by(post_media.c.post_id).limit(100))]


async def remove(tx: Tx, by: Entitlement, one: Media) -> None:
    """It is served no more from now on; its bytes go with the next sweep. Raises NotFound."""
    require_owner(by, one)
    await tx.run(delete_from(media).where(media.c.id == one.id))


async def usable(tx: Tx, by: Entitlement, ids: Sequence[str]) -> list[Media]:
    """These media, for a post of `by`: their own, and what is in the community's posts already for who posts here.

    Raises Invalid (media).
    """
    known = await queries.many(tx, ids)
    shared = set()
    if by.role in MATRIX[Action.POST] and ids:
        query = select(post_media.c.media_id).where(post_media.c.media_id.in_(ids))
        shared = {row.media_id for row in await tx.all(query)}
    for media_id in ids:
        one = known.get(media_id)
        if (
            one is None
            or one.community_id != by.community_id
            or (one.owner_id != by.account_id and media_id not in shared)
        ):
            raise Invalid(media="One of these is no picture or file of this community. Leave it out.")
        if one.state == "failed":
            raise Invalid(media=f"{one.name} could not be read. Leave it out, or send it in another format.")
    return [known[media_id] for media_id in ids]


async def attach(tx: Tx, post_id: str, ids: Sequence[str]) -> None:
    """What the post carries from now on, in this order."""
    await tx.run(delete_from(post_media).where(post_media.c.post_id == post_id))
    rows = [{"post_id": post_id, "media_id": one, "position": at} for at, one in enumerate(ids)]
    await tx.run_many(post_media.insert(), rows)


async def drop_alone(tx: Tx, community_id: str, ids: Sequence[str], kept: Sequence[str]) -> None:
    """Delete those of `ids` that no other post carries and that are not `kept` (by drafts)."""
    if not ids:
        return
    used = {
        row.media_id
        for row in await tx.all(select(post_media.c.media_id).where(post_media.c.media_id.in_(ids)))
    }
    alone = [one for one in ids if one not in used and one not in kept]
    if alone:
        await tx.run(delete_from(media).where(media.c.id.in_(alone), media.c.community_id == community_id))
