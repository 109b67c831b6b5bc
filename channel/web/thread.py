"""What stands under a post: read on its page, written, changed, removed and reported by plain forms or by scripts."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from channel import comments, outbox
from channel.comments import Comment, Rendered, Thread, names, queries, reports, settings
from channel.comments.model import MAX_REASON_CHARS, MAX_REPORT_CHARS, MAX_TEXT_CHARS, Complaint
from channel.errors import ChannelError, Forbidden, Invalid, NotFound
from channel.events import thread_stream
from channel.i18n import noop as N_
from channel.ids import is_id, new_id
from channel.members.model import Action
from channel.posts import queries as posts
from channel.render.comments import AnyComment, comment_views, fragment
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import community_of, room_of, seq_of
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import PRIVATE, page, problem_text, see_other, wants_fragment

AT_ONCE = 50
WHY: Final[dict[str, str]] = {
    "spam": N_("Spam or advertising"),
    "abuse": N_("Insult, threat or hate"),
    "illegal": N_("Against the law"),
    "wrong_place": N_("It does not belong here"),
    "other": N_("Something else"),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A comment and the answers to it."""

    top: AnyComment
    answers: tuple[AnyComment, ...]


async def below(tx: Tx, request: Request, post_id: str) -> dict[str, Any]:
    """What the page of a post prints below it, for a viewer who may read it. Raises NotFound, Forbidden."""
    thread = await comments.thread(tx, post_id, viewer_of(request).account_id)
    before = seq_of(request.query_params.get("before")) or await _with_the_one_asked_for(tx, request, thread)
    tops, answers = await queries.branches(tx, post_id, thread.viewer, before=before, limit=AT_ONCE + 1)
    older = tops[1].seq if len(tops) > AT_ONCE else None
    tops = tops[-AT_ONCE:]
    shown = {view.id: view for view in await comment_views(tx, [*tops, *answers], thread)}
    stream = thread_stream(post_id)
    return {
        "thread": thread,
        "branches": [
            Branch(shown[top.id], tuple(shown[one.id] for one in answers if one.reply_to == top.id and one.id in shown))
            for top in tops
            if top.id in shown
        ],
        "older": older,
        "latest": before is None,
        "stream": stream,
        "head": await outbox.head(tx, stream),
        "epoch": await outbox.epoch(tx),
        "refused": thread.refusal and problem_text(request, thread.refusal),
        "write_key": new_id(tx.now),
        "answered": await _answered(tx, thread, request.query_params.get("answer", "")),
        "most_chars": MAX_TEXT_CHARS,
        "may_switch": _may_switch(thread),
    }  # fmt: skip


async def _with_the_one_asked_for(tx: Tx, request: Request, thread: Thread) -> int | None:
    """The seq before which the page has the comment of `?comment=`; None: it is among the newest, or is not there."""
    comment_id = request.query_params.get("comment", "")
    found = await queries.many(tx, [comment_id]) if is_id(comment_id) else []
    if not found or found[0].thread_id != thread.post.id or not thread.sees(found[0]):
        return None
    above = found[0].reply_to
    seq = (await queries.one(tx, above)).seq if above else found[0].seq
    newer = await queries.newer_branches(tx, thread.post.id, thread.viewer, after=seq, most=AT_ONCE)
    return seq + 1 if newer >= AT_ONCE else None


def _may_switch(thread: Thread) -> bool:
    by, post = thread.by, thread.post
    own = by.account_id == post.author.id and by.may(Action.POST)
    return thread.room.kind == "channel" and thread.room.comments and (own or by.may(Action.EDIT_ANY_POST))


async def _answered(tx: Tx, thread: Thread, comment_id: str) -> AnyComment | None:
    """The comment that the writer answers, as the address says."""
    found = await queries.many(tx, [comment_id]) if is_id(comment_id) else []
    if not found or found[0].thread_id != thread.post.id or found[0].state != "shown":
        return None
    return (await comment_views(tx, found, thread))[0]


async def _here(tx: Tx, request: Request, *, hold: bool = False) -> Thread:
    """The thread of the post in the address. Raises NotFound, Forbidden."""
    place = await community_of(tx, request)
    if place.banned:
        raise Forbidden("You are banned from this community.", code="banned")
    room = await room_of(tx, request, place)
    if not place.by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    post = await posts.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
    return await comments.thread(tx, post.id, viewer_of(request).account_id, hold=hold)


def _href(request: Request) -> str:
    """The page of the post."""
    where = request.path_params
    return f"/@{where['handle']}/{where['slug']}/{where['seq']}"


async def publish(request: Request) -> Response:
    """POST …/{seq}/comments: 303 to the comment, or its article for a script that asks for it."""
    form = await _posted(request)
    try:
        rendered = await _prepared(request, form)
        told = 0 if wants_fragment(request) or form.on("told") else await _calls(request, rendered)
        if told:
            return await _asked_first(request, form, told)
        view = await _published(request, form, rendered)
    except (NotFound, Invalid, Forbidden) as error:
        if wants_fragment(request):
            return tell_script(request, error)
        return await _written_again(request, form, error)
    if wants_fragment(request):
        article = fragment(view, viewer_of(request).language)
        return HTMLResponse(article, 201, headers={"cache-control": PRIVATE})
    return see_other(f"{_href(request)}#c-{view.id}")


async def _prepared(request: Request, form: Form) -> Rendered:
    async with services_of(request).db.read() as tx:
        thread = await _here(tx, request)
        found = await names.links(tx, thread, form.text("text"))
    return await comments.prepare(form.text("text"), rooms=found.rooms, known=found.known)


async def _calls(request: Request, rendered: Rendered) -> int:
    """How many the groups in a text call."""
    async with services_of(request).db.read() as tx:
        return await names.told(tx, await _here(tx, request), rendered)


async def _published(request: Request, form: Form, rendered: Rendered) -> AnyComment:
    async with services_of(request).db.write() as tx:
        thread = await _here(tx, request, hold=True)
        key, above = form.line("key") or None, form.line("reply_to") or None
        made, _ = await comments.publish(tx, thread, account_of(request), rendered, key, reply_to=above)
        [view] = await comment_views(tx, [made], thread)
    _tell(request, thread)
    return view


def _tell(request: Request, thread: Thread) -> None:
    services_of(request).bus.note("counts", {"room_id": thread.room.id, "post_ids": [thread.post.id]})


async def _written_again(request: Request, form: Form, error: ChannelError) -> Response:
    """What was typed, and why it was not taken, on a page of its own: the thread may be closed meanwhile."""
    return ask_again(request, "comment.html", form, error, await _writing(request))


async def _asked_first(request: Request, form: Form, told: int) -> Response:
    """How many it calls, before it is sent: on a page of its own for who writes without scripts."""
    return page(request, "comment.html", await _writing(request) | {"form": form, "told": told})


async def _writing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        thread = await _here(tx, request)
    return {
        "thread": thread, "href": _href(request), "view": None, "do": "write", "reasons": WHY, "told": 0,
        "most_chars": MAX_TEXT_CHARS, "most_reason": MAX_REASON_CHARS,
    }  # fmt: skip


async def _posted(request: Request) -> Form:
    services_of(request).limiter.hit("write", account_of(request).id)
    return await read_form(request)


async def _one(tx: Tx, request: Request, *, hold: bool = False) -> tuple[Thread, Comment]:
    """The comment in the address, under the post in the address. Raises NotFound, Forbidden."""
    thread = await _here(tx, request, hold=hold)
    comment = await queries.one(tx, request.path_params["id"])
    if comment.thread_id != thread.post.id or not thread.sees(comment):
        raise NotFound("There is no such comment.")
    return thread, comment


async def manage(request: Request) -> Response:
    """GET …/{seq}/comments/{id}: one comment, and what this viewer can do with it."""
    return page(request, "comment.html", await _managing(request))


async def _managing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        thread, comment = await _one(tx, request)
        views = await comment_views(tx, [comment], thread)
    if not views:
        raise NotFound("There is no such comment.")
    mine = comment.author.id == thread.by.account_id
    form = Form(values={"text": comment.text, "rev": str(comment.rev)})
    return {
        "thread": thread,
        "href": _href(request),
        "view": views[0],
        "do": "",
        "mine": mine,
        "edits": mine and comment.there and thread.refusal is None,
        "deletes": comment.there and (mine or thread.moderates),
        "form": form,
        "reasons": WHY,
        "most_chars": MAX_TEXT_CHARS,
        "most_reason": MAX_REASON_CHARS,
    }


async def act(request: Request) -> Response:
    """POST …/{seq}/comments/{id} {do}: edit, delete or approve."""
    form = await _posted(request)
    try:
        do = ACTS.get(form.line("do"))
        if do is None:
            raise Invalid(do="Choose what to do with it.")
        thread = await do(request, form)
    except NotFound:
        raise
    except ChannelError as error:
        context = await _managing(request)
        return ask_again(
            request, "comment.html", Form(values=context["form"].values | form.values), error, context
        )
    _tell(request, thread)
    return see_other(f"{_href(request)}#c-{request.path_params['id']}")


async def _edit(request: Request, form: Form) -> Thread:
    services = services_of(request)
    async with services.db.read() as tx:
        thread, comment = await _one(tx, request)
        found = await names.links(tx, thread, form.text("text"), comment)
    rendered = await comments.prepare(form.text("text"), rooms=found.rooms, known=found.known)
    async with services.db.write() as tx:
        thread, comment = await _one(tx, request, hold=True)
        await comments.edit(tx, thread, comment, rendered, rev=form.number("rev"))
    return thread


async def _delete(request: Request, form: Form) -> Thread:
    async with services_of(request).db.write() as tx:
        thread, comment = await _one(tx, request, hold=True)
        await comments.delete(tx, thread, comment, reason=form.text("reason"))
    return thread


async def _approve(request: Request, form: Form) -> Thread:
    async with services_of(request).db.write() as tx:
        thread, comment = await _one(tx, request, hold=True)
        await comments.approve(tx, thread, comment)
    return thread


ACTS: Final = {"edit": _edit, "delete": _delete, "approve": _approve}


async def switch(request: Request) -> Response:
    """POST …/{seq}/thread {on}: open or close comments under the post."""
    form = await _posted(request)
    async with services_of(request).db.write() as tx:
        thread = await _here(tx, request, hold=True)
        await settings.switch(tx, thread.by, thread.post, on=form.on("on"))
    return see_other(f"{_href(request)}#comments")


async def report_form(request: Request) -> Response:
    """GET …/{seq}/report?comment="""
    form = Form(values={"comment": request.query_params.get("comment", "")})
    return page(request, "report.html", await _reporting(request, form))


async def _reporting(request: Request, form: Form) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        thread = await _here(tx, request)
        comment = await _reported(tx, thread, form)
        views = await comment_views(tx, [comment], thread) if comment else []
    return {
        "thread": thread, "href": _href(request), "view": views[0] if views else None, "form": form,
        "reasons": WHY, "most_words": MAX_REPORT_CHARS, "done": False,
    }  # fmt: skip


async def _reported(tx: Tx, thread: Thread, form: Form) -> Comment | None:
    """The comment that the form is about; None: about the post. Raises NotFound."""
    if not form.line("comment"):
        return None
    comment = await queries.one(tx, form.line("comment"))
    if comment.thread_id != thread.post.id or not thread.sees(comment):
        raise NotFound("There is no such comment.")
    return comment


async def report(request: Request) -> Response:
    """POST …/{seq}/report {comment?, reason, words}"""
    form = await _posted(request)
    try:
        complaint = Complaint.parse(form.line("reason"), form.text("words"))
        async with services_of(request).db.write() as tx:
            thread = await _here(tx, request)
            await reports.report(tx, thread, await _reported(tx, thread, form), complaint)
    except (Invalid, Forbidden) as error:
        return ask_again(request, "report.html", form, error, await _reporting(request, form))
    return page(request, "report.html", await _reporting(request, form) | {"done": True})


_POST = "/@{handle}/{slug}/{seq}"
ROUTES = [
    route(f"{_POST}/comments", publish, SIGNED_IN, methods=("POST",)),
    route(f"{_POST}/comments/{{id}}", manage, SIGNED_IN),
    route(f"{_POST}/comments/{{id}}", act, SIGNED_IN, methods=("POST",)),
    route(f"{_POST}/thread", switch, SIGNED_IN, methods=("POST",)),
    route(f"{_POST}/report", report_form, SIGNED_IN),
    route(f"{_POST}/report", report, SIGNED_IN, methods=("POST",)),
]
