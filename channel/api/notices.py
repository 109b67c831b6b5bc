"""Letters about posts: what the caller chose, and when they come."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import members, notices
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.places import When, milliseconds, moment
from channel.api.shape import Moment, Shape
from channel.errors import Invalid
from channel.members.model import Belonging
from channel.notices import Rule, Times, pictures
from channel.notices.actions import replace, set_times
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.model import (
    FIRST_WAIT_HOURS,
    MAX_RULES,
    MAX_TAGS,
    MOST_PER_WEEK,
    Limit,
    clock,
    holding,
    key_of,
    parse_clock,
    parse_tag,
    tags_of,
)
from channel.notices.queries import refused
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.routing import SIGNED_IN, WRITER
from channel.storage import Tx

Choice = Literal["instant", "important", "daily", "weekly", "none"]
Hour = Annotated[int, Meta(ge=0, le=23, description="of the day, where the caller lives")]
Minute = Annotated[str, Meta(max_length=5, pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class NoticeRule(Shape, frozen=True):
    """What comes of a community; of one channel of it (`room`), which comes before that; or of its posts with a tag, which
    comes before both, and of several tags what tells most. `community`, `room`: handle, slug."""

    community: str
    room: str | None
    tag: str | None
    how: Choice


class NoticeLimit(Shape, frozen=True):
    """How much of a community (its handle) comes at once, by letter and on devices together: posts in seven days, null: all
    of them. What is more comes in the weekly letter, to who gets letters. Nothing comes until `muted_until`."""

    community: str
    per_week: int | None
    muted_until: Moment | None


class Notices(Shape, frozen=True):
    """`address`: where letters go; null: no address is proven, so none come. `refused`: its mail server refused us, so
    none come until the account page is asked to try again. What has no rule is told of by no letter. `important_passes`:
    whether important posts come between `quiet_from` and `quiet_to`, too, where they come at once. `pictures`: whether
    letters show them, which are loaded when a letter is opened."""

    address: str | None
    refused: bool
    zone: Annotated[str, Meta(description="IANA name of the time zone")]
    hour: Hour
    quiet_from: Minute | None
    quiet_to: Minute | None
    important_passes: bool
    wait_hours: Annotated[
        int, Meta(description="how long a letter waits for a post of which a device was told")
    ]
    pictures: bool
    rules: list[NoticeRule]
    limits: list[NoticeLimit]


class NewNoticeRule(Struct, forbid_unknown_fields=True, kw_only=True):
    """A handle; the slug of a channel of it, a tag, or nothing; and what comes."""

    community: Annotated[str, Meta(max_length=60)]
    room: Annotated[str, Meta(max_length=60)] | None = None
    tag: Annotated[str, Meta(max_length=60)] | None = None
    how: Choice


class NewNoticeLimit(Struct, forbid_unknown_fields=True, kw_only=True):
    """A handle, and how much of it comes."""

    community: Annotated[str, Meta(max_length=60)]
    per_week: Annotated[int, Meta(ge=1, le=MOST_PER_WEEK)] | None = None
    muted_until: When | None = None


class NewNotices(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of it: what is not named is told of by no letter. What is due between `quiet_from` and `quiet_to` waits, by
    letter and on devices, but for important posts where `important_passes` says so."""

    zone: Annotated[str, Meta(max_length=60, description="IANA name, like Europe/Berlin")]
    hour: Hour
    quiet_from: Minute | None = None
    quiet_to: Minute | None = None
    important_passes: (
        Annotated[
            bool,
            Meta(
                description="whether important posts come in quiet hours, too; without it that stays as it is"
            ),
        ]
        | UnsetType
    ) = UNSET
    wait_hours: Annotated[int, Meta(ge=1, le=24, description="1, 2, 4, 8 or 24")] = FIRST_WAIT_HOURS
    pictures: (
        Annotated[bool, Meta(description="whether letters show them; without it that stays as it is")]
        | UnsetType
    ) = UNSET
    rules: Annotated[list[NewNoticeRule], Meta(max_length=MAX_RULES)]
    limits: (
        Annotated[
            list[NewNoticeLimit], Meta(max_length=MAX_RULES, description="without it they stay as they are")
        ]
        | UnsetType
    ) = UNSET


async def get_notices(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Which new posts come to the caller by letter, and when."""
    return Answer(await _shape(call, tx))


async def put_notices(call: Call, tx: Tx, given: NewNotices) -> Answer:
    """Choose which new posts come by letter. They go to the proven address only; the newest choice holds for what waits."""
    times = await _times(call, tx, given)
    belongings = {one.community.handle: one for one in await members.entitlements(tx, call.account.id)}
    rooms = await of_communities(tx, [one.community.id for one in belongings.values()])
    wanted = [_rule(tx, one, belongings, rooms) for one in given.rules]
    require_each_once(wanted)
    await set_times(tx, call.account.id, times)
    await replace(tx, call.account.id, wanted)
    if given.pictures is not UNSET:
        await pictures.show(tx, call.account.id, wanted=given.pictures)
    if given.limits is not UNSET:
        await _limit(call, tx, given.limits, belongings)
    return Answer(await _shape(call, tx))


async def _times(call: Call, tx: Tx, given: NewNotices) -> Times:
    passes = given.important_passes
    if passes is UNSET:
        passes = (await notices.times(tx, call.account.id)).important_passes
    return Times.parse(
        zone=given.zone, hour=given.hour,
        quiet_from=parse_clock(given.quiet_from or "", "quiet_from"),
        quiet_to=parse_clock(given.quiet_to or "", "quiet_to"), wait_hours=given.wait_hours,
        important_passes=passes,
    )  # fmt: skip


def require_each_once(wanted: Sequence[Rule]) -> None:
    """Raises Invalid (rules)."""
    if len({rule.place for rule in wanted}) < len(wanted):
        raise Invalid(rules="Name each community, each room and each tag of a community once.")
    of_tags = [rule for rule in wanted if rule.tag]
    if any(count > MAX_TAGS for count in Counter(rule.community_id for rule in of_tags).values()):
        raise Invalid(rules="Choose for at most 20 tags of a community.")


def tag_named(tag: str, room: str | None) -> str:
    """Folded. Raises Invalid (rules)."""
    if room is not None:
        raise Invalid(rules="A rule is for a room or for a tag, not for both.")
    try:
        return parse_tag(tag)
    except Invalid as error:
        raise Invalid(rules=error.fields["tag"]) from error


async def _limit(call: Call, tx: Tx, given: list[NewNoticeLimit], belongings: dict[str, Belonging]) -> None:
    """These hold, and no others."""
    chosen: dict[str, Limit] = {}
    for one in given:
        belonging = belongings.get(one.community)
        if belonging is None or belonging.community.id in chosen:
            raise Invalid(limits="Name communities that you are in, each once by its handle.")
        until = milliseconds(one.muted_until)
        chosen[belonging.community.id] = Limit.parse(one.per_week, until, tx.now)
    for community_id in {*await limits(tx, call.account.id)} - chosen.keys():
        await limit(tx, call.account.id, community_id, NO_LIMIT)
    for community_id, one_limit in chosen.items():
        await limit(tx, call.account.id, community_id, one_limit)


def _rule(
    tx: Tx, given: NewNoticeRule, belongings: dict[str, Belonging], rooms: dict[str, list[Room]]
) -> Rule:
    """Who is not in a community is told the same as of one that is not there."""
    belonging = belongings.get(given.community)
    if belonging is None:
        raise Invalid(rules="Name communities that you are in, each by its handle.")
    community, by = belonging.community, belonging.entitlement
    if given.tag is not None:
        return Rule(community.id, None, given.how, tx.now, tag_named(given.tag, given.room))
    if given.room is None:
        return Rule(community.id, None, given.how, tx.now)
    for room in rooms[community.id]:
        if room.slug == given.room and not room.is_group and by.reads(room.min_rank):
            return Rule(community.id, room.id, given.how, tx.now)
    raise Invalid(rules="Name channels that you may read, each by its slug.")


async def _shape(call: Call, tx: Tx) -> Notices:
    account = call.account
    times = await notices.times(tx, account.id)
    return Notices(
        address=account.email,
        refused=await refused(tx, account.id, account.email),
        zone=times.zone,
        hour=times.hour,
        quiet_from=clock(times.quiet_from) or None,
        quiet_to=clock(times.quiet_to) or None,
        important_passes=times.important_passes,
        wait_hours=times.wait_hours,
        pictures=await pictures.since(tx, account.id) is not None,
        rules=await _rules(tx, account.id),
        limits=await _limits(tx, account.id),
    )


async def _limits(tx: Tx, account_id: str) -> list[NoticeLimit]:
    """In the order of communities."""
    held = await limits(tx, account_id)
    return [
        NoticeLimit(
            community=one.community.handle, per_week=held[one.community.id].per_week,
            muted_until=moment(held[one.community.id].muted_until),
        )
        for one in await members.entitlements(tx, account_id) if one.community.id in held
    ]  # fmt: skip


async def _rules(tx: Tx, account_id: str) -> list[NoticeRule]:
    """Those that hold, in the order of communities and rooms; of rooms that may be read."""
    belongings = await members.entitlements(tx, account_id)
    chosen = await notices.rules(tx, account_id)
    there = await of_communities(tx, [one.community.id for one in belongings])
    found = []
    for community, by, _ in belongings:
        held = holding((rule for rule in chosen if rule.community_id == community.id), by.joined_at)
        if None in held:
            found.append(NoticeRule(community=community.handle, room=None, tag=None, how=held[None]))
        for room in there[community.id]:
            if room.id in held and by.reads(room.min_rank):
                found.append(
                    NoticeRule(community=community.handle, room=room.slug, tag=None, how=held[room.id])
                )
        for tag in tags_of(held):
            found.append(NoticeRule(community=community.handle, room=None, tag=tag, how=held[key_of(tag)]))
    return found


ENDPOINTS = (
    Endpoint(
        method="GET", path="/me/notices", handler=get_notices, policy=SIGNED_IN, tag="account",
        summary="Which posts come by letter", answers={200: Notices},
    ),
    Endpoint(
        method="PUT", path="/me/notices", handler=put_notices, policy=WRITER, tag="account",
        summary="Choose which posts come by letter", answers={200: Notices}, body=NewNotices,
    ),
)  # fmt: skip
