"""The picture on the card of a locked post: chosen by its writer, and never what is locked unless they say so."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from channel import media, rooms
from channel.errors import Invalid
from channel.media import actions
from channel.media import tables as kept_in
from channel.media.model import Media
from channel.media.tables import post_media, post_teasers
from channel.members.model import Entitlement
from channel.posts import carrying
from channel.posts.model import Post, TeaserPicture
from channel.posts.tables import posts
from channel.rooms.model import Room
from channel.rooms.tables import rooms as room_table
from channel.storage import Prepared, Tx

Teased = tuple[TeaserPicture, Media]
_OF_POSTS = Prepared(lambda words: select(post_teasers).where(words.among(post_teasers.c.post_id, "ids")))


async def of_posts(tx: Tx, found: Sequence[Post]) -> dict[str, Teased]:
    """By post: what stands on the cards of those that somebody may see locked."""
    ids = [post.id for post in found if post.min_rank is not None and post.deleted_at is None]
    rows = await tx.all(_OF_POSTS, ids=ids) if ids else []
    known = await media.many(tx, [row.media_id for row in rows])
    return {
        row.post_id: (TeaserPicture(row.media_id, row.blurred, row.also_inside), known[row.media_id])
        for row in rows
        if row.media_id in known
    }


async def of_post(tx: Tx, post_id: str) -> TeaserPicture | None:
    """What was chosen for the post, whoever may read it now."""
    row = await tx.one(_OF_POSTS, ids=[post_id])
    return row and TeaserPicture(row.media_id, row.blurred, row.also_inside)


async def require(
    tx: Tx,
    by: Entitlement,
    room: Room,
    chosen: TeaserPicture | None,
    carried: Sequence[str],
    post_id: str = "",
) -> TeaserPicture | None:
    """`chosen`, for a post that carries `carried`. Raises Forbidden (rank_too_low), Invalid (teaser_picture)."""
    if chosen is None:
        return None
    try:
        await carrying.usable(tx, by, room, [chosen.media_id])
    except Invalid as error:
        raise Invalid(teaser_picture=next(iter(error.fields.values()))) from error
    await require_shown(tx, chosen, carried, post_id)
    return chosen


async def changed(
    tx: Tx, by: Entitlement, post: Post, chosen: TeaserPicture | None, carried: Sequence[str] | None
) -> bool:
    """Whether an edit puts something else on the card. `carried`: what the post carries after it; None: the same.

    Raises as `require` does, also when what stands there comes to be inside. What stands there may stay, whosever it is.
    """
    before = await of_post(tx, post.id)
    if chosen is None or (chosen == before and carried is None):
        return chosen != before
    inside = await carrying.of_post(tx, post) if carried is None else carried
    if before is not None and chosen.media_id == before.media_id:
        await require_shown(tx, chosen, inside, post.id)
    else:
        await require(tx, by, await rooms.one(tx, post.room_id), chosen, inside, post.id)
    return chosen != before


async def require_shown(tx: Tx, chosen: TeaserPicture, carried: Sequence[str], post_id: str = "") -> None:
    """Raises Invalid (teaser_picture) for what is no picture, and for one that is locked somewhere unless that is meant."""
    known = await media.many(tx, [chosen.media_id, *carried])
    picture = known.get(chosen.media_id)
    if picture is None or picture.kind != "picture":
        raise Invalid(teaser_picture="On the locked card stands a picture. Choose one.")
    same = any(known[one].sha256 == picture.sha256 for one in carried if one in known)
    if not chosen.also_inside and (same or await _locked_elsewhere(tx, picture, post_id)):
        raise Invalid(
            teaser_picture="This picture stands in a locked post, too: everybody would see it. Choose another, or say that it is meant."
        )


async def _locked_elsewhere(tx: Tx, picture: Media, post_id: str) -> bool:
    """In another post than this one; by its bytes: sent twice it is the same picture."""
    stored = kept_in.media
    query = (
        select(posts.c.id)
        .join_from(post_media, posts, posts.c.id == post_media.c.post_id)
        .join(stored, stored.c.id == post_media.c.media_id)
        .join(room_table, room_table.c.id == posts.c.room_id)
        .where(
            stored.c.sha256 == picture.sha256,
            posts.c.community_id == picture.community_id,
            posts.c.id != post_id,
            posts.c.deleted_at.is_(None),
            or_(posts.c.min_rank.is_not(None), room_table.c.min_rank.is_not(None)),
        )
    )
    return await tx.one(query.limit(1)) is not None


async def put(tx: Tx, post_id: str, chosen: TeaserPicture | None) -> list[str]:
    """It stands on the card from now on. Returns what stood there before, to be dropped once the post is whole."""
    before = await actions.untease(tx, post_id)
    if chosen is not None:
        row = {"blurred": chosen.blurred, "also_inside": chosen.also_inside}
        await tx.run(post_teasers.insert().values(post_id=post_id, media_id=chosen.media_id, **row))
    return before


async def kept(tx: Tx, by: Entitlement, chosen: TeaserPicture | None) -> str:
    """As a draft keeps it; "" for none, or one that they may not use."""
    if chosen is None or not await carrying.own(tx, by, [chosen.media_id]):
        return ""
    marks = [name for name in ("blurred", "also_inside") if getattr(chosen, name)]
    return " ".join([chosen.media_id, *marks])


def read(kept: str) -> TeaserPicture | None:
    """What a draft keeps."""
    media_id, *marks = kept.split() or [""]
    return TeaserPicture(media_id, "blurred" in marks, "also_inside" in marks) if media_id else None
