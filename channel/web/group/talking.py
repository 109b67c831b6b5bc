"""The conversation in one topic, and writing in it: with and without scripts."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from channel import posts, push, rooms, topics
from channel.errors import ChannelError, Forbidden, NotFound
from channel.ids import new_id
from channel.media.rights import takes
from channel.members import Action, Entitlement, State
from channel.posts import queries
from channel.posts.linking import links
from channel.posts.model import Draft, Rendered
from channel.render import html, own, views
from channel.rooms import Room
from channel.routing import account_of, services_of, viewer_of
from channel.storage import Tx
from channel.topics import queries as topic_queries
from channel.topics.model import state_of
from channel.topics.rights import may_change, require_writer
from channel.web import beside, cards, feed, keeping, roomlist
from channel.web.forms import Form, read_form
from channel.web.group.listing import laid, listed
from channel.web.group.places import Here, topic_of
from channel.web.places import banned_page, community_of, room_of
from channel.web.refusals import tell_script, wait_headers
from channel.web.responses import PRIVATE, page, problem_text, see_other, translated, wants_fragment
from channel.web.studio.attach import describe


async def topic_page(request: Request) -> Response:
    """GET /@{handle}/{slug}/t/{number}"""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        if room.is_group and place.by.visible and not place.by.reads(room.min_rank):
            around = await beside.around(tx, request, place, room)
            return await beside.locked_room(tx, request, place, room, around)
        here = await topic_of(tx, request)
        if here.topic.moved_to is not None:
            return await _to_its_new_place(tx, request, here)
        context = await conversation(tx, request, here)
    answer = keeping.keepable(page(request, "topic.html", context), here.place.by, here.room)
    return laid(request, answer)


async def _to_its_new_place(tx: Tx, request: Request, here: Here) -> Response:
    """An old link leads to the topic that took the messages over."""
    now = await topics.one(tx, here.topic.moved_to or "")
    if not topic_queries.shown_since(now, here.since):
        raise NotFound("There is no such topic.")
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{here.group_root}/t/{now.number}{query}", 303)


async def conversation(tx: Tx, request: Request, here: Here, form: Form | None = None) -> dict[str, Any]:
    """All that the page of a topic prints."""
    place, room, topic = here.place, here.room, here.topic
    around = await beside.around(tx, request, place, room)
    beside_it = await listed(tx, request, place, room)
    mark = (await topic_queries.marks_of(tx, place.by.account_id, [topic.id]))[topic.id]
    read = max(await beside.read_upto(tx, place, room), mark.seq) if place.by.belongs else 0
    unread = beside_it["new"].by_topic.get(topic.id, 0)
    part = queries.Part(room.id, topic.id, here.since)
    window = await feed.asked_for(tx, part, request.query_params)
    if window is None:
        window = await feed.where_reading_goes_on(tx, part, read, unread)
    shown = await views.post_views(tx, window.posts, room, place.community, place.by)
    language = viewer_of(request).language
    first = feed.first_unread(window.posts, read, place.by.account_id) if unread else None
    return {
        **around,
        **beside_it,
        **cards.of_room(request, place, room),
        "topic": topic,
        "state": state_of(topic, room, tx.now),
        "mark": mark,
        "devices": await push.devices(tx, place.by.account_id or ""),
        "voted": "",  # nobody asks for questions in a group
        "own": await own.beside(tx, place.by.account_id, shown),
        "window": window,
        "days": feed.days(shown, language, first),
        "yesterday": feed.date_of(tx.now - feed.DAY_MS),
        "unread": unread,
        "named": await _named(tx, here, beside.line_of(around["lines"], room)),
        "first_unread": first,
        "read": read,
        "pins": [],
        "answer": await _answer(tx, here),
        "writes": new_id(tx.now),
        "no_write": _why_not(request, here, tx.now),
        "can": " ".join(_can(place.by, room, may_answer=may_change(place.by, room, topic))),
        "changes": may_change(place.by, room, topic),
        "form": form,
        "takes_files": takes(place.by, room),
    }


async def _named(tx: Tx, here: Here, line: roomlist.Line) -> list[int]:
    """The seqs of the unread messages of this topic that name the viewer."""
    found = await queries.by_seqs(tx, here.room.id, line.named)
    return sorted(post.seq for post in found if post.topic_id == here.topic.id)


async def _answer(tx: Tx, here: Here) -> views.PostView | None:
    """The message that answers the topic, for who sees it."""
    if here.topic.answer_id is None:
        return None
    found = await queries.many(tx, [here.topic.answer_id])
    shown = await views.post_views(tx, found, here.room, here.place.community, here.place.by)
    return next((view for view in shown if isinstance(view, views.PostView)), None)


def _why_not(request: Request, here: Here, now: int) -> str:
    """Why this viewer writes nothing here now, in their language; "" for who may. Slow mode is told when it is met."""
    try:
        require_writer(here.place.by, here.room, here.topic, now)
    except Forbidden as error:
        return problem_text(request, error)
    return ""


def _can(by: Entitlement, room: Room, *, may_answer: bool) -> list[str]:
    """What the menu of a message offers, as words for scripts; the verbs check it again."""
    if not by.belongs or by.account_id is None:
        return []
    own = ["edit-own"] if by.state is not State.MUTED else []
    team = ["delete", "move"] if by.may(Action.MODERATE) else []
    edit = ["edit"] if by.may(Action.EDIT_ANY_POST) else []
    return ["post", *own, *team, *edit, *(["answer"] if may_answer else [])]


async def write(request: Request) -> Response:
    """POST /@{handle}/{slug}/t/{number}: 303 to where one wrote, or the article for a script that asks for it."""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("write", account_of(request).id)
        rendered = await prepared(request, form)
        view = await _published(request, form, rendered)
    except ChannelError as error:
        if wants_fragment(request):
            return tell_script(request, error)
        return await _again(request, form, error)
    if not wants_fragment(request):
        return see_other(f"{request.url.path}#p{view.seq}")
    article = html.fragment(view, viewer_of(request).language)
    return HTMLResponse(article, 201, headers={"cache-control": PRIVATE})


async def prepared(request: Request, form: Form) -> Rendered:
    """Checked and laid out before anybody waits for the transaction. Raises NotFound, Forbidden, Invalid (text)."""
    text, carried = form.text("text"), form.lists.get("media", ())
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        slug = request.path_params["slug"]
        here = await rooms.by_slug(tx, place.community.id, slug) if place.by.visible else None
        # Nobody is looked up for who is refused in a moment.
        if here is None or not place.by.reads(here.min_rank):
            return await posts.prepare(Draft.parse(text, media=carried), rooms={})
        found = await links(tx, place.by, place.community, text, room=here)
    draft = Draft.parse(text, quote_id=form.line("quote") or None, media=carried)
    return await posts.prepare(draft, rooms=found.rooms, known=found.known)


async def _published(request: Request, form: Form, rendered: Rendered) -> views.AnyView:
    async with services_of(request).db.write() as tx:
        here = await topic_of(tx, request)
        by, author = here.place.by, account_of(request)
        key = form.line("key")
        await describe(tx, by, form)
        post, _ = await posts.publish(tx, by, author, here.room, rendered, key, topic=here.topic)
        return (await views.post_views(tx, [post], here.room, here.place.community, by))[0]


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    """The topic again, with what was typed and why it was not sent."""
    say_wrong(request, form, error)
    async with services_of(request).db.read() as tx:
        here = await topic_of(tx, request)
        context = await conversation(tx, request, here, form)
    response = page(request, "topic.html", context, status=error.status)
    response.headers.update(wait_headers(error))
    return response


def say_wrong(request: Request, form: Form, error: ChannelError) -> None:
    """Put the problems of `error` into the form, in the viewer's language."""
    fields = getattr(error, "fields", None)
    if fields:
        form.wrong(translated(request, error))  # type: ignore[arg-type]
    else:
        form.problems = {"": problem_text(request, error)}
