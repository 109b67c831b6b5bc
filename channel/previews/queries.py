"""Finding previews: those that are shown, and those that are due."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.previews.model import Found, Pictures, Preview
from channel.previews.tables import link_pages, link_previews
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
HOUR_MS = 3600 * 1000
KEPT_MS = 24 * HOUR_MS
_FIELDS = [*Preview.__dataclass_fields__]
_OF_POSTS = Prepared(
    lambda words: select(*(link_previews.c[name] for name in _FIELDS)).where(
        link_previews.c.state == "shown", words.among(link_previews.c.post_id, "ids")
    )
)
_DUE = Prepared(
    select(link_previews.c.links).where(
        link_previews.c.post_id == bindparam("post_id"), link_previews.c.state == "due"
    )
)
_FOUND, _KEPT = [*Found.__dataclass_fields__], [*Pictures.__dataclass_fields__]
_PAGE = Prepared(
    select(*(link_pages.c[name] for name in (*_FOUND, *_KEPT))).where(
        link_pages.c.url == bindparam("url"), link_pages.c.fetched_at > bindparam("since")
    )
)


async def of_posts(tx: Tx, post_ids: Sequence[str]) -> dict[str, Preview]:
    """The previews of these posts (at most 1,000), by post; those without one are missing."""
    if not post_ids:
        return {}
    rows = await tx.all(_OF_POSTS, ids=post_ids[:MAX_MANY])
    return {row.post_id: Preview(*(getattr(row, name) for name in _FIELDS)) for row in rows}


async def one(tx: Tx, post_id: str) -> Preview:
    """Raises NotFound."""
    found = await of_posts(tx, [post_id]) if is_id(post_id) else {}
    if post_id not in found:
        raise NotFound("This post has no preview.")
    return found[post_id]


async def due(tx: Tx, post_id: str) -> tuple[str, ...] | None:
    """The links of a post whose preview is still to be made."""
    links = await tx.value(_DUE, post_id=post_id)
    return None if links is None else tuple(links.split("\n"))


async def page(tx: Tx, url: str) -> tuple[Found, Pictures] | None:
    """What was found at `url` within the last day: nothing is an answer, too.

    An hour before it is swept it counts no more, so that no picture goes while somebody is about to name it.
    """
    row = await tx.one(_PAGE, url=url, since=tx.now - KEPT_MS + HOUR_MS)
    if row is None:
        return None
    found = Found(*(getattr(row, name) for name in _FOUND))
    return found, Pictures(*(getattr(row, name) for name in _KEPT))


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that some preview needs: the sweeper of the store asks."""
    if not keys:
        return set()
    places = [table.c[name] for table in (link_previews, link_pages) for name in ("picture_key", "icon_key")]
    return {row[0] for place in places for row in await tx.all(select(place).where(place.in_(keys)))}
