"""The picture that podcast apps ask of every show: square, large, and a PNG, which no picture of ours is.

Drawn row by row from the hue of the community: what somebody sent us is decoded in a confined child and nowhere else.
"""

import asyncio
import math
from functools import lru_cache
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.communities.model import HUES
from channel.errors import NotFound
from channel.render.colours import hex_of
from channel.render.png import indexed
from channel.routing import ANYONE, route
from channel.web.static import FOREVER, OPEN_TO_ALL

SIDE: Final = 1_400  # the least that Apple takes; 3,000 are the most
STEPS: Final = 120  # shades from the top to the bottom
RINGS: Final = (620, 590, 480, 450, 340, 310, 190)  # pixels; every second one is ground again


def address(hue: int) -> str:
    """Where the picture lies."""
    return f"/covers/podcast-{hue}.png"


async def artwork(request: Request) -> Response:
    """GET /covers/podcast-{hue}.png"""
    hue = request.path_params["hue"]
    if not (len(hue) <= 3 and hue.isascii() and hue.isdigit() and hue == str(int(hue)) and int(hue) < HUES):
        raise NotFound("There is no such picture.")
    body = await asyncio.to_thread(drawn, int(hue))
    return Response(body, media_type="image/png", headers={"cache-control": FOREVER, **OPEN_TO_ALL})


@lru_cache(maxsize=64)
def drawn(hue: int) -> bytes:
    """The same bytes each time."""
    shades = [
        hex_of(0.62 - 0.3 * step / STEPS, 0.13, (hue + 40 * step / STEPS) % 360) for step in range(STEPS)
    ]
    return indexed(SIDE, SIDE, (*shades, hex_of(0.96, 0.02, hue)), map(_row, range(SIDE)))


def _row(y: int) -> bytes:
    """Palette numbers, one a pixel: rings around the middle, like those on water."""
    ground = y * STEPS // SIDE
    row = bytearray([ground]) * SIDE
    middle, off = SIDE // 2, y - SIDE // 2
    for number, radius in enumerate(RINGS):
        if abs(off) < radius:
            half = int(math.sqrt(radius * radius - off * off))
            colour = STEPS if number % 2 == 0 else ground
            row[middle - half : middle + half] = bytes([colour]) * (2 * half)
    return bytes(row)


ROUTES = [route("/covers/podcast-{hue}.png", artwork, ANYONE)]
