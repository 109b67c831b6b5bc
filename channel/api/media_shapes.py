"""What answers about media look like."""

from typing import Annotated, Any, Literal

from msgspec import Meta

from channel.api.shape import Id, Moment, Shape
from channel.media.changing import framable
from channel.media.model import Media
from channel.render.media import as_crop, as_json, media_view


class MediumVariant(Shape, frozen=True):
    """A picture in one size (of a video: one that stands for it; of a PDF: its first page), or a file that is played; a sound has no width."""

    url: str
    format: Literal["avif", "webp", "m4a", "weba", "mp4"]
    width: int
    height: int
    size: Annotated[int, Meta(description="bytes")]


class FocalPoint(Shape, frozen=True):
    """What stays in sight when a picture is cut, in percent from the left and from above."""

    x: int
    y: int


class CaptionsOf(Shape, frozen=True):
    """Words to a video as WebVTT, in a language (BCP 47)."""

    language: str
    url: str


class ChapterOf(Shape, frozen=True):
    """A part of a video or a recording, from `at_ms` to the next one."""

    at_ms: int
    title: str


class TeaserPicture(Shape, frozen=True):
    """The picture on the card of a locked post. Blurred, its placeholder is all of it that there is."""

    id: Annotated[Id | None, Meta(description="null for whom the post is locked and the picture blurred")]
    blurred: bool
    width: int | None
    height: int | None
    placeholder: Annotated[str, Meta(description="a tiny picture, to be stretched")]
    alt: str
    focal: FocalPoint
    url: str | None
    variants: list[MediumVariant]


class CredentialStep(Shape, frozen=True):
    """Something that was done to it. `action` and `source` are words of C2PA and IPTC, `agent` names a program."""

    action: str
    agent: str
    source: str
    at: Moment | None


class Credentials(Shape, frozen=True):
    """What the file that was sent says of who made it and how (C2PA). All words are the file's own."""

    state: Annotated[
        Literal["valid", "untrusted", "invalid", "elsewhere", "none", "not_checked"],
        Meta(
            description="valid: signed by somebody on this server's list; untrusted: signed by somebody else; invalid: "
            "changed since, or broken; elsewhere: the file names an address, which is not asked"
        ),
    ]
    ai: Annotated[
        Literal["none", "assisted", "generated"], Meta(description="how AI was used, as the file says")
    ]
    signer: Annotated[str, Meta(description="whom the certificate names")]
    organization: str
    signed_at: Annotated[Moment | None, Meta(description="where a time stamp says it")]
    made_with: str
    steps: Annotated[list[CredentialStep], Meta(description="oldest first, at most 40")]
    ingredients: Annotated[int, Meta(description="other files that are in it")]
    page_url: Annotated[str | None, Meta(description="where people read this; null where nothing was found")]
    file_url: Annotated[
        str | None,
        Meta(
            description="the credentials themselves (application/c2pa), where they are kept; they fit what was sent"
        ),
    ]


class Medium(Shape, frozen=True):
    """A picture, sound, video or file. Addresses are for whoever may read a post that carries it."""

    id: Id
    kind: Literal["picture", "sound", "video", "file"]
    name: str
    type: str
    size: Annotated[int, Meta(description="bytes of what was sent")]
    width: int | None
    height: int | None
    animated: bool
    placeholder: Annotated[str, Meta(description="stands in its place until it is loaded")]
    alt: str
    focal: FocalPoint
    sensitive: Annotated[bool, Meta(description="covered until somebody wants to see it")]
    state: Annotated[
        Literal["processing", "ready", "failed", "refused"],
        Meta(description="refused: the virus scanner found something, or takes no file of that size"),
    ]
    problem: str | None
    url: Annotated[str | None, Meta(description="the whole of it; null until it is ready")]
    as_sent: Annotated[bool, Meta(description="whether it goes out as it was sent, with all that is in it")]
    progress: Annotated[int | None, Meta(description="percent, while it is prepared")]
    duration_ms: int | None
    pages: Annotated[int | None, Meta(description="of a PDF whose first page `variants` show")]
    waveform: Annotated[list[int], Meta(description="of a sound: how loud it is where, 0 to 100")]
    stream: Annotated[str | None, Meta(description="of a video: its HLS playlist")]
    poster: Annotated[str | None, Meta(description="of a video: what is shown until it plays")]
    captions: list[CaptionsOf]
    chapters: Annotated[list[ChapterOf], Meta(description="of what is played, in their order")]
    chapters_url: Annotated[
        str | None,
        Meta(description="the same as WebVTT; chapters.json beside it is what podcast programs read"),
    ]
    credentials: Credentials
    variants: list[MediumVariant]


class Crop(Shape, frozen=True):
    """What of a picture is shown, as fractions of all of it, upright and turned clockwise by `turn` degrees."""

    x: float
    y: float
    width: float
    height: float
    turn: Literal[0, 90, 180, 270]


class MediumInHand(Medium, frozen=True):
    """A medium as who asks for it by itself sees it."""

    crop: Annotated[
        Crop | None, Meta(description="null where all of it is shown, and for who may not change that")
    ]
    whole_url: Annotated[
        str | None,
        Meta(
            description="all of the picture, for who may crop it: drawn when it is asked for, and kept nowhere"
        ),
    ]


class LinkPreview(Shape, frozen=True):
    """What the first page that the post links to said of itself to our server, or what its writers made of that."""

    url: Annotated[str, Meta(description="as the post writes it")]
    title: str
    description: str
    site: str
    video: Annotated[bool, Meta(description="it leads to a film")]
    picture_url: Annotated[
        str | None, Meta(description="its picture, fetched and made anew by our server: a square WebP")
    ]
    icon_url: Annotated[str | None, Meta(description="the site's icon, likewise")]


def in_hand(one: Media, *, own: bool) -> dict[str, Any]:
    """A MediumInHand. `own`: for somebody who may choose what of it is shown."""
    mine = own and framable(one)
    crop, whole = (as_crop(one.frame), f"/media/{one.id}/whole") if mine else (None, None)
    return as_json(media_view(one)) | {"crop": crop, "whole_url": whole}
