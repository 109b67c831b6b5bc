"""What a post shows of the page that it links to: said in other words, or removed."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import posts
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.errors import NotFound
from channel.posts import horizon, previewed
from channel.posts.model import Post
from channel.previews.model import MAX_DESCRIPTION_CHARS, MAX_TITLE_CHARS
from channel.render import views
from channel.render.json import as_json
from channel.routing import WRITER
from channel.storage import Tx


class PreviewChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes."""

    title: Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)] | None = None
    description: Annotated[str, Meta(max_length=MAX_DESCRIPTION_CHARS)] | None = None
    picture: Annotated[bool, Meta(description="false: without its picture from now on")] = True


async def _post(call: Call, tx: Tx) -> tuple[Post, places.Place]:
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    if post.author.id != place.by.account_id and post.seq < await horizon.first_seq(tx, place.by, room):
        raise NotFound("There is no such post.")
    return post, place


async def change_preview(call: Call, tx: Tx, given: PreviewChanges) -> Answer:
    """Give the link preview of a post another title or text, or take its picture away."""
    post, place = await _post(call, tx)
    await previewed.amend(tx, place.by, post, given.title, given.description, picture=given.picture)
    (shown,) = await views.post_views(tx, [post], None, place.community, place.by)
    return Answer(as_json(shown))


async def remove_preview(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Remove the link preview of a post; none comes until it links to something else."""
    post, place = await _post(call, tx)
    await previewed.remove(tx, place.by, post)
    return NO_CONTENT


ENDPOINTS = (
    Endpoint(
        method="PATCH", path="/posts/{id}/preview", handler=change_preview, policy=WRITER, tag="posts",
        summary="Change a link preview", answers={200: "Post"}, body=PreviewChanges,
    ),
    Endpoint(
        method="DELETE", path="/posts/{id}/preview", handler=remove_preview, policy=WRITER, tag="posts",
        summary="Remove a link preview",
    ),
)  # fmt: skip
