"""Communities: found, look, change, delete."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import communities, looks, members
from channel.api import places, shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import Place, changes, moment, standing
from channel.api.shape import PodcastCategory, PodcastEmail
from channel.communities import Community
from channel.communities.model import HUES, MAX_ABOUT_CHARS, MAX_NAME_CHARS
from channel.members import Action, governing, queries
from channel.payments import closing
from channel.render.json import iso
from channel.routing import VIEWER, Policy, Who, role
from channel.settings import Settings
from channel.storage import Tx

Handle = Annotated[
    str, Meta(min_length=2, max_length=31, description="2 to 30 of a-z, 0-9, - and _, a letter first")
]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
About = Annotated[str, Meta(max_length=MAX_ABOUT_CHARS, description="Markdown")]
Visibility = Literal["public", "unlisted", "private"]
Language = Literal["en", "de"]
Hue = Annotated[int, Meta(ge=0, le=HUES - 1)]
Look = Annotated[str, Meta(max_length=60)]


class NewCommunity(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a creator wants to own."""

    handle: Handle
    name: Name
    about: About = ""
    visibility: Visibility = "public"
    language: Language = "en"


class CommunityChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. The handle stays: every link to a post carries it."""

    name: Name | UnsetType = UNSET
    about: About | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    approval: bool | UnsetType = UNSET
    embeddable: bool | UnsetType = UNSET
    reach_shown: bool | UnsetType = UNSET
    hue: Hue | UnsetType = UNSET
    cover: Look | UnsetType = UNSET
    avatar: Look | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    podcast_category: PodcastCategory | UnsetType = UNSET
    podcast_email: PodcastEmail | UnsetType = UNSET
    state: Literal["open", "closed"] | UnsetType = UNSET


def url_of(found: Community, settings: Settings) -> str:
    """The community's public address."""
    return f"{settings.url}/@{found.handle}"


def brief(found: Community, settings: Settings) -> shapes.CommunityBrief:
    """A community in passing."""
    return shapes.CommunityBrief(
        id=found.id,
        handle=found.handle,
        name=found.name,
        hue=found.hue,
        cover=found.cover,
        cover_url=looks.address(found.cover, 1280) or None,
        avatar=found.avatar,
        avatar_url=looks.address(found.avatar, 256) or None,
        url=url_of(found, settings),
    )


def _shape(place: Place, settings: Settings) -> shapes.Community:
    found = place.community
    return shapes.Community(
        id=found.id,
        handle=found.handle,
        name=found.name,
        about=found.about,
        about_html=found.about_html,
        visibility=found.visibility,
        approval=found.approval,
        embeddable=found.embeddable,
        reach_shown=found.reach_shown,
        hue=found.hue,
        cover=found.cover,
        cover_url=looks.address(found.cover, 1280) or None,
        avatar=found.avatar,
        avatar_url=looks.address(found.avatar, 256) or None,
        language=found.language,
        state=found.state,
        member_count=found.member_count,
        url=url_of(found, settings),
        created_at=iso(found.created_at),
        deleted_at=moment(found.deleted_at),
        purge_at=moment(found.purge_at),
        podcast_category=found.podcast_category,
        podcast_email=found.podcast_email if place.by.may(Action.EDIT_COMMUNITY) else "",
        standing=standing(place.by),
    )


async def list_communities(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The communities the caller is in, last joined first; for nobody in particular, the public ones, newest first."""
    if call.account_id is None:
        found = await communities.listed(tx)
        seen = [Place(community, await members.entitlement(tx, community, None)) for community in found]
    else:
        seen = [Place(b.community, b.entitlement) for b in await queries.entitlements(tx, call.account_id)]
    items = [_shape(place, call.settings) for place in seen]
    part, cursor = places.part_of(items, given, lambda one: one.id)
    return Answer(shapes.Communities(items=part, next_cursor=cursor))


async def create_community(call: Call, tx: Tx, given: NewCommunity) -> Answer:
    """Found a community: with its free tier, one room `news`, and the caller as its owner."""
    made = await members.found(
        tx,
        call.account,
        handle=given.handle,
        name=given.name,
        about=given.about,
        visibility=given.visibility,
        language=given.language,
    )
    return Answer(await seen(call, tx, made.id), 201)


async def get_community(call: Call, tx: Tx, _: Nothing) -> Answer:
    """A community, as far as the caller may know of it."""
    return Answer(_shape(await places.community(call, tx), call.settings))


async def edit_community(call: Call, tx: Tx, given: CommunityChanges) -> Answer:
    """Change what the community says of itself; `state` closes and reopens it (for its owner alone)."""
    place = await places.community(call, tx)
    wanted = changes(given)
    state = wanted.pop("state", None)
    await governing.edit_community(tx, place.by, place.community, **wanted)
    if state == "closed":
        await governing.close(tx, place.by, place.community)
    elif state == "open":
        await governing.reopen(tx, place.by, place.community)
    return Answer(await seen(call, tx, place.community.id))


async def delete_community(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete the community. Its owner can undo it in the studio for fourteen days, then it is gone for good."""
    place = await places.community(call, tx)
    handle = place.community.handle  # typed to confirm by people; a program has named it in the path
    await governing.delete_community(tx, place.by, place.community, typed_handle=handle)
    await closing.end_all(tx, place.by, place.community, "end")
    return NO_CONTENT


async def seen(call: Call, tx: Tx, community_id: str) -> shapes.Community:
    """The community as the caller sees it."""
    found = await communities.one(tx, community_id)
    return _shape(Place(found, await members.entitlement(tx, found, call.account_id)), call.settings)


ENDPOINTS = (
    Endpoint(
        method="GET", path="/communities", handler=list_communities, query=places.PartQuery, policy=VIEWER, tag="communities",
        summary="List my communities", answers={200: shapes.Communities},
    ),
    Endpoint(
        method="POST", path="/communities", handler=create_community, policy=Policy(Who.SIGNED_IN, scope="manage"),
        tag="communities", summary="Found a community", answers={201: shapes.Community}, body=NewCommunity,
        also_counts_as="found",
    ),
    Endpoint(
        method="GET", path="/communities/{handle}", handler=get_community, policy=VIEWER, tag="communities",
        summary="Look at a community", answers={200: shapes.Community},
    ),
    Endpoint(
        method="PATCH", path="/communities/{handle}", handler=edit_community, policy=role(Action.EDIT_COMMUNITY),
        tag="communities", summary="Change a community", answers={200: shapes.Community}, body=CommunityChanges,
    ),
    Endpoint(
        method="DELETE", path="/communities/{handle}", handler=delete_community, policy=role(Action.CLOSE_COMMUNITY),
        tag="communities", summary="Delete a community",
    ),
)  # fmt: skip
