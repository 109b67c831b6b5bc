"""The media of a community: the list with where each is used, one of them, and what is done with it."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from channel import media
from channel.accounts import queries as accounts
from channel.errors import ChannelError, Invalid, NotFound
from channel.media import actions
from channel.media.desk import Told
from channel.media.model import KINDS, MAX_ALT_CHARS, Media
from channel.media.rights import require_original
from channel.members import Action
from channel.members.paging import Page
from channel.posts import carrying, library
from channel.posts.library import Shelved, Wanted
from channel.render import views
from channel.render.media import media_view
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web import multipart
from channel.web.forms import Form
from channel.web.media import answer
from channel.web.media import original as sent
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio import cropping
from channel.web.studio.place import Place, enter, frame, go, posted, values

PAGE_SIZE: Final = 48
LINE_CHARS: Final = 90
LIST: Final = "studio/library.html"
ONE: Final = "studio/medium.html"
FILTERS: Final = ("q", "kind", "from", "to", "bare")


async def show(request: Request) -> Response:
    """GET /studio/{handle}/library?q=&kind=&from=&to=&bare=&cursor="""
    return page(request, LIST, await _list(request, request.query_params))


async def _list(request: Request, asked: Mapping[str, str]) -> dict[str, Any]:
    chosen = {name: asked.get(name, "").strip() for name in FILTERS}
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        found = await _found(tx, place, chosen, asked.get("cursor") or None)
        return await frame(request, tx, place, "library") | {
            "items": [(media_view(one.medium), one) for one in found.items],
            "older": found.next_cursor and "?" + _asked(chosen | {"cursor": found.next_cursor}),
            "chosen": chosen,
            "filtered": any(chosen.values()),
            "kinds": KINDS,
            "usage": await library.usage(tx, place.by),
            "quota": services_of(request).media.limits.quota,
        }


async def _found(tx: Tx, place: Place, chosen: Mapping[str, str], cursor: str | None) -> Page[Shelved]:
    """A filter that means nothing finds nothing."""
    kind = library.kind_of(chosen["kind"])
    if chosen["kind"] and kind is None:
        return Page([], None)
    try:
        wanted = Wanted(
            chosen["q"], kind, _day(chosen["from"]), _day(chosen["to"], 1), bare=bool(chosen["bare"])
        )
        return await library.listing(tx, place.by, wanted, cursor=cursor, limit=PAGE_SIZE)
    except (ValueError, OverflowError, Invalid):
        return Page([], None)


def _day(text: str, more_days: int = 0) -> int | None:
    """Epoch ms at which a day (UTC) begins. Raises ValueError, OverflowError."""
    if not text:
        return None
    begins = datetime.combine(date.fromisoformat(text) + timedelta(days=more_days), time.min, UTC)
    return int(begins.timestamp() * 1000)


def _asked(asked: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in asked.items() if value})


async def add(request: Request) -> Response:
    """POST /studio/{handle}/library: files that no post has yet."""
    async with services_of(request).db.read() as tx:
        await enter(request, tx, Action.POST)
    try:
        async for part in multipart.parts(request):
            if part.filename:
                await _take(request, part)
    except ChannelError as error:
        return ask_again(request, LIST, Form(), error, await _list(request, {}))
    return go(request, "/library", "added")


async def _take(request: Request, part: multipart.Part) -> Media:
    services, account = services_of(request), account_of(request)
    services.limiter.hit("upload", account.id)
    told = Told(multipart.bound(request, services.media.limits.most), part.filename or "", exact=False)
    return await services.media.take(request.path_params["handle"], account.id, part.pieces(), told)


async def show_one(request: Request) -> Response:
    """GET /studio/{handle}/library/{id}"""
    return page(request, ONE, await context(request))


async def context(request: Request, form: Form | None = None) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        shelved = await library.one(tx, place.by, request.path_params["id"])
        there = await library.standing(tx, place.by, shelved.medium.id)
        shown = await views.post_views(tx, there, None, place.community, place.by)
        one = shelved.medium
        return await frame(request, tx, place, "library") | {
            "form": _filled(one, form),
            "one": media_view(one),
            "created_at": one.created_at,
            "posts": shelved.posts,
            "places": [(view, views.line(view, LINE_CHARS)) for view in shown],
            "owner": await accounts.one(tx, one.owner_id),
            "changes": one.owner_id == place.by.account_id or place.by.may(Action.EDIT_ANY_POST),
            "most_alt": MAX_ALT_CHARS,
            **await _kept(tx, place, one),
        }


def _filled(one: Media, form: Form | None) -> Form:
    """What was typed in one of the forms, and what is stored in the others."""
    made = values(alt=one.alt, x=one.focal_x, y=one.focal_y, sensitive=one.sensitive, **cropping.fields(one))
    if form is not None:
        if "alt" in form.values:  # a box that is not ticked is not sent
            made.values.pop("sensitive", None)
        made.values |= form.values
        made.problems |= form.problems
    return made


async def _kept(tx: Tx, place: Place, one: Media) -> dict[str, Any]:
    """What else there is of it: what was sent, and its content credentials."""
    try:
        await require_original(tx, place.by, one)
        may_save = True
    except NotFound:
        may_save = False
    return {
        "original": may_save,
        "cropped": one.frame.cuts,
        "original_gone": one.original_gone,
        "made": one.state == "ready" and bool(one.variants),
        "keeps": one.keep_credentials,
        "keepable": one.proof is not None and bool(one.proof.sha256),
    }


async def original(request: Request) -> Response:
    """GET /studio/{handle}/library/{id}/original: what was sent, for those of the team who may manage it."""
    async with services_of(request).db.read() as tx:
        place, one = await entered(request, tx)
        await require_original(tx, place.by, one)
    return await answer(request, sent(one), lambda: None)


async def forget_original(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/original: delete what was sent; what was made of it stays."""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place, one = await entered(request, tx)
        await actions.forget_original(tx, place.by, one)
    return go(request, f"/library/{one.id}", "original_gone")


async def keep_credentials(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/credentials {keep}: whether they are handed out beside it."""
    form = await posted(request)
    async with services_of(request).db.write() as tx:
        place, one = await entered(request, tx)
        await actions.keep_credentials(tx, place.by, one, kept=form.on("keep"))
        await carrying.tell_all(tx, [one.id])
    return go(request, f"/library/{one.id}", "saved")


async def save(request: Request) -> Response:
    """POST /studio/{handle}/library/{id} {alt, x, y, sensitive}: told to whoever sees it."""
    form = await posted(request)
    try:
        focal = (_percent(form, "x"), _percent(form, "y"))
        async with services_of(request).db.write() as tx:
            place, one = await entered(request, tx)
            await actions.describe(
                tx, place.by, one, alt=form.text("alt"), focal=focal, sensitive=form.on("sensitive")
            )
            await carrying.tell_all(tx, [one.id])
    except ChannelError as error:
        found = await context(request, form)
        return ask_again(request, ONE, found["form"], error, found)
    return go(request, f"/library/{one.id}", "saved")


def _percent(form: Form, name: str) -> int:
    number = form.number(name)
    if number is None:
        return 50
    if not 0 <= number <= 100:
        raise Invalid({name: "The point to keep in sight is given in percent: 0 to 100 across and down."})
    return number


async def entered(request: Request, tx: Tx) -> tuple[Place, Media]:
    """The place and the medium of the address. Raises NotFound, Forbidden."""
    place = await enter(request, tx, Action.POST)
    return place, (await library.one(tx, place.by, request.path_params["id"])).medium


async def replace(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/replace: the file that comes takes its place in all posts and drafts."""
    async with services_of(request).db.read() as tx:
        await entered(request, tx)
    try:
        made = await _first_file(request)
        async with services_of(request).db.write() as tx:
            place, old = await entered(request, tx)
            await library.swap(tx, place.by, old, await media.one(tx, made.id))
    except ChannelError as error:
        found = await context(request)
        return ask_again(request, ONE, found["form"], error, found)
    return go(request, f"/library/{made.id}", "replaced")


async def _first_file(request: Request) -> Media:
    """Raises Invalid (file) when none was chosen."""
    made = None
    async for part in multipart.parts(request):
        if part.filename and made is None:
            made = await _take(request, part)
    if made is None:
        raise Invalid(file="Choose a file first.")
    return made


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/delete: out of all posts, and served to nobody from this moment on."""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place, one = await entered(request, tx)
        carriers = await actions.carriers(tx, one.id)
        await actions.remove(tx, place.by, one)
        await carrying.withdrawn(tx, carriers)
    return go(request, "/library", "deleted")
