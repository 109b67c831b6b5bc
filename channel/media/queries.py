"""Finding media. They come whole; what is shown of them is decided in render/media."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, case, func, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.media import chapters, framing
from channel.media.credentials.model import SHOWN, decoded
from channel.media.model import Caption, Media, Proof, Upload, Variant
from channel.media.tables import captions, media, media_credentials, post_media, uploads, variants
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
FIELDS = [field for field in Media.__dataclass_fields__ if field not in ("variants", "captions", "proof")]
KEPT_SIZE = case((media.c.original_gone, 0), else_=media.c.size)  # bytes of what was sent, where it is kept
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
_CAPTIONS = Prepared(
    lambda words: (
        select(captions.c.media_id, captions.c.language, captions.c.digest)
        .where(words.among(captions.c.media_id, "ids"))
        .order_by(captions.c.media_id, captions.c.language)
    )
)
_PROOFS = Prepared(
    lambda words: select(media_credentials).where(words.among(media_credentials.c.media_id, "ids"))
)
_WORDS = Prepared(
    select(captions.c.text).where(
        captions.c.media_id == bindparam("id"), captions.c.language == bindparam("language")
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
    return (await _whole(tx, [row]))[0]


async def many(tx: Tx, ids: Sequence[str]) -> dict[str, Media]:
    """By id, at most 1,000; what does not exist is missing."""
    wanted = [*dict.fromkeys(ids)][:MAX_MANY]
    if not wanted:
        return {}
    return {one.id: one for one in await _whole(tx, await tx.all(_MANY, ids=wanted))}


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
    sent = select(func.coalesce(func.sum(KEPT_SIZE), 0)).where(media.c.community_id == community_id)
    made = (
        select(func.coalesce(func.sum(variants.c.size), 0))
        .join_from(variants, media, media.c.id == variants.c.media_id)
        .where(media.c.community_id == community_id)
    )
    said = (
        select(func.coalesce(func.sum(media_credentials.c.store_size), 0))
        .join_from(media_credentials, media, media.c.id == media_credentials.c.media_id)
        .where(media.c.community_id == community_id)
    )
    coming = select(func.coalesce(func.sum(uploads.c.size), 0)).where(uploads.c.community_id == community_id)
    return sum([int(await tx.value(query)) for query in (sent, made, said, coming)])


async def unfinished(tx: Tx, account_id: str) -> int:
    """How many uploads of the account are on their way."""
    query = select(func.count()).select_from(uploads).where(uploads.c.account_id == account_id)
    return int(await tx.value(query))


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that some medium needs."""
    if not keys:
        return set()
    sent = select(media.c.sha256).where(media.c.sha256.in_(keys), media.c.original_gone.is_(False))
    made = select(variants.c.sha256).where(variants.c.sha256.in_(keys))
    said = select(media_credentials.c.store_sha256).where(media_credentials.c.store_sha256.in_(keys))
    return {row[0] for query in (sent, made, said) for row in await tx.all(query)}


async def words(tx: Tx, media_id: str, language: str) -> str:
    """The captions in that language, as WebVTT. Raises NotFound."""
    text = await tx.value(_WORDS, id=media_id, language=language)
    if text is None:
        raise NotFound("There are no captions in that language.")
    return str(text)


async def _whole(tx: Tx, rows: Sequence[Row[Any]]) -> list[Media]:
    """With what was made of them and what was written to them."""
    made: dict[str, list[Row[Any]]] = defaultdict(list)
    said: dict[str, list[Caption]] = defaultdict(list)
    if rows:
        for row in await tx.all(_VARIANTS, ids=[row.id for row in rows]):
            made[row.media_id].append(row)
    films = [row.id for row in rows if row.kind == "video"]
    if films:
        for row in await tx.all(_CAPTIONS, ids=films):
            said[row.media_id].append(Caption(row.language, row.digest))
    proofs = await _proofs(tx, [row.id for row in rows if row.credentials_state in SHOWN])
    return [_media(row, made[row.id], said[row.id], proofs.get(row.id)) for row in rows]


async def _proofs(tx: Tx, ids: Sequence[str]) -> dict[str, Proof]:
    if not ids:
        return {}
    rows = await tx.all(_PROOFS, ids=ids)
    return {row.media_id: Proof(decoded(row.said), row.store_sha256, int(row.store_size)) for row in rows}


def _media(row: Row[Any], made: Sequence[Row[Any]], said: Sequence[Caption], proof: Proof | None) -> Media:
    values = {field: getattr(row, field) for field in FIELDS}
    values["waveform"] = tuple(map(int, row.waveform.split()))
    values["frame"], values["chapters"] = framing.decoded(row.frame), chapters.decoded(row.chapters)
    there = [
        Variant(one.width, one.height, one.format, one.sha256, int(one.size), row.version) for one in made
    ]
    return Media(**values, variants=tuple(there), captions=tuple(said), proof=proof)
