"""What the composer carries: chosen, described, taken off again; by plain forms, too."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from channel import media
from channel.errors import ChannelError, Invalid
from channel.ids import is_id
from channel.media import actions
from channel.media.desk import Told
from channel.media.model import MAX_MEDIA, Media
from channel.members import Action, Entitlement
from channel.posts import carrying
from channel.render.media import MediaView, media_view
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.web import multipart
from channel.web.forms import Form
from channel.web.responses import problem_text
from channel.web.studio.place import enter

ALT = "alt-"


def wanted(form: Form) -> tuple[str, ...]:
    """The media of the post to be. Raises Invalid for files that were chosen and not added."""
    if form.line("files"):
        raise Invalid(media="Press the button beside your files first: it adds them. Then send.")
    return tuple(form.lists.get("media", ()))


async def known(tx: Tx, by: Entitlement, ids: Sequence[str]) -> tuple[Media, ...]:
    """Those of `ids` that this writer may use, in their order."""
    found = await media.many(tx, [one for one in ids if is_id(one)])
    return tuple([one for one in found.values() if await carrying.sees(tx, by, one)])


async def shown(tx: Tx, by: Entitlement, form: Form) -> list[MediaView]:
    """What stands in the composer now."""
    ids = form.lists.get("media", [])
    found = {one.id: media_view(one) for one in await known(tx, by, ids)}
    return [found[one] for one in dict.fromkeys(ids) if one in found]


async def describe(tx: Tx, by: Entitlement, form: Form) -> None:
    """Keep the words that were typed for what is carried. Raises Invalid (alt)."""
    for one in await known(tx, by, form.lists.get("media", ())):
        alt = form.values.get(ALT + one.id)
        if alt is not None and alt.strip() != one.alt and one.owner_id == by.account_id:
            await actions.describe(tx, by, one, alt=alt)


async def add(request: Request) -> Response:
    """POST /studio/{handle}/media: the composer again, with the files that came, or without the one taken off."""
    from channel.web.studio import desk  # noqa: PLC0415 - it prints the composer, which prints this

    async with services_of(request).db.read() as tx:
        await enter(request, tx, Action.POST)
    form, problem = Form(), ""
    desk_of_media, handle = services_of(request).media, request.path_params["handle"]
    async for part in multipart.parts(request):
        if part.filename is None:
            multipart.keep(form, part.name, await part.text())
        elif part.filename and not problem:
            try:
                services_of(request).limiter.hit("upload", account_of(request).id)
                _require_place(form)
                told = Told(multipart.bound(request, desk_of_media.limits.most), part.filename, exact=False)
                made = await desk_of_media.take(handle, account_of(request).id, part.pieces(), told)
                form.lists.setdefault("media", []).append(made.id)
            except ChannelError as error:
                problem = problem_text(request, error)
    off = form.line("unattach")
    form.lists["media"] = [one for one in form.lists.get("media", []) if one != off]
    if problem:
        form.problems["media"] = problem
    return await desk.with_preview(request, form)


def _require_place(form: Form) -> None:
    if len(form.lists.get("media", [])) >= MAX_MEDIA:
        raise Invalid(media=f"A post carries at most {MAX_MEDIA} pictures and files. Make two posts of it.")
