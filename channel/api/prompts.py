"""Posts that ask for questions: on what terms, and until when."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from channel import posts
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import When, milliseconds
from channel.api.shapes_questions import Box
from channel.members import Action
from channel.posts.model import Post
from channel.questions import Terms, prompts
from channel.render import views
from channel.render.json import as_json
from channel.rooms.model import MAX_RANK
from channel.routing import role
from channel.storage import Tx

Rank = Annotated[int, Meta(ge=0, le=MAX_RANK, description="0: every member; n: tiers of rank n and above")]


class NewPrompt(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is asked for. Without `open_until` it is open until it is ended; at most a year."""

    open_until: When | None = None
    min_rank: Rank = 0
    votes: bool = True
    shown: Annotated[
        Literal["all", "answered"], Meta(description="what members see of others' questions")
    ] = "all"


class BoxSettings(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether members may ask at any time, and from which rank on."""

    on: bool
    min_rank: Rank = 0


def terms(given: NewPrompt, now: int) -> Terms:
    """Raises Invalid."""
    until = milliseconds(given.open_until)
    return Terms.parse(now, open_until=until, min_rank=given.min_rank, votes=given.votes, shown=given.shown)


async def _post(call: Call, tx: Tx) -> tuple[Post, places.Place]:
    post = await posts.one(tx, call.id())
    _, place = await places.readable_room(call, tx, post.room_id)
    return post, place


async def put_prompt(call: Call, tx: Tx, given: NewPrompt) -> Answer:
    """Have a post collect questions, or change on what terms. One that has ended begins again."""
    post, place = await _post(call, tx)
    await prompts.ask_for(tx, place.by, post, terms(given, tx.now))
    changed = await posts.one(tx, post.id)
    (view,) = await views.post_views(tx, [changed], None, place.community, place.by)
    return Answer(as_json(view))


async def end_prompt(call: Call, tx: Tx, _: Nothing) -> Answer:
    """End it: no more questions and votes. What was asked stays."""
    post, place = await _post(call, tx)
    await prompts.end(tx, place.by, post)
    return NO_CONTENT


async def put_box(call: Call, tx: Tx, given: BoxSettings) -> Answer:
    """Open or close the box in which members may ask at any time."""
    place = await places.community(call, tx)
    box = await prompts.set_box(tx, place.by, place.community, on=given.on, min_rank=given.min_rank)
    return Answer(Box(on=box.on, min_rank=box.min_rank))


_PROMPT = "/posts/{id}/prompt"
_MAY_POST = role(Action.POST, "post")
ENDPOINTS = (
    Endpoint(
        method="PUT", path=_PROMPT, handler=put_prompt, policy=_MAY_POST, tag="questions",
        summary="Ask for questions", answers={200: "Post"}, body=NewPrompt,
    ),
    Endpoint(
        method="DELETE", path=_PROMPT, handler=end_prompt, policy=_MAY_POST, tag="questions",
        summary="Take no more questions",
    ),
    Endpoint(
        method="PUT", path="/communities/{handle}/question-box", handler=put_box,
        policy=role(Action.EDIT_COMMUNITY), tag="questions", summary="Set up the question box",
        answers={200: Box}, body=BoxSettings,
    ),
)  # fmt: skip
