"""Conversations with followers as the team sees them: all of them, one of them, who may begin one, what is kept to answer."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import inbox, messages, tiers
from channel.errors import ChannelError, Invalid, NotFound
from channel.ids import new_token
from channel.inbox import Item, Key
from channel.markdown import plain
from channel.members import Action
from channel.members.queries import entitlements_of, standing
from channel.messages import places, queries, saved
from channel.messages.model import MAX_NAME_CHARS, MAX_SAVED, MAX_SAVED_CHARS
from channel.render import messages as shown
from channel.render.json import iso
from channel.render.people import author_view
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.places import seq_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other
from channel.web.studio import inbox as inbox_page
from channel.web.studio import replying
from channel.web.studio.place import Place, enter, frame, go, posted

LISTING, ONE, SAVED = "studio/talks.html", "studio/talk.html", "studio/saved.html"
AT_ONCE: Final = 50
LINE_CHARS: Final = 120


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/messages?cursor="""
    return page(request, LISTING, await _listing(request))


async def _listing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.ANSWER)
        found = await queries.listing(
            tx, place.community.id, cursor=request.query_params.get("cursor") or None, limit=AT_ONCE
        )
        last = await queries.at_seqs(tx, [(one.id, one.last_seq) for one in found.items])
        lines = [
            (
                one,
                author_view(one.account),
                shown.for_team(last[one.id]),
                plain(last[one.id].text, LINE_CHARS),
            )
            for one in found.items
            if one.id in last
        ]
        return await frame(request, tx, place, "inbox") | {
            "talks": lines,
            "older": found.next_cursor,
            "box": await queries.box(tx, place.community.id),
            "tiers": await tiers.of_community(tx, place.community.id),
            "saved_many": len(await queries.saved(tx, place.community.id)),
        }


async def set_box(request: Request) -> Response:
    """POST /studio/{handle}/messages {who: off|<rank>}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            rank = None if form.line("who") == "off" else _rank(form)
            levels = {0} | {tier.rank for tier in await tiers.of_community(tx, place.community.id)}
            if rank is not None and rank not in levels:
                raise Invalid(who="Choose who may write: nobody, members, or a tier.")
            await messages.set_box(tx, place.by, place.community, on=rank is not None, min_rank=rank or 0)
    except Invalid as error:
        return ask_again(request, LISTING, form, error, await _listing(request))
    return go(request, "/messages", "saved")


def _rank(form: Form) -> int:
    rank = form.number("who")
    if rank is None:
        raise Invalid(who="Choose who may write: nobody, members, or a tier.")
    return rank


async def show(request: Request) -> Response:
    """GET /studio/{handle}/messages/{id}?before="""
    return page(request, ONE, await _one(request))


async def _one(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.ANSWER)
        found = await replying.conversation_of(tx, place, request.path_params["id"])
        before = seq_of(request.query_params.get("before"))
        part, older = await queries.page(tx, found.conversation.id, before=before, limit=AT_ONCE)
        item = await _waiting(tx, place, found)
        return await frame(request, tx, place, "inbox") | {
            "talk": found.conversation,
            "person": author_view(found.conversation.account),
            "days": shown.by_day([shown.for_team(one) for one in part]),
            "older": older,
            "latest": before is None,
            "today": iso(tx.now)[:10],
            "item": (await inbox_page.views_of(tx, place, [item]))[0] if item else None,
            **await _standing(tx, place, found),
            **await inbox_page.tools(tx, place),
            "key": new_token(16),
        }


async def _waiting(tx: Tx, place: Place, found: places.Found) -> Item | None:
    """Its item in the inbox; None: nothing waits."""
    key = Key("message", found.conversation.id, found.conversation.account.id)
    try:
        return await inbox.one(tx, place.by, place.community, key)
    except NotFound:
        return None


async def _standing(tx: Tx, place: Place, found: places.Found) -> dict[str, Any]:
    """What the follower is here now: whether they can read an answer, and by which tier they came."""
    account_id = found.conversation.account.id
    judged = (await entitlements_of(tx, place.community, [account_id]))[account_id]
    stored = await standing(tx, place.community.id, account_id)
    return {"their": judged, "tier_name": stored.tier_name if stored and judged.belongs else ""}


async def act(request: Request) -> Response:
    """POST /studio/{handle}/messages/{id} {do: send|insert|delete, text, key, as, saved, message}"""
    form = await posted(request)
    talk_id = request.path_params["id"]
    try:
        match form.line("do"):
            case "insert":
                return await _inserted(request, form)
            case "delete":
                await _delete(request, form, talk_id)
            case _:
                await replying.send(request, form, talk_id)
    except NotFound:
        raise
    except ChannelError as error:
        return ask_again(request, ONE, form, error, await _one(request))
    return see_other(f"/studio/{request.path_params['handle']}/messages/{talk_id}#newest")


async def _inserted(request: Request, form: Form) -> Response:
    """For who has no scripts: the same form again, with a saved answer in it."""
    async with services_of(request).db.read() as tx:
        form.values["text"] = await replying.with_saved(tx, await enter(request, tx, Action.ANSWER), form)
    return page(request, ONE, await _one(request) | {"form": form})


async def _delete(request: Request, form: Form, talk_id: str) -> None:
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.ANSWER)
        found = await replying.conversation_of(tx, place, talk_id)
        there, message = await places.of_message(tx, form.line("message"), place.by.account_id)
        if there.conversation.id != found.conversation.id:
            raise NotFound("There is no such message.")
        await messages.delete(tx, found, message)


async def saved_answers(request: Request) -> Response:
    """GET /studio/{handle}/answers"""
    return page(request, SAVED, await _saved(request))


async def _saved(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.ANSWER)
        return await frame(request, tx, place, "inbox") | {
            "saved": await saved.listing(tx, place.by, place.community),
            "most": MAX_SAVED,
            "most_name": MAX_NAME_CHARS,
            "most_text": MAX_SAVED_CHARS,
        }


async def change_saved(request: Request) -> Response:
    """POST /studio/{handle}/answers {do: keep|change|drop, id, name, text}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.ANSWER)
            where = (tx, place.by, place.community)
            name, text = form.text("name"), form.text("text")
            match form.line("do"):
                case "drop":
                    await saved.drop(*where, form.line("id"))
                case "change":
                    await saved.change(*where, form.line("id"), name=name, text=text)
                case _:
                    await saved.keep(*where, name=name, text=text)
    except NotFound:
        raise
    except ChannelError as error:
        return ask_again(request, SAVED, form, error, await _saved(request))
    return go(request, "/answers", "deleted" if form.line("do") == "drop" else "saved")
