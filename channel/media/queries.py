"""Finding media. They come whole; what is shown of them is decided in render/media."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, func, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.media.model import Media, Upload, Variant
from channel.media.tables import media, post_media, uploads, variants
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
FIELDS = [field for field in Media.__dataclass_fields__ if field != "variants"]
UPLOAD_FIELDS = [*Upload.__dataclass_fields__]
_MEDIA = [media.c[field] for field in FIELDS]
_ONE = Prepared(select(*_MEDIA).where(media.c.id == bindparam("id")))
_MANY = Prepared(lambda words: select(*_MEDIA).where(words.among(media.c.id, "ids")))
_VARIANTS = Prepared(
    lambda words: (
        select(variants)
        .where(words.among(variants.c.media_id, "ids"))
        .order_by(variants.c.media_id, variants.c.width, variants.c.format)
    )
)
_OF_POSTS = Prepared(
    lambda words: (
        select(post_media.c.post_id, post_media.c.media_id)
        .where(words.among(post_media.c.post_id, "ids"))
        .order_by(post_media.c.post_id, post_media.c.position)
    )
)
_UPLOAD = Prepared(
    select(*(uploads.c[field] for field in UPLOAD_FIELDS)).where(
        uploads.c.id == bindparam("id"), uploads.c.account_id == bindparam("account_id")
    )
)


async def one(tx: Tx, media_id: str) -> Media:
    """Raises NotFound."""
    row = await tx.one(_ONE, id=media_id) if is_id(media_id) else None
    if row is None:
        raise NotFound("There is no such file.")
    return _media(row, await _variants(tx, [media_id]))


async def many(tx: Tx, ids: Sequence[str]) -> dict[str, Media]:
    """By id, at most 1,000; what does not exist is missing."""
    wanted = [*dict.fromkeys(ids)][:MAX_MANY]
    if not wanted:
        return {}
    made = await _variants(tx, wanted)
    return {row.id: _media(row, made) for row in await tx.all(_MANY, ids=wanted)}


async def of_posts(tx: Tx, post_ids: Sequence[str]) -> dict[str, tuple[Media, ...]]:
    """What these posts carry, in its order; a post without media is missing."""
    rows = await tx.all(_OF_POSTS, ids=[*post_ids][:MAX_MANY]) if post_ids else []
    known = await many(tx, [row.media_id for row in rows])
    found: dict[str, list[Media]] = defaultdict(list)
    for row in rows:
        if row.media_id in known:
            found[row.post_id].append(known[row.media_id])
    return {post_id: tuple(carried) for post_id, carried in found.items()}


async def upload(tx: Tx, upload_id: str, account_id: str) -> Upload:
    """One's own unfinished upload. Raises NotFound."""
    row = await tx.one(_UPLOAD, id=upload_id, account_id=account_id) if is_id(upload_id) else None
    if row is None:
        raise NotFound("There is no such upload. Begin again.")
    return Upload(**{field: getattr(row, field) for field in UPLOAD_FIELDS})


async def used_bytes(tx: Tx, community_id: str) -> int:
    """What the community has in the store, and what is on its way."""
    sent = select(func.coalesce(func.sum(media.c.size), 0)).where(media.c.community_id == community_id)
    made = (
        select(func.coalesce(func.sum(variants.c.size), 0))
        .join_from(variants, media, media.c.id == variants.c.media_id)
        .where(media.c.community_id == community_id)
    )
    coming = select(func.coalesce(func.sum(uploads.c.size), 0)).where(uploads.c.community_id == community_id)
    return sum([int(await tx.value(query)) for query in (sent, made, coming)])


async def unfinished(tx: Tx, account_id: str) -> int:
    """How many uploads of the account are on their way."""
    query = select(func.count()).select_from(uploads).where(uploads.c.account_id == account_id)
    return int(await tx.value(query))


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that some medium needs."""
    if not keys:
        return set()
    sent = select(media.c.sha256).where(media.c.sha256.in_(keys))
    made = select(variants.c.sha256).where(variants.c.sha256.in_(keys))
    return {row[0] for query in (sent, made) for row in await tx.all(query)}


async def _variants(tx: Tx, ids: Sequence[str]) -> Mapping[str, list[Variant]]:
    found: dict[str, list[Variant]] = defaultdict(list)
    for row in await tx.all(_VARIANTS, ids=ids):
        found[row.media_id].append(Variant(row.width, row.height, row.format, row.sha256, int(row.size)))
    return found


def _media(row: Row[Any], made: Mapping[str, list[Variant]]) -> Media:
    values = {field: getattr(row, field) for field in FIELDS}
    return Media(**values, variants=tuple(made.get(row.id, ())))
