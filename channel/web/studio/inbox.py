"""The inbox: what waits for the team, what it does with it, and answers where they fit into a line."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import inbox
from channel.accounts import Account
from channel.errors import ChannelError, NotFound
from channel.i18n import translation
from channel.ids import new_token
from channel.inbox import Item, Key, Seen, contents, figures, queries
from channel.inbox.model import KINDS, MOST_COUNTED, SHOWS, WHOSE, Kind
from channel.inbox.sources import OF_KIND
from channel.members import Action, Role
from channel.members.model import MATRIX
from channel.messages import queries as message_queries
from channel.messages.model import MAX_TEXT_CHARS
from channel.render.inbox import ItemView, item_views
from channel.routing import services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import PRIVATE, page, see_other, wants_fragment
from channel.web.studio import replying
from channel.web.studio.moments import comes_back
from channel.web.studio.place import SAID, Place, enter, frame, posted
from channel.web.thread import WHY

PAGE = "studio/inbox.html"
AT_ONCE = 25
# Of the ways to look at the list; the forms carry them along.
LOOKS: Final = ("kind", "whose", "show")


async def show(request: Request) -> Response:
    """GET /studio/{handle}/inbox?kind=&whose=&show=&cursor="""
    return page(request, PAGE, await _page(request, dict(request.query_params)))


async def _page(request: Request, asked: dict[str, str]) -> dict[str, Any]:
    kind = next((one for one in KINDS if one == asked.get("kind")), None)
    whose = next((one for one in WHOSE if one == asked.get("whose")), WHOSE[0])
    which = next((one for one in SHOWS if one == asked.get("show")), SHOWS[0])
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        found = await inbox.listing(
            tx, place.by, place.community, kinds=(kind,) if kind else KINDS, whose=whose, show=which,
            cursor=asked.get("cursor") or None, limit=AT_ONCE,
        )  # fmt: skip
        numbers = await queries.counts(tx, place.by, whose=whose)
        return (
            await frame(request, tx, place, "inbox")
            | {
                "items": await views_of(tx, place, found.items),
                "older": found.next_cursor,
                "look": {"kind": kind or "", "whose": whose, "show": which},
                "numbers": numbers,
                "most_counted": MOST_COUNTED,
                "times": await figures.times(tx, place.by, place.community),
                "answering": None,
            }
            | await tools(tx, place)
        )


async def views_of(tx: Tx, place: Place, items: list[Item]) -> list[ItemView]:
    """These items with their words."""
    loaded = await contents.load(tx, place.community.id, items)
    return item_views(items, loaded, place.community, place.by, tx.now)


async def tools(tx: Tx, place: Place) -> dict[str, Any]:
    """What the lines of items print besides themselves: to whom they can be given, and texts to answer with."""
    there = await queries.team(tx, place.community.id)
    answers = place.by.may(Action.ANSWER)
    return {
        "reasons": WHY,
        "team": {kind: _who_may(there, kind) for kind in KINDS},
        "key": new_token(12),
        "most": MAX_TEXT_CHARS,
        "saved": await message_queries.saved(tx, place.community.id) if answers else [],
    }


def _who_may(team: list[tuple[Account, Role]], kind: Kind) -> list[Account]:
    return [account for account, role in team if role in MATRIX[OF_KIND[kind].sees]]


async def act(request: Request) -> Response:
    """POST /studio/{handle}/inbox {do, item, mark, rev, …}: back to the list, or what was done for a script."""
    form = await posted(request)
    if form.line("do") == "insert":
        return await _inserted(request, form)
    try:
        said = await _done(request, form)
    except NotFound as error:
        if error.code != "left_inbox":
            raise
        said = "left_inbox"
    except ChannelError as error:
        return tell_script(request, error) if wants_fragment(request) else await _again(request, form, error)
    if wants_fragment(request):
        words = translation(viewer_of(request).language).gettext(SAID[said])
        headers = {"cache-control": PRIVATE}
        return JSONResponse({"said": words, "stays": said in ("given", "stays")}, headers=headers)
    look = "".join(f"{name}={form.line(name)}&" for name in LOOKS if form.line(name).isalpha())
    return see_other(f"/studio/{request.path_params['handle']}/inbox?{look}said={said}")


async def _done(request: Request, form: Form) -> str:
    """Do what the form says; the key of what is said about it."""
    key, do = Key.parse(form.line("item")), form.line("do")
    if do in replying.WAYS:
        return await replying.WAYS[do](request, form, key)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        seen = Seen(form.number("mark"), form.number("rev"))
        where = (tx, place.by, place.community, key)
        match do:
            case "done":
                item = await inbox.done(*where, seen=seen)
                return "put_done" if item.show(tx.now) == "done" else "stays"
            case "later":
                item = await inbox.later(*where, until=comes_back(form, tx.now), seen=seen)
                return "put_later" if item.show(tx.now) == "later" else "stays"
            case "reopen":
                await inbox.reopen(*where, seen=seen)
                return "put_back"
            case "assign":
                await inbox.assign(*where, to=form.line("to") or None, seen=seen)
                return "given"
    raise NotFound


async def _inserted(request: Request, form: Form) -> Response:
    """For who has no scripts: the same form again, with a saved answer in it."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.ANSWER)
        form.values["text"] = await replying.with_saved(tx, place, form)
    context = await _answering(request, form) | {"form": form}
    return page(request, PAGE, context)


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    """The list with what was typed above it, and what is wrong with that."""
    return ask_again(request, PAGE, form, error, await _answering(request, form))


async def _answering(request: Request, form: Form) -> dict[str, Any]:
    """The list, and above it the item that the form is about, if it still waits."""
    context = await _page(request, {name: form.line(name) for name in LOOKS})
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        try:
            item = await inbox.one(tx, place.by, place.community, Key.parse(form.line("item")))
        except NotFound:
            return context
        views = await views_of(tx, place, [item])
    return context | {"answering": views[0] if views else None}
