"""Reactions to posts: added, taken back, counted, and told by whom where the room tells."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import emoji as emojis
from channel import posts, reactions
from channel.api import places, shapes
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.members import person
from channel.api.places import CursorText, Limit, Place
from channel.api.shape import EmojiPictures, Moment, Shape
from channel.posts.model import Post
from channel.reactions import model
from channel.reactions.rights import reads, require_reader
from channel.render.emotes import pictures_for
from channel.render.json import iso
from channel.rooms import Room
from channel.routing import VIEWER, Policy, Services, Who
from channel.storage import Tx


class Reactor(Shape, frozen=True):
    """Who reacted."""

    account: shapes.Person
    emoji: str
    at: Moment


class Reactions(Shape, frozen=True):
    """The reactions to a post. `items` holds who reacted with the `emoji` that was asked for, where the room tells."""

    counts: dict[str, int]
    mine: list[str]
    items: list[Reactor]
    next_cursor: str | None
    emoji: EmojiPictures | UnsetType = UNSET


class ReactionQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whose reactions: those with one emoji, the last one first."""

    emoji: Annotated[str, Meta(max_length=emojis.MAX_CHARS)] | None = None
    limit: Limit = 50
    cursor: CursorText | None = None


async def _post(call: Call, tx: Tx) -> tuple[Post, Room, Place]:
    """The post of `{id}` in a room the caller may enter; it may still be locked for them."""
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    return post, room, place


async def list_reactions(call: Call, tx: Tx, given: ReactionQuery) -> Answer:
    """How often which emoji, and the caller's own. With `emoji`: who, where the room shows it; else nobody is told."""
    post, room, place = await _post(call, tx)
    await require_reader(tx, place.by, post, room)
    if given.emoji is None or not room.reactors_shown or not room.offered:
        return Answer(await _told(tx, post, room, place))
    chosen = await reactions.kind(tx, place.community.id, given.emoji)
    found = await reactions.who(tx, post.id, chosen, cursor=given.cursor, limit=given.limit)
    return Answer(
        await _told(tx, post, room, place, [_reactor(one) for one in found.items], found.next_cursor)
    )


async def _told(
    tx: Tx,
    post: Post,
    room: Room,
    place: Place,
    items: list[Reactor] | None = None,
    next_cursor: str | None = None,
) -> Reactions:
    # Who takes back what they left on a post that is closed to them by now learns nothing of it.
    if not room.offered or not await reads(tx, place.by, post, room):
        return Reactions(counts={}, mine=[], items=[], next_cursor=None)
    counted = (await reactions.counts_of(tx, [post.id])).get(post.id, ())
    mine = (await reactions.mine(tx, place.by.account_id, [post.id])).get(post.id, ())
    pictures = await pictures_for(tx, place.community.id, [counted])
    return Reactions(
        counts=dict(counted),
        mine=list(mine),
        items=items or [],
        next_cursor=next_cursor,
        emoji=dict(pictures) or UNSET,
    )


def _reactor(one: model.Reactor) -> Reactor:
    return Reactor(account=person(one.account), emoji=one.emoji, at=iso(one.at))


async def add_reaction(call: Call, tx: Tx, _: Nothing) -> Answer:
    """React with an emoji; twice is once. Skin tones are folded: 👍🏽 counts as 👍. `:name:` is one of the community's own."""
    post, room, place = await _post(call, tx)
    changed = await reactions.react(tx, place.by, post, room, call.path["emoji"])
    return await _changed(tx, post, room, place, changed=changed)


async def remove_reaction(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Take one's own reaction back; twice is once."""
    post, room, place = await _post(call, tx)
    changed = await reactions.take_back(tx, place.by, post.id, room, call.path["emoji"])
    return await _changed(tx, post, room, place, changed=changed)


async def _changed(tx: Tx, post: Post, room: Room, place: Place, *, changed: bool) -> Answer:
    def tell(services: Services) -> None:
        if changed:
            services.bus.note("counts", {"room_id": room.id, "post_ids": [post.id]})

    return Answer(await _told(tx, post, room, place), then=tell)


_ALL = "/posts/{id}/reactions"
_ONE = "/posts/{id}/reactions/{emoji}"
_MEMBER = Policy(Who.SIGNED_IN, scope="post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_reactions, policy=VIEWER, tag="posts",
        summary="Read the reactions to a post", answers={200: Reactions}, query=ReactionQuery,
    ),
    Endpoint(
        method="PUT", path=_ONE, handler=add_reaction, policy=_MEMBER, tag="posts", patient=True,
        summary="React to a post", answers={200: Reactions},
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=remove_reaction, policy=_MEMBER, tag="posts", patient=True,
        summary="Take a reaction back", answers={200: Reactions},
    ),
)  # fmt: skip
