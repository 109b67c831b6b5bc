"""What of a picture is shown, and the parts of what is played: set in the library, by plain forms."""

import re
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import ChannelError, Invalid
from channel.media import changing, chapters
from channel.media.framing import SHAPES, parse_frame, shaped, whole_size
from channel.media.model import Media
from channel.media.pictures.model import SCALE, TURNED, Frame
from channel.posts import carrying
from channel.routing import services_of
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.studio.place import go, posted

PERCENT: Final = SCALE // 100
SIDES: Final = ("crop_x", "crop_y", "crop_width", "crop_height")
_NUMBER: Final = re.compile(r"[0-9]{1,3}([.,][0-9]{1,4})?")


def fields(one: Media) -> dict[str, Any]:
    """What is shown now, as a form holds it: percent."""
    frame = one.frame
    sides = (frame.x, frame.y, frame.width, frame.height)
    return {
        **{name: f"{side / PERCENT:g}" for name, side in zip(SIDES, sides, strict=True)},
        "turn": frame.turn,
        "chapters": chapters.lines(one.chapters),
    }


def chosen(form: Form, one: Media, suffix: str = "") -> Frame:
    """The piece of a form: of a shape, or between the sides that were typed. Raises Invalid (crop, turn)."""
    turn = form.number(f"turn{suffix}") or 0
    shape = next((shape for shape in SHAPES if shape == form.line(f"shape{suffix}")), None)
    if turn not in TURNED:
        raise Invalid(turn="A picture can be turned by 0, 90, 180 or 270 degrees.")
    if shape is not None and shape != "whole" and not (one.width and one.height):
        raise Invalid(crop="This picture is being prepared. Wait a moment.")
    if shape is not None:
        return shaped(shape, whole_size(one.frame, (one.width or 1, one.height or 1), turn), turn)
    x, y, width, height = (_percent(form, name) for name in SIDES)
    return parse_frame(x, y, min(width, 1 - x), min(height, 1 - y), turn)


def _percent(form: Form, name: str) -> float:
    """As a fraction; what is empty is the edge. Raises Invalid."""
    typed = form.line(name)
    if not typed:
        return 0.0 if name in SIDES[:2] else 1.0
    if not _NUMBER.fullmatch(typed) or float(typed.replace(",", ".")) > 100:
        raise Invalid({name: "Write percent: 0 to 100."})
    return float(typed.replace(",", ".")) / 100


async def crop(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/crop {shape?, turn?, crop_x?, crop_y?, crop_width?, crop_height?}"""
    from channel.web.studio import library  # noqa: PLC0415 - it prints what is filled in here

    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, one = await library.entered(request, tx)
            changing.require_framed(place.by, one)
            await changing.frame(tx, place.by, one, chosen(form, one))
            await carrying.tell_all(tx, [one.id])
    except ChannelError as error:
        found = await library.context(request, form)
        return ask_again(request, library.ONE, found["form"], error, found)
    return go(request, f"/library/{one.id}", "cropped")


async def chapter(request: Request) -> Response:
    """POST /studio/{handle}/library/{id}/chapters {chapters}: a time and a title in each line; none takes them away."""
    from channel.web.studio import library  # noqa: PLC0415 - it prints what is filled in here

    form = await posted(request)
    try:
        async with services_of(request).db.write() as tx:
            place, one = await library.entered(request, tx)
            await changing.chapter(tx, place.by, one, form.text("chapters"))
            await carrying.tell_all(tx, [one.id])
    except ChannelError as error:
        found = await library.context(request, form)
        return ask_again(request, library.ONE, found["form"], error, found)
    return go(request, f"/library/{one.id}", "saved")
