"""Questions: asked, read, voted for, sorted, answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import posts, questions
from channel.api import places
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.places import CursorText, Limit, Place
from channel.api.shapes import Author
from channel.api.shapes_questions import Box as BoxShape
from channel.api.shapes_questions import BoxQuestions, QuestionAnswer, Questions
from channel.api.shapes_questions import Question as Shape
from channel.errors import Forbidden, Invalid
from channel.live import asked
from channel.members import Action
from channel.members.model import Entitlement
from channel.members.paging import Page
from channel.posts import Draft
from channel.posts.linking import links
from channel.posts.model import MAX_TEXT_CHARS
from channel.questions import Box, Prompt, Question, Words, actions, answering, moderating, queries
from channel.questions.model import MAX_CHARS
from channel.questions.places import Found, found
from channel.questions.rights import require_sight, require_staff, staff
from channel.render import questions as shown
from channel.render import views
from channel.render.json import as_json, author_json, iso
from channel.rooms.model import MAX_RANK
from channel.routing import VIEWER, Policy, Who
from channel.storage import Tx

Text = Annotated[str, Meta(min_length=1, max_length=MAX_CHARS)]
ShowName = Annotated[
    bool, Meta(description="false: other members do not see who asked; the people who run the community do")
]


class NewQuestion(Struct, forbid_unknown_fields=True, kw_only=True):
    """A question to be."""

    text: Text
    show_name: ShowName = True


class QuestionQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which questions. `mine`: the caller's own; `state`: for staff, else what others may see."""

    sort: Literal["votes", "new"] = "votes"
    mine: bool = False
    state: Literal["open", "answered", "merged", "spam"] | None = None
    limit: Limit = 50
    cursor: CursorText | None = None


class QuestionChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Of who asked: `text` and `show_name`, once, or `state: withdrawn`. Of staff: `state` or `merged_into`."""

    text: Text | UnsetType = UNSET
    show_name: ShowName | UnsetType = UNSET
    state: Literal["open", "spam", "withdrawn", "merged"] | UnsetType = UNSET
    merged_into: Annotated[str, Meta(min_length=36, max_length=36)] | UnsetType = UNSET


class NewAnswer(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is published: the question as a quotation, and below it this text."""

    room_id: Annotated[str, Meta(min_length=36, max_length=36)]
    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown")]
    min_rank: Annotated[int, Meta(ge=0, le=MAX_RANK)] | None = None
    even_if_locked: Annotated[
        bool, Meta(description="publish also when one of those who asked could not read it")
    ] = False


def _question(call: Call, handle: str, by: Entitlement, one: Question, *, voted: bool) -> Shape:
    view = shown.question_view(one, handle, by)
    own = by.account_id is not None and one.author.id == by.account_id
    author = view.author
    return Shape(
        id=one.id,
        prompt_id=one.prompt_id,
        text=view.text,
        author=None if author is None else Author(**author_json(author)),
        show_name=one.show_name,
        state=one.state,
        merged_into=one.merged_into if own or staff(by) else None,
        answer=None
        if view.answer is None or one.answer is None
        else QuestionAnswer(post_id=one.answer.post_id, url=call.settings.url + view.answer),
        votes=one.votes,
        mine=own,
        voted=voted,
        created_at=iso(one.created_at),
        edited_at=None if one.edited_at is None else iso(one.edited_at),
    )


async def _all(call: Call, tx: Tx, place: Place, these: Sequence[Question]) -> list[Shape]:
    voted = await queries.voted(tx, call.account_id, [one.id for one in these])
    handle = place.community.handle
    return [_question(call, handle, place.by, one, voted=one.id in voted) for one in these]


async def _one(call: Call, tx: Tx, question_id: str) -> Shape:
    there = await found(tx, question_id, call.account_id)
    voted = await queries.voted(tx, call.account_id, [question_id])
    return _question(call, there.community.handle, there.by, there.question, voted=bool(voted))


async def _page(
    call: Call, tx: Tx, place: Place, where: Prompt | Box, given: QuestionQuery
) -> Page[Question]:
    if given.mine:
        if call.account_id is None:
            raise Forbidden("Sign in to see what you asked.")
        return await queries.mine(tx, place.by, where, cursor=given.cursor, limit=given.limit)
    more = {"cursor": given.cursor, "limit": given.limit}
    if given.state is not None:
        if not staff(place.by):
            raise Forbidden("Only those who run the community look at questions by their state.")
        return await queries.listing(tx, where, state=given.state, sort=given.sort, **more)  # type: ignore[arg-type]
    if staff(place.by):
        return await queries.listing(tx, where, state="open", sort=given.sort, **more)  # type: ignore[arg-type]
    return await queries.seen_by(tx, place.by, where, sort=given.sort, **more)  # type: ignore[arg-type]


async def _prompt(call: Call, tx: Tx) -> tuple[Prompt, Place]:
    """The prompt of `{id}`, which the caller may read."""
    post = await posts.one(tx, call.id())
    _, place = await places.readable_room(call, tx, post.room_id)
    prompt = await queries.prompt(tx, post.id)
    await require_sight(tx, place.by, prompt)
    return prompt, place


async def list_questions(call: Call, tx: Tx, given: QuestionQuery) -> Answer:
    """What was asked under a post, as far as the caller may see it. Staff see the open ones."""
    prompt, place = await _prompt(call, tx)
    page = await _page(call, tx, place, prompt, given)
    return Answer(Questions(items=await _all(call, tx, place, page.items), next_cursor=page.next_cursor))


async def ask_question(call: Call, tx: Tx, given: NewQuestion) -> Answer:
    """Ask under a post that collects questions."""
    prompt, place = await _prompt(call, tx)
    words = Words.parse(given.text, show_name=given.show_name)
    made, _ = await questions.ask(tx, place.by, call.account, prompt, words)
    shape = _question(call, place.community.handle, place.by, made, voted=False)
    return Answer(shape, 201, then=lambda services: asked.tell(services.bus, prompt))


async def list_box(call: Call, tx: Tx, given: QuestionQuery) -> Answer:
    """What was asked in the box of a community: one's own, and what is answered. Staff see the open ones."""
    place = await places.community(call, tx)
    box = await queries.box(tx, place.community.id)
    page = await _page(call, tx, place, box, given)
    may = box.on and place.by.belongs and place.by.rank >= box.min_rank and not place.by.closed
    items = await _all(call, tx, place, page.items)
    shape = BoxShape(on=box.on, min_rank=box.min_rank)
    return Answer(BoxQuestions(items=items, next_cursor=page.next_cursor, box=shape, may=may))


async def ask_box(call: Call, tx: Tx, given: NewQuestion) -> Answer:
    """Ask in the box of a community."""
    place = await places.community(call, tx)
    box = await queries.box(tx, place.community.id)
    words = Words.parse(given.text, show_name=given.show_name)
    made, _ = await questions.ask(tx, place.by, call.account, box, words)
    return Answer(_question(call, place.community.handle, place.by, made, voted=False), 201)


async def vote_question(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Want an answer to it, too. Twice is once."""
    there = await found(tx, call.id(), call.account_id)
    await questions.vote(tx, there.by, there.question)
    root = there.question.merged_into or there.question.id
    return Answer(await _one(call, tx, root), then=lambda services: asked.tell(services.bus, there.prompt))


async def unvote_question(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Take the vote back."""
    there = await found(tx, call.id(), call.account_id)
    await questions.unvote(tx, there.by, there.question)
    return Answer(None, 204, then=lambda services: asked.tell(services.bus, there.prompt))


async def edit_question(call: Call, tx: Tx, given: QuestionChanges) -> Answer:
    """Change or take back one's own question; as staff put it aside, or to the same one that was asked before."""
    there = await found(tx, call.id(), call.account_id)
    if given.text is not UNSET or given.show_name is not UNSET:
        if given.state is not UNSET or given.merged_into is not UNSET:
            raise Invalid(state="Change the words, or what becomes of it: one at a time.")
        await _reword(tx, there, given)
    elif given.merged_into is not UNSET or given.state == "merged":
        await _merge(call, tx, there, given)
    elif given.state == "withdrawn":
        await questions.withdraw(tx, there.by, there.question)
    elif given.state is not UNSET:
        await moderating.set_spam(tx, there.by, there.question, spam=given.state == "spam")
    return Answer(
        await _one(call, tx, there.question.id), then=lambda services: asked.tell(services.bus, there.prompt)
    )


async def _reword(tx: Tx, there: Found, given: QuestionChanges) -> None:
    now = there.question
    text = now.text if given.text is UNSET else given.text
    show_name = now.show_name if given.show_name is UNSET else given.show_name
    await actions.reword(tx, there.by, now, Words.parse(text, show_name=show_name))


async def _merge(call: Call, tx: Tx, there: Found, given: QuestionChanges) -> None:
    if given.merged_into is UNSET or given.state not in (UNSET, "merged"):
        raise Invalid(merged_into="Say which question it is the same as, with the state merged or none.")
    require_staff(there.by, Action.MODERATE, there.question)
    target = (await found(tx, given.merged_into, call.account_id)).question
    await moderating.merge(tx, there.by, [there.question], target)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An answer laid out before the transaction, and the question it quotes."""

    reply: answering.Reply


async def prepare_answer(call: Call, given: NewAnswer) -> Prepared:
    """The question with the answer below it, rendered."""
    async with call.services.db.read() as tx:
        there = await found(tx, call.id(), call.account_id)
        require_staff(there.by, Action.POST, there.question)
        room, _ = await places.readable_room(call, tx, given.room_id)
        if room.community_id != there.community.id:
            raise Invalid(room_id="Choose a room of the same community.")
        about = answering.about(there.question)
        text = answering.quoting(about, given.text)
        known = await links(tx, there.by, there.community, text, room=room)
    draft = Draft.parse(text, min_rank=given.min_rank)
    rendered = await posts.prepare(draft, rooms=known.rooms, known=known.known)
    return Prepared(answering.Reply(about, room, rendered, anyway=given.even_if_locked))


async def answer_question(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Answer publicly: a post that quotes the question. Everybody who asked it is told."""
    there = await found(tx, call.id(), call.account_id)
    post, _ = await questions.answer(tx, there.by, call.account, there.community, prepared.reply)
    (view,) = await views.post_views(tx, [post], None, there.community, there.by)
    return Answer(as_json(view), 201, then=lambda services: asked.tell(services.bus, there.prompt))


_UNDER = "/posts/{id}/questions"
_BOX = "/communities/{handle}/questions"
_ONE = "/questions/{id}"
_MEMBER = Policy(Who.SIGNED_IN, scope="post")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_UNDER, handler=list_questions, policy=VIEWER, tag="questions",
        summary="Read what was asked", answers={200: Questions}, query=QuestionQuery,
    ),
    Endpoint(
        method="POST", path=_UNDER, handler=ask_question, policy=_MEMBER, tag="questions",
        summary="Ask", answers={201: Shape}, body=NewQuestion, also_counts_as="ask",
    ),
    Endpoint(
        method="GET", path=_BOX, handler=list_box, policy=VIEWER, tag="questions",
        summary="Read the question box", answers={200: BoxQuestions}, query=QuestionQuery,
    ),
    Endpoint(
        method="POST", path=_BOX, handler=ask_box, policy=_MEMBER, tag="questions",
        summary="Ask in the box", answers={201: Shape}, body=NewQuestion, also_counts_as="ask",
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_question, policy=_MEMBER, tag="questions",
        summary="Change, take back, sort", answers={200: Shape}, body=QuestionChanges,
    ),
    Endpoint(
        method="PUT", path="/questions/{id}/vote", handler=vote_question, policy=_MEMBER, tag="questions",
        summary="Vote for a question", answers={200: Shape},
    ),
    Endpoint(
        method="DELETE", path="/questions/{id}/vote", handler=unvote_question, policy=_MEMBER, tag="questions",
        summary="Take a vote back",
    ),
    Endpoint(
        method="POST", path="/questions/{id}/answer", handler=answer_question, policy=_MEMBER, tag="questions",
        summary="Answer publicly", answers={201: "Post"}, body=NewAnswer, prepare=prepare_answer,
        also_counts_as="publish",
    ),
)  # fmt: skip
