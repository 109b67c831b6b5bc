"""Pictures of link previews: ours, and for whoever may read the post. Nobody who reads asks the page itself."""

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members, posts, previews, rooms
from channel.errors import NotFound
from channel.members import Entitlement
from channel.posts.model import Post
from channel.reactions.rights import reads
from channel.rooms import Room
from channel.routing import VIEWER, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.looks import handed
from channel.web.media import Blob


async def picture(request: Request) -> Response:
    """GET or HEAD /linked/{id}/{key}.webp: `key` is the hash of what lies there."""
    post_id, key = request.path_params["id"], request.path_params["key"]
    async with services_of(request).db.read() as tx:
        size = (await previews.one(tx, post_id)).blob(key)
        if size is None:
            raise NotFound("There is no such picture.")
        public = await _public_to(tx, post_id, viewer_of(request).account_id)
    return await handed(request, Blob(key, "image/webp", size, public, "inline"))


async def _public_to(tx: Tx, post_id: str, account_id: str | None) -> bool:
    """Whether strangers may have it, too. Raises NotFound when this viewer may not read the post."""
    post = await posts.one(tx, post_id)
    room, community = await rooms.one(tx, post.room_id), await communities.one(tx, post.community_id)
    if not await _reads(tx, await members.entitlement(tx, community, account_id), post, room):
        raise NotFound("There is no such picture.")
    return await _reads(tx, await members.entitlement(tx, community, None), post, room)


async def _reads(tx: Tx, by: Entitlement, post: Post, room: Room) -> bool:
    return by.visible and await reads(tx, by, post, room)


ROUTES = [route("/linked/{id}/{key}.webp", picture, VIEWER)]
