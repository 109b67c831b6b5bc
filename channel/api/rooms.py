"""Rooms of a community."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import emotes, outbox, rooms
from channel.api import places, shapes
from channel.api.communities import url_of
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import Place, changes
from channel.api.shape import PodcastCategory, PodcastEmail
from channel.api.topic_shapes import GroupRules
from channel.emoji import MAX_CHARS
from channel.events import room_stream
from channel.hooks import closing
from channel.members import Action, governing
from channel.render import json
from channel.render.json import iso
from channel.rooms import Room
from channel.rooms.model import (
    DAY_MINUTES,
    MAX_ABOUT_CHARS,
    MAX_CLOSE_DAYS,
    MAX_COMMENT_DAYS,
    MAX_HISTORY,
    MAX_NAME_CHARS,
    MAX_OFFERED,
    MAX_RANK,
    MAX_ROOMS,
    MAX_SLOW_S,
    RULES,
    TEAM_ONLY,
)
from channel.routing import VIEWER, role
from channel.storage import Tx

Slug = Annotated[str, Meta(min_length=1, max_length=40, description="1 to 40 of a-z, 0-9, - and _")]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
About = Annotated[str, Meta(max_length=MAX_ABOUT_CHARS)]
Rank = Annotated[
    int, Meta(ge=0, le=MAX_RANK, description="null: everyone; 0: members; n: tiers of rank n and above")
]
Reactions = Literal["any", "set", "off"]
EmojiText = Annotated[str, Meta(min_length=1, max_length=MAX_CHARS, description="one emoji")]
ReactionSet = Annotated[
    list[EmojiText], Meta(min_length=1, max_length=MAX_OFFERED, description="with `any`, too: offered first")
]
Days = Annotated[int, Meta(ge=0, le=MAX_COMMENT_DAYS)]
OpenDays = Annotated[int, Meta(ge=1, le=MAX_COMMENT_DAYS, description="after the post; null: for ever")]
Team = Annotated[
    int,
    Meta(
        ge=0, le=TEAM_ONLY, description="null: every member; n: tiers of rank n and above; 1000001: the team"
    ),
]
Minute = Annotated[int, Meta(ge=0, lt=DAY_MINUTES, description="minute of the day, UTC")]
Position = Annotated[int, Meta(ge=1, le=MAX_ROOMS, description="1 is first")]


class Rules(Struct, forbid_unknown_fields=True, kw_only=True):
    """The rules of a group; only what is sent changes."""

    write_rank: Team | UnsetType | None = UNSET
    topic_rank: Team | UnsetType | None = UNSET
    upload_rank: Team | UnsetType | None = UNSET
    history: Annotated[int, Meta(ge=0, le=MAX_HISTORY)] | UnsetType | None = UNSET
    slow_s: Annotated[int, Meta(ge=0, le=MAX_SLOW_S)] | UnsetType = UNSET
    slow_free_rank: Rank | UnsetType | None = UNSET
    quiet_from: Minute | UnsetType | None = UNSET
    quiet_to: Minute | UnsetType | None = UNSET
    close_days: Annotated[int, Meta(ge=1, le=MAX_CLOSE_DAYS)] | UnsetType | None = UNSET


class NewRoom(Struct, forbid_unknown_fields=True, kw_only=True):
    """A room to be."""

    slug: Slug
    name: Name
    kind: Literal["channel", "group"] = "channel"
    min_rank: Rank | None = None
    about: About = ""
    reactions: Reactions | UnsetType = UNSET
    reaction_set: ReactionSet | UnsetType = UNSET
    reaction_default: EmojiText | UnsetType = UNSET
    reactors_shown: bool | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


class RoomChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. What a room is for (`kind`) is decided once."""

    slug: Slug | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    min_rank: Rank | UnsetType | None = UNSET
    about: About | UnsetType = UNSET
    previews: bool | UnsetType = UNSET
    comments: bool | UnsetType = UNSET
    comment_rank: Rank | UnsetType | None = UNSET
    comment_age_days: Days | UnsetType = UNSET
    comment_first_held: bool | UnsetType = UNSET
    comment_days: OpenDays | UnsetType | None = UNSET
    mail_replies: bool | UnsetType = UNSET
    mail_to: Literal["comment", "inbox"] | UnsetType = UNSET
    podcast_category: PodcastCategory | UnsetType = UNSET
    podcast_email: PodcastEmail | UnsetType = UNSET
    position: Position | UnsetType = UNSET
    reactions: Reactions | UnsetType = UNSET
    reaction_set: ReactionSet | UnsetType = UNSET
    reaction_default: EmojiText | UnsetType = UNSET
    reactors_shown: bool | UnsetType = UNSET
    rules: Rules | UnsetType = UNSET


def _shape(call: Call, place: Place, room: Room, heads: dict[str, int]) -> shapes.Room:
    readable = place.by.reads(room.min_rank)
    return shapes.Room(
        id=room.id,
        community=place.community.handle,
        slug=room.slug,
        name=room.name,
        about=room.about,
        kind=room.kind,
        min_rank=room.min_rank,
        previews=room.previews,
        comments=room.comments,
        comment_rank=room.comment_rank,
        comment_age_days=room.comment_age_days,
        comment_first_held=room.comment_first_held,
        comment_days=room.comment_days,
        mail_replies=room.mail_replies,
        mail_to=room.mail_to,
        podcast_category=room.podcast_category,
        podcast_email=room.podcast_email if place.by.may(Action.EDIT_ROOMS) else "",
        position=room.position,
        head=heads[room_stream(room.id)] if readable else None,
        readable=readable,
        url=f"{url_of(place.community, call.settings)}/{room.slug}",
        created_at=iso(room.created_at),
        rules=GroupRules(**{name: getattr(room, name) for name in RULES}) if room.is_group else None,
        **json.reacting(room),
    )


async def _shown(call: Call, tx: Tx, place: Place, room: Room) -> shapes.Room:
    return _shape(call, place, room, await outbox.heads(tx, [room_stream(room.id)]))


async def list_rooms(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """All rooms in the creator's order; those above the caller's rank too, with `readable` false."""
    place = await places.community(call, tx)
    found = await rooms.of_community(tx, place.community.id)
    heads = await outbox.heads(tx, [room_stream(room.id) for room in found])
    items = [_shape(call, place, room, heads) for room in found]
    part, cursor = places.part_of(items, given, lambda one: one.id)
    return Answer(shapes.Rooms(items=part, next_cursor=cursor))


async def create_room(call: Call, tx: Tx, given: NewRoom) -> Answer:
    """Open a room, at the end of the list."""
    place = await places.community(call, tx)
    given_rules = _rules(given.rules)
    wanted = changes(given)
    wanted.pop("rules", None)
    await emotes.require_known(tx, place.community.id, wanted)
    room = await governing.create_room(tx, place.by, place.community, **wanted, **given_rules)  # type: ignore[arg-type]
    return Answer(await _shown(call, tx, place, room), 201)


async def get_room(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One room."""
    place = await places.community(call, tx)
    return Answer(await _shown(call, tx, place, await places.room_in(call, tx, place)))


async def edit_room(call: Call, tx: Tx, given: RoomChanges) -> Answer:
    """Change a room, or move it among the others."""
    place = await places.community(call, tx)
    room = await places.room_in(call, tx, place)
    wanted = changes(given)
    wanted |= _rules(wanted.pop("rules", UNSET))
    position = wanted.pop("position", None)
    await emotes.require_known(tx, place.community.id, wanted)
    room = await governing.edit_room(tx, place.by, place.community, room, **wanted)
    if isinstance(position, int):
        await governing.move_room(tx, place.by, place.community, room, position)
    return Answer(await _shown(call, tx, place, await rooms.one(tx, room.id)))


def _rules(given: object) -> dict[str, object]:
    return changes(given) if isinstance(given, Rules) else {}


async def delete_room(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete a room with everything in it. This cannot be undone."""
    place = await places.community(call, tx)
    room = await places.room_in(call, tx, place)
    await closing.delete_room(tx, place.by, place.community, room, typed_slug=room.slug)
    return NO_CONTENT


_ALL = "/communities/{handle}/rooms"
_ONE = "/communities/{handle}/rooms/{slug}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_rooms, query=places.PartQuery, policy=VIEWER, tag="rooms",
        summary="List the rooms", answers={200: shapes.Rooms},
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_room, policy=role(Action.EDIT_ROOMS), tag="rooms",
        summary="Open a room", answers={201: shapes.Room}, body=NewRoom,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_room, policy=VIEWER, tag="rooms",
        summary="Look at a room", answers={200: shapes.Room},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_room, policy=role(Action.EDIT_ROOMS), tag="rooms",
        summary="Change a room", answers={200: shapes.Room}, body=RoomChanges,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=delete_room, policy=role(Action.EDIT_ROOMS), tag="rooms",
        summary="Delete a room",
    ),
)  # fmt: skip
