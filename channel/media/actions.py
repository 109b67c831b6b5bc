"""Changing what is said of a medium, and taking one away."""

import hashlib
from collections.abc import Mapping, Sequence

from sqlalchemy import delete as delete_from
from sqlalchemy import select, union, update

from channel.errors import Conflict, Invalid
from channel.media import queries, tables
from channel.media.captions import MAX_LANGUAGES, parse_captions, parse_language
from channel.media.credentials.model import SHOWN, encoded
from channel.media.model import Media, Proof, parse_alt, parse_focal
from channel.media.rights import of_the_team, require_owner
from channel.media.tables import media, media_credentials, post_media, post_teasers
from channel.members.model import MATRIX, Action, Entitlement
from channel.storage import Tx

MOST_CARRIERS = 1_000
_PLACES = (post_media, post_teasers)


async def describe(
    tx: Tx,
    by: Entitlement,
    one: Media,
    *,
    alt: str | None = None,
    focal: tuple[int, int] | None = None,
    sensitive: bool | None = None,
    captions: Mapping[str, str | None] | None = None,
) -> Media:
    """Say what it shows, what of it must stay in sight, whether it is covered at first, what is said in a video.

    `captions`: WebVTT by language, None to take them away. Raises NotFound, Invalid.
    """
    require_owner(by, one)
    if captions:
        await _caption(tx, one, captions)
    x, y = (one.focal_x, one.focal_y) if focal is None else parse_focal(*focal)
    fresh = {
        "alt": one.alt if alt is None else parse_alt(alt),
        "focal_x": x,
        "focal_y": y,
        "sensitive": one.sensitive if sensitive is None else sensitive,
    }
    await tx.run(update(media).where(media.c.id == one.id).values(**fresh))
    return await queries.one(tx, one.id)


async def _caption(tx: Tx, one: Media, given: Mapping[str, str | None]) -> None:
    """Raises Invalid (captions)."""
    if one.kind != "video":
        raise Invalid(captions="Only a video has captions.")
    texts = {
        parse_language(language): None if text is None else parse_captions(text)
        for language, text in given.items()
    }
    if len({each.language for each in one.captions} | texts.keys()) > MAX_LANGUAGES:
        raise Invalid(captions="A video has captions in at most 20 languages. Take some away first.")
    of_it = (tables.captions.c.media_id == one.id) & tables.captions.c.language.in_(texts)
    await tx.run(delete_from(tables.captions).where(of_it))
    for language, text in texts.items():
        if text is not None:
            digest = hashlib.sha256(text.encode()).hexdigest()
            row = {"media_id": one.id, "language": language, "text": text, "digest": digest}
            await tx.run(tables.captions.insert().values(**row))


async def say(tx: Tx, media_id: str, proof: Proof) -> None:
    """What its credentials say, in place of what was known of them."""
    of_it = media_credentials.c.media_id == media_id
    await tx.run(delete_from(media_credentials).where(of_it))
    state = proof.said.state
    await tx.run(update(media).where(media.c.id == media_id).values(credentials_state=state))
    if state in SHOWN:
        row = {"said": encoded(proof.said), "store_sha256": proof.sha256, "store_size": proof.size}
        await tx.run(media_credentials.insert().values(media_id=media_id, **row))


async def keep_credentials(tx: Tx, by: Entitlement, one: Media, *, kept: bool) -> Media:
    """Whether its credentials are handed out beside it, to whoever may see it. Raises NotFound."""
    require_owner(by, one)
    await tx.run(update(media).where(media.c.id == one.id).values(keep_credentials=kept))
    return await queries.one(tx, one.id)


async def forget_original(tx: Tx, by: Entitlement, one: Media) -> Media:
    """Keep what was made of it and no longer what was sent, for good; its bytes go with the next sweep.

    Raises NotFound, Conflict (original_needed) while nothing was made of it.
    """
    require_owner(by, one)
    if one.state != "ready" or not one.variants:
        raise Conflict(
            "The original is all there is of this, so it stays. Delete the file instead.",
            code="original_needed",
        )
    await tx.run(update(media).where(media.c.id == one.id).values(original_gone=True))
    return await queries.one(tx, one.id)


async def carriers(tx: Tx, media_id: str) -> list[str]:
    """Ids of the posts that carry it, or show it on their locked card; at most 1,000."""
    places = [select(table.c.post_id).where(table.c.media_id == media_id) for table in _PLACES]
    return [row.post_id for row in await tx.all(union(*places).order_by("post_id").limit(MOST_CARRIERS))]


async def carried(tx: Tx, post_id: str) -> list[str]:
    """Ids of what the post carries, and shows on its locked card."""
    places = [select(table.c.media_id).where(table.c.post_id == post_id) for table in _PLACES]
    return [row.media_id for row in await tx.all(union(*places))]


async def used(tx: Tx, ids: Sequence[str]) -> set[str]:
    """Those of `ids` that some post carries or shows on its locked card."""
    if not ids:
        return set()
    places = [select(table.c.media_id).where(table.c.media_id.in_(ids)) for table in _PLACES]
    return {row.media_id for row in await tx.all(union(*places))}


async def remove(tx: Tx, by: Entitlement, one: Media) -> None:
    """It is served no more from now on; its bytes go with the next sweep. Raises NotFound."""
    require_owner(by, one)
    await tx.run(delete_from(media).where(media.c.id == one.id))


async def usable(tx: Tx, by: Entitlement, ids: Sequence[str]) -> list[Media]:
    """These media, for a post of `by`: their own, and what is in the community's posts already for who posts here.

    Raises Invalid (media).
    """
    known = await queries.many(tx, ids)
    shared = await used(tx, ids) if by.role in MATRIX[Action.POST] else set()
    shared |= await of_the_team(tx, by, [*known.values()])
    for media_id in ids:
        one = known.get(media_id)
        if (
            one is None
            or one.community_id != by.community_id
            or (one.owner_id != by.account_id and media_id not in shared)
        ):
            raise Invalid(media="One of these is no picture or file of this community. Leave it out.")
        if one.state == "refused":
            raise Invalid(media=f"{one.name} was refused by the virus scanner. Leave it out.")
        if one.state == "failed":
            raise Invalid(media=f"{one.name} could not be read. Leave it out, or send it in another format.")
    return [known[media_id] for media_id in ids]


async def attach(tx: Tx, post_id: str, ids: Sequence[str]) -> None:
    """What the post carries from now on, in this order."""
    await tx.run(delete_from(post_media).where(post_media.c.post_id == post_id))
    rows = [{"post_id": post_id, "media_id": one, "position": at} for at, one in enumerate(ids)]
    await tx.run_many(post_media.insert(), rows)


async def untease(tx: Tx, post_id: str) -> list[str]:
    """Nothing stands on its locked card any more. Returns what stood there."""
    here = post_teasers.c.post_id == post_id
    found = [row.media_id for row in await tx.all(select(post_teasers.c.media_id).where(here))]
    await tx.run(delete_from(post_teasers).where(here))
    return found


async def drop_alone(tx: Tx, community_id: str, ids: Sequence[str], kept: Sequence[str]) -> None:
    """Delete those of `ids` that no other post carries and that are not `kept` (by drafts)."""
    if not ids:
        return
    there = await used(tx, ids)
    alone = [one for one in ids if one not in there and one not in kept]
    if alone:
        await tx.run(delete_from(media).where(media.c.id.in_(alone), media.c.community_id == community_id))
