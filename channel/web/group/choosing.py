"""Choosing messages of a topic: to move them elsewhere, or to say which one answers it. A plain list with boxes."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import posts, topics
from channel.errors import ChannelError, Forbidden, Invalid, NotFound
from channel.members import Action
from channel.posts import moving, queries
from channel.render import views
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.topics import queries as topic_queries
from channel.topics.model import MAX_TOPIC_CHARS
from channel.topics.rights import may_change
from channel.web.forms import Form, read_form
from channel.web.group.places import Here, topic_of
from channel.web.places import seq_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

AT_ONCE = 60
LINE_CHARS = 160
PAGE = "choose.html"


async def choose_form(request: Request) -> Response:
    """GET /@{handle}/{slug}/t/{number}/choose?before=&from=&chosen="""
    chosen = request.query_params.get("chosen", "")
    form = Form(lists={"posts": [chosen]})
    async with services_of(request).db.read() as tx:
        context = await _choosing(tx, request, await topic_of(tx, request))
    return page(request, PAGE, {**context, "form": form})


async def _choosing(tx: Tx, request: Request, here: Here) -> dict[str, Any]:
    """Raises Forbidden for who may neither move messages nor say what answers the topic."""
    by, room = here.place.by, here.room
    moves = by.may(Action.MODERATE)
    if not moves and not may_change(by, room, here.topic):
        raise Forbidden("Only who started the topic and the moderators can change it.")
    part = queries.Part(room.id, here.topic.id, here.since)
    around = seq_of(request.query_params.get("from"))
    before = seq_of(request.query_params.get("before"))
    found = await (
        queries.around(tx, part, seq=around, limit=AT_ONCE)
        if around
        else posts.page(tx, part, before=before, limit=AT_ONCE)
    )
    oldest, _ = await queries.edges(tx, part)
    shown = await views.post_views(tx, found[::-1], room, here.place.community, by)
    others = await topic_queries.newest(tx, room, since=here.since, limit=100)
    return {
        "community": here.place.community,
        "room": room,
        "topic": here.topic,
        "root": here.root,
        "messages": [(view, views.line(view, LINE_CHARS)) for view in shown if view.shape == "open"],
        "older": found[-1].seq if found and found[-1].seq > oldest else None,
        "others": [topic for topic in others.items if topic.id != here.topic.id],
        "moves": moves,
        "max_topic_chars": MAX_TOPIC_CHARS,
    }


async def choose(request: Request) -> Response:
    """POST /@{handle}/{slug}/t/{number}/choose {do: move | answer, posts, to?, name?}"""
    form = await read_form(request)
    services_of(request).limiter.hit("write", account_of(request).id)
    try:
        async with services_of(request).db.write() as tx:
            here = await topic_of(tx, request)
            onward = await _done(tx, here, form)
    except NotFound:
        raise
    except ChannelError as error:
        async with services_of(request).db.read() as tx:
            context = await _choosing(tx, request, await topic_of(tx, request))
        return ask_again(request, PAGE, form, error, context)
    return see_other(onward)


async def _done(tx: Tx, here: Here, form: Form) -> str:
    by, room, topic = here.place.by, here.room, here.topic
    chosen = form.lists.get("posts", [])
    if form.line("do") == "answer":
        if len(chosen) != 1:
            raise Invalid(posts="Choose the one message that answers it.")
        await moving.resolve(tx, by, room, topic, chosen[0])
        return here.root
    if not form.line("to") and not form.line("name"):
        raise Invalid(name="Say where they go: choose a topic, or name a new one.")
    target = await topics.one(tx, form.line("to")) if form.line("to") else form.text("name")
    try:
        moved = await moving.move(tx, by, room, chosen, target, source=topic)
    except Invalid as error:
        raise Invalid(
            {"posts" if name == "post_ids" else name: text for name, text in error.fields.items()}
        ) from error
    return f"{here.group_root}/t/{moved.number}"
