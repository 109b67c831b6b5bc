"""Polls: made with a post, voted in, ended, and the published tally."""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from channel import polls, posts
from channel.api import places
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.places import CursorText, Limit, Place, When, milliseconds
from channel.api.poll_shapes import PollReceipt, PollReceipts, Voted
from channel.errors import Invalid
from channel.polls import queries, rights
from channel.polls.model import (
    MAX_EXPLANATION_CHARS,
    MAX_OPTION_CHARS,
    MAX_OPTIONS,
    MAX_QUESTION_CHARS,
    MIN_OPTIONS,
    Mine,
    PollDraft,
    parse_code,
    shown_code,
)
from channel.posts.model import Post
from channel.render import json, own, views
from channel.render.polls import mine_json, poll_view
from channel.rooms import Room
from channel.rooms.model import MAX_RANK
from channel.routing import VIEWER, Policy, Services, Who
from channel.storage import Tx

OptionId = Annotated[int, Meta(ge=1, le=MAX_OPTIONS)]
Code = Annotated[str, Meta(max_length=40, description="the receipt code that this vote was given")]


class NewPoll(Struct, forbid_unknown_fields=True, kw_only=True):
    """A poll or a quiz below a post. It is made with the post, and does not change after that."""

    options: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=MAX_OPTION_CHARS)]],
        Meta(min_length=MIN_OPTIONS, max_length=MAX_OPTIONS),
    ]
    question: Annotated[
        str, Meta(max_length=MAX_QUESTION_CHARS, description="empty: the text of the post asks it")
    ] = ""
    kind: Literal["poll", "quiz"] = "poll"
    multiple: bool = False
    anonymous: Annotated[
        bool, Meta(description="false: the people who run the community see who chose what")
    ] = True
    sealed: Annotated[bool, Meta(description="nobody learns results before the end")] = False
    may_change: Annotated[bool, Meta(description="default: true for a poll, false for a quiz")] | None = None
    min_rank: (
        Annotated[int, Meta(ge=0, le=MAX_RANK, description="to vote; null: members who may read it")] | None
    ) = None
    closes_at: Annotated[When, Meta(description="within 90 days")] | None = None
    right: Annotated[
        list[OptionId], Meta(max_length=MAX_OPTIONS, description="of a quiz, counted from 1")
    ] = []
    explanation: Annotated[
        str, Meta(max_length=MAX_EXPLANATION_CHARS, description="of a quiz: told with the right answer")
    ] = ""


class Vote(Struct, forbid_unknown_fields=True, kw_only=True):
    """A choice. `receipt` goes with a changed vote in an anonymous poll: only the code says which vote is whose."""

    options: Annotated[list[OptionId], Meta(max_length=MAX_OPTIONS)]
    receipt: Code = ""


class Retraction(Struct, forbid_unknown_fields=True, kw_only=True):
    """A vote that is taken back."""

    receipt: Code = ""


class ReceiptQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of the published tally: all of it, one option's, or one code."""

    option: OptionId | None = None
    receipt: Code | None = None
    limit: Limit = 50
    cursor: CursorText | None = None


def draft_of(given: NewPoll | None) -> PollDraft | None:
    """The poll as it is to be published. Raises Invalid."""
    if given is None:
        return None
    return PollDraft.parse(
        given.options, question=given.question, kind=given.kind, multiple=given.multiple,
        anonymous=given.anonymous, sealed=given.sealed, may_change=given.may_change, min_rank=given.min_rank,
        closes_at=milliseconds(given.closes_at), right=given.right, explanation=given.explanation,
    )  # fmt: skip


async def _place(call: Call, tx: Tx) -> tuple[Post, Room, Place]:
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    return post, room, place


async def vote(call: Call, tx: Tx, given: Vote) -> Answer:
    """Vote, or change one's vote. The code is told in this answer and never again; an Idempotency-Key is not remembered."""
    post, room, place = await _place(call, tx)
    cast = await polls.vote(tx, place.by, post, room, given.options, receipt=given.receipt)
    told = mine_json(cast.poll, Mine(cast.options, cast.receipt)) or {}
    body = Voted(
        **told,
        poll=json.poll(poll_view(cast.poll, place.by.rank)),  # type: ignore[arg-type]
    )
    return Answer(body, then=_counted(post))


async def retract(call: Call, tx: Tx, given: Retraction) -> Answer:
    """Take one's vote back, where votes may be changed."""
    post, room, place = await _place(call, tx)
    await polls.retract(tx, place.by, post, room, receipt=given.receipt)
    return Answer(None, 204, then=_counted(post))


def _counted(post: Post) -> Callable[[Services], None]:
    def tell(services: Services) -> None:
        services.bus.note("counts", {"room_id": post.room_id, "post_ids": [post.id]})

    return tell


async def close_poll(call: Call, tx: Tx, _: Nothing) -> Answer:
    """End the poll now: its author or an admin. What was sealed is told."""
    post, room, place = await _place(call, tx)
    await polls.close(tx, place.by, post)
    (view,) = await views.post_views(tx, [post], room, place.community, place.by)
    beside = await own.mine(tx, call.account_id, [view])
    return Answer(json.as_json(view) | {"mine": beside[view.id]})


async def list_receipts(call: Call, tx: Tx, given: ReceiptQuery) -> Answer:
    """The published tally: every code and what was chosen by whoever holds it. After the end."""
    post, room, place = await _place(call, tx)
    await rights.require_sight(tx, place.by, post, room)
    poll = await queries.one(tx, post.id)
    rights.require_end(poll)
    if given.receipt is not None:
        found = await queries.receipt(tx, post.id, parse_code(given.receipt))
        items = [found] if found else []
    else:
        after = _after(given.cursor)
        items = await queries.receipts(tx, post.id, option=given.option, after=after, limit=given.limit)
    more = given.receipt is None and len(items) == given.limit
    lines = [PollReceipt(receipt=shown_code(one.code), options=list(one.options)) for one in items]
    return Answer(PollReceipts(items=lines, next_cursor=items[-1].code if more else None))


def _after(cursor: str | None) -> str:
    if cursor is None:
        return ""
    code = parse_code(cursor)
    if code is None:
        raise Invalid(cursor="This cursor is not one of ours. Begin again without one.")
    return code


_ONE = "/posts/{id}/vote"
_TAKES_PART = Policy(Who.SIGNED_IN, scope="post")
ENDPOINTS = (
    Endpoint(
        method="PUT", path=_ONE, handler=vote, policy=_TAKES_PART, tag="posts", patient=True,
        summary="Vote in a poll", answers={200: Voted}, body=Vote, forgets=True,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=retract, policy=_TAKES_PART, tag="posts", patient=True,
        summary="Take a vote back", body=Retraction, forgets=True,
    ),
    Endpoint(
        method="POST", path="/posts/{id}/poll/close", handler=close_poll, policy=_TAKES_PART,
        tag="posts", summary="End a poll", answers={200: "Post"},
    ),
    Endpoint(
        method="GET", path="/posts/{id}/poll/receipts", handler=list_receipts, policy=VIEWER, tag="posts",
        summary="Read the published tally of a poll", answers={200: PollReceipts}, query=ReceiptQuery,
    ),
)  # fmt: skip
