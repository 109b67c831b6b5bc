"""Messages between followers and the team of a community, and the answers that the team keeps."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import messages, rooms
from channel.api import message_shapes as shapes
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import CursorText, Limit, PageQuery, Place, moment
from channel.api.shapes import Author
from channel.errors import Invalid, NotFound
from channel.members import Action
from channel.members.rights import require
from channel.messages import Conversation, queries, saved
from channel.messages import places as found_at
from channel.messages.model import MAX_NAME_CHARS, MAX_SAVED_CHARS, MAX_TEXT_CHARS, Rendered, Saved
from channel.messages.rights import refusal
from channel.posts.model import addresses
from channel.render import messages as shown
from channel.render.json import author_json, iso
from channel.render.people import author_view
from channel.rooms.model import MAX_RANK
from channel.routing import SIGNED_IN, Policy, Who, role
from channel.storage import Tx

Text = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_CHARS, description="Markdown")]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Kept = Annotated[str, Meta(min_length=1, max_length=MAX_SAVED_CHARS, description="Markdown")]
WRITES = Policy(Who.SIGNED_IN, scope="post")
ANSWERS = role(Action.ANSWER, "post")


class NewMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    """A message to the team."""

    text: Text


class NewTeamMessage(Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer of the team."""

    text: Text
    as_team: Annotated[
        bool, Meta(description="in the name of the community; false: the follower sees who wrote it")
    ] = True


class MessageQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which part of a conversation, the newest first."""

    limit: Limit = 50
    cursor: CursorText | None = None


class ReadUpTo(Struct, forbid_unknown_fields=True, kw_only=True):
    """The newest message that was really seen."""

    seq: Annotated[int, Meta(ge=0, le=2**53)]


class MessageBoxSettings(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether followers may write, and from which rank on: 0 is every member."""

    on: bool
    min_rank: Annotated[int, Meta(ge=0, le=MAX_RANK)] = 0


class NewSavedAnswer(Struct, forbid_unknown_fields=True, kw_only=True):
    """A text to keep, with the name by which one finds it."""

    name: Name
    text: Kept


class SavedAnswerChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes."""

    name: Name | UnsetType = UNSET
    text: Kept | UnsetType = UNSET


@dataclass(frozen=True, slots=True)
class Prepared:
    """Markdown turned into HTML before the transaction."""

    rendered: Rendered
    as_team: bool = True


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 15):
        raise Invalid(cursor="This cursor is not one of ours. Start from the first page.")
    return int(cursor)


def _cursor(before: int | None) -> str | None:
    return None if before is None else str(before)


async def list_own_messages(call: Call, tx: Tx, given: MessageQuery) -> Answer:
    """The caller's own conversation with the people who run the community."""
    place = await places.community(call, tx)
    box = await queries.box(tx, place.community.id)
    conversation = await _own(tx, place)
    items: list[shapes.Message] = []
    older = None
    if conversation is not None:
        before = _before(given.cursor)
        part, older = await queries.page(tx, conversation.id, before=before, limit=given.limit)
        items = [_shape(shown.for_follower(one)) for one in reversed(part)]
    return Answer(
        shapes.OwnMessages(
            items=items,
            next_cursor=_cursor(older),
            box=shapes.MessageBox(on=box.on, min_rank=box.min_rank),
            may=refusal(place.by, box) is None,
            read_seq=conversation.read_seq if conversation else 0,
            unread=await queries.unread(tx, conversation) if conversation else 0,
        )
    )


async def _own(tx: Tx, place: Place) -> Conversation | None:
    return await queries.find(tx, place.community.id, place.by.account_id) if place.by.belongs else None


def _shape(view: shown.MessageView) -> shapes.Message:
    told = shown.as_json(view)
    author = told.pop("author")
    return shapes.Message(**told, author=None if author is None else Author(**author))


async def prepare_message(call: Call, given: NewMessage) -> Prepared:
    """Check the text and render it, before anybody waits for the transaction."""
    async with call.services.db.read() as tx:
        place = await places.community(call, tx)
        refused = refusal(place.by, await queries.box(tx, place.community.id))
        if refused is not None:
            raise refused
        links = addresses(place.community.handle, await rooms.of_community(tx, place.community.id))
    return Prepared(await messages.prepare(given.text, rooms=links))


async def send_message(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Write to the people who run the community, where its creator lets followers do that."""
    place = await places.community(call, tx)
    made, _ = await messages.write(tx, place.by, call.account, prepared.rendered)
    return Answer(_shape(shown.for_follower(made)), 201)


async def put_messages_read(call: Call, tx: Tx, given: ReadUpTo) -> Answer:
    """Remember how far the caller has read the answers. It never moves backwards."""
    place = await places.community(call, tx)
    conversation = await _own(tx, place)
    if conversation is None:
        raise NotFound("There is no such conversation.")
    await messages.mark_read(tx, conversation, given.seq)
    return NO_CONTENT


async def delete_message(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete one's own message, on either side. Its place stays, its words are gone."""
    found, message = await found_at.of_message(tx, call.id(), call.account_id)
    await messages.delete(tx, found, message)
    return NO_CONTENT


async def put_message_box(call: Call, tx: Tx, given: MessageBoxSettings) -> Answer:
    """Let followers write to the team, or no longer. What was written stays, and can be answered."""
    place = await places.community(call, tx)
    box = await messages.set_box(tx, place.by, place.community, on=given.on, min_rank=given.min_rank)
    return Answer(shapes.MessageBox(on=box.on, min_rank=box.min_rank))


async def list_conversations(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """All conversations with followers, where something was last written first."""
    place = await places.community(call, tx)
    require(place.by, place.community, Action.ANSWER)
    page = await queries.listing(tx, place.community.id, cursor=given.cursor, limit=given.limit)
    items = [
        shapes.Conversation(
            id=one.id,
            follower=Author(**author_json(author_view(one.account))),
            last_seq=one.last_seq,
            last_at=iso(one.last_at),
            waits_since=moment(one.waits_from),
        )
        for one in page.items
    ]
    return Answer(shapes.Conversations(items=items, next_cursor=page.next_cursor))


async def list_messages(call: Call, tx: Tx, given: MessageQuery) -> Answer:
    """One conversation, for those who run the community."""
    found = await found_at.for_team(tx, call.id(), call.account_id)
    before = _before(given.cursor)
    part, older = await queries.page(tx, found.conversation.id, before=before, limit=given.limit)
    items = [_shape(shown.for_team(one)) for one in reversed(part)]
    return Answer(shapes.Messages(items=items, next_cursor=_cursor(older)))


async def prepare_answer(call: Call, given: NewTeamMessage) -> Prepared:
    """The same for the team."""
    async with call.services.db.read() as tx:
        found = await found_at.for_team(tx, call.id(), call.account_id)
        links = addresses(found.community.handle, await rooms.of_community(tx, found.community.id))
    return Prepared(await messages.prepare(given.text, rooms=links), given.as_team)


async def answer_message(call: Call, tx: Tx, prepared: Prepared) -> Answer:
    """Answer a follower, in the name of the community or in one's own."""
    found = await found_at.for_team(tx, call.id(), call.account_id)
    made, _ = await messages.answer(tx, found, call.account, prepared.rendered, as_team=prepared.as_team)
    return Answer(_shape(shown.for_team(made)), 201)


def _saved(one: Saved) -> shapes.SavedAnswer:
    return shapes.SavedAnswer(id=one.id, name=one.name, text=one.text)


async def list_saved_answers(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The texts that the team keeps to answer with, by name; at most 50."""
    place = await places.community(call, tx)
    items = [_saved(one) for one in await saved.listing(tx, place.by, place.community)]
    part, cursor = places.part_of(items, given, lambda one: one.id)
    return Answer(shapes.SavedAnswers(items=part, next_cursor=cursor))


async def create_saved_answer(call: Call, tx: Tx, given: NewSavedAnswer) -> Answer:
    """Keep a text to answer with."""
    place = await places.community(call, tx)
    made = await saved.keep(tx, place.by, place.community, name=given.name, text=given.text)
    return Answer(_saved(made), 201)


async def edit_saved_answer(call: Call, tx: Tx, given: SavedAnswerChanges) -> Answer:
    """Give a saved answer another name or other words."""
    place = await places.community(call, tx)
    name = None if given.name is UNSET else given.name
    text = None if given.text is UNSET else given.text
    return Answer(_saved(await saved.change(tx, place.by, place.community, call.id(), name=name, text=text)))


async def delete_saved_answer(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Throw a saved answer away."""
    place = await places.community(call, tx)
    await saved.drop(tx, place.by, place.community, call.id())
    return NO_CONTENT


_OWN = "/communities/{handle}/messages"
_ONE = "/conversations/{id}/messages"
_SAVED = "/communities/{handle}/saved-answers"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_OWN, handler=list_own_messages, policy=SIGNED_IN, tag="messages",
        summary="Read one's own messages to the team", answers={200: shapes.OwnMessages}, query=MessageQuery,
    ),
    Endpoint(
        method="POST", path=_OWN, handler=send_message, policy=WRITES, tag="messages",
        summary="Write to the team", answers={201: shapes.Message}, body=NewMessage, prepare=prepare_message,
        also_counts_as="message",
    ),
    Endpoint(
        method="PUT", path=f"{_OWN}/read", handler=put_messages_read, policy=SIGNED_IN, tag="messages",
        summary="Set how far one has read", body=ReadUpTo,
    ),
    Endpoint(
        method="DELETE", path="/messages/{id}", handler=delete_message, policy=WRITES, tag="messages",
        summary="Delete a message of one's own",
    ),
    Endpoint(
        method="PUT", path="/communities/{handle}/message-box", handler=put_message_box,
        policy=role(Action.EDIT_COMMUNITY), tag="messages", summary="Say who may write to the team",
        answers={200: shapes.MessageBox}, body=MessageBoxSettings,
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/conversations", handler=list_conversations, policy=ANSWERS,
        tag="messages", summary="List the conversations", answers={200: shapes.Conversations}, query=PageQuery,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=list_messages, policy=WRITES, tag="messages",
        summary="Read a conversation", answers={200: shapes.Messages}, query=MessageQuery,
    ),
    Endpoint(
        method="POST", path=_ONE, handler=answer_message, policy=WRITES, tag="messages",
        summary="Answer a follower", answers={201: shapes.Message}, body=NewTeamMessage, prepare=prepare_answer,
    ),
    Endpoint(
        method="GET", path=_SAVED, handler=list_saved_answers, query=places.PartQuery, policy=ANSWERS, tag="messages",
        summary="List the saved answers", answers={200: shapes.SavedAnswers},
    ),
    Endpoint(
        method="POST", path=_SAVED, handler=create_saved_answer, policy=ANSWERS, tag="messages",
        summary="Keep an answer", answers={201: shapes.SavedAnswer}, body=NewSavedAnswer,
    ),
    Endpoint(
        method="PATCH", path=f"{_SAVED}/{{id}}", handler=edit_saved_answer, policy=ANSWERS, tag="messages",
        summary="Change a saved answer", answers={200: shapes.SavedAnswer}, body=SavedAnswerChanges,
    ),
    Endpoint(
        method="DELETE", path=f"{_SAVED}/{{id}}", handler=delete_saved_answer, policy=ANSWERS, tag="messages",
        summary="Delete a saved answer",
    ),
)  # fmt: skip
