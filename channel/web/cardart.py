"""The picture of a link card for a community without a cover: messengers show no SVG, which the drawn covers are.

Waves in the colour of the community, in the size that every site takes.
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

WIDTH: Final = 1_200
HEIGHT: Final = 630
SKY: Final = 60  # shades from the top down
WAVES: Final = 6
SUN: Final = (930, 210, 92)  # where, and how large


def address(hue: int) -> str:
    """Where the picture lies."""
    return f"/covers/card-{hue}.png"


async def card(request: Request) -> Response:
    """GET /covers/card-{hue}.png"""
    hue = request.path_params["hue"]
    if not (len(hue) <= 3 and hue.isascii() and hue.isdigit() and hue == str(int(hue)) and int(hue) < HUES):
        raise NotFound("There is no such picture.")
    body = await asyncio.to_thread(drawn, int(hue))
    return Response(body, media_type="image/png", headers={"cache-control": FOREVER, **OPEN_TO_ALL})


@lru_cache(maxsize=64)
def drawn(hue: int) -> bytes:
    """The same bytes each time."""
    sky = [hex_of(0.34 + 0.4 * step / SKY, 0.11, (hue - 25 + 55 * step / SKY) % 360) for step in range(SKY)]
    waves = [
        hex_of(0.6 - 0.075 * wave, 0.11 - 0.008 * wave, (hue + 18 - 7 * wave) % 360) for wave in range(WAVES)
    ]
    colours = (*sky, *waves, hex_of(0.8, 0.12, hue + 45))
    columns = [_crests(x) for x in range(WIDTH)]
    return indexed(WIDTH, HEIGHT, colours, (_row(y, columns) for y in range(HEIGHT)))


def _crests(x: int) -> list[int]:
    """Where each wave begins in this column, from the one behind to the one in front."""
    return [
        round(290 + 58 * wave + 40 * math.sin(x / (150 + 22 * wave) + 1.7 * wave)) for wave in range(WAVES)
    ]


def _row(y: int, columns: list[list[int]]) -> bytes:
    row = bytearray([y * SKY // HEIGHT]) * WIDTH
    across, down, radius = SUN
    if abs(y - down) < radius:
        half = int(math.sqrt(radius * radius - (y - down) ** 2))
        row[across - half : across + half] = bytes([SKY + WAVES]) * (2 * half)
    if y > 240:  # above all of them
        for x, crests in enumerate(columns):
            wave = sum(crest <= y for crest in crests)
            if wave:
                row[x] = SKY + wave - 1
    return bytes(row)


ROUTES = [route("/covers/card-{hue}.png", card, ANYONE)]
