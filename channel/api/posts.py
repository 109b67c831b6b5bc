"""Posts: published, read, edited, pinned, deleted."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import markdown, posts
from channel.api import places, shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.members import person
from channel.api.places import CursorText, Limit, Place, When, milliseconds
from channel.errors import Forbidden, Invalid, NotFound
from channel.members import Action
from channel.money import MAX_AMOUNT, Money
from channel.posts import Draft, pins, queries
from channel.posts.linking import links
from channel.posts.model import MAX_PINS, MAX_TEASER_CHARS, MAX_TEXT_CHARS, Post, Rendered, Version
from channel.posts.rights import require_author, require_change
from channel.posts.steps import MAX_STEPS, Step
from channel.render import views
from channel.render.json import as_json, iso
from channel.rooms import Room
from channel.rooms.model import MAX_RANK
from channel.routing import VIEWER, role
from channel.storage import Tx

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown")]
Teaser = Annotated[
    str, Meta(max_length=MAX_TEASER_CHARS, description="what those see for whom the post is locked")
]
Rank = Annotated[
    int, Meta(ge=0, le=MAX_RANK, description="null: whoever may read the room; n: tiers of rank n and above")
]
Ai = Literal["none", "assisted", "generated"]
Seq = Annotated[int, Meta(ge=0, le=2**53)]


class PlannedOpening(Struct, forbid_unknown_fields=True, kw_only=True):
    """From `at` on the post asks for `min_rank` only; null: everyone who may be in the room."""

    at: When
    min_rank: Rank | None


Opens = Annotated[
    list[PlannedOpening],
    Meta(
        max_length=MAX_STEPS,
        description="when it opens to more people by itself: later and later, each time to more; within 366 days",
    ),
]


class Unlock(Struct, forbid_unknown_fields=True, kw_only=True):
    """What opening this one post costs somebody whose tier is too low."""

    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="minor units")]
    currency: Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217")]


class NewPost(Struct, forbid_unknown_fields=True, kw_only=True):
    """A post to be."""

    text: Text
    min_rank: Rank | None = None
    opens: Opens = []
    teaser: Teaser = ""
    silent: bool = False
    ai: Ai = "none"
    quote: Annotated[str, Meta(max_length=36, description="id of the post it quotes")] | None = None
    unlock: Unlock | None = None


class PostChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. With `rev`: only if the post is still that one. `opens: []` calls off what is planned."""

    text: Text | UnsetType = UNSET
    min_rank: Rank | UnsetType | None = UNSET
    opens: Opens | UnsetType = UNSET
    teaser: Teaser | UnsetType = UNSET
    ai: Ai | UnsetType = UNSET
    unlock: Unlock | UnsetType | None = UNSET
    rev: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class PostQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which posts: the newest, those before or after a seq, or the pinned ones in their order."""

    before: Seq | None = None
    after: Seq | None = None
    pinned: bool = False
    limit: Limit = 40
    cursor: CursorText | None = None


class Pin(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where among the pinned posts; 1 is first."""

    position: Annotated[int, Meta(ge=1, le=MAX_PINS)] = 1


@dataclass(frozen=True, slots=True)
class Prepared:
    """Markdown turned into HTML before the transaction, and the revision it was made from."""

    rendered: Rendered
    rev: int = 0


async def _shown(tx: Tx, place: Place, room: Room, found: list[Post]) -> list[dict[str, object]]:
    """The posts as this caller may see them."""
    shown = await views.post_views(tx, found, room, place.community, place.by)
    return [as_json(view) for view in shown]


async def _post(call: Call, tx: Tx) -> tuple[Post, Room, Place]:
    """The post of `{id}` in a room the caller may enter; it may still be locked for them."""
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    return post, room, place


async def list_posts(call: Call, tx: Tx, given: PostQuery) -> Answer:
    """The posts of a room, newest first. Those above the caller's rank come locked."""
    room, place = await places.readable_room(call, tx, call.id())
    if given.pinned:
        found = await queries.pinned(tx, room.id)
        return Answer(shapes.Posts(items=await _shown(tx, place, room, found), next_cursor=None))
    before, after = _span(given)
    found = await posts.page(tx, room.id, before=before, after=after, limit=given.limit)
    cursor = None
    if len(found) == given.limit:
        cursor = f"before:{found[-1].seq}" if after is None else f"after:{found[0].seq}"
    return Answer(shapes.Posts(items=await _shown(tx, place, room, found), next_cursor=cursor))


def _span(given: PostQuery) -> tuple[int | None, int | None]:
    if given.cursor is None:
        return given.before, given.after
    direction, _, seq = given.cursor.partition(":")
    fits = direction in ("before", "after") and seq.isascii() and seq.isdigit() and len(seq) <= 16
    if not fits or given.before is not None or given.after is not None:
        raise Invalid(cursor="This cursor is not one of ours, or came with before or after. Send it alone.")
    return (int(seq), None) if direction == "before" else (None, int(seq))


async def prepare_post(call: Call, given: NewPost) -> Prepared:
    """Check what can be checked and render, before anybody waits for the transaction."""
    # Costs so little that whoever may not post can be told so by the transaction.
    if markdown.is_prose(given.text) and "#" not in given.teaser:
        return Prepared(await posts.prepare(_draft(given), rooms={}))
    async with call.services.db.read() as tx:
        room, place = await places.readable_room(call, tx, call.id())
        require_author(place.by, call.account.id, room)
        found = await links(tx, place.by, place.community, given.text, room=room)
    return Prepared(await posts.prepare(_draft(given), rooms=found.rooms, known=found.known))


def _draft(given: NewPost) -> Draft:
    return Draft.parse(
        given.text,
        min_rank=given.min_rank,
        opens=_steps(given.opens),
        teaser=given.teaser,
        ai=given.ai,
        silent=given.silent,
        quote_id=given.quote,
        unlock=_cost(given.unlock),
    )


def _cost(given: Unlock | None) -> Money | None:
    return None if given is None else Money.parse(given.amount, given.currency, field="unlock")


def _steps(given: list[PlannedOpening]) -> list[Step]:
    return [Step(milliseconds(one.at) or 0, one.min_rank) for one in given]


async def create_post(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Publish. The answer is sent after the commit is durable."""
    room, place = await places.readable_room(call, tx, call.id())
    # Doubles are kept out by the Idempotency-Key, whose memory is in this same transaction; the post's own key
    # lasts for ever, and would one day answer a new text with an old post.
    post, _ = await posts.publish(tx, place.by, call.account, room, prepared.rendered)
    return Answer((await _shown(tx, place, room, [post]))[0], 201)


async def get_post(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One post: open, locked, or the trace of a deleted one."""
    post, room, place = await _post(call, tx)
    return Answer((await _shown(tx, place, room, [post]))[0])


async def prepare_edit(call: Call, given: PostChanges) -> Prepared:
    """The post with its changes, rendered."""
    async with call.services.db.read() as tx:
        post, room, place = await _post(call, tx)
        require_change(place.by, post)
        text = post.text if given.text is UNSET else given.text
        found = await links(tx, place.by, place.community, text, room=room, post=post)
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    draft = Draft.parse(
        text,
        min_rank=post.min_rank if given.min_rank is UNSET else given.min_rank,
        opens=None if given.opens is UNSET else _steps(given.opens),
        teaser=post.teaser if given.teaser is UNSET else given.teaser,
        ai=post.ai if given.ai is UNSET else given.ai,
        silent=post.silent,
        quote_id=post.quote_id,
        unlock=post.unlock if given.unlock is UNSET else _cost(given.unlock),
    )
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    return Prepared(rendered, given.rev or post.rev)


async def edit_post(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Change a post. What it said before is kept and shown. 409 when somebody else changed it meanwhile."""
    post, room, place = await _post(call, tx)
    edited = await posts.edit(tx, place.by, post, prepared.rendered, rev=prepared.rev)
    return Answer((await _shown(tx, place, room, [edited]))[0])


async def delete_post(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete a post. A trace keeps its place."""
    post, _room, place = await _post(call, tx)
    await posts.delete(tx, place.by, post)
    return NO_CONTENT


async def pin_post(call: Call, tx: Tx, given: Pin) -> Answer:
    """Pin a post, or move it among the pinned ones."""
    post, room, place = await _post(call, tx)
    pinned = await pins.pin(tx, place.by, post, given.position)
    return Answer((await _shown(tx, place, room, [pinned]))[0])


async def unpin_post(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Unpin a post."""
    post, _room, place = await _post(call, tx)
    await pins.pin(tx, place.by, post, None)
    return NO_CONTENT


async def list_revisions(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Every wording of a post, the first one first, the present one last; those the caller's rank opens."""
    post, room, place = await _post(call, tx)
    if not place.by.reads(room.min_rank, post.min_rank):
        raise Forbidden("Your tier does not open this post.")
    found = [v for v in await queries.history(tx, post) if place.by.reads(v.min_rank)]
    return Answer(shapes.Revisions(items=[_revision(version) for version in found], next_cursor=None))


def _revision(version: Version) -> shapes.Revision:
    return shapes.Revision(rev=version.rev, text=version.text, at=iso(version.at), by=person(version.by))


_IN_ROOM = "/rooms/{id}/posts"
_ONE = "/posts/{id}"
_PIN = "/posts/{id}/pin"
_MAY_POST = role(Action.POST, "post")
_MAY_PIN = role(Action.PIN, "post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_IN_ROOM, handler=list_posts, policy=VIEWER, tag="posts",
        summary="Read a room", answers={200: shapes.Posts}, query=PostQuery,
    ),
    Endpoint(
        method="POST", path=_IN_ROOM, handler=create_post, policy=_MAY_POST, tag="posts",
        summary="Publish a post", answers={201: "Post"}, body=NewPost, prepare=prepare_post,
        also_counts_as="publish",
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_post, policy=VIEWER, tag="posts",
        summary="Read a post", answers={200: "Post"},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_post, policy=_MAY_POST, tag="posts",
        summary="Edit a post", answers={200: "Post"}, body=PostChanges, prepare=prepare_edit,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=delete_post, policy=_MAY_POST, tag="posts",
        summary="Delete a post",
    ),
    Endpoint(
        method="GET", path="/posts/{id}/revisions", handler=list_revisions, policy=VIEWER, tag="posts",
        summary="Read what a post said before", answers={200: shapes.Revisions},
    ),
    Endpoint(
        method="PUT", path=_PIN, handler=pin_post, policy=_MAY_PIN, tag="posts",
        summary="Pin a post", answers={200: "Post"}, body=Pin,
    ),
    Endpoint(
        method="DELETE", path=_PIN, handler=unpin_post, policy=_MAY_PIN, tag="posts",
        summary="Unpin a post",
    ),
)  # fmt: skip
