"""Publishing and previewing from the composer: the desk's, a room's, with and without scripts."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channel import polls, posts, rooms
from channel.errors import ChannelError
from channel.members import Action
from channel.polls import PollDraft
from channel.posts import drafts
from channel.posts.linking import links
from channel.posts.model import Rendered
from channel.questions import Terms, prompts
from channel.render import html, views
from channel.render.views import AnyView
from channel.rooms import Room
from channel.routing import account_of, services_of, viewer_of
from channel.web.forms import Form, local_path, read_form
from channel.web.refusals import tell_script
from channel.web.responses import PRIVATE, see_other, wants_fragment
from channel.web.studio import asking, attach, compose, desk, preview
from channel.web.studio.place import enter, go, posted


async def publish(request: Request) -> Response:
    """POST /studio/{handle}/posts: 303 to where one wrote, or the article for a script that asks for it."""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("publish", account_of(request).id)
        view = await _published(request, form, await _prepared(request, form))
    except ChannelError as error:
        return (
            tell_script(request, error) if wants_fragment(request) else await desk.again(request, form, error)
        )
    if not wants_fragment(request):
        back = local_path(form.line("next"), "")  # a room's own composer names its room
        return see_other(back) if back else go(request, "", "sent")
    article = html.fragment(view, viewer_of(request).language)
    return HTMLResponse(article, 201, headers={"cache-control": PRIVATE})


@dataclass(frozen=True, slots=True)
class Ready:
    """A post checked and laid out, with what stands below it."""

    room: Room
    rendered: Rendered
    poll: PollDraft | None
    terms: Terms | None


async def _prepared(request: Request, form: Form) -> Ready:
    """Checked and laid out before anybody waits for the transaction."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        there = await rooms.of_community(tx, place.community.id)
        room, draft, poll = compose.all_of(there, form, place.now)
        terms = asking.wanted(form, place.now)
        found = await links(tx, place.by, place.community, draft.text, room=room)
    rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    return Ready(room, rendered, poll, terms)


async def _published(request: Request, form: Form, ready: Ready) -> AnyView:
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        author, key = account_of(request), form.line("key")
        await attach.describe(tx, place.by, form)
        post, created = await polls.publish(
            tx, place.by, author, ready.room, ready.rendered, poll=ready.poll, key=key
        )
        if created and ready.terms is not None:
            await prompts.ask_for(tx, place.by, post, ready.terms, fresh=True)
        if form.line("draft"):
            await drafts.delete_draft(tx, place.by, form.line("draft"))
        return (await views.post_views(tx, [post], ready.room, place.community, place.by))[0]


async def show_preview(request: Request) -> Response:
    """POST /studio/{handle}/preview: both views; with `show=page` on the desk, for who has no scripts."""
    form = await posted(request)
    if form.line("show") == "page":
        return await desk.with_preview(request, form)
    return preview.answer(request, await preview.both_views(request, form))
