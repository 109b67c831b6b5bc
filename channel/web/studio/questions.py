"""The desk for questions: what waits, by where it was asked, the same ones together, answered where they stand."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import posts, questions, rooms, tiers
from channel.errors import ChannelError, Invalid, NotFound
from channel.ids import is_id, new_token
from channel.live import asked
from channel.markdown import plain
from channel.members import Action
from channel.posts import Draft
from channel.posts.linking import links
from channel.posts.model import MAX_TEXT_CHARS, Post
from channel.questions import Box, Prompt, Question, answering, moderating, prompts, queries
from channel.questions.model import grouped
from channel.render import questions as shown
from channel.rooms import Room
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other
from channel.web.studio import asking
from channel.web.studio.compose import find_room
from channel.web.studio.moments import SPAN_WORDS
from channel.web.studio.place import Place, enter, frame, posted, values

PAGE = "studio/questions.html"
EACH, ALONE = 25, 100  # questions of a place, among others and alone
LINE_CHARS = 110
STATES: Final = ("open", "answered", "spam")


@dataclass(frozen=True, slots=True)
class Row:
    """A question on the desk. `hidden`: others do not see who asked; `others`: how many asked the same."""

    view: shown.QuestionView
    hidden: bool
    others: int


@dataclass(frozen=True, slots=True)
class Section:
    """A place with its questions, those that are alike in one group. `key` is the place's word in addresses."""

    key: str
    prompt: Prompt | None
    line: str
    count: int
    groups: list[list[Row]]
    older: str | None


async def show(request: Request) -> Response:
    """GET /studio/{handle}/questions?of=&sort=&state=&cursor="""
    return page(request, PAGE, await _board(request))


async def _board(request: Request, of: str | None = None) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        asked_for = request.query_params
        of = asked_for.get("of", "") if of is None else of
        sort = "new" if asked_for.get("sort") == "new" else "votes"
        state = next((one for one in STATES if one == asked_for.get("state")), "open")
        there = await queries.waiting(tx, place.community.id)
        wanted = await _wanted(tx, place, of, there)
        boards = [
            await _section(
                tx, place, one, sort=sort, state=state, cursor=asked_for.get("cursor", "") if of else ""
            )
            for one in wanted
        ]
        box = await queries.box(tx, place.community.id)
        return await frame(request, tx, place, "questions") | {
            "places": [_named(one) for one in there],
            "boards": [one for one in boards if of or one.prompt or one.groups],
            "of": of,
            "sort": sort,
            "state": state,
            "box": box,
            "post": await _unasked(tx, place, of, wanted),
            "rooms": [
                one for one in await rooms.of_community(tx, place.community.id) if one.kind == "channel"
            ],
            "tiers": await tiers.of_community(tx, place.community.id),
            "key": new_token(16),
            "most_text": MAX_TEXT_CHARS,
            "spans": list(SPAN_WORDS.items()),
            "terms": values(**asking.fields(wanted[0].prompt if of and wanted else None)),
            "answering": None,
            "locked_out": False,
        }


def _named(one: queries.Waiting) -> tuple[str, str, int]:
    """Its word in addresses, the first words of its post ("" for the box), and how many wait."""
    return (one.prompt.post_id if one.prompt else "box", plain(one.text, 40), one.count)


async def _wanted(tx: Tx, place: Place, of: str, there: list[queries.Waiting]) -> list[queries.Waiting]:
    """The places that the page shows: all that wait, or the one that was named."""
    if not of:
        return there
    found = [one for one in there if (one.prompt.post_id if one.prompt else "box") == of]
    if found or not is_id(of):
        return found
    post = await _post(tx, place, of)
    prompt = (await queries.prompts_of(tx, [post.id])).get(post.id)
    return [queries.Waiting(prompt, post.text, 0)] if prompt else []


async def _post(tx: Tx, place: Place, post_id: str) -> Post:
    post = await posts.one(tx, post_id)
    if post.community_id != place.community.id or post.deleted_at is not None:
        raise NotFound("There is no such post.")
    return post


async def _unasked(tx: Tx, place: Place, of: str, wanted: list[queries.Waiting]) -> tuple[str, str] | None:
    """A post that was named and asks nothing yet: its id and first words."""
    if wanted or not is_id(of):
        return None
    post = await _post(tx, place, of)
    return post.id, plain(post.text, LINE_CHARS)


async def _section(
    tx: Tx, place: Place, one: queries.Waiting, *, sort: Any, state: str, cursor: str
) -> Section:
    where: Prompt | Box = one.prompt or Box(place.community.id)
    alone = bool(cursor)
    found = await queries.listing(
        tx, where, state=state, sort=sort, cursor=cursor or None, limit=ALONE if alone else EACH
    )
    groups = grouped(found.items) if state == "open" else [[each] for each in found.items]
    merged = await queries.merged(tx, [each.id for each in found.items])
    rows = [[_row(place, each, merged.get(each.id, 0)) for each in group] for group in groups]
    key = one.prompt.post_id if one.prompt else "box"
    return Section(key, one.prompt, plain(one.text, LINE_CHARS), one.count, rows, found.next_cursor)


def _row(place: Place, one: Question, others: int) -> Row:
    return Row(shown.question_view(one, place.community.handle, place.by), not one.show_name, others)


def _on(request: Request, form: Form, said: str) -> Response:
    """Back to the same part of the desk."""
    of = form.line("of")
    more = f"of={of}&" if of == "box" or is_id(of) else ""
    return see_other(f"/studio/{request.path_params['handle']}/questions?{more}said={said}")


async def sort_out(request: Request) -> Response:
    """POST /studio/{handle}/questions {do: merge|spam|unspam, ids}: the one with the most votes stays of those merged."""
    form = await posted(request)
    ids = form.lists.get("ids", [])
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.MODERATE)
            chosen = [await _one(tx, place, each) for each in dict.fromkeys(ids)]
            said = await _sorted_out(tx, place, chosen, form.line("do"))
            touched = await queries.prompts_of(tx, [one.prompt_id for one in chosen if one.prompt_id])
    except ChannelError as error:
        return ask_again(request, PAGE, form, error, await _board(request, form.line("of")))
    for prompt in touched.values():
        asked.tell(services_of(request).bus, prompt)
    return _on(request, form, said)


async def _one(tx: Tx, place: Place, question_id: str) -> Question:
    question = await queries.one(tx, question_id)
    if question.community_id != place.community.id or question.state == "withdrawn":
        raise NotFound("There is no such question.")
    return question


async def _sorted_out(tx: Tx, place: Place, chosen: list[Question], do: str) -> str:
    if do == "merge":
        if len(chosen) < 2:
            raise Invalid(ids="Choose two questions or more that are the same.")
        target, *duplicates = sorted(chosen, key=lambda one: (-one.votes, one.created_at, one.id))
        await moderating.merge(tx, place.by, duplicates, target)
        return "merged"
    if not chosen:
        raise Invalid(ids="Choose a question first.")
    for one in sorted(chosen, key=lambda one: one.id):
        await moderating.set_spam(tx, place.by, one, spam=do != "unspam")
    return "taken_in" if do == "unspam" else "set_aside"


async def answer(request: Request) -> Response:
    """POST /studio/{handle}/questions/{id}/answer {room, min_rank, text, key, anyway}"""
    form = await posted(request)
    services = services_of(request)
    try:
        services.limiter.hit("publish", account_of(request).id)
        reply = await _reply(request, form)
        async with services.db.write() as tx:
            place = await enter(request, tx, Action.POST)
            question = await _one(tx, place, request.path_params["id"])
            await questions.answer(tx, place.by, account_of(request), place.community, reply)
            prompt = await queries.prompt(tx, question.prompt_id) if question.prompt_id else None
    except NotFound:
        raise
    except ChannelError as error:
        return await _answer_again(request, form, error)
    asked.tell(services.bus, prompt)
    return _on(request, form, "answered")


async def _reply(request: Request, form: Form) -> answering.Reply:
    """The answer laid out, before anybody waits for the transaction."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        question = await _one(tx, place, request.path_params["id"])
        room = _room(await rooms.of_community(tx, place.community.id), form)
        about = answering.about(question)
        text = answering.quoting(about, form.text("text"))
        known = await links(tx, place.by, place.community, text, room=room)
    draft = Draft.parse(text, min_rank=form.number("min_rank"))
    rendered = await posts.prepare(draft, rooms=known.rooms, known=known.known)
    key = form.line("key") or new_token(16)
    return answering.Reply(about, room, rendered, key, anyway=form.on("anyway"))


def _room(there: list[Room], form: Form) -> Room:
    room = find_room([one for one in there if one.kind == "channel"], form.line("room"))
    if room is None:
        raise Invalid(room="Choose the room that the answer goes to.")
    return room


async def _answer_again(request: Request, form: Form, error: ChannelError) -> Response:
    """The desk with the answer that was typed, above all others."""
    board = await _board(request, form.line("of"))
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        question = await _one(tx, place, request.path_params["id"])
        merged = await queries.merged(tx, [question.id])
        board["answering"] = _row(place, question, merged.get(question.id, 0))
    board["locked_out"] = error.code == "asker_locked_out"
    return ask_again(request, PAGE, form, error, board)


async def set_prompt(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}/prompt {do: ask|end, prompt_until, prompt_rank, prompt_votes, shown}"""
    form = await posted(request)
    post_id = request.path_params["id"]
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.POST)
            post = await _post(tx, place, post_id)
            if form.line("do") == "end":
                await prompts.end(tx, place.by, post)
            else:
                await prompts.ask_for(tx, place.by, post, asking.terms(form, tx.now))
    except Invalid as error:
        return ask_again(request, PAGE, form, error, await _board(request, post_id) | {"terms": form})
    form.values["of"] = post_id
    return _on(request, form, "ended" if form.line("do") == "end" else "asking")


async def set_box(request: Request) -> Response:
    """POST /studio/{handle}/questions/box {on, box_rank}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            rank = form.number("box_rank") or 0
            if rank and rank not in {tier.rank for tier in await tiers.of_community(tx, place.community.id)}:
                raise Invalid(box_rank="Choose who may ask: members, or a tier.")
            await prompts.set_box(tx, place.by, place.community, on=form.on("on"), min_rank=rank)
    except Invalid as error:
        return ask_again(request, PAGE, form, error, await _board(request, "box"))
    form.values["of"] = "box"
    return _on(request, form, "box_on" if form.on("on") else "box_off")
