"""Both views of what is being written, as they will be printed: who has access, and everybody else."""

from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import mentions, posts, rooms
from channel.errors import ChannelError, Invalid
from channel.media import Media
from channel.members import Action, reach
from channel.members.model import STAFF_RANK, needed
from channel.polls import Poll
from channel.posts.linking import links
from channel.posts.model import Post, Rendered
from channel.render import html, views
from channel.rooms import Room
from channel.routing import account_of, services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.responses import fragment, problem_text
from channel.web.studio import attach, chaptering, compose, polls
from channel.web.studio.place import Place, enter

NOTHING: dict[str, Any] = {"views": None, "preview_problem": ""}


async def both_views(request: Request, form: Form) -> dict[str, Any]:
    """What the fragment of the preview prints. Nothing typed and what cannot be published give a sentence instead."""
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.POST)
        there = await rooms.of_community(tx, place.community.id)
    if not form.text("text").strip() and not form.line("poll_question") and not form.lists.get("media"):
        return NOTHING
    try:
        room, draft, asked = compose.all_of(there, form, place.now)
        async with services_of(request).db.read() as tx:
            found = await links(tx, place.by, place.community, draft.text, room=room)
            carried = chaptering.seen(place.by, await attach.known(tx, place.by, draft.media or ()), form)
        rendered = await posts.prepare(draft, rooms=found.rooms, known=found.known)
    except ChannelError as error:
        if not isinstance(error, Invalid):
            raise
        return NOTHING | {"preview_problem": problem_text(request, error)}
    async with services_of(request).db.read() as tx:
        poll = polls.previewed(asked)
        return NOTHING | {"views": await _drawn(request, tx, place, room, Laid(rendered, poll, carried))}


@dataclass(frozen=True, slots=True)
class Laid:
    """What was written, and what it carries."""

    rendered: Rendered
    poll: Poll | None
    carried: tuple[Media, ...]


async def _drawn(request: Request, tx: Tx, place: Place, room: Room, laid: Laid) -> dict[str, Any]:
    language = viewer_of(request).language
    rendered, draft = laid.rendered, laid.rendered.draft
    # Two articles on one page need two ids: p0 and p-1.
    (shown,) = await views.facts(
        tx, [await _post(request, tx, place, room, rendered, 0)], room, place.community
    )
    (hidden,) = await views.facts(
        tx, [await _post(request, tx, place, room, rendered, -1)], room, place.community
    )
    teased = await attach.drawn(tx, place.by, draft.teaser_picture)
    shown, hidden = (
        replace(one, poll=laid.poll, media=laid.carried, teased=teased) for one in (shown, hidden)
    )
    known = await reach.reach(tx, place.by, place.community)
    readers = known.of(room.min_rank, draft.min_rank)
    below = needed(room.min_rank)
    locked = needed(draft.min_rank) > below
    return {
        "open": html.fragment(views.show(shown, STAFF_RANK), language),
        "locked": html.fragment(views.show(hidden, below), language) if locked else None,
        "audience": next(a for a in (*compose.audiences(shown.tiers, known, room), None)
                         if a is None or a.min_rank == draft.min_rank),
        "readers": max(0, readers - 1),
        "told": await mentions.told(tx, place.by, room, rendered.calls),
        "others": known.of(room.min_rank) - readers,
        "room": room,
        "opens": draft.opens or (),
        "tiers": shown.tiers,
    }  # fmt: skip


async def _post(request: Request, tx: Tx, place: Place, room: Room, rendered: Rendered, seq: int) -> Post:
    draft = rendered.draft
    quote_id = draft.quote_id
    if quote_id and not await compose.quotable(tx, place.by, quote_id):
        quote_id = None
    return Post(
        id="", community_id=place.community.id, room_id=room.id, seq=seq, author=account_of(request),
        text=draft.text, html=rendered.html, min_rank=draft.min_rank, opens=draft.opens or (),
        teaser=draft.teaser, pin_position=None,
        silent=draft.silent, ai=draft.ai, quote_id=quote_id, rev=1, views=0, created_at=tx.now, edited_at=None,
        deleted_at=None, unlock_amount=draft.unlock.amount if draft.unlock else None,
        unlock_currency=draft.unlock.currency if draft.unlock else None,
    )  # fmt: skip


def answer(request: Request, drawn: dict[str, Any]) -> Response:
    """The fragment alone, for a script."""
    return fragment(request, "fragments/studio/views.html", drawn)
