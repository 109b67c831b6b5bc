"""A follower's own conversation with those who run a community: read, written, deleted, taken along."""

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import messages, rooms
from channel.errors import ChannelError, Forbidden, NotFound
from channel.ids import new_token
from channel.members.model import Role
from channel.messages import Conversation, Message, places, queries
from channel.messages.model import MAX_TEXT_CHARS
from channel.messages.rights import refusal
from channel.posts.model import addresses
from channel.render import messages as shown
from channel.render.json import iso
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of, seq_of
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import PRIVATE, page, problem_text, see_other, wants_fragment

PAGE = "messages.html"
AT_ONCE = 50
EACH = 100  # messages read at once for a file


async def show(request: Request) -> Response:
    """GET /messages/{handle}?before="""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        if place.by.role is not Role.MEMBER:
            return see_other(_elsewhere(place))
        context = await _context(tx, request, place)
    return page(request, PAGE, context)


def _elsewhere(place: Place) -> str:
    """Where those are led who have no such conversation: the team to its own desk, all others to the front door."""
    handle = place.community.handle
    return f"/studio/{handle}/messages" if place.runs else f"/@{handle}"


async def _context(tx: Tx, request: Request, place: Place, form: Form | None = None) -> dict[str, Any]:
    box = await queries.box(tx, place.community.id)
    conversation = await queries.find(tx, place.community.id, place.by.account_id)
    before = seq_of(request.query_params.get("before"))
    found: list[Message] = []
    older = None
    if conversation is not None:
        found, older = await queries.page(tx, conversation.id, before=before, limit=AT_ONCE)
    refused = refusal(place.by, box)
    return {
        "community": place.community,
        "address": f"/messages/{place.community.handle}",
        "conversation": conversation,
        "days": shown.by_day([shown.for_follower(one) for one in found]),
        "older": older,
        "latest": before is None,
        "unread": await queries.unread(tx, conversation) if conversation else 0,
        "first_unread": _first_unread(conversation, found),
        "today": iso(tx.now)[:10],
        "refused": refused and problem_text(request, refused),
        "key": new_token(16),
        "most": MAX_TEXT_CHARS,
        "form": form,
    }


def _first_unread(conversation: Conversation | None, found: Sequence[Message]) -> str:
    """The id of the first answer on the page that the follower has not seen."""
    new = (
        one.id
        for one in found
        if conversation and one.side == "team" and one.there and one.seq > conversation.read_seq
    )
    return next(new, "")


async def write(request: Request) -> Response:
    """POST /messages/{handle} {text, key}: 303 to the message, or 204 for a script."""
    form = await read_form(request)
    services, account = services_of(request), account_of(request)
    try:
        services.limiter.hit("message", account.id)
        links = await _links(request)
        rendered = await messages.prepare(form.text("text"), rooms=links)
        async with services.db.write() as tx:
            place = await _known(tx, request)
            made, _ = await messages.write(tx, place.by, account, rendered, form.line("key") or new_token(16))
            conversation = await queries.one(tx, made.conversation_id)
            await messages.mark_read(tx, conversation, conversation.last_seq)
    except NotFound:
        raise
    except ChannelError as error:
        return tell_script(request, error) if wants_fragment(request) else await _again(request, form, error)
    return _on(request, place, "#newest")


async def _links(request: Request) -> dict[str, str]:
    """Where #mentions lead."""
    async with services_of(request).db.read() as tx:
        place = await _known(tx, request)
        return addresses(place.community.handle, await rooms.of_community(tx, place.community.id))


async def _known(tx: Tx, request: Request) -> Place:
    """The community of the address. Raises NotFound, Forbidden for banned people, who know of it."""
    place = await community_of(tx, request)
    if place.banned:
        raise Forbidden("You are banned from this community.", code="banned")
    return place


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    """The page with what was typed. Raises `error` for who has no such page."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        if place.by.role is not Role.MEMBER:
            raise error
        context = await _context(tx, request, place, form)
    return ask_again(request, PAGE, form, error, context)


def _on(request: Request, place: Place, part: str = "") -> Response:
    if wants_fragment(request):
        return Response(status_code=204, headers={"cache-control": PRIVATE})
    return see_other(f"/messages/{place.community.handle}{part}")


async def read_on(request: Request) -> Response:
    """POST /messages/{handle}/read {seq}: how far the follower has read."""
    form = await _posted(request)
    seq = form.number("seq") or 0
    async with services_of(request).db.write() as tx:
        place = await _known(tx, request)
        await messages.mark_read(tx, await _own(tx, place), max(0, seq))
    return _on(request, place)


async def delete(request: Request) -> Response:
    """POST /messages/{handle}/delete {id}: one of one's own."""
    form = await _posted(request)
    async with services_of(request).db.write() as tx:
        place = await _known(tx, request)
        conversation = await _own(tx, place)
        found, message = await places.of_message(tx, form.line("id"), place.by.account_id)
        if found.conversation.id != conversation.id:
            raise NotFound("There is no such message.")
        await messages.delete(tx, found, message)
    return _on(request, place, f"#m-{message.id}")


async def _posted(request: Request) -> Form:
    services_of(request).limiter.hit("write", account_of(request).id)
    return await read_form(request)


async def _own(tx: Tx, place: Place) -> Conversation:
    """The viewer's conversation. Raises NotFound when there is none, or they belong here no more."""
    found = await queries.find(tx, place.community.id, place.by.account_id) if place.by.belongs else None
    if found is None:
        raise NotFound("There is no such conversation.")
    return found


async def export(request: Request) -> Response:
    """GET /messages/{handle}/export: all of it, as a file to keep."""
    async with services_of(request).db.read(heavy=True) as tx:
        place = await _known(tx, request)
        conversation = await _own(tx, place)
        found: list[Message] = []
        before: int | None = conversation.last_seq + 1
        while before is not None:
            older, before = await queries.page(tx, conversation.id, before=before, limit=EACH)
            found[:0] = older
        told = {
            "community": place.community.handle,
            "at": iso(tx.now),
            "messages": [shown.as_json(shown.for_follower(one)) for one in found],
        }
    name = f"messages-{place.community.handle}.json"
    headers = {"cache-control": PRIVATE, "content-disposition": f'attachment; filename="{name}"'}
    content = json.dumps(told, ensure_ascii=False, indent=2)
    return Response(content, media_type="application/json", headers=headers)


_TALK = "/messages/{handle}"
ROUTES = [
    route(_TALK, show, SIGNED_IN),
    route(_TALK, write, SIGNED_IN, methods=("POST",)),
    route(f"{_TALK}/read", read_on, SIGNED_IN, methods=("POST",)),
    route(f"{_TALK}/delete", delete, SIGNED_IN, methods=("POST",)),
    route(f"{_TALK}/export", export, SIGNED_IN),
]
