"""What the composer offers (rooms, audiences and how many each reaches) and what it holds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.requests import Request

from channel import posts, rooms, tiers
from channel.errors import Invalid
from channel.ids import new_token
from channel.media.model import MAX_MEDIA
from channel.members import reach
from channel.members.model import Entitlement
from channel.members.reach import Reach
from channel.polls import PollDraft
from channel.posts import Draft, drafts, queries
from channel.posts.model import MAX_TEASER_CHARS, MAX_TEXT_CHARS, SavedDraft, Sketch
from channel.reach import weariness
from channel.render import views
from channel.rooms import Room
from channel.storage import Tx
from channel.tiers import Tier
from channel.web.forms import Form
from channel.web.studio import attach, later, polls
from channel.web.studio.place import Place, values


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may read: `value` as the form holds it, the tier that opens it, and how many others there are now."""

    value: str
    tier: Tier | None
    count: int

    @property
    def min_rank(self) -> int | None:
        return int(self.value) if self.value else None


def audiences(levels: Sequence[Tier], known: Reach, room: Room | None) -> list[Audience]:
    """Everyone, members, and each tier with all above it; the writer is not counted among the readers."""
    offered: list[tuple[str, Tier | None]] = [("", None), ("0", None)]
    offered += [(str(tier.rank), tier) for tier in levels if tier.rank > 0]
    floor = room.min_rank if room else None
    return [
        Audience(value, tier, max(0, known.of(floor, int(value) if value else None) - 1))
        for value, tier in offered
    ]


async def offer(tx: Tx, place: Place, form: Form) -> dict[str, Any]:
    """What the composer prints besides the values of `form`."""
    there = await rooms.of_community(tx, place.community.id)
    levels = await tiers.of_community(tx, place.community.id)
    known = await reach.reach(tx, place.by, place.community)
    there = [one for one in there if not one.is_group]  # what one says in a group is said there, in a topic
    room = find_room(there, form.line("room")) or (there[0] if there else None)
    by_room = {one.id: {a.value: a.count for a in audiences(levels, known, one)} for one in there}
    return {
        "compose": form,
        "rooms": there,
        "tiers": levels,
        "room": room,
        "audiences": audiences(levels, known, room),
        "counts_by_room": by_room if known.of() > 1 else {},
        **(await alarm(tx, room) if room else {}),
        "quoted": await _quoted(tx, place, form.line("quote")),
        **await attach.shown(tx, place.by, form),
        "teased": await attach.teased(tx, place.by, form),
        "most_text": MAX_TEXT_CHARS,
        "most_teaser": MAX_TEASER_CHARS,
        **polls.fields(),
    }


async def alarm(tx: Tx, room: Room) -> dict[str, Any]:
    """What fragments/studio/alarm.html prints of a room: whether the next post would be too much."""
    number, ratio = await weariness(tx, room)
    return {"number_today": number, "tired": ratio}


async def _quoted(tx: Tx, place: Place, quote_id: str) -> views.AnyView | None:
    if not quote_id or not await quotable(tx, place.by, quote_id):
        return None
    post = await posts.one(tx, quote_id)
    return (await views.post_views(tx, [post], None, place.community, place.by))[0]


async def quotable(tx: Tx, by: Entitlement, quote_id: str) -> bool:
    """Whether this writer may quote it; publishing asks again."""
    found = await queries.quotable(tx, quote_id)
    return found is not None and found.community_id == by.community_id and by.reads(*found.min_ranks)


async def opened(request: Request, tx: Tx, place: Place) -> Form:
    """The composer of a fresh page: empty, with `?quote=`, `?media=`, or the draft of `?draft=`. Raises NotFound."""
    draft_id = request.query_params.get("draft", "")
    if draft_id:
        return of_draft(await drafts.one_draft(tx, place.by, draft_id))
    asked = request.query_params
    form = values(key=new_token(16), room=asked.get("room", ""), ai="none", quote=asked.get("quote", ""))
    form.lists["media"] = asked.getlist("media")[:MAX_MEDIA]
    return form


def of_draft(saved: SavedDraft) -> Form:
    """The composer with a draft in it."""
    sketch = saved.sketch
    form = values(
        key=new_token(16), draft=saved.id, room=sketch.room_id, text=sketch.text, teaser=sketch.teaser,
        min_rank=sketch.min_rank, ai=sketch.ai, silent=sketch.silent, quote=sketch.quote_id,
        **later.fields(sketch.opens), **later.cost_fields(sketch.unlock),
        **attach.teaser_fields(sketch.teaser_picture),
    )  # fmt: skip
    form.lists["media"] = [*sketch.media]
    form.values |= {attach.ALT + media_id: alt for media_id, alt in sketch.alts.items()}
    return form


def find_room(there: Sequence[Room], wanted: str) -> Room | None:
    """A room by its id or its part of the address."""
    return next((room for room in there if wanted in (room.id, room.slug)), None)


def room_of(there: Sequence[Room], form: Form) -> Room:
    """The room that was chosen. Raises Invalid (room)."""
    room = find_room(there, form.line("room"))
    if room is None:
        raise Invalid(room="Choose the room that this goes to.")
    return room


def draft_of(form: Form, now: int) -> Draft:
    """What was written, ready to publish at `now`; a poll without words beside it asks by its question. Raises Invalid."""
    asks = "" if form.line("text") else form.line("poll_question")
    return Draft.parse(
        asks or form.text("text"),
        min_rank=form.number("min_rank"),
        opens=later.steps(form, now),
        unlock=later.cost(form),
        teaser=form.text("teaser"),
        ai=form.line("ai") or "none",
        silent=form.on("silent"),
        quote_id=form.line("quote") or None,
        media=attach.wanted(form),
        preview=not form.on("no_preview"),
        teaser_picture=attach.teaser_of(form),
        important=form.on("important"),
        morning=form.on("morning"),
    )


def all_of(there: Sequence[Room], form: Form, now: int) -> tuple[Room, Draft, PollDraft | None]:
    """Where it goes, what was written and what is asked. Raises Invalid with every field of one of them."""
    poll = polls.draft_of(form, now)
    if poll is not None and not form.line("text"):
        poll = replace(poll, question="")  # which is the text of the post then
    return room_of(there, form), draft_of(form, now), poll


def sketch_of(form: Form, there: Sequence[Room]) -> Sketch:
    """What was written, whatever state it is in. Raises Invalid for too much of it."""
    room = find_room(there, form.line("room"))
    rank = form.line("min_rank")
    return Sketch.parse(
        form.text("text"),
        room_id=room.id if room else None,
        teaser=form.text("teaser"),
        min_rank=int(rank) if rank.isascii() and rank.isdigit() and len(rank) <= 9 else None,
        opens=later.typed(form),
        unlock=later.cost_typed(form),
        ai=form.line("ai") or "none",
        silent=form.on("silent"),
        quote_id=form.line("quote") or None,
        media=form.lists.get("media", ()),
        teaser_picture=attach.teaser_typed(form),
        alts=attach.alts(form),
    )
