"""Following by mail without an account. The token of a follower's letters is all the authority there is; an answer to who
asks tells nothing of what is known of an address."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import communities, following, members
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.notices import Choice, Hour, Minute
from channel.api.places import When, milliseconds, moment
from channel.api.shape import Moment, Shape
from channel.errors import Invalid, NotFound
from channel.following import Follower, Wish, actions, links
from channel.members.queries import readable_rooms
from channel.notices.model import (
    MAX_TAGS,
    MOST_PER_WEEK,
    How,
    Times,
    clock,
    key_of,
    parse_clock,
    parse_tag,
    tags_of,
)
from channel.render.json import iso
from channel.rooms import Room
from channel.routing import ANYONE, VIEWER
from channel.storage import Tx

MAX_ROOMS = 100


class NewFollowing(Struct, forbid_unknown_fields=True, kw_only=True):
    """`language`: of the letters; without it that of the request. `zone`: of the hours at which they come; without it UTC.
    `tag`: posts with it and nothing else."""

    email: Annotated[str, Meta(max_length=254)]
    how: Choice = "instant"
    language: Annotated[str, Meta(max_length=20)] | None = None
    zone: Annotated[str, Meta(max_length=60, description="IANA name, like Europe/Berlin")] | None = None
    tag: Annotated[str, Meta(max_length=60)] | None = None


class Asked(Shape, frozen=True):
    """The same whatever is known of the address: what there is to say stands in the letter to it."""

    sent: bool


class Following(Shape, frozen=True):
    """`rooms`, `tags`: what was chosen for single channels, by their slugs, and for posts with a tag. `refused`: a mail server refused the address, so it is
    left alone for two weeks, or until its page is asked to try again. Nothing comes until `muted_until`. `per_week`: so many
    posts at once in seven days at most, the rest in the letter of the week; null: all of them. `important_passes`: whether important posts come
    between `quiet_from` and `quiet_to`, too, where they come at once. `pictures`: whether letters show them, which are loaded when a letter is
    opened."""

    community: Annotated[str, Meta(description="its handle")]
    address: str
    how: Choice
    zone: Annotated[str, Meta(description="IANA name of the time zone")]
    hour: Hour
    quiet_from: Minute | None
    quiet_to: Minute | None
    important_passes: bool
    rooms: dict[str, Choice]
    tags: dict[str, Choice]
    refused: bool
    muted_until: Moment | None
    per_week: int | None
    pictures: bool
    since: Moment


class FollowingChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is not named stays. `rooms`: by slug, and `tags`; null: as the others. `muted_until`: within 90 days; null: at once."""

    how: Choice | UnsetType = UNSET
    zone: Annotated[str, Meta(max_length=60)] | UnsetType = UNSET
    hour: Hour | UnsetType = UNSET
    quiet_from: Minute | UnsetType | None = UNSET
    quiet_to: Minute | UnsetType | None = UNSET
    important_passes: bool | UnsetType = UNSET
    muted_until: When | UnsetType | None = UNSET
    per_week: Annotated[int, Meta(ge=1, le=MOST_PER_WEEK)] | UnsetType | None = UNSET
    pictures: bool | UnsetType = UNSET
    rooms: Annotated[dict[str, Choice | None], Meta(max_length=MAX_ROOMS)] | UnsetType = UNSET
    tags: Annotated[dict[str, Choice | None], Meta(max_length=MAX_TAGS)] | UnsetType = UNSET


async def ask_to_follow(call: Call, tx: Tx, given: NewFollowing) -> Answer:
    """Have a letter sent to an address that asks whether it wants to follow. Nothing begins before its reader says yes."""
    if not call.settings.smtp:
        raise NotFound("This server sends no mail.")
    call.services.limiter.hit("follow", call.viewer.network)
    place = await places.community(call, tx)
    language = given.language or call.viewer.language
    zone, tag = given.zone or "", given.tag or ""
    wish = Wish.parse(place.community.id, given.email, given.how, language, zone, tag=tag)
    await actions.ask(tx, place.community, wish, network=call.viewer.network)
    return Answer(Asked(sent=True), 202)


def _id(call: Call) -> str:
    return links.opened(call.services.secret, call.word("token"))


async def _rooms(tx: Tx, follower: Follower) -> list[Room]:
    """Those that may be chosen for themselves. Raises NotFound when nothing is seen of the community any more."""
    stranger = await members.entitlement(tx, await communities.one(tx, follower.community_id), None)
    return [
        one for one in await readable_rooms(tx, stranger) if not one.is_group and stranger.reads(one.min_rank)
    ][:MAX_ROOMS]


async def get_following(call: Call, tx: Tx, _: Nothing) -> Answer:
    """What the holder of a link chose. Changes nothing."""
    return Answer(await _shape(tx, await following.one(tx, _id(call))))


async def change_following(call: Call, tx: Tx, given: FollowingChanges) -> Answer:
    """Choose what comes, and when; it holds from the next post on."""
    follower = await following.one(tx, _id(call))
    how: How = follower.how if given.how is UNSET else given.how
    await actions.change(
        tx, follower.id, how, _times(follower.times, given), await _chosen(tx, follower, given)
    )
    if given.muted_until is not UNSET:
        await actions.be_quiet(tx, follower.id, milliseconds(given.muted_until))
    if given.per_week is not UNSET:
        await actions.limit(tx, follower.id, given.per_week)
    if given.pictures is not UNSET:
        await actions.show_pictures(tx, follower.id, wanted=given.pictures)
    return Answer(await _shape(tx, await following.one(tx, follower.id)))


def _times(old: Times, given: FollowingChanges) -> Times:
    def minute(name: str) -> int | None:
        wanted = getattr(given, name)
        return getattr(old, name) if wanted is UNSET else parse_clock(wanted or "", name)

    return Times.parse(
        zone=old.zone if given.zone is UNSET else given.zone, hour=old.hour if given.hour is UNSET else given.hour,
        quiet_from=minute("quiet_from"), quiet_to=minute("quiet_to"),
        important_passes=old.important_passes if given.important_passes is UNSET else given.important_passes,
    )  # fmt: skip


async def _chosen(tx: Tx, follower: Follower, given: FollowingChanges) -> dict[str, How | None]:
    """By the keys of Choices."""
    named = {} if given.tags is UNSET else given.tags
    chosen = {key_of(parse_tag(tag, "tags")): how for tag, how in named.items()}
    if given.rooms is UNSET:
        return chosen
    there = {room.slug: room.id for room in await _rooms(tx, follower)}
    if given.rooms.keys() - there.keys():
        raise Invalid(rooms="Name channels of this community that everybody may read, each by its slug.")
    return chosen | {there[slug]: how for slug, how in given.rooms.items()}


async def end_following(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Follow no more: the address and all that was chosen is deleted. Twice is as once."""
    await actions.end(tx, _id(call))
    return NO_CONTENT


async def _shape(tx: Tx, follower: Follower) -> Following:
    times, community = follower.times, await communities.one(tx, follower.community_id)
    chosen = {
        room.slug: follower.chosen[room.id]
        for room in await _rooms(tx, follower)
        if room.id in follower.chosen
    }
    return Following(
        community=community.handle, address=follower.email, how=follower.how, zone=times.zone, hour=times.hour,
        quiet_from=clock(times.quiet_from) or None, quiet_to=clock(times.quiet_to) or None,
        important_passes=times.important_passes, rooms=chosen,
        tags={tag: follower.chosen[key_of(tag)] for tag in tags_of(follower.chosen)},
        refused=follower.rests(tx.now), muted_until=moment(follower.muted_until if follower.mutes(tx.now) else None),
        per_week=follower.per_week, pictures=follower.pictures_since is not None, since=iso(follower.created_at),
    )  # fmt: skip


_ONE = "/follow/{token}"
ENDPOINTS = (
    Endpoint(
        method="POST", path="/communities/{handle}/follow", handler=ask_to_follow, policy=VIEWER, tag="following",
        summary="Follow by mail without an account", answers={202: Asked}, body=NewFollowing,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_following, policy=ANYONE, tag="following",
        summary="What was chosen, by the token of the letters", answers={200: Following},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=change_following, policy=ANYONE, tag="following",
        summary="Choose what comes, and when", answers={200: Following}, body=FollowingChanges, forgets=True,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=end_following, policy=ANYONE, tag="following",
        summary="Follow no more", forgets=True,
    ),
)  # fmt: skip
