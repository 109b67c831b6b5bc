"""Media by themselves: what is known of one, what is said of it, and taking it away. Sending them: see uploads.py."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import communities, media, members
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.media_shapes import MediumInHand, in_hand
from channel.errors import ChannelError, NotFound
from channel.media import actions, changing
from channel.media.captions import MAX_CHARS, MAX_LANGUAGES
from channel.media.chapters import LONGEST_MS, MAX_CHAPTERS, MAX_TITLE_CHARS
from channel.media.chapters import MAX_CHARS as MAX_LINES_CHARS
from channel.media.framing import parse_frame
from channel.media.model import MAX_ALT_CHARS, Chapter, Media
from channel.media.pictures.model import WHOLE, Frame
from channel.members import Entitlement
from channel.posts import carrying
from channel.routing import VIEWER, WRITER
from channel.storage import Tx

Percent = Annotated[int, Meta(ge=0, le=100)]


class Focal(Struct, forbid_unknown_fields=True, kw_only=True):
    """What of a picture stays in sight when it is cut, in percent from the left and from above."""

    x: Percent
    y: Percent


Fraction = Annotated[float, Meta(ge=0, le=1)]


class CropChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """The piece that is shown, as fractions of the picture upright and turned clockwise by `turn` degrees."""

    x: Fraction = 0
    y: Fraction = 0
    width: Fraction = 1
    height: Fraction = 1
    turn: Literal[0, 90, 180, 270] = 0


class ChapterChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of what is played."""

    at_ms: Annotated[int, Meta(ge=0, le=LONGEST_MS, description="where it begins; the first one at 0")]
    title: Annotated[str, Meta(min_length=1, max_length=MAX_TITLE_CHARS)]


class MediumChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes."""

    alt: Annotated[str, Meta(max_length=MAX_ALT_CHARS, description="for who does not see it")] | UnsetType = (
        UNSET
    )
    focal: Focal | UnsetType = UNSET
    sensitive: Annotated[bool, Meta(description="covered until somebody wants to see it")] | UnsetType = UNSET
    keep_credentials: (
        Annotated[bool, Meta(description="hand out its content credentials beside it")] | UnsetType
    ) = UNSET
    captions: (
        Annotated[
            dict[str, Annotated[str, Meta(max_length=MAX_CHARS)] | None],
            Meta(
                max_length=MAX_LANGUAGES, description="of a video: WebVTT by language, null to take it away"
            ),
        ]
        | UnsetType
    ) = UNSET
    crop: (
        Annotated[
            CropChange | None,
            Meta(
                description="of a picture, which is made again from what was sent, under other addresses; null: all of it"
            ),
        ]
        | UnsetType
    ) = UNSET
    chapters: (
        Annotated[
            Annotated[list[ChapterChange], Meta(max_length=MAX_CHAPTERS)]
            | Annotated[str, Meta(max_length=MAX_LINES_CHARS)],
            Meta(
                description="of a video or a recording, all of them, or lines like `1:30 At the kiln`; none takes them away"
            ),
        ]
        | UnsetType
    ) = UNSET


async def found(call: Call, tx: Tx) -> tuple[Media, Entitlement]:
    """The medium of `{id}`. Raises NotFound also for what the caller may not see."""
    one = await media.one(tx, call.id())
    community = await communities.one(tx, one.community_id)
    by = await members.entitlement(tx, community, call.account_id)
    if not await carrying.sees(tx, by, one):
        raise NotFound("There is no such file.")
    return one, by


async def get_media(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One picture, sound, video or file: one's own, or one of a post that the caller may read."""
    one, by = await found(call, tx)
    return Answer(_in_hand(by, one))


def _in_hand(by: Entitlement, one: Media) -> dict[str, Any]:
    try:
        changing.require_framed(by, one)
    except ChannelError:
        return in_hand(one, own=False)
    return in_hand(one, own=True)


async def edit_media(call: Call, tx: Tx, given: MediumChanges) -> Answer:
    """Say what it shows, how much of it, what must stay in sight, whether it is covered at first, what is said in it."""
    one, by = await found(call, tx)
    if given.crop is not UNSET:
        one = await changing.frame(tx, by, one, _frame(given.crop))
    if given.chapters is not UNSET:
        one = await changing.chapter(tx, by, one, _chapters(given.chapters))
    changed = await actions.describe(
        tx, by, one,
        alt=None if given.alt is UNSET else given.alt,
        focal=None if given.focal is UNSET else (given.focal.x, given.focal.y),
        sensitive=None if given.sensitive is UNSET else given.sensitive,
        captions=None if given.captions is UNSET else given.captions,
    )  # fmt: skip
    if given.keep_credentials is not UNSET:
        changed = await actions.keep_credentials(tx, by, one, kept=given.keep_credentials)
    await carrying.tell_all(tx, [one.id])
    return Answer(_in_hand(by, changed))


def _chapters(given: list[ChapterChange] | str) -> list[Chapter] | str:
    return given if isinstance(given, str) else [Chapter(each.at_ms, each.title) for each in given]


def _frame(given: CropChange | None) -> Frame:
    """Raises Invalid (crop)."""
    if given is None:
        return WHOLE
    return parse_frame(given.x, given.y, given.width, given.height, given.turn)


async def delete_media(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Take it away, also from the posts that carry it. It is served to nobody from this moment on."""
    one, by = await found(call, tx)
    carriers = await actions.carriers(tx, one.id)
    await actions.remove(tx, by, one)
    await carrying.withdrawn(tx, carriers)
    return NO_CONTENT


_ONE = "/media/{id}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ONE, handler=get_media, policy=VIEWER, tag="media",
        summary="Read about a picture or file", answers={200: MediumInHand},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_media, policy=WRITER, tag="media",
        summary="Describe a picture or file", answers={200: MediumInHand}, body=MediumChanges,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=delete_media, policy=WRITER, tag="media",
        summary="Delete a picture or file",
    ),
)  # fmt: skip
