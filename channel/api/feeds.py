"""The caller's private feeds. Their addresses are told to who may write only: whoever has one needs no token any more."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import feeds as verbs
from channel import rooms
from channel.api.communities import brief as community_brief
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.shape import Id, Moment, Shape
from channel.api.shapes import CommunityBrief
from channel.errors import Invalid, NotFound
from channel.feeds import Feed as StoredFeed
from channel.feeds.model import DAY_MS
from channel.feeds.seal import Seal
from channel.members import queries
from channel.render.feeds import FORMS
from channel.render.json import iso
from channel.routing import SIGNED_IN, WRITER
from channel.storage import Tx


class FeedAddresses(Shape, frozen=True):
    """Where a feed lies, in each of its forms."""

    atom: str
    rss: str
    json: str
    podcast: str


class FeedReading(Shape, frozen=True):
    """From how many networks the feed was read: today, and on the day and in the week with the most of the last 14 days.

    `wide`: more than one person has. The address may have gone around: renew it.
    """

    networks_today: int
    networks_in_a_day: int
    networks_in_a_week: int
    last_day: Annotated[Moment, Meta(description="the day it was last read; null for none of the 14")] | None
    wide: bool


class Feed(Shape, frozen=True):
    """A private feed of the caller. `room` null: all rooms that they may read."""

    id: Id
    community: CommunityBrief
    room: Annotated[str, Meta(description="its slug")] | None
    created_at: Moment
    addresses: Annotated[FeedAddresses, Meta(description="told where the feed is made or renewed")] | None
    reading: FeedReading


class Feeds(Shape, frozen=True):
    """At most 50."""

    items: list[Feed]


class NewFeed(Struct, forbid_unknown_fields=True, kw_only=True):
    """Of all rooms that the caller may read, or of one."""

    community: Annotated[str, Meta(min_length=1, max_length=31, description="its handle")]
    room: Annotated[str, Meta(min_length=1, max_length=40, description="its slug")] | None = None


def _shape(call: Call, feed: StoredFeed) -> Feed:
    place = f"{call.settings.url}/feeds/{feed.secret}"
    atom, rss, json, podcast = (f"{place}/{name}" for name in FORMS)
    reading = feed.reading
    return Feed(
        id=feed.id,
        community=community_brief(feed.community, call.settings),
        room=feed.room.slug if feed.room else None,
        created_at=iso(feed.created_at),
        addresses=FeedAddresses(atom=atom, rss=rss, json=json, podcast=podcast) if feed.secret else None,
        reading=FeedReading(
            networks_today=reading.today,
            networks_in_a_day=reading.most_a_day,
            networks_in_a_week=reading.most_a_week,
            last_day=None if reading.last_day is None else iso(reading.last_day * DAY_MS),
            wide=reading.wide,
        ),
    )


async def list_feeds(call: Call, tx: Tx, _: Nothing) -> Answer:
    """The caller's private feeds, without their addresses."""
    found = await verbs.listing(tx, call.account.id)
    return Answer(Feeds(items=[_shape(call, feed) for feed in found]))


async def create_feed(call: Call, tx: Tx, given: NewFeed) -> Answer:
    """Make a private feed. Of each community and room there is one: 200 for one that was there."""
    try:
        community, _ = await queries.visible(tx, given.community, call.account.id)
    except NotFound as error:
        raise Invalid(community="There is no such community. Write its handle.") from error
    try:
        room = await rooms.by_slug(tx, community.id, given.room) if given.room else None
    except NotFound as error:
        raise Invalid(room="There is no such room in this community. Write its slug.") from error
    feed, fresh = await verbs.make(tx, _seal(call), call.account.id, community, room)
    return Answer(_shape(call, feed), 201 if fresh else 200)


async def renew_feed(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Give it a new address, and a new id. The old one opens nothing from now on."""
    return Answer(_shape(call, await verbs.renew(tx, _seal(call), call.account.id, call.id())), 201)


async def revoke_feed(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Its address opens nothing from now on."""
    await verbs.revoke(tx, call.account.id, call.id())
    return NO_CONTENT


def _seal(call: Call) -> Seal:
    return Seal(call.services.secret)


_ALL = "/me/feeds"
_ONE = "/me/feeds/{id}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_feeds, policy=SIGNED_IN, tag="account",
        summary="List your private feeds", answers={200: Feeds},
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_feed, policy=WRITER, tag="account",
        summary="Make a private feed", answers={200: Feed, 201: Feed}, body=NewFeed,
    ),
    Endpoint(
        method="POST", path=_ONE + "/renew", handler=renew_feed, policy=WRITER, tag="account",
        summary="Give a private feed a new address", answers={201: Feed},
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=revoke_feed, policy=WRITER, tag="account",
        summary="Revoke a private feed",
    ),
)  # fmt: skip
