"""The topics of a group: what is new in each, what one keeps on top, and the form for another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import outbox
from channel.errors import Forbidden
from channel.ids import new_id
from channel.posts import horizon, queries, talk
from channel.posts.model import MAX_TEXT_CHARS
from channel.render import views
from channel.rooms import Room
from channel.storage import Tx
from channel.topics import Topic
from channel.topics import queries as topic_queries
from channel.topics.model import MAX_TOPIC_CHARS, Mark, State, state_of
from channel.topics.rights import require_starter
from channel.web import beside, cards, cookies, feed, shelf
from channel.web.forms import Form
from channel.web.places import Place
from channel.web.responses import page, problem_text

AT_ONCE = 50
LINE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Line:
    """A topic in a list. `last` None: nothing was said yet, or nothing that this viewer sees."""

    topic: Topic
    state: State
    mark: Mark
    unread: int
    last: views.AnyView | None
    text: str


async def topics_page(
    tx: Tx,
    request: Request,
    place: Place,
    room: Room,
    around: Mapping[str, Any],
    form: Form | None = None,
) -> Response:
    """GET /@{handle}/{slug} of a group."""
    context = {**around, **await listed(tx, request, place, room), "form": form}
    return page(request, "group.html", {**context, **cards.of_room(request, place, room)})


def laid(request: Request, response: Response) -> Response:
    """The page for whoever asked; one that was made for a stranger is kept for the next."""
    cookies.keep_session(request, response)
    return shelf.lay(request, response)


async def listed(tx: Tx, request: Request, place: Place, room: Room) -> dict[str, Any]:
    """The topics with what is new in them, those that one keeps on top first, and who may start one."""
    since = await horizon.first_seq(tx, place.by, room)
    account_id = place.by.account_id if place.by.belongs else None
    cursor = request.query_params.get("cursor") or None
    found = await topic_queries.newest(tx, room, since=since, cursor=cursor, limit=AT_ONCE)
    kept = await topic_queries.starred(tx, account_id, room.id) if account_id and not cursor else []
    kept = [topic for topic in kept if topic_queries.shown_since(topic, since)]
    rest = [topic for topic in found.items if topic.id not in {one.id for one in kept}]
    new = await talk.unread(tx, account_id, room.id, since) if account_id else talk.Unread({}, 0)
    return {
        "topics": await _lines(tx, place, room, [*kept, *rest], new),
        "older_topics": found.next_cursor,
        "new": new,
        "head": beside_head(await outbox.heads(tx, [f"room:{room.id}"])),
        "epoch": await outbox.epoch(tx),
        "today": feed.date_of(tx.now),
        "key": new_id(tx.now),
        "no_start": _why_not(request, place, room),
        "shared_text": shared_text(request, place),
        "max_chars": MAX_TEXT_CHARS,
        "max_topic_chars": MAX_TOPIC_CHARS,
        "had": await beside.had(tx, place),
        "welcome": await beside.welcome(tx, request, place),
    }


def shared_text(request: Request, place: Place) -> str:
    """What was shared from a phone (app_share.html) and stands in the form, for members, whose pages are not kept for others."""
    return request.query_params.get("text", "")[:MAX_TEXT_CHARS] if place.by.belongs else ""


def beside_head(heads: Mapping[str, int]) -> int:
    """The one head of one stream."""
    return next(iter(heads.values()))


async def _lines(tx: Tx, place: Place, room: Room, found: Sequence[Topic], new: talk.Unread) -> list[Line]:
    ids = [topic.id for topic in found]
    marks = await topic_queries.marks_of(tx, place.by.account_id, ids)
    newest = await queries.by_seqs(tx, room.id, [topic.last_seq for topic in found if topic.posts])
    shown = await views.post_views(tx, newest, room, place.community, place.by)
    said = {view.topic.id: view for view in shown if view.topic and view.shape == "open"}
    return [
        Line(
            topic,
            state_of(topic, room, tx.now),
            marks[topic.id],
            new.by_topic.get(topic.id, 0),
            said.get(topic.id),
            views.line(said[topic.id], LINE_CHARS) if topic.id in said else "",
        )
        for topic in found
    ]


def _why_not(request: Request, place: Place, room: Room) -> str:
    """Why this viewer starts no topic here, in their language; "" for who may."""
    try:
        require_starter(place.by, room)
    except Forbidden as error:
        return problem_text(request, error)
    return ""
