"""Addresses by which programs post to a room, as bots."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import moment
from channel.api.shape import Id, Moment, Seq, Shape
from channel.api.webhooks import POLICY, Name, RoomId
from channel.hooks import Seal, incoming, queries
from channel.hooks.model import Incoming as StoredIncoming
from channel.ids import token_hash
from channel.posts.model import MAX_TEXT_CHARS
from channel.render.json import iso
from channel.routing import ANYONE
from channel.storage import Tx


class Incoming(Shape, frozen=True):
    """An address by which posts come in. `bot_id` is the account they stand under."""

    id: Id
    name: str
    room_id: Id
    bot_id: Id
    owner_id: Annotated[Id, Meta(description="whose rights count at each post")]
    posts: int
    used_at: Moment | None
    created_at: Moment
    url: Annotated[str | None, Meta(description="where to post to; told where the address is made")]


class Incomings(Shape, frozen=True):
    """At most 20, oldest first; without their addresses."""

    items: list[Incoming]
    next_cursor: str | None


class Arrived(Shape, frozen=True):
    """The post that was made."""

    id: Id
    room_id: Id
    seq: Seq
    url: str


class NewIncoming(Struct, forbid_unknown_fields=True, kw_only=True):
    """An address to be: under which name, and for which channel."""

    name: Name
    room_id: RoomId


class IncomingPost(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to be posted. Its Markdown is that of all posts; nobody is called by name from there."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown")]
    format: Literal["markdown"] = "markdown"


def _shape(call: Call, one: StoredIncoming) -> Incoming:
    return Incoming(
        id=one.id,
        name=one.name,
        room_id=one.room_id,
        bot_id=one.bot_id,
        owner_id=one.owner_id,
        posts=one.posts,
        used_at=moment(one.used_at),
        created_at=iso(one.created_at),
        url=f"{call.settings.url}/api/v1/incoming/{one.secret}" if one.secret else None,
    )


async def list_incoming(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The addresses that are not revoked."""
    place = await places.community(call, tx)
    found = await queries.ways_in(tx, place.by, place.community)
    part, cursor = places.part_of(found, given, lambda one: one.id)
    return Answer(Incomings(items=[_shape(call, one) for one in part], next_cursor=cursor))


async def create_incoming(call: Call, tx: Tx, given: NewIncoming) -> Answer:
    """Make an address. It posts with the caller's rights, as far as they reach then."""
    place = await places.community(call, tx)
    seal = Seal(call.services.secret)
    made = await incoming.create(tx, place.by, place.community, seal, name=given.name, room_id=given.room_id)
    return Answer(_shape(call, made), 201)


async def revoke_incoming(call: Call, tx: Tx, _: Nothing) -> Answer:
    """It takes nothing from now on. What came by it stays."""
    place = await places.community(call, tx)
    await incoming.revoke(tx, place.by, place.community, call.id())
    return NO_CONTENT


async def _prepare(call: Call, given: IncomingPost) -> Any:
    """Who has no good address makes nobody work."""
    secret = call.word("secret")
    async with call.services.db.read() as tx:
        await queries.by_secret(tx, secret)
    call.services.limiter.hit("publish", f"incoming {token_hash(secret)[:16]}")
    return await incoming.prepare(given.text)


async def post_incoming(call: Call, tx: Tx, rendered: Any) -> Answer:
    """Post by the address alone, without any other credentials. At most 60 an hour."""
    post, room, community, _ = await incoming.publish(tx, call.word("secret"), rendered, None)
    url = f"{call.settings.url}/@{community.handle}/{room.slug}/{post.seq}"
    return Answer(Arrived(id=post.id, room_id=room.id, seq=post.seq, url=url), 201)


_ALL = "/communities/{handle}/incoming"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_incoming, query=places.PartQuery, policy=POLICY, tag="hooks",
        summary="List the addresses by which programs post", answers={200: Incomings},
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_incoming, policy=POLICY, tag="hooks",
        summary="Make an address by which a program posts", answers={201: Incoming}, body=NewIncoming,
    ),
    Endpoint(
        method="DELETE", path=_ALL + "/{id}", handler=revoke_incoming, policy=POLICY, tag="hooks",
        summary="Revoke an address by which a program posts",
    ),
    Endpoint(
        method="POST", path="/incoming/{secret}", handler=post_incoming, policy=ANYONE, tag="hooks",
        summary="Post as a bot", answers={201: Arrived}, body=IncomingPost, prepare=_prepare,
    ),
)  # fmt: skip
