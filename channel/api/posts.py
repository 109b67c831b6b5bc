"""Posts: published, read, edited, pinned, deleted."""

from dataclasses import dataclass
from functools import partial

from msgspec import UNSET

from channel import markdown, polls, posts, topics
from channel.api import comments, places, shapes
from channel.api import polls as api_polls
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.members import person
from channel.api.places import Place, milliseconds
from channel.api.post_bodies import (
    ChosenPicture,
    NewPost,
    Pin,
    PlannedOpening,
    PostChanges,
    PostQuery,
    Unlock,
)
from channel.api.prompts import NewPrompt, terms
from channel.api.shape import Moment, Shape
from channel.errors import Forbidden, Invalid, NotFound
from channel.members import Action
from channel.money import Money
from channel.posts import Draft, carrying, horizon, pins, queries, teasing
from channel.posts.linking import links
from channel.posts.model import Post, Rendered, TeaserPicture, Version
from channel.posts.rights import require_author, require_change
from channel.posts.steps import Step
from channel.questions import prompts
from channel.render import own, views
from channel.render.json import as_json, iso
from channel.rooms import Room
from channel.routing import VIEWER, WRITER, role
from channel.storage import Tx
from channel.topics import Topic
from channel.topics.model import parse_name


class Revision(Shape, frozen=True):
    """What a post said before."""

    rev: int
    text: str
    at: Moment
    by: shapes.Person | None


class Revisions(Shape, frozen=True):
    """Every wording of a post that the caller's rank opens."""

    items: list[Revision]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Markdown turned into HTML before the transaction, and the revision it was made from."""

    rendered: Rendered
    rev: int = 0
    poll: polls.PollDraft | None = None
    topic_id: str | None = None
    topic: str | None = None
    prompt: NewPrompt | None = None


async def _shown(
    tx: Tx, place: Place, room: Room, found: list[Post], *, bare: bool = False
) -> list[dict[str, object]]:
    """The posts as this caller may see them, and what belongs to the caller beside it. `bare`: see views.facts."""
    shown = await views.post_views(tx, found, room, place.community, place.by, bare=bare)
    mine = await own.mine(tx, place.by.account_id, shown)
    return [as_json(view) | ({"mine": mine[view.id]} if view.id in mine else {}) for view in shown]


async def _post(call: Call, tx: Tx) -> tuple[Post, Room, Place]:
    """The post of `{id}` in a room the caller may enter; it may still be locked for them."""
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    if post.author.id != place.by.account_id and post.seq < await horizon.first_seq(tx, place.by, room):
        raise NotFound("There is no such post.")
    return post, room, place


async def list_posts(call: Call, tx: Tx, given: PostQuery) -> Answer:
    """The posts of a room, newest first. Those above the caller's rank come locked."""
    room, place = await places.readable_room(call, tx, call.id())
    part = await _part(tx, place, room, given.topic)
    if given.pinned:
        found = [post for post in await queries.pinned(tx, room.id) if post.seq >= part.since]
        return Answer(shapes.Posts(items=await _shown(tx, place, room, found), next_cursor=None))
    before, after = _span(given)
    found = await posts.page(tx, part, before=before, after=after, limit=given.limit)
    cursor = None
    if len(found) == given.limit:
        cursor = f"before:{found[-1].seq}" if after is None else f"after:{found[0].seq}"
    return Answer(shapes.Posts(items=await _shown(tx, place, room, found), next_cursor=cursor))


async def _part(tx: Tx, place: Place, room: Room, topic_id: str | None) -> queries.Part:
    """Which posts the caller asks for, as far back as they see. Raises NotFound for a topic that is not here."""
    since = await horizon.first_seq(tx, place.by, room)
    if topic_id is None:
        return queries.Part(room.id, since=since)
    topic = await topics.one(tx, topic_id)
    if topic.room_id != room.id:
        raise NotFound("There is no such topic.")
    return queries.Part(room.id, topic.moved_to or topic.id, since)


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
    prepared = partial(
        Prepared, poll=api_polls.draft_of(given.poll), topic_id=given.topic_id, topic=given.topic,
        prompt=given.prompt,
    )  # fmt: skip
    # Costs so little that whoever may not post can be told so by the transaction.
    if markdown.is_prose(given.text) and "#" not in given.teaser:
        return prepared(await posts.prepare(_draft(given), rooms={}))
    async with call.services.db.read() as tx:
        room, place = await places.readable_room(call, tx, call.id())
        require_author(place.by, call.account.id, room)
        found = await links(tx, place.by, place.community, given.text, room=room)
    rendered = await posts.prepare(_draft(given), rooms=found.rooms, known=found.known)
    return prepared(rendered)


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
        media=given.media,
        preview=given.preview,
        teaser_picture=_picture(given.teaser_picture),
        important=given.important,
        morning=given.morning,
    )


def _picture(given: ChosenPicture | None) -> TeaserPicture | None:
    if given is None:
        return None
    return TeaserPicture.parse(given.id, blurred=given.blurred, also_inside=given.also_inside)


def _cost(given: Unlock | None) -> Money | None:
    return None if given is None else Money.parse(given.amount, given.currency, field="unlock")


def _steps(given: list[PlannedOpening]) -> list[Step]:
    return [Step(milliseconds(one.at) or 0, one.min_rank) for one in given]


async def create_post(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Publish: in a channel for those who write there, in a group a message of a member. The answer is sent after the
    commit is durable."""
    room, place = await places.readable_room(call, tx, call.id())
    # Doubles are kept out by the Idempotency-Key, whose memory is in this same transaction; the post's own key
    # lasts for ever, and would one day answer a new text with an old post.
    if not room.is_group:  # a conversation has as many messages as it needs; the group has its slow mode
        call.services.limiter.hit("publish", call.account.id)
    topic = await _topic(tx, place, room, prepared)
    post, created = await polls.publish(
        tx, place.by, call.account, room, prepared.rendered, poll=prepared.poll, topic=topic
    )
    if prepared.prompt is not None:
        await prompts.ask_for(tx, place.by, post, terms(prepared.prompt, tx.now), fresh=True)
    bare = created and prepared.poll is None and prepared.prompt is None
    return Answer((await _shown(tx, place, room, [post], bare=bare))[0], 201)


async def _topic(tx: Tx, place: Place, room: Room, prepared: Prepared) -> Topic | None:
    """The topic that was named, started when it is new. Raises NotFound, Forbidden, Invalid."""
    if prepared.topic_id is None and prepared.topic is None:
        return None
    if not room.is_group or (prepared.topic_id and prepared.topic):
        raise Invalid(topic="Only in a group a message has a topic: name it, or give its id, not both.")
    if prepared.topic_id is not None:
        topic = await topics.one(tx, prepared.topic_id)
        if topic.room_id != room.id:
            raise NotFound("There is no such topic.")
        return topic
    known = await topics.by_name(tx, room.id, parse_name(prepared.topic or ""))
    return known or await topics.start(tx, place.by, room, prepared.topic or "")


async def get_post(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One post: open, locked, or the trace of a deleted one. Or one comment, by its own id."""
    if not await comments.is_post(tx, call):
        return await comments.get(call, tx)
    post, room, place = await _post(call, tx)
    return Answer((await _shown(tx, place, room, [post]))[0])


async def prepare_edit(call: Call, given: PostChanges) -> Prepared | comments.Prepared:
    """The post with its changes, rendered. Of a comment the text alone changes."""
    async with call.services.db.read() as tx:
        is_comment = not await comments.is_post(tx, call)
    if is_comment:
        return await comments.prepare_edit(call, _only_text(given), given.rev)
    async with call.services.db.read() as tx:
        post, room, place = await _post(call, tx)
        require_change(place.by, post)
        text = post.text if given.text is UNSET else given.text
        found = await links(tx, place.by, place.community, text, room=room, post=post)
        carried = await carrying.of_post(tx, post)
        teased = await teasing.of_post(tx, post.id)
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
        media=carried if given.media is UNSET else given.media,
        teaser_picture=teased if given.teaser_picture is UNSET else _picture(given.teaser_picture),
    )
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    return Prepared(rendered, given.rev or post.rev)


def _only_text(given: PostChanges) -> str:
    """Raises Invalid for what a comment does not have."""
    others = (
        given.min_rank,
        given.opens,
        given.teaser,
        given.ai,
        given.unlock,
        given.media,
        given.teaser_picture,
    )
    if given.text is UNSET or any(one is not UNSET for one in others):
        raise Invalid(text="Of a comment its text can be changed, and nothing else. Send text alone.")
    return given.text


async def edit_post(call: Call, tx: Tx, prepared: Prepared | comments.Prepared) -> Answer:
    """Change a post, or one's own comment. 409 when somebody else changed it meanwhile.

    What it said before is kept and, of posts, shown.
    """
    if isinstance(prepared, comments.Prepared):
        return await comments.edit(call, tx, prepared)
    post, room, place = await _post(call, tx)
    edited = await posts.edit(tx, place.by, post, prepared.rendered, rev=prepared.rev)
    return Answer((await _shown(tx, place, room, [edited]))[0])


async def delete_post(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete a post or a comment. A trace keeps its place."""
    if not await comments.is_post(tx, call):
        return await comments.delete(call, tx)
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


async def list_revisions(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """Every wording of a post, the first one first, the present one last; those the caller's rank opens."""
    post, room, place = await _post(call, tx)
    if not place.by.reads(room.min_rank, post.min_rank):
        raise Forbidden("Your tier does not open this post.")
    found = [v for v in await queries.history(tx, post) if place.by.reads(v.min_rank)]
    part, cursor = places.part_of(found, given, lambda one: str(one.rev))
    return Answer(Revisions(items=[_revision(version) for version in part], next_cursor=cursor))


def _revision(version: Version) -> Revision:
    return Revision(rev=version.rev, text=version.text, at=iso(version.at), by=person(version.by))


_IN_ROOM = "/rooms/{id}/posts"
_ONE = "/posts/{id}"
_PIN = "/posts/{id}/pin"
_MAY_PIN = role(Action.PIN, "post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_IN_ROOM, handler=list_posts, policy=VIEWER, tag="posts",
        summary="Read a room", answers={200: shapes.Posts}, query=PostQuery,
    ),
    Endpoint(
        method="POST", path=_IN_ROOM, handler=create_post, policy=WRITER, tag="posts",
        summary="Publish a post", answers={201: "Post"}, body=NewPost, prepare=prepare_post,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_post, policy=VIEWER, tag="posts",
        summary="Read a post or a comment", answers={200: "Post"},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_post, policy=WRITER, tag="posts",
        summary="Edit a post or a comment", answers={200: "Post"}, body=PostChanges, prepare=prepare_edit,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=delete_post, policy=WRITER, tag="posts",
        summary="Delete a post or a comment",
    ),
    Endpoint(
        method="GET", path="/posts/{id}/revisions", handler=list_revisions, query=places.PartQuery, policy=VIEWER, tag="posts",
        summary="Read what a post said before", answers={200: Revisions},
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
