"""The media of a community, for who posts there: found again, counted, put in one another's place."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from channel import media
from channel.accounts import queries as accounts
from channel.api import places
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.media import found
from channel.api.media_shapes import Medium
from channel.api.members import person
from channel.api.places import CursorText, Limit, When, milliseconds
from channel.api.shape import Moment, Shape
from channel.api.shapes import Person, Posts
from channel.errors import Invalid, NotFound
from channel.media.rights import require_owner
from channel.members import Action
from channel.posts import library
from channel.posts.library import Shelved, Wanted
from channel.render import views
from channel.render.json import as_json, iso
from channel.render.media import as_json as medium_json
from channel.render.media import media_view
from channel.routing import WRITER, role
from channel.storage import Tx

Kind = Literal["picture", "sound", "video", "file"]
# What render/media.py prints.
AnyMedium = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/Medium"})]


class LibraryQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which media: the newest first."""

    q: Annotated[str, Meta(max_length=80, description="in descriptions and names")] = ""
    kind: Kind | None = None
    after: Annotated[When, Meta(description="sent then or later")] | None = None
    before: Annotated[When, Meta(description="sent before then")] | None = None
    undescribed: Annotated[bool, Meta(description="pictures without a description")] = False
    limit: Limit = 50
    cursor: CursorText | None = None


class LibraryItem(Shape, frozen=True):
    """A medium where its community keeps it."""

    medium: AnyMedium
    by: Person
    created_at: Moment
    posts: Annotated[int, Meta(description="in how many posts it stands")]


class LibraryItems(Shape, frozen=True):
    """A page of them."""

    items: list[LibraryItem]
    next_cursor: str | None


class KindUsage(Shape, frozen=True):
    """What one kind takes."""

    kind: Kind
    count: int
    size: Annotated[int, Meta(description="bytes, with all that was made of them")]


class LibraryUsage(Shape, frozen=True):
    """How full the store of a community is, and how many of its pictures are described."""

    used: Annotated[int, Meta(description="bytes, with what is on its way")]
    quota: Annotated[int, Meta(description="bytes")]
    kinds: list[KindUsage]
    pictures: int
    described: int


class Replacement(Struct, forbid_unknown_fields=True, kw_only=True):
    """What takes the place."""

    media_id: Annotated[str, Meta(max_length=36, description="of the same kind, sent before, in no post yet")]


async def list_library(call: Call, tx: Tx, given: LibraryQuery) -> Answer:
    """The media of a community: those of its posts, one's own, and for admins all that the team sent."""
    place = await places.community(call, tx)
    wanted = Wanted(
        given.q, given.kind, milliseconds(given.after), milliseconds(given.before), given.undescribed
    )
    page = await library.listing(tx, place.by, wanted, cursor=given.cursor, limit=given.limit)
    return Answer(LibraryItems(items=await _items(tx, page.items), next_cursor=page.next_cursor))


async def _items(tx: Tx, shelved: list[Shelved]) -> list[LibraryItem]:
    owners = await accounts.several(tx, [*{one.medium.owner_id for one in shelved}])
    return [
        LibraryItem(
            medium=medium_json(media_view(one.medium)),
            by=person(owners[one.medium.owner_id]),
            created_at=iso(one.medium.created_at),
            posts=one.posts,
        )
        for one in shelved
    ]


async def get_library_usage(call: Call, tx: Tx, _: Nothing) -> Answer:
    """How full the store is, by kind, and how many pictures are described."""
    place = await places.community(call, tx)
    usage = await library.usage(tx, place.by)
    kinds = [KindUsage(kind=part.kind, count=part.count, size=part.size) for part in usage.parts]
    quota = call.services.media.limits.quota
    return Answer(
        LibraryUsage(
            used=usage.used, quota=quota, kinds=kinds, pictures=usage.pictures, described=usage.described
        )
    )


async def list_posts_of_media(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The posts of a community that carry one of its media, or show it on their locked card: the newest 100."""
    place = await places.community(call, tx)
    one = await library.one(tx, place.by, call.id())
    if one.medium.community_id != place.community.id:
        raise NotFound("There is no such file.")
    there = await library.standing(tx, place.by, one.medium.id)
    shown = await views.post_views(tx, there, None, place.community, place.by)
    part, cursor = places.part_of(shown, given, lambda one: one.id)
    return Answer(Posts(items=[as_json(view) for view in part], next_cursor=cursor))


async def replace_media(call: Call, tx: Tx, given: Replacement) -> Answer:
    """Put another file in its place: in all posts and drafts, told live. The one that was there is deleted."""
    old, by = await found(call, tx)
    require_owner(by, old)
    new = (await media.many(tx, [given.media_id])).get(given.media_id)
    if new is None or new.community_id != by.community_id or new.owner_id != call.account_id:
        raise Invalid(media_id="This is no file that you sent to this community. Send it first.")
    return Answer(medium_json(media_view(await library.swap(tx, by, old, new))))


_STAFF = role(Action.POST, "read")
_ALL = "/communities/{handle}/media"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_library, policy=_STAFF, tag="media",
        summary="Look through the media of a community", answers={200: LibraryItems}, query=LibraryQuery,
    ),
    Endpoint(
        method="GET", path=f"{_ALL}/usage", handler=get_library_usage, policy=_STAFF, tag="media",
        summary="See how full the store of a community is", answers={200: LibraryUsage},
    ),
    Endpoint(
        method="GET", path=f"{_ALL}/{{id}}/posts", handler=list_posts_of_media, query=places.PartQuery, policy=_STAFF, tag="media",
        summary="See in which posts a picture or file stands", answers={200: Posts},
    ),
    Endpoint(
        method="PUT", path="/media/{id}/replacement", handler=replace_media, policy=WRITER, tag="media",
        summary="Put another file in its place", answers={200: Medium}, body=Replacement,
    ),
)  # fmt: skip
