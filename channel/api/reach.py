"""Whom a post reaches: before it is sent, and after."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from channel import posts, reach
from channel.api import places
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.shape import Moment, Rank, Shape
from channel.errors import NotFound
from channel.members import Action
from channel.members.rights import require
from channel.posts import letters
from channel.reach.model import SENDINGS, Sending, Wording, span
from channel.reach.open import WEEKS, OpenReach, open_reach
from channel.render.json import iso
from channel.routing import VIEWER, role
from channel.storage import Tx
from channel.tags import Tagged

Tens = Annotated[int, Meta(description="full tens; 0: fewer than ten")]


class Told(Shape, frozen=True):
    """How many are told when a post is sent in one way."""

    at_once: Tens
    later: Tens
    not_told: Tens


class ForecastQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Who may read the post: left out for everybody. Only those without an account are counted by it: a member who may not
    read a post is told that there is one. `tags`, `teaser_tags`: those of its words and of its teaser, with commas between
    them."""

    min_rank: Rank | None = None
    tags: Annotated[str, Meta(max_length=400)] = ""
    teaser_tags: Annotated[str, Meta(max_length=400)] = ""


class StrangersTold(Shape, frozen=True):
    """Who follows without an account, counted apart. `followers` is exact; `by_way` (mail, push) says by how it is sent how
    many are told, in full tens, without those who are told as members. `closed`: no stranger may read such a post, so none
    is told, and `by_way` is empty."""

    followers: int
    closed: bool
    by_way: dict[str, dict[str, Told]]


class Forecast(Shape, frozen=True):
    """By how it is sent: `now`, `important`, `morning`, `silent`. `number`: which post of these 24 hours the next one would
    be in the room; `times`: on days with that many so many times as many people turned their notices down or left (2 to 4;
    0: not so, or too few to say)."""

    by_sending: dict[str, Told]
    outside: StrangersTold
    important_left: int
    number: int
    times: int


class StrangersReach(Shape, frozen=True):
    """Who follows without an account. `followers` is exact; each of them is in one of `ways` (mail) or `reasons`, in full
    tens; both are empty where fewer than ten follow."""

    followers: int
    ways: dict[str, int]
    reasons: dict[str, int]


class PostReach(Shape, frozen=True):
    """What became of a post. `members` and `by_tier` are exact; everything else is in full tens, and 0 where fewer than ten
    may see it. `ways` (push, mail, live) and `reasons` together are everybody who may see the room, each once. `outside`:
    those without an account, counted apart; null for a post whose numbers were kept before they were."""

    members: int
    may_see: int
    by_tier: dict[str, int]
    chosen: Tens
    queued: Tens
    accepted: Tens
    shown: Tens
    opened: Tens
    seen: Tens
    lapsed: Tens
    ways: dict[str, int]
    reasons: dict[str, int]
    outside: StrangersReach | None
    counted_at: Moment
    final_at: Annotated[Moment | None, Meta(description="after it they move no more; null: sent silently")]


class RoomReach(Shape, frozen=True):
    """A room that everybody reads. Of 100 who might see a post, `accepted` were reached by a notice and `seen` saw it; null
    for fewer than three posts."""

    room: Annotated[str, Meta(description="its slug")]
    posts: int
    accepted: int | None
    seen: int | None


class CommunityReach(Shape, frozen=True):
    """What the creator lets everybody read, of the last `weeks`. `followers`: without an account. `posts`: those for everybody
    that count, a week and a half after they came; `locked`: the posts of these weeks that not everybody may read. `ways`:
    how often a post came to somebody, `live`, by `push`, `mail` and, without an account, `outside_push` and `outside_mail`, in full tens."""

    weeks: int
    members: int
    followers: Tens
    posts: int
    locked: int
    ways: dict[str, int]
    rooms: list[RoomReach]


async def get_open_reach(call: Call, tx: Tx, _: Nothing) -> Answer:
    """What a community reaches, where its creator shows it (`reach_shown`); 404 elsewhere."""
    found: OpenReach = await open_reach(tx, (await places.community(call, tx)).community)
    each = [
        RoomReach(room=one.room.slug, posts=one.posts, accepted=one.accepted, seen=one.seen)
        for one in found.rooms
    ]
    return Answer(
        CommunityReach(
            weeks=WEEKS, members=found.members, followers=found.followers, posts=found.posts, locked=found.locked,
            ways=found.ways, rooms=each,
        )
    )  # fmt: skip


async def get_forecast(call: Call, tx: Tx, given: ForecastQuery) -> Answer:
    """What sending a post to this room at this moment does."""
    room, place = await places.readable_room(call, tx, call.id())
    require(place.by, place.community, Action.POST)
    if room.is_group:
        raise NotFound("There is no such room.")
    mail = bool(call.settings.smtp)
    of = Wording(given.min_rank, Tagged.parse(given.tags, given.teaser_tags))
    found = await reach.forecast(tx, room, call.account.id, SENDINGS, mail=mail, of=of)
    outside = (await reach.outlook(tx, room, SENDINGS, mail=mail, of=of)).shown
    number, times = await reach.weariness(tx, room)
    return Answer(
        Forecast(
            by_sending=_told({sending: one.shown for sending, one in found.items()}),
            outside=StrangersTold(
                followers=outside.followers, closed=outside.closed,
                by_way={way: _told(each) for way, each in outside.by_way.items()},
            ),
            important_left=await letters.important_left(tx, room.community_id), number=number, times=times,
        )
    )  # fmt: skip


def _told(found: Mapping[Sending, reach.Forecast]) -> dict[str, Told]:
    return {
        sending: Told(at_once=one.at_once, later=one.later, not_told=one.not_told)
        for sending, one in found.items()
    }


async def get_reach(call: Call, tx: Tx, _: Nothing) -> Answer:
    """How many a post reached, by which way, and why not the rest."""
    post = await posts.one(tx, call.id())
    room, place = await places.readable_room(call, tx, post.room_id)
    require(place.by, place.community, Action.SEE_STUDIO)
    if post.deleted_at is not None or post.topic_id is not None:
        raise NotFound("There is no such post.")
    counted, counted_at = await reach.seen_now(tx, post, room, mail=bool(call.settings.smtp))
    final_at = span(post, counted, counted_at).final_at
    return Answer(
        PostReach(
            members=counted.members, may_see=counted.may_see, by_tier=dict(counted.by_tier), chosen=counted.chosen,
            queued=counted.queued, accepted=counted.accepted, shown=counted.shown, opened=counted.opened,
            seen=counted.seen, lapsed=counted.lapsed, ways=dict(counted.ways), reasons=dict(counted.reasons),
            outside=_strangers(counted.outside), counted_at=iso(counted_at), final_at=iso(final_at) if final_at else None,
        )
    )  # fmt: skip


def _strangers(found: reach.Strangers | None) -> StrangersReach | None:
    if found is None:
        return None
    return StrangersReach(followers=found.followers, ways=dict(found.ways), reasons=dict(found.reasons))


ENDPOINTS = (
    Endpoint(
        method="GET", path="/rooms/{id}/forecast", handler=get_forecast, policy=role(Action.POST, "read"), tag="posts",
        summary="Whom the next post would reach", answers={200: Forecast}, query=ForecastQuery,
    ),
    Endpoint(
        method="GET", path="/posts/{id}/reach", handler=get_reach, policy=role(Action.SEE_STUDIO, "read"), tag="posts",
        summary="Whom a post reached", answers={200: PostReach},
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/reach", handler=get_open_reach, policy=VIEWER, tag="communities",
        summary="What a community reaches, for everybody", answers={200: CommunityReach},
    ),
)  # fmt: skip
