"""Finding previews: those that are shown, and those that are due."""

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from channel.errors import NotFound
from channel.ids import is_id
from channel.previews.model import Found, Preview
from channel.previews.tables import link_pages, link_previews
from channel.storage import Prepared, Tx

MAX_MANY = 1_000
KEPT_MS = 24 * 3600 * 1000
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
_PAGE = Prepared(
    select(*(link_pages.c[name] for name in Found.__dataclass_fields__)).where(
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


async def page(tx: Tx, url: str) -> Found | None:
    """What was found at `url` within the last day: nothing is an answer, too."""
    row = await tx.one(_PAGE, url=url, since=tx.now - KEPT_MS)
    return None if row is None else Found(*row)
