"""What answers about media look like."""

from typing import Annotated, Literal

from msgspec import Meta

from channel.api.shape import Id, Shape


class MediumVariant(Shape, frozen=True):
    """A picture in one size."""

    url: str
    format: Literal["avif", "webp"]
    width: int
    height: int
    size: Annotated[int, Meta(description="bytes")]


class FocalPoint(Shape, frozen=True):
    """What stays in sight when a picture is cut, in percent from the left and from above."""

    x: int
    y: int


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
    state: Literal["processing", "ready", "failed"]
    problem: str | None
    url: Annotated[str | None, Meta(description="the whole of it; null until it is ready")]
    variants: list[MediumVariant]
