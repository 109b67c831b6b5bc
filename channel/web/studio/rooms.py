"""The rooms: in the creator's order, made, changed, taken away."""

import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import emotes, rooms, tiers
from channel.communities import podcasting
from channel.errors import ChannelError, Invalid
from channel.hooks import closing
from channel.members import Action, governing
from channel.messages import queries as messages
from channel.rooms.model import FIRST_OFFERED, MAX_ABOUT_CHARS, RULES
from channel.routing import services_of
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.setup import slug
from channel.web.studio.place import enter, frame, go, posted, values

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
LIST = "studio/rooms.html"
EDIT = "studio/room.html"


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/rooms"""
    return page(request, LIST, await _list(request))


async def _list(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_ROOMS)
        return await frame(request, tx, place, "rooms") | {
            "rooms": await rooms.of_community(tx, place.community.id),
            "tiers": await tiers.of_community(tx, place.community.id),
            "most_about": MAX_ABOUT_CHARS,
            "first_offered": FIRST_OFFERED,
        }


async def create(request: Request) -> Response:
    """POST /studio/{handle}/rooms"""
    form = await posted(request)
    try:
        typed = _typed(form)
        if form.line("kind") == "group":
            typed |= {"kind": "group", **_rules(form)}
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_ROOMS)
            await emotes.require_known(tx, place.community.id, typed)
            await governing.create_room(tx, place.by, place.community, **typed)
    except ChannelError as error:
        return ask_again(request, LIST, form, error, await _list(request))
    return go(request, "/rooms", "made")


def _typed(form: Form) -> dict[str, Any]:
    return {
        "slug": form.line("slug") or slug(form.line("name")),
        "name": form.text("name"),
        "about": form.text("about"),
        "min_rank": form.number("min_rank"),
        **_reacting(form),
        **({"previews": form.on("previews")} if form.on("asks_previews") else {}),
    }


def _reacting(form: Form) -> dict[str, Any]:
    """What the room takes of reactions; a form without that part leaves it as it is."""
    if "reactions" not in form.values:
        return {}
    return {
        "reactions": form.line("reactions"),
        "reaction_set": form.text("reaction_set"),
        "reaction_default": form.line("reaction_default"),
        "reactors_shown": form.on("reactors_shown"),
    }


def _commenting(form: Form) -> dict[str, Any]:
    """Who may comment, and what podcasts say: the part of the form that a new room does not ask for yet."""
    return (
        {
            "comments": form.on("comments"),
            "comment_rank": form.number("comment_rank"),
            "comment_age_days": form.number("comment_age_days") or 0,
            "comment_first_held": form.on("comment_first_held"),
            "comment_days": form.number("comment_days"),
            "podcast_category": form.line("podcast_category"),
            "podcast_email": form.line("podcast_email"),
        }
        if form.on("has_rules")
        else {}
    )


def _mailed(form: Form) -> dict[str, Any]:
    """What becomes of answers by mail; a server that sends none does not ask, and they stay as they are."""
    chosen = form.line("mail_to")
    match chosen:
        case "":
            return {}
        case "none":
            return {"mail_replies": False}
        case _:
            return {"mail_replies": True, "mail_to": chosen}


def _rules(form: Form) -> dict[str, object]:
    """The rules of a group as its fields hold them. Raises Invalid."""
    return {
        "write_rank": form.number("write_rank"),
        "topic_rank": form.number("topic_rank"),
        "upload_rank": form.number("upload_rank"),
        "history": form.number("history"),
        "slow_s": form.number("slow_s") or 0,
        "slow_free_rank": form.number("slow_free_rank"),
        "quiet_from": _minute(form, "quiet_from"),
        "quiet_to": _minute(form, "quiet_to"),
        "close_days": form.number("close_days"),
    }


def _minute(form: Form, name: str) -> int | None:
    """A time of day as its minute; None when empty. Raises Invalid naming the field."""
    typed = form.line(name)
    if not typed:
        return None
    if not _CLOCK.fullmatch(typed):
        raise Invalid({name: "Write a time of day, like 22:00."})
    return int(typed[:2]) * 60 + int(typed[3:5])


def _clock(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _ruled(room: rooms.Room) -> dict[str, object]:
    """The rules as fields of the form."""
    kept = {name: getattr(room, name) for name in RULES}
    return kept | {"quiet_from": _clock(room.quiet_from), "quiet_to": _clock(room.quiet_to)}


async def edit_form(request: Request) -> Response:
    """GET /studio/{handle}/rooms/{slug}"""
    return page(request, EDIT, await _editing(request))


async def _editing(request: Request) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_ROOMS)
        room = await rooms.by_slug(tx, place.community.id, request.path_params["slug"])
        return await frame(request, tx, place, "rooms") | {
            "room": room,
            "tiers": await tiers.of_community(tx, place.community.id),
            "most_about": MAX_ABOUT_CHARS,
            "first_offered": FIRST_OFFERED,
            "categories": podcasting.OFFERED,
            "box_on": (await messages.box(tx, place.community.id)).on,
            "form": values(
                name=room.name,
                slug=room.slug,
                about=room.about,
                min_rank=room.min_rank,
                previews=room.previews,
                reactions=room.reactions,
                reaction_set=room.reaction_set,
                reaction_default=room.reaction_default,
                reactors_shown=room.reactors_shown,
                comments=room.comments,
                comment_rank=room.comment_rank,
                comment_age_days=room.comment_age_days or None,
                comment_first_held=room.comment_first_held,
                comment_days=room.comment_days,
                podcast_category=room.podcast_category,
                podcast_email=room.podcast_email,
                mail_to=room.mail_to if room.mail_replies else "none",
                **_ruled(room),
            ),
        }


async def save(request: Request) -> Response:
    """POST /studio/{handle}/rooms/{slug}"""
    form = await posted(request)
    try:
        typed = _typed(form)
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_ROOMS)
            room = await rooms.by_slug(tx, place.community.id, request.path_params["slug"])
            rules = _rules(form) if room.is_group and form.on("ruled") else {}
            fields = {**typed, **_commenting(form), **_mailed(form), **rules}
            await emotes.require_known(tx, place.community.id, fields)
            await governing.edit_room(tx, place.by, place.community, room, **fields)
    except ChannelError as error:
        return ask_again(request, EDIT, form, error, await _editing(request))
    return go(request, "/rooms", "saved")


async def move(request: Request) -> Response:
    """POST /studio/{handle}/rooms/{slug}/move {position}: 1 is first."""
    form = await posted(request)
    try:
        position = form.number("position") or 1
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_ROOMS)
            room = await rooms.by_slug(tx, place.community.id, request.path_params["slug"])
            await governing.move_room(tx, place.by, place.community, room, position)
    except ChannelError as error:
        return ask_again(request, LIST, Form(), error, await _list(request))
    return go(request, "/rooms", "moved")


async def delete(request: Request) -> Response:
    """POST /studio/{handle}/rooms/{slug}/delete {typed_slug}"""
    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place = await enter(request, tx, Action.EDIT_ROOMS)
            room = await rooms.by_slug(tx, place.community.id, request.path_params["slug"])
            typed = form.text("typed_slug")
            await closing.delete_room(tx, place.by, place.community, room, typed_slug=typed)
    except ChannelError as error:
        found = await _editing(request)
        found["form"].values["typed_slug"] = form.text("typed_slug")
        return ask_again(request, EDIT, found["form"], error, found)
    return go(request, "/rooms", "deleted")
