"""What a post shows of the page that it links to: whether there is one, and what its writers may do with it."""

from channel import previews, rooms
from channel.errors import NotFound
from channel.members.model import Entitlement
from channel.posts.model import Post, Rendered
from channel.posts.rights import require_change
from channel.rooms.model import Room
from channel.storage import Tx


async def note(tx: Tx, post: Post, rendered: Rendered, room: Room | None = None) -> None:
    """The post has these links now. `room`: where it is, when that is known."""
    wanted = rendered.draft.preview
    if rendered.links and wanted:
        wanted = (room or await rooms.one(tx, post.room_id)).previews
    await previews.note(tx, post.id, post.room_id, rendered.links, wanted=wanted)


async def remove(tx: Tx, by: Entitlement, post: Post) -> None:
    """Show none. Raises NotFound, Forbidden."""
    _require(by, post)
    await previews.remove(tx, post.id, post.room_id)


async def amend(
    tx: Tx,
    by: Entitlement,
    post: Post,
    title: str | None,
    description: str | None,
    *,
    picture: bool = True,
) -> None:
    """Say it in other words; None leaves what is said, not `picture` takes that away.

    Raises NotFound, Forbidden, Invalid (title, description).
    """
    _require(by, post)
    said = await previews.one(tx, post.id)
    title = said.title if title is None else title
    description = said.description if description is None else description
    await previews.amend(tx, post.id, post.room_id, title, description, picture=picture)


def _require(by: Entitlement, post: Post) -> None:
    require_change(by, post)
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
