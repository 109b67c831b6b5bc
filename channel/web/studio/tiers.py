"""The tiers: seen as the passes they are, made, changed, taken away."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import tiers
from channel.errors import ChannelError
from channel.members import Action, governing, reach
from channel.routing import services_of
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import enter, frame, go, posted, values

LIST = "studio/tiers.html"
EDIT = "studio/tier.html"
RANK_STEP = 10  # between tiers, so that another one fits in


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/tiers"""
    return page(request, LIST, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_TIERS)
        there = await tiers.of_community(tx, place.community.id)
        known = await reach.reach(tx, place.by, place.community)
        return await frame(request, tx, place, "tiers") | {
            "tiers": there,
            "holders": known.by_tier,
            "form": values(rank=there[-1].rank + RANK_STEP, shared_colour=True),
        }


async def create(request: Request) -> Response:
    """POST /studio/{handle}/tiers"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_TIERS)
            await governing.create_tier(tx, place.by, place.community, **_typed(form))
    except ChannelError as error:
        return ask_again(request, LIST, form, error, await _list(request))
    return go(request, "/tiers", "made")


def _typed(form: Form) -> dict[str, Any]:
    """An empty rank is none, which the check refuses in its own words."""
    return {
        "name": form.text("name"),
        "rank": form.number("rank"),
        "about": form.text("about"),
        "benefits": tuple(form.text("benefits").splitlines()),
        "colour": None if form.on("shared_colour") else form.number("colour"),
    }


async def edit_form(request: Request) -> Response:
    """GET /studio/{handle}/tiers/{id}"""
    return page(request, EDIT, await _editing(request))


async def _editing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_TIERS)
        tier = await tiers.one(tx, place.community.id, request.path_params["id"])
        known = await reach.reach(tx, place.by, place.community)
        form = values(
            name=tier.name, rank=tier.rank, about=tier.about, benefits="\n".join(tier.benefits),
            colour=tier.colour, shared_colour=tier.colour is None,
        )  # fmt: skip
        found = {"tier": tier, "holders": known.by_tier.get(tier.id, 0), "form": form}
        return await frame(request, tx, place, "tiers") | found


async def save(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_TIERS)
            tier = await tiers.one(tx, place.community.id, request.path_params["id"])
            typed = _typed(form)
            if tier.rank == 0:
                del typed["rank"]  # it has no field for it
            await governing.edit_tier(tx, place.by, place.community, tier, **typed)
    except ChannelError as error:
        return ask_again(request, EDIT, form, error, await _editing(request))
    return go(request, "/tiers", "saved")


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/tiers/{id}/delete"""
    await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_TIERS)
            tier = await tiers.one(tx, place.community.id, request.path_params["id"])
            await governing.delete_tier(tx, place.by, place.community, tier)
    except ChannelError as error:
        found = await _editing(request)
        return ask_again(request, EDIT, found["form"], error, found)
    return go(request, "/tiers", "deleted")
