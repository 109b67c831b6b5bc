"""What a post shows of the page that it links to. Part of the open view alone: a locked one has no field for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from channel import previews
from channel.posts.model import Post
from channel.previews import Preview as Preview  # noqa: PLC0414 - views know it from here
from channel.storage import Tx

LINK = 'href="http'  # what no post without a preview need be asked for


@dataclass(frozen=True, slots=True)
class PreviewView:
    """`host` is who is asked when somebody opens it, and not before; `video`: there is a film.

    `picture` and `icon` lie with us, for whoever may read the post; "" where there is none.
    """

    href: str
    title: str
    description: str
    site: str
    host: str
    video: bool
    picture: str = ""
    icon: str = ""


def preview_view(preview: Preview) -> PreviewView:
    """The same for everybody who may read the post."""
    return PreviewView(
        preview.link,
        preview.title,
        preview.description,
        preview.site,
        preview.host,
        preview.is_video,
        _address(preview.post_id, preview.picture_key),
        _address(preview.post_id, preview.icon_key),
    )


def _address(post_id: str, key: str) -> str:
    return f"/linked/{post_id}/{key}.webp" if key else ""


async def linked_from(tx: Tx, posts: Sequence[Post]) -> dict[str, Preview]:
    """The previews of these posts, by post."""
    return await previews.of_posts(tx, [post.id for post in posts if LINK in post.html])
