"""What the composer carries: chosen, described, taken off again; by plain forms, too."""

import re
from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import media
from channel.errors import ChannelError, Invalid
from channel.ids import is_id
from channel.media import actions, changing
from channel.media.captions import MAX_CHARS
from channel.media.desk import Told
from channel.media.model import MAX_MEDIA, Media
from channel.members import Action, Entitlement
from channel.posts import carrying
from channel.posts.model import TeaserPicture
from channel.posts.teasing import Teased
from channel.render.media import MediaView, media_view
from channel.routing import account_of, services_of, viewer_of
from channel.storage import Tx
from channel.web import multipart
from channel.web.forms import Form
from channel.web.responses import problem_text
from channel.web.studio import chaptering, cropping
from channel.web.studio.place import enter

ALT = "alt-"
SUFFIX = ".vtt"
LANGUAGE = re.compile(r"\.([a-z]{2,3}(?:-[a-z0-9]{2,8}){0,2})\.vtt$", re.IGNORECASE)
TEASER_FILE = "teaser_file"


def wanted(form: Form) -> tuple[str, ...]:
    """The media of the post to be. Raises Invalid for files that were chosen and not added."""
    if form.line("files"):
        raise Invalid(media="Press the button beside your files first: it adds them. Then send.")
    return tuple(form.lists.get("media", ()))


def teaser_of(form: Form) -> TeaserPicture | None:
    """The picture that was chosen for the locked card. Raises Invalid, also for one that was chosen and not added."""
    if form.line("teaser_file"):
        raise Invalid(teaser_picture="Press the button beside your picture first: it adds it. Then send.")
    return teaser_typed(form)


def teaser_typed(form: Form) -> TeaserPicture | None:
    """The same as a draft keeps it: what is none is left out."""
    chosen = form.line("teaser_picture")
    if not is_id(chosen):
        return None
    return TeaserPicture(chosen, blurred=form.on("teaser_blurred"), also_inside=form.on("teaser_inside"))


def teaser_fields(chosen: TeaserPicture | None) -> dict[str, object]:
    """What is stored, as the fields of a form."""
    if chosen is None:
        return {}
    return {
        "teaser_picture": chosen.media_id,
        "teaser_blurred": chosen.blurred,
        "teaser_inside": chosen.also_inside,
    }


async def teased(tx: Tx, by: Entitlement, form: Form) -> MediaView | None:
    """The picture that stands in the composer for the locked card."""
    found = await known(tx, by, [form.line("teaser_picture")])
    return media_view(found[0]) if found else None


async def drawn(tx: Tx, by: Entitlement, chosen: TeaserPicture | None) -> Teased | None:
    """The same for a preview."""
    found = await known(tx, by, [chosen.media_id]) if chosen else ()
    return (chosen, found[0]) if chosen and found else None


async def divide(tx: Tx, by: Entitlement, form: Form) -> None:
    """Keep the chapters of what a draft carries: they belong to the medium. Raises Invalid (chapters-ID)."""
    await _hold(tx, by, form)
    carried = await known(tx, by, form.lists.get("media", ()))
    await carrying.tell_all(tx, await chaptering.keep(tx, by, carried, form))


async def known(tx: Tx, by: Entitlement, ids: Iterable[str]) -> tuple[Media, ...]:
    """Those of `ids` that this writer may use, in their order."""
    wanted = [one for one in ids if is_id(one)]
    found = await media.many(tx, wanted)
    there = [found[one] for one in dict.fromkeys(wanted) if one in found]
    return tuple([one for one in there if await carrying.sees(tx, by, one)])


def any_of(form: Form) -> bool:
    """Whether the post to be has a picture or a file."""
    return bool(form.lists.get("media") or form.line("teaser_picture"))


async def shown(tx: Tx, by: Entitlement, form: Form) -> dict[str, Any]:
    """What stands in the composer now, and the chapters of what has some."""
    carried = await known(tx, by, dict.fromkeys(form.lists.get("media", ())))
    return {
        "attached": [media_view(one) for one in carried],
        "divided": chaptering.fields(by, carried, form),
    }


async def describe(tx: Tx, by: Entitlement, form: Form) -> list[str]:
    """Keep what was typed of what is carried: words, chapters. Returns the ids of what changed.

    Raises Invalid (alt; chapters-ID).
    """
    await _hold(tx, by, form)
    carried = await known(tx, by, form.lists.get("media", ()))
    changed = await chaptering.keep(tx, by, carried, form)
    for one in carried:
        alt = form.values.get(ALT + one.id)
        own = one.owner_id == by.account_id or by.may(Action.EDIT_ANY_POST)
        if alt is not None and alt.strip() != one.alt and own:
            await actions.describe(tx, by, one, alt=alt)
            changed.append(one.id)
    return changed


async def _hold(tx: Tx, by: Entitlement, form: Form) -> None:
    """All that the post is to have, before one of them is changed: whoever publishes holds them in one order."""
    named = [*form.lists.get("media", ()), form.line("teaser_picture")]
    await carrying.hold_media(tx, by.community_id, filter(is_id, named))


def alts(form: Form) -> dict[str, str]:
    """What is typed of what is carried, by id."""
    typed = {one: form.values.get(ALT + one) for one in form.lists.get("media", ())}
    return {one: alt for one, alt in typed.items() if alt is not None}


async def add(request: Request) -> Response:
    """POST /studio/{handle}/media: the composer again, with the files that came, or without the one taken off."""
    from channel.web.studio import desk  # noqa: PLC0415 - it prints the composer, which prints this

    async with services_of(request).db.read() as tx:
        await enter(request, tx, Action.POST)
    return await desk.with_preview(request, await received(request))


async def received(request: Request) -> Form:
    """The form that was sent with files, which are taken in; with one moved or taken off, where a button asks for it."""
    form = Form()
    problem: dict[str, str] = {}
    async for part in multipart.parts(request):
        if part.filename is None:
            multipart.keep(form, part.name, await part.text())
        elif part.filename and not problem:
            try:
                await _take(request, form, part)
            except ChannelError as error:
                field = "teaser_picture" if part.name == TEASER_FILE else "media"
                problem = {field: problem_text(request, error)}
    try:
        await _uncaption(request, form)
        await _crop(request, form)
    except ChannelError as error:
        problem = {"media": problem_text(request, error)}
    if form.on("unteaser"):
        form.values["teaser_picture"] = ""
    form.lists["media"] = _ordered(form)
    form.problems |= problem
    return form


async def _take(request: Request, form: Form, part: multipart.Part) -> None:
    """Keep one file, and put it where it was chosen for."""
    desk, handle = services_of(request).media, request.path_params["handle"]
    services_of(request).limiter.hit("upload", account_of(request).id)
    if part.name != TEASER_FILE and (part.filename or "").lower().endswith(SUFFIX):
        await _caption(request, form, part)
        return
    if part.name != TEASER_FILE:
        _require_place(form)
    told = Told(multipart.bound(request, desk.limits.most), part.filename or "", exact=False)
    made = await desk.take(handle, account_of(request).id, part.pieces(), told)
    if part.name == TEASER_FILE:
        form.values["teaser_picture"] = made.id
    else:
        form.lists.setdefault("media", []).append(made.id)


def _ordered(form: Form) -> list[str]:
    """Without the one taken off, and with one a place nearer to the front or to the end."""
    ids = [one for one in form.lists.get("media", []) if one != form.line("unattach")]
    if form.line("earlier") in ids:
        _swap(ids, ids.index(form.line("earlier")) - 1)
    if form.line("later") in ids:
        _swap(ids, ids.index(form.line("later")))
    return ids


def _swap(ids: list[str], at: int) -> None:
    """The one at this place and the one after it; at an end nothing happens."""
    if 0 <= at < len(ids) - 1:
        ids[at : at + 2] = [ids[at + 1], ids[at]]


async def _uncaption(request: Request, form: Form) -> None:
    """Take the words in one language off a video of the composer, where a button asks for it. Raises Invalid (captions)."""
    media_id, _, language = form.line("uncaption").partition(" ")
    if not media_id:
        return
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        for one in await known(tx, place.by, [media_id]):
            await actions.describe(tx, place.by, one, captions={language: None})
            await carrying.tell_all(tx, [one.id])


async def _crop(request: Request, form: Form) -> None:
    """Cut a picture of the composer to a shape, or turn it, where a button asks for it. Raises Invalid (crop, turn)."""
    media_id = form.line("crop")
    if not media_id:
        return
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        for one in await known(tx, place.by, [media_id]):
            await changing.frame(tx, place.by, one, cropping.chosen(form, one, suffix=f"-{one.id}"))
            await carrying.tell_all(tx, [one.id])


async def _caption(request: Request, form: Form, part: multipart.Part) -> None:
    """Words to the last video of the composer, in the language that the file's name ends on (film.de.vtt).

    Raises Invalid (captions).
    """
    named = LANGUAGE.search(part.filename or "")
    language = named[1] if named else viewer_of(request).language
    content = bytearray()
    async for piece in part.pieces():
        content += piece
        if len(content) > 4 * MAX_CHARS:
            raise Invalid(captions="Captions have at most 400,000 characters. Send a shorter file.")
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.POST)
        ids = form.lists.get("media", [])
        films = [one for one in await known(tx, place.by, ids) if one.kind == "video"]
        if not films:
            raise Invalid(captions="Captions belong to a video: add the video first.")
        last = max(films, key=lambda one: ids.index(one.id))
        await actions.describe(tx, place.by, last, captions={language: content.decode("utf-8", "replace")})
        await carrying.tell_all(tx, [last.id])


def _require_place(form: Form) -> None:
    if len(form.lists.get("media", [])) >= MAX_MEDIA:
        raise Invalid(media=f"A post carries at most {MAX_MEDIA} pictures and files. Make two posts of it.")
