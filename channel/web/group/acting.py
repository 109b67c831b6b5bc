"""What is done to topics: started, named, closed, resolved, merged, followed."""

from starlette.requests import Request
from starlette.responses import Response

from channel import posts, topics
from channel.errors import ChannelError, Invalid, NotFound
from channel.posts import moving
from channel.posts.model import Rendered
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.topics import marks
from channel.topics.model import parse_level, parse_mail_way, parse_push_way
from channel.web import beside
from channel.web.forms import Form, local_path, read_form
from channel.web.group.listing import topics_page
from channel.web.group.places import Here, group_of, topic_of
from channel.web.group.talking import conversation, prepared, say_wrong
from channel.web.refusals import wait_headers
from channel.web.responses import page, see_other


async def start(request: Request) -> Response:
    """POST /@{handle}/{slug}/t {name, text, key}: the topic and its first message, both or neither."""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("publish", account_of(request).id)
        number = await _started(request, form, await prepared(request, form))
    except ChannelError as error:
        return await _list_again(request, form, error)
    return see_other(f"/@{request.path_params['handle']}/{request.path_params['slug']}/t/{number}")


async def _started(request: Request, form: Form, rendered: Rendered) -> int:
    author = account_of(request)
    async with services_of(request).db.write() as tx:
        place, room = await group_of(tx, request)
        sent = await posts.queries.by_key(tx, author.id, posts.model.parse_key(form.line("key")))
        if sent is not None and sent.topic_id is not None:  # a second press of the button
            return (await topics.one(tx, sent.topic_id)).number
        topic = await topics.start(tx, place.by, room, form.text("name"))
        await posts.publish(tx, place.by, author, room, rendered, form.line("key"), topic=topic)
        return topic.number


async def _list_again(request: Request, form: Form, error: ChannelError) -> Response:
    """The list again, with what was typed and what is wrong with it."""
    say_wrong(request, form, error)
    async with services_of(request).db.read() as tx:
        place, room = await group_of(tx, request)
        around = await beside.around(tx, request, place, room)
        response = await topics_page(tx, request, place, room, around, form)
    response.status_code = error.status
    response.headers.update(wait_headers(error))
    return response


async def change(request: Request) -> Response:
    """POST /@{handle}/{slug}/t/{number}/change {do: name | close | open | resolve | merge}"""
    form = await read_form(request)
    services_of(request).limiter.hit("write", account_of(request).id)
    try:
        async with services_of(request).db.write() as tx:
            here = await topic_of(tx, request)
            onward = await _changed(tx, here, form)
    except ChannelError as error:
        if error.status == NotFound.status:
            raise
        return await topic_again(request, form, error)
    return see_other(onward)


async def _changed(tx: Tx, here: Here, form: Form) -> str:
    """Do it, and say where that leads."""
    by, room, topic = here.place.by, here.room, here.topic
    match form.line("do"):
        case "name":
            await topics.rename(tx, by, room, topic, form.text("name"))
        case "close":
            await topics.set_state(tx, by, room, topic, "closed")
        case "open":
            await topics.set_state(tx, by, room, topic, "open")
        case "resolve":
            await moving.resolve(tx, by, room, topic, form.line("answer_id") or None)
        case "merge":
            into = await topics.one(tx, form.line("into"))
            return f"{here.group_root}/t/{(await moving.merge(tx, by, room, topic, into)).number}"
        case _:
            raise Invalid({"": "Press one of the buttons."})
    return here.root


async def topic_again(request: Request, form: Form, error: ChannelError) -> Response:
    """The topic again, with what was typed and what is wrong."""
    say_wrong(request, form, error)
    async with services_of(request).db.read() as tx:
        context = await conversation(tx, request, await topic_of(tx, request), form)
    response = page(request, "topic.html", context, status=error.status)
    response.headers.update(wait_headers(error))
    return response


async def mark(request: Request) -> Response:
    """POST /@{handle}/{slug}/t/{number}/mark {level?, starred?, push?, mail?, next?}: what is there changes."""
    form = await read_form(request)
    services_of(request).limiter.hit("write", account_of(request).id)
    level = parse_level(form.line("level")) if "level" in form.values else None
    starred = form.line("starred") == "1" if "starred" in form.values else None
    push = parse_push_way(form.line("push")) if "push" in form.values else None
    mail = parse_mail_way(form.line("mail")) if "mail" in form.values else None
    async with services_of(request).db.write() as tx:
        here = await topic_of(tx, request)
        account_id = account_of(request).id
        await marks.follow(tx, account_id, here.topic, level=level, starred=starred, push=push, mail=mail)
    return see_other(local_path(form.line("next"), here.root))
