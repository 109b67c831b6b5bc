"""What waits for a moderator: comments that are held, what was reported, and which words and links wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import comments, rooms
from channel.comments import Comment, queries, reading, reports, settings
from channel.comments.model import MAX_HOLD_CHARS, MAX_REASON_CHARS
from channel.errors import ChannelError, NotFound
from channel.markdown import plain
from channel.members import Action
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.render.views import AuthorView, author_view
from channel.rooms import Room
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted, values
from channel.web.thread import WHY

PAGE = "studio/comments.html"
LINE_CHARS = 400
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A comment in the list, and where it stands. `by` may act on it: see comments.delete."""

    comment: Comment
    author: AuthorView
    text: str
    room: Room
    href: str


@dataclass(frozen=True, slots=True)
class Case:
    """A report, with what it is about in one line."""

    id: str
    author: AuthorView
    text: str
    href: str
    comment_id: str
    by: AuthorView | None
    reason: str
    words: str
    at: int


async def show(request: Request) -> Response:
    """GET /studio/{handle}/comments"""
    return page(request, PAGE, await _page(request))


async def _page(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.MODERATE)
        there = {room.id: room for room in await rooms.of_community(tx, place.community.id)}
        held = await queries.held(tx, place.community.id)
        newest = await queries.newest(tx, place.community.id, SHOWN)
        rules = await settings.holds_of(tx, place.community.id)
        return await frame(request, tx, place, "comments") | {
            "held": await _lines(tx, place, there, held),
            "newest": await _lines(tx, place, there, newest),
            "cases": await _cases(tx, place, there),
            "reasons": WHY,
            "form": values(words=rules.words, link_days=rules.link_days),
            "most_words": MAX_HOLD_CHARS,
            "most_reason": MAX_REASON_CHARS,
        }


async def _lines(tx: Tx, place: Place, there: dict[str, Room], found: Sequence[Comment]) -> list[Line]:
    """These comments with the posts they stand under, those of deleted posts left out."""
    above = {post.id: post for post in await posts.many(tx, list({one.thread_id for one in found}))}
    lines: list[Line] = []
    for one in found:
        post = above.get(one.thread_id)
        if post is not None and post.deleted_at is None:
            room = there[post.room_id]
            href = f"{_href(place, room, post)}/comments/{one.id}"
            lines.append(Line(one, author_view(one.author), plain(one.text, LINE_CHARS), room, href))
    return lines


def _href(place: Place, room: Room, post: Post) -> str:
    return f"/@{place.community.handle}/{room.slug}/{post.seq}"


async def _cases(tx: Tx, place: Place, there: dict[str, Room]) -> list[Case]:
    made: list[Case] = []
    for one in await reports.waiting(tx, place.community.id):
        if one.post.deleted_at is not None:
            continue
        about = one.comment or one.post
        href = _href(place, there[one.post.room_id], one.post)
        made.append(
            Case(
                one.id, author_view(about.author), plain(about.text, LINE_CHARS),
                f"{href}/comments/{one.comment.id}" if one.comment else href,
                one.comment.id if one.comment else "", author_view(one.by) if one.by else None,
                WHY[one.reason], one.words, one.created_at,
            )
        )  # fmt: skip
    return made


async def act(request: Request) -> Response:
    """POST /studio/{handle}/comments {do}: approve, remove, settle a report, or say what waits."""
    form = await posted(request)
    try:
        said = await _done(request, form)
    except ChannelError as error:
        found = await _page(request)
        shown = Form(values=found["form"].values | form.values)
        return ask_again(request, PAGE, shown, error, found)
    return go(request, "/comments", said)


async def _done(request: Request, form: Form) -> str:
    link_days = form.number("link_days") or 0
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.MODERATE)
        match form.line("do"):
            case "holds":
                typed = {"words": form.text("words"), "link_days": link_days}
                await settings.change_holds(tx, place.by, place.community, **typed)
                return "saved"
            case "settle":
                await reports.settle(tx, place.by, place.community, form.line("id"))
                return "settled"
            case "approve" | "remove" as do:
                room_id, post_id = await _decided(tx, request, place, form, approve=do == "approve")
            case _:
                raise NotFound("There is nothing here.")
    services_of(request).bus.note("counts", {"room_id": room_id, "post_ids": [post_id]})
    return "shown" if do == "approve" else "removed"


async def _decided(tx: Tx, request: Request, place: Place, form: Form, *, approve: bool) -> tuple[str, str]:
    """Show or remove one comment of this community; ids of its room and its post."""
    thread, comment = await reading.of_comment(tx, form.line("id"), account_of(request).id, hold=True)
    if comment.community_id != place.community.id:
        raise NotFound("There is no such comment.")
    if approve:
        await comments.approve(tx, thread, comment)
    else:
        await comments.delete(tx, thread, comment, reason=form.text("reason"))
    return thread.room.id, thread.post.id
