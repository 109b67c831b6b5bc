"""The community itself: how it looks, who may come, and its end."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel.communities import podcasting
from channel.communities.model import MAX_ABOUT_CHARS, PATTERNS
from channel.errors import ChannelError
from channel.looks.model import OWN
from channel.members import Action, Role, actions, governing, listing
from channel.members.model import Member
from channel.payments import closing
from channel.payments.closing import parse_ending
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other
from channel.web.studio.place import Place, enter, frame, go, posted, values

TEMPLATE = "studio/settings.html"
# The pictures that come along; they lie in static/art.
ART: Final = ("shelf", "concert", "mountains", "coast", "kiln", "plates", "cups", "bowl", "vase", "wheel")
COVERS: Final = (*(f"pattern:{n}" for n in range(PATTERNS)), *(f"art:{name}" for name in ART))
HEIRS = (Role.ADMIN, Role.EDITOR, Role.MODERATOR)


async def show(request: Request) -> Response:
    """GET /studio/{handle}/settings"""
    return page(request, TEMPLATE, await all_of(request))


async def all_of(request: Request) -> dict[str, Any]:
    """What the page prints."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_COMMUNITY)
        it = place.community
        form = values(
            name=it.name, about=it.about, visibility=it.visibility, approval=it.approval, embeddable=it.embeddable,
            reach_shown=it.reach_shown, hue=it.hue, cover=it.cover or "pattern:0", avatar=it.avatar, language=it.language,
            podcast_category=it.podcast_category, podcast_email=it.podcast_email,
        )  # fmt: skip
        return await frame(request, tx, place, "settings") | {
            "form": form,
            "stored": form,
            "covers": (*([it.cover] if it.cover.startswith(OWN) else []), *COVERS),
            "avatars": (
                *([it.avatar] if it.avatar.startswith(OWN) else []),
                *(f"art:{name}" for name in ART),
            ),
            "most_about": MAX_ABOUT_CHARS,
            "categories": podcasting.OFFERED,
            "heirs": await _heirs(tx, place),
            "payers": await closing.paying(tx, it.id) if place.has(Action.CLOSE_COMMUNITY) else 0,
            "wrong": "",
        }


async def _heirs(tx: Tx, place: Place) -> list[Member]:
    """Those who help already: one of them may take over."""
    if not place.has(Action.CLOSE_COMMUNITY) or place.community.deleted:
        return []
    pages = [await listing.listing(tx, place.by, place.community, role=role, limit=100) for role in HEIRS]
    return [member for one in pages for member in one.items]


async def save(request: Request) -> Response:
    """POST /studio/{handle}/settings"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            await governing.edit_community(tx, place.by, place.community, **_typed(form))
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await all_of(request) | {"wrong": "settings"})
    return go(request, "/settings", "saved")


def _typed(form: Form) -> dict[str, object]:
    return {
        "name": form.text("name"),
        "about": form.text("about"),
        "visibility": form.line("visibility"),
        "approval": form.on("approval"),
        "embeddable": form.on("embeddable"),
        "reach_shown": form.on("reach_shown"),
        "hue": form.number("hue"),
        "cover": form.line("cover"),
        "avatar": form.line("avatar"),
        "language": form.line("language"),
        "podcast_category": form.line("podcast_category"),
        "podcast_email": form.line("podcast_email"),
    }


async def close(request: Request) -> Response:
    """POST /studio/{handle}/settings/close {payers?}: what happens to those who pay."""
    form = await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.CLOSE_COMMUNITY)
        await governing.close(tx, place.by, place.community)
        await closing.end_all(tx, place.by, place.community, parse_ending(form.line("payers")))
    return go(request, "/settings", "closed")


async def reopen(request: Request) -> Response:
    """POST /studio/{handle}/settings/reopen"""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.CLOSE_COMMUNITY)
        await governing.reopen(tx, place.by, place.community)
    return go(request, "/settings", "opened")


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/settings/delete {typed_handle}: gone for all but the owner, for good in 14 days."""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.CLOSE_COMMUNITY)
            typed = form.text("typed_handle")
            ending = parse_ending(form.line("purchases"), least="end")
            await governing.delete_community(tx, place.by, place.community, typed_handle=typed)
            await closing.end_all(tx, place.by, place.community, ending)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await all_of(request) | {"wrong": "delete"})
    return go(request, "/settings", "deleted")


async def undo_delete(request: Request) -> Response:
    """POST /studio/{handle}/settings/undo-delete"""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.CLOSE_COMMUNITY)
        await governing.undo_delete(tx, place.by, place.community)
    return go(request, "/settings", "undone")


async def transfer(request: Request) -> Response:
    """POST /studio/{handle}/settings/transfer {to, typed_handle}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.CLOSE_COMMUNITY)
            typed = form.text("typed_handle")
            await actions.transfer(tx, place.by, place.community, form.line("to"), typed_handle=typed)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await all_of(request) | {"wrong": "transfer"})
    return see_other(f"{place.root}?said=transferred")
