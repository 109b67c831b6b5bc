"""Answering from the inbox, where an answer fits into a line: a comment, a message, a yes or a no."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request

from channel import comments, messages, rooms
from channel.comments import names, reading
from channel.errors import Invalid, NotFound
from channel.ids import new_token
from channel.inbox import Key
from channel.members import Action, actions
from channel.messages import places, saved
from channel.posts.model import addresses
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.studio.place import Place, enter


async def reply(request: Request, form: Form, key: Key) -> str:
    """Answer a comment in its branch, or a message in its conversation."""
    if key.kind == "comment":
        return await _comment(request, form, key)
    if key.kind == "message":
        await send(request, form, key.what)
        return "replied"
    raise NotFound


async def _comment(request: Request, form: Form, key: Key) -> str:
    services, account = services_of(request), account_of(request)
    async with services.db.read() as tx:
        thread, _ = await reading.of_comment(tx, key.what, account.id)
        found = await names.links(tx, thread, form.text("text"))
    rendered = await comments.prepare(form.text("text"), rooms=found.rooms, known=found.known)
    async with services.db.write() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        thread, _ = await reading.of_comment(tx, key.what, account.id, hold=True)
        if thread.community.id != place.community.id:
            raise NotFound("There is no such comment.")
        name = form.line("key") or new_token(16)
        await comments.publish(tx, thread, account, rendered, name, reply_to=key.what)
    services.bus.note("counts", {"room_id": thread.room.id, "post_ids": [thread.post.id]})
    return "replied"


async def send(request: Request, form: Form, conversation_id: str) -> None:
    """A message in a conversation of this community {text, key, as: team|self}."""
    rendered = await messages.prepare(form.text("text"), rooms=await links(request))
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.ANSWER)
        found = await conversation_of(tx, place, conversation_id)
        await messages.answer(
            tx, found, account_of(request), rendered, form.line("key") or new_token(16),
            as_team=form.line("as") != "self",
        )  # fmt: skip


async def conversation_of(tx: Tx, place: Place, conversation_id: str) -> places.Found:
    """A conversation of this community. Raises NotFound."""
    found = await places.for_team(tx, conversation_id, place.by.account_id)
    if found.community.id != place.community.id:
        raise NotFound("There is no such conversation.")
    return found


async def links(request: Request) -> dict[str, str]:
    """Where #mentions lead."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        return addresses(place.community.handle, await rooms.of_community(tx, place.community.id))


async def with_saved(tx: Tx, place: Place, form: Form) -> str:
    """What was typed with the chosen saved answer behind it. Nothing chosen: what was typed."""
    there = await saved.listing(tx, place.by, place.community)
    chosen = next((one.text for one in there if one.id == form.line("saved")), "")
    typed = form.text("text").rstrip()
    return f"{typed}\n\n{chosen}" if typed and chosen else typed or chosen


async def approve(request: Request, form: Form, key: Key) -> str:
    """Show a held comment to everybody, or let somebody in."""
    services = services_of(request)
    async with services.db.write() as tx:
        place = await enter(request, tx, Action.MODERATE)
        if key.kind == "request":
            await actions.approve(tx, place.by, place.community, [key.what])
            return "approved"
        thread, comment = await reading.of_comment(tx, key.what, account_of(request).id, hold=True)
        if key.kind != "held" or thread.community.id != place.community.id:
            raise NotFound("There is no such comment.")
        await comments.approve(tx, thread, comment)
    services.bus.note("counts", {"room_id": thread.room.id, "post_ids": [thread.post.id]})
    return "shown"


async def refuse(request: Request, form: Form, key: Key) -> str:
    """Turn down somebody who asked to be let in."""
    if key.kind != "request":
        raise Invalid(do="Choose what to do with it.")
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.MODERATE)
        await actions.refuse(tx, place.by, place.community, [key.what])
    return "refused"


WAYS: Final[dict[str, Callable[[Request, Form, Key], Awaitable[str]]]] = {
    "reply": reply,
    "approve": approve,
    "refuse": refuse,
}
