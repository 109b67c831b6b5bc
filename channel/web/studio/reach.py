"""Whom a post reaches: asked before it is sent, and after."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import posts, reach, rooms
from channel.errors import Invalid, NotFound
from channel.i18n import noop as N_
from channel.members import Action
from channel.posts import letters
from channel.reach.model import SENDINGS, Wording, span
from channel.render import views
from channel.rooms import Room
from channel.rooms.model import MAX_RANK
from channel.routing import account_of, services_of
from channel.storage import Tx
from channel.tags import Tagged
from channel.web.responses import fragment, page, wants_fragment
from channel.web.studio import compose
from channel.web.studio.place import Place, enter, frame

WAYS: Final = {
    "push": N_("By a notice on a device"),
    "mail": N_("By letter"),
    "live": N_("In the room, without a notice"),
}
REASONS: Final = {
    "quiet": N_("They have quiet hours now"),
    "waiting": N_("Still to come: their morning, or a letter that waits"),
    "digest": N_("In the next daily or weekly letter"),
    "limit": N_("More than they want in a week"),
    "muted": N_("Quiet for a while"),
    "silent": N_("Sent silently"),
    "came_later": N_("Came after the post, or chose this after it"),
    "unchosen": N_("Chose not to be told of such posts"),
    "no_device": N_("No device and no letters switched on"),
    "bounced": N_("Their mail server refused it"),
    "failed": N_("The push service refused it"),
    "missed": N_("Something changed before it left"),
}

MAX_RANK_DIGITS: Final = len(str(MAX_RANK))
STRANGER_WAYS: Final = {"push": N_("By a notice on a device"), "mail": N_("By letter")}
OUTLOOK_WORDS: Final = {
    "mail": N_("By letter, without an account"),
    "push": N_("On devices, without an account"),
}
STRANGER_REASONS: Final = {
    "closed": N_("It is not for everybody"),
    "silent": N_("Sent silently"),
    "quiet": N_("They have quiet hours now"),
    "waiting": N_("Still to come"),
    "digest": N_("In the next daily or weekly letter"),
    "limit": N_("More than they want in a week"),
    "muted": N_("Quiet for a while"),
    "unchosen": N_("Chose not to be told of such posts"),
    "member": N_("Told as members"),
    "came_later": N_("Came after the post"),
    "bounced": N_("Their mail server refused it"),
    "failed": N_("The push service refused it"),
    "missed": N_("Something changed before it left"),
}


async def telling(request: Request) -> Response:
    """GET /studio/{handle}/telling?room=&min_rank=&tags=&teaser_tags=: what sending a post now would do; for our scripts the lines alone, and with
    `part=alarm` only whether it becomes too much."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        if wants_fragment(request) and request.query_params.get("part") == "alarm":
            room = await _room(request, tx, place)
            return fragment(request, "fragments/studio/alarm.html", await compose.alarm(tx, room))
        found = await _telling(request, tx, place)
        if not wants_fragment(request):
            return page(request, "studio/telling.html", await frame(request, tx, place, "desk") | found)
    return fragment(request, "fragments/studio/telling.html", found)


async def _telling(request: Request, tx: Tx, place: Place) -> dict[str, Any]:
    """Raises NotFound for a room that is not there, Invalid (min_rank)."""
    room = await _room(request, tx, place)
    mail = bool(services_of(request).settings.smtp)
    asked = request.query_params
    of = Wording(_rank(request), Tagged.parse(asked.get("tags", ""), asked.get("teaser_tags", "")))
    found = await reach.forecast(tx, room, account_of(request).id, SENDINGS, mail=mail, of=of)
    outlook = await reach.outlook(tx, room, SENDINGS, mail=mail, of=of)
    return {
        "telling_room": room,
        "forecast": {sending: one.shown for sending, one in found.items()},
        "outlook": outlook.shown,
        "outlook_words": OUTLOOK_WORDS,
        "important_left": await letters.important_left(tx, place.community.id),
        "wants_lines": wants_fragment(request),
    } | await compose.alarm(tx, room)


async def _room(request: Request, tx: Tx, place: Place) -> Room:
    channels = [one for one in await rooms.of_community(tx, place.community.id) if not one.is_group]
    asked = request.query_params.get("room", "")
    room = compose.find_room(channels, asked) if asked else next(iter(channels), None)
    if room is None:
        raise NotFound("There is no such room.")
    return room


def _rank(request: Request) -> int | None:
    """Who may read the post, as the composer's field says it. Raises Invalid (min_rank)."""
    typed = request.query_params.get("min_rank", "")
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) <= MAX_RANK_DIGITS and int(typed) <= MAX_RANK):
        raise Invalid(min_rank=f"Write a whole number from 0 to {MAX_RANK}, or leave it out.")
    return int(typed)


async def report(request: Request) -> Response:
    """GET /studio/{handle}/posts/{id}/reach"""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.SEE_STUDIO)
        post = await posts.one(tx, request.path_params["id"])
        if (
            post.community_id != place.community.id
            or post.deleted_at is not None
            or post.topic_id is not None
        ):
            raise NotFound("There is no such post.")
        room = await rooms.one(tx, post.room_id)
        mail = bool(services_of(request).settings.smtp)
        counted, counted_at = await reach.seen_now(tx, post, room, mail=mail)
        (view,) = await views.post_views(tx, [post], room, place.community, place.by)
        found = await frame(request, tx, place, "posts") | {
            "room": room, "view": view, "line": views.line(view, 90), "report": counted, "counted_at": counted_at,
            "span": span(post, counted, counted_at),
            "usual": await reach.usual(tx, room, post.created_at),
            "way_words": WAYS, "reason_words": REASONS, "stranger_ways": STRANGER_WAYS, "stranger_reasons": STRANGER_REASONS,
        }  # fmt: skip
    return page(request, "studio/reach.html", found)
