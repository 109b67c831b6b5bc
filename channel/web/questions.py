"""Asking: under a post that collects questions, and in the box of a community; one's own, and what became of them."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import members, posts, questions, rooms
from channel.errors import ChannelError, Forbidden
from channel.i18n import noop as N_
from channel.ids import new_token
from channel.live import asked
from channel.members import State
from channel.posts import queries as post_queries
from channel.questions import Box, Prompt, Question, Words, actions, queries
from channel.questions.model import MAX_CHARS
from channel.questions.places import Found, found
from channel.render import questions as shown
from channel.render import views
from channel.rooms import Room
from channel.routing import SIGNED_IN, VIEWER, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import room as room_pages
from channel.web.forms import Form, local_path, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page, see_other, wants_fragment

PROMPT = "prompt.html"
BOX = "question_box.html"
SLUG = "questions"
AT_ONCE = 50
LINE_CHARS = 300
SAID: Final[dict[str, str]] = {
    "asked": N_("Asked. You are told here when it is answered."),
    "changed": N_("Changed."),
    "withdrawn": N_("Taken back."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A question as the page prints it. `fate`: what became of it, for who asked."""

    view: shown.QuestionView
    own: bool
    voted: bool
    fate: str
    edited: bool
    show_name: bool


async def _lines(tx: Tx, place: Place, these: list[Question]) -> list[Line]:
    account_id, handle = place.by.account_id, place.community.handle
    voted = await queries.voted(tx, account_id, [one.id for one in these])
    return [
        Line(
            shown.question_view(one, handle, place.by),
            account_id is not None and one.author.id == account_id,
            one.id in voted,
            one.fate,
            one.edited_at is not None,
            one.show_name,
        )
        for one in these
    ]


def _why_not(place: Place, where: Prompt | Box, now: int) -> str:
    """Why this viewer cannot ask here; "" for who can."""
    over = not where.on if isinstance(where, Box) else not where.open_at(now)
    if over or place.by.closed:
        return "over"
    if not place.by.belongs:
        return "sign_in" if place.by.account_id is None else "join"
    if place.by.state is State.MUTED:
        return "muted"
    return "tier" if place.by.rank < where.min_rank else ""


async def _common(
    tx: Tx, request: Request, place: Place, where: Prompt | Box, form: Form | None
) -> dict[str, Any]:
    sort: Any = "new" if request.query_params.get("sort") == "new" else "votes"
    cursor = request.query_params.get("cursor") or None
    listed = await queries.seen_by(tx, place.by, where, sort=sort, cursor=cursor, limit=AT_ONCE)
    return {
        "community": place.community,
        "by": place.by,
        "why_not": _why_not(place, where, tx.now),
        "runs": place.runs,
        "questions": await _lines(tx, place, listed.items),
        "older": listed.next_cursor,
        "sort": sort,
        "key": new_token(16),
        "form": form,
        "edit": request.query_params.get("edit", ""),
        "most": MAX_CHARS,
        "said": SAID.get(request.query_params.get("said", ""), ""),
    }


# ---- under a post ----


async def prompt_page(request: Request) -> Response:
    """GET /@{handle}/{slug}/{seq}/questions"""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        room = await room_of(tx, request, place)
        views.sight(place.by, room)
        post = await post_queries.by_seq(tx, room.id, seq_of(request.path_params["seq"]) or 0)
        context = await _prompt(tx, request, place, room, post.id, None)
    if context["view"].shape != "open":
        return see_other(context["view"].href)
    return page(request, PROMPT, context)


async def _prompt(
    tx: Tx, request: Request, place: Place, room: Room, post_id: str, form: Form | None
) -> dict[str, Any]:
    post = await posts.one(tx, post_id)
    prompt = await queries.prompt(tx, post.id)
    (view,) = await views.post_views(tx, [post], room, place.community, place.by)
    line = views.line(view, LINE_CHARS)
    context: dict[str, Any] = {"view": view, "room": room, "prompt": prompt, "mine": [], "line": line}
    if view.shape != "open":
        return context
    if place.by.account_id is not None:
        own = await queries.mine(tx, place.by, prompt, limit=AT_ONCE)
        context["mine"] = await _lines(tx, place, own.items)
    return context | await _common(tx, request, place, prompt, form)


async def ask_prompt(request: Request) -> Response:
    """POST /posts/{id}/questions {text, hide_name, key}"""
    form = await read_form(request)
    services = services_of(request)
    try:
        services.limiter.hit("ask", account_of(request).id)
        words = _words(form)
        async with services.db.write() as tx:
            place, room, prompt = await _place(tx, request)
            await _ask(tx, request, place, prompt, words, form)
    except ChannelError as error:
        return await _prompt_again(request, form, error)
    asked.tell(services.bus, prompt)
    return see_other(f"{_address(place, room, prompt)}?said=asked#mine")


async def _place(tx: Tx, request: Request) -> tuple[Place, Room, Prompt]:
    post = await posts.one(tx, request.path_params["id"])
    by, room, community = await members.entitlement_by_room(tx, post.room_id, viewer_of(request).account_id)
    views.sight(by, room)
    return Place(community, by), room, await queries.prompt(tx, post.id)


def _address(place: Place, room: Room, prompt: Prompt) -> str:
    return f"/@{place.community.handle}/{room.slug}/{prompt.seq}/questions"


def _words(form: Form) -> Words:
    return Words.parse(form.text("text"), show_name=not form.on("hide_name"))


async def _ask(tx: Tx, request: Request, place: Place, where: Prompt | Box, words: Words, form: Form) -> None:
    """A form in a post has no key of its own: everybody is shown the same one."""
    key = form.line("key") or actions.key_of(where, words)
    await questions.ask(tx, place.by, account_of(request), where, words, key=key)


async def _prompt_again(request: Request, form: Form, error: ChannelError) -> Response:
    """The page of the prompt with what was typed. Raises `error` for who may not see that page."""
    async with services_of(request).db.read() as tx:
        try:
            place, room, prompt = await _place(tx, request)
            context = await _prompt(tx, request, place, room, prompt.post_id, form)
        except ChannelError:
            raise error from None
    if context["view"].shape != "open":
        raise error
    return ask_again(request, PROMPT, form, error, context)


# ---- the box ----


async def box_page(request: Request) -> Response:
    """GET /@{handle}/questions: a room that had this address before it was reserved keeps it; the box is at …/box then."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        taken = not request.url.path.endswith("/box") and await _room_is_there(tx, place)
        if place.banned and not taken:
            return await banned_page(tx, request, place)
        context = {} if taken else await _box(tx, request, place, None)
    if taken:
        request.path_params["slug"] = SLUG
        return await room_pages.room_page(request)
    return page(request, BOX, context)


async def _room_is_there(tx: Tx, place: Place) -> bool:
    return any(one.slug == SLUG for one in await rooms.of_community(tx, place.community.id))


async def _box(tx: Tx, request: Request, place: Place, form: Form | None) -> dict[str, Any]:
    box = await queries.box(tx, place.community.id)
    own: list[Question] = []
    if place.by.account_id is not None:
        own = (await queries.mine(tx, place.by, limit=AT_ONCE)).items
    return await _common(tx, request, place, box, form) | {
        "box": box,
        "mine": await _lines(tx, place, own),
        "address": f"/@{place.community.handle}/{SLUG}",
    }


async def ask_box(request: Request) -> Response:
    """POST /@{handle}/questions {text, hide_name, key}"""
    form = await read_form(request)
    services = services_of(request)
    try:
        services.limiter.hit("ask", account_of(request).id)
        words = _words(form)
        async with services.db.write() as tx:
            place = await _known(tx, request)
            box = await queries.box(tx, place.community.id)
            await _ask(tx, request, place, box, words, form)
    except ChannelError as error:
        return await _box_again(request, form, error)
    return see_other(f"/@{place.community.handle}/{SLUG}/box?said=asked#mine")


async def _known(tx: Tx, request: Request) -> Place:
    """The community of the address. Raises NotFound, Forbidden for banned people, who know of it."""
    place = await community_of(tx, request)
    if place.banned:
        raise Forbidden("You are banned from this community.", code="banned")
    return place


async def _box_again(request: Request, form: Form, error: ChannelError) -> Response:
    async with services_of(request).db.read() as tx:
        context = await _box(tx, request, await _known(tx, request), form)
    return ask_again(request, BOX, form, error, context)


# ---- one question ----


async def vote(request: Request) -> Response:
    """POST /questions/{id}/vote {do: vote|unvote, next}: back to where the button was; numbers for a script."""
    services = services_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("write", account_of(request).id)
        async with services.db.write() as tx:
            there = await found(tx, request.path_params["id"], account_of(request).id)
            act = questions.unvote if form.line("do") == "unvote" else questions.vote
            await act(tx, there.by, there.question)
            now = await queries.one(tx, there.question.merged_into or there.question.id)
    except ChannelError as error:
        if wants_fragment(request):
            return tell_script(request, error)
        raise
    asked.tell(services.bus, there.prompt)
    if wants_fragment(request):
        told = {"votes": now.votes, "voted": form.line("do") != "unvote"}
        return JSONResponse(told, headers={"cache-control": "no-store"})
    return see_other(f"{_back(there)}#q-{now.id}")


def _back(there: Found) -> str:
    root = f"/@{there.community.handle}"
    if there.prompt is None:
        return f"{root}/{SLUG}/box"
    return f"{root}/{there.prompt.room_slug}/{there.prompt.seq}/questions"


async def change(request: Request) -> Response:
    """POST /questions/{id} {do: reword|withdraw, text, hide_name, next}"""
    services = services_of(request)
    form = await read_form(request)
    there: Found | None = None
    try:
        services.limiter.hit("write", account_of(request).id)
        async with services.db.write() as tx:
            there = await found(tx, request.path_params["id"], account_of(request).id)
            said = await _changed(tx, there, form)
    except ChannelError as error:
        if there is None or form.line("do") == "withdraw":
            raise
        return await _change_again(request, there, form, error)
    asked.tell(services.bus, there.prompt)
    return see_other(f"{local_path(form.line('next'), _back(there))}?said={said}#mine")


async def _changed(tx: Tx, there: Found, form: Form) -> str:
    if form.line("do") == "withdraw":
        await questions.withdraw(tx, there.by, there.question)
        return "withdrawn"
    await actions.reword(tx, there.by, there.question, _words(form))
    return "changed"


async def _change_again(request: Request, there: Found, form: Form, error: ChannelError) -> Response:
    """The page that has the question, with the words that were typed."""
    async with services_of(request).db.read() as tx:
        place = Place(there.community, there.by)
        template, context = BOX, {}
        if there.prompt is not None:
            room = await rooms.one(tx, there.prompt.room_id)
            template, context = (
                PROMPT,
                await _prompt(tx, request, place, room, there.prompt.post_id, form),
            )
        if not context or context["view"].shape != "open":
            template, context = BOX, await _box(tx, request, place, form)
    return ask_again(request, template, form, error, context | {"edit": there.question.id})


ROUTES = [
    route("/@{handle}/questions", box_page, VIEWER),
    route("/@{handle}/questions", ask_box, SIGNED_IN, methods=("POST",)),
    route("/@{handle}/questions/box", box_page, VIEWER),
    route("/@{handle}/{slug}/{seq}/questions", prompt_page, VIEWER),
    route("/posts/{id}/questions", ask_prompt, SIGNED_IN, methods=("POST",)),
    route("/questions/{id}/vote", vote, SIGNED_IN, methods=("POST",)),
    route("/questions/{id}", change, SIGNED_IN, methods=("POST",)),
]
