"""Covers for communities that have no picture yet: twelve drawings in any hue, the same bytes each time."""

import itertools
import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from channel.communities.model import HUES, PATTERNS
from channel.errors import NotFound
from channel.render.colours import hex_of
from channel.routing import ANYONE, route
from channel.web.static import FOREVER, OPEN_TO_ALL

WIDTH, HEIGHT = 1280, 720
Tone = Callable[..., str]
Draw = Callable[[Tone, random.Random], str]


async def cover(request: Request) -> Response:
    """`/covers/{pattern}-{hue}.svg`."""
    pattern, _, hue = request.path_params["name"].partition("-")
    if not (_is_below(pattern, PATTERNS) and _is_below(hue, HUES)):
        raise NotFound("There is no such picture.")
    return Response(
        svg(int(pattern), int(hue)),
        media_type="image/svg+xml",
        headers={"cache-control": FOREVER, **OPEN_TO_ALL},
    )


def _is_below(text: str, bound: int) -> bool:
    return text.isascii() and text.isdigit() and text == str(int(text)) and int(text) < bound


@lru_cache(maxsize=256)
def svg(pattern: int, hue: int) -> str:
    """The picture. Dark enough for white words over the scrim: nothing is lighter than 0.8, most is below 0.6."""

    def tone(lightness: float, chroma: float = 0.1, turn: float = 0) -> str:
        return hex_of(min(lightness, 0.8), chroma, (hue + turn) % 360)

    body = DRAWINGS[pattern](tone, random.Random(pattern))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} preserveAspectRatio="xMidYMid slice">{body}</svg>'


def _sky(tone: Tone, top: str, bottom: str) -> str:
    stops = f'<stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/>'
    gradient = f'<defs><linearGradient id="s" x1="0" y1="0" x2="0" y2="1">{stops}</linearGradient></defs>'
    return f'{gradient}<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#s)"/>'


def _circle(x: float, y: float, r: float, fill: str, more: str = "") -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{r:.0f}" fill="{fill}"{more}/>'


def _ridge(points: Sequence[tuple[float, float]], fill: str) -> str:
    """A silhouette through `points`, soft, closed at the bottom of the picture."""
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (x0 + x1) / 2
        path += f"C{middle:.0f} {y0:.0f} {middle:.0f} {y1:.0f} {x1:.0f} {y1:.0f}"
    return f'<path d="{path}V{HEIGHT}H0Z" fill="{fill}"/>'


def _hills(tone: Tone, rng: random.Random) -> str:
    """Layers of hills under a low sun."""
    parts = [
        _sky(tone, tone(0.36, 0.09, -25), tone(0.72, 0.13, 30)),
        _circle(930, 300, 96, tone(0.8, 0.12, 45)),
    ]
    for layer in range(6):
        base, shift = 330 + layer * 68, rng.uniform(0, 6)
        points = [
            (x, base + 46 * math.sin(x / (150 + 22 * layer) + shift)) for x in range(-40, WIDTH + 81, 80)
        ]
        parts.append(_ridge(points, tone(0.58 - layer * 0.075, 0.11 - layer * 0.01, 18 - layer * 7)))
    return "".join(parts)


def _dunes(tone: Tone, rng: random.Random) -> str:
    """Paper cut waves, one over the other."""
    parts = [_sky(tone, tone(0.74, 0.09, 25), tone(0.6, 0.12))]
    for layer in range(8):
        base, shift = 170 + layer * 70, rng.uniform(0, 6)
        points = [
            (x, base + (60 - layer * 4) * math.sin(x / 260 + shift) + 16 * math.sin(x / 90 + shift))
            for x in range(-60, WIDTH + 121, 60)
        ]
        parts.append(_ridge(points, tone(0.68 - layer * 0.06, 0.12, 20 - layer * 6)))
    return "".join(parts)


def _arches(tone: Tone, rng: random.Random) -> str:
    """Arches inside each other, in pairs that meet."""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{tone(0.3, 0.07, -10)}"/>']
    for x, y, start in (
        (410.0, 440.0, 4),
        (870, 440, 5),
        (180, HEIGHT, 0),
        (640, HEIGHT, 2),
        (1100, HEIGHT, 1),
    ):
        for ring in range(7):
            shade = tone(0.34 + 0.065 * ((ring + start) % 7), 0.12, 40 - 12 * ring + rng.uniform(-4, 4))
            parts.append(_circle(x, y, 360 - ring * 50, shade))
    return "".join(parts)


def _spotlights(tone: Tone, rng: random.Random) -> str:
    """A stage before the band comes on."""
    parts = [_sky(tone, tone(0.17, 0.05), tone(0.34, 0.1, 15))]
    for beam in range(9):
        x, spread = 120 + beam * 130, rng.uniform(70, 150)
        lean = rng.uniform(-260, 260)
        points = f"{x - 8:.0f},-10 {x + 8:.0f},-10 {x + lean + spread:.0f},{HEIGHT} {x + lean - spread:.0f},{HEIGHT}"
        parts.append(f'<polygon points="{points}" fill="{tone(0.75, 0.13, beam * 9 - 30)}" opacity="0.2"/>')
    for _ in range(70):
        at, y = rng.uniform(0, WIDTH), HEIGHT - 24 - 40 * rng.random()
        parts.append(_circle(at, y, rng.uniform(18, 34), tone(0.13, 0.03)))
    return "".join(parts) + f'<rect y="{HEIGHT - 40}" width="{WIDTH}" height="40" fill="{tone(0.13, 0.03)}"/>'


def _strings(tone: Tone, rng: random.Random) -> str:
    """Lines that swing like strings."""
    parts = [_sky(tone, tone(0.26, 0.07, -20), tone(0.4, 0.1, 20))]
    swing, knot = rng.uniform(0.9, 1.1), rng.uniform(0, 1)
    for line in range(46):
        height = 40 + line * 14
        reach = 120 * math.sin(line / 7 + knot)
        path = f"M-20 {height}C{360 * swing:.0f} {height - reach:.0f} {900 * swing:.0f} {height + reach:.0f} {WIDTH + 20} {height}"
        shade = tone(0.5 + 0.25 * math.sin(line / 9) ** 2, 0.12, line - 20)
        parts.append(f'<path d="{path}" fill="none" stroke="{shade}" stroke-width="2.5" opacity="0.85"/>')
    return "".join(parts)


def _tiles(tone: Tone, rng: random.Random) -> str:
    """Quarter circles on a grid, turned by chance."""
    side, parts = 80, [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{tone(0.33, 0.08)}"/>']
    for x in range(0, WIDTH, side):
        for y in range(0, HEIGHT, side):
            shade = tone(rng.choice((0.4, 0.46, 0.54, 0.64)), 0.12, rng.choice((-24, -8, 8, 30)))
            corner = rng.randrange(4)
            cx, cy = x + side * (corner % 2), y + side * (corner // 2)
            ex, ey = x + side * (1 - corner % 2), y + side * (1 - corner // 2)
            turn = 1 if corner in (0, 3) else 0
            parts.append(
                f'<path d="M{cx} {cy}L{ex} {cy}A{side} {side} 0 0 {turn} {cx} {ey}Z" fill="{shade}"/>'
            )
    return "".join(parts)


def _terrazzo(tone: Tone, rng: random.Random) -> str:
    """Chips of stone in a dark floor."""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{tone(0.31, 0.06)}"/>']
    for _ in range(150):
        x, y, size = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT), rng.uniform(10, 44)
        corners = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.randint(4, 6)))
        points = " ".join(
            f"{x + size * math.cos(at):.0f},{y + size * 0.8 * math.sin(at):.0f}" for at in corners
        )
        shade = tone(rng.uniform(0.4, 0.76), rng.uniform(0.05, 0.14), rng.choice((-50, -20, 0, 25, 60)))
        parts.append(
            f'<polygon points="{points}" fill="{shade}" stroke="{shade}" stroke-width="7" stroke-linejoin="round"/>'
        )
    return "".join(parts)


def _grooves(tone: Tone, rng: random.Random) -> str:
    """A record, close."""
    parts = [_sky(tone, tone(0.3, 0.08, -15), tone(0.22, 0.05, 10))]
    x, y = 860, 400
    for groove in range(44, 0, -1):
        parts.append(
            _circle(
                x,
                y,
                groove * 19,
                tone(0.24 + 0.2 * rng.random() * (groove % 3 == 0) + 0.06 * (groove % 2), 0.07, groove),
            )
        )
    label = [
        _circle(x, y, 150, tone(0.66, 0.15, 25)),
        _circle(x, y, 118, tone(0.58, 0.15, 5)),
        _circle(x, y, 16, tone(0.2, 0.04)),
    ]
    light = f'<path d="M{x} {y}L{x - 560} {y - 520}L{x - 380} {y - 640}Z M{x} {y}L{x + 520} {y + 420}L{x + 400} {y + 540}Z" fill="{tone(0.8, 0.06)}" opacity="0.13"/>'
    return "".join([*parts, light, *label])


def _peaks(tone: Tone, rng: random.Random) -> str:
    """Mountains under a moon."""
    parts = [
        _sky(tone, tone(0.24, 0.07, -20), tone(0.6, 0.1, 25)),
        _circle(330, 190, 62, tone(0.8, 0.05, 40)),
    ]
    for _ in range(60):
        parts.append(
            _circle(rng.uniform(0, WIDTH), rng.uniform(0, 300), rng.uniform(1, 2.6), tone(0.8, 0.03))
        )
    for layer in range(4):
        x, line = -80.0, ""
        while x < WIDTH + 160:
            line += f"L{x:.0f} {rng.uniform(250, 430) + layer * 95:.0f}L{x + 90:.0f} {rng.uniform(430, 520) + layer * 90:.0f}"
            x += rng.uniform(150, 230)
        parts.append(
            f'<path d="M-80 {HEIGHT}{line}L{WIDTH + 160} {HEIGHT}Z" fill="{tone(0.47 - layer * 0.085, 0.085, 12 - layer * 8)}"/>'
        )
    return "".join(parts)


def _tide(tone: Tone, rng: random.Random) -> str:
    """Broad stripes that bend like a tide."""
    parts = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{tone(0.68, 0.1, 35)}"/>']
    for stripe in range(11):
        x, bend = stripe * 136 - 160, rng.uniform(60, 150)
        path = f"M{x:.0f} 0C{x + bend:.0f} 240 {x - bend:.0f} 480 {x + 60:.0f} {HEIGHT}H{WIDTH + 200}V0Z"
        parts.append(f'<path d="{path}" fill="{tone(0.64 - stripe * 0.036, 0.13, 30 - stripe * 7)}"/>')
    return "".join(parts)


def _leaves(tone: Tone, rng: random.Random) -> str:
    """Leaves, front to back."""
    parts = [_sky(tone, tone(0.22, 0.05, -10), tone(0.34, 0.08, 10))]
    for depth in range(90):
        x, y = rng.uniform(-40, WIDTH + 40), rng.uniform(-40, HEIGHT + 60)
        size, angle = rng.uniform(60, 150), rng.uniform(-75, 75) + (180 if rng.random() < 0.3 else 0)
        shade = tone(0.28 + 0.36 * depth / 90 * rng.uniform(0.6, 1), 0.11, rng.uniform(-25, 30))
        leaf = f"M0 0C{size * 0.5:.0f} {-size * 0.3:.0f} {size * 0.5:.0f} {-size * 0.8:.0f} 0 {-size:.0f}C{-size * 0.5:.0f} {-size * 0.8:.0f} {-size * 0.5:.0f} {-size * 0.3:.0f} 0 0Z"
        vein = (
            f'<path d="M0 0V{-size * 0.86:.0f}" stroke="{tone(0.24, 0.06)}" stroke-width="2" opacity="0.5"/>'
        )
        parts.append(
            f'<g transform="translate({x:.0f} {y:.0f}) rotate({angle:.0f})"><path d="{leaf}" fill="{shade}"/>{vein}</g>'
        )
    return "".join(parts)


def _glow(tone: Tone, rng: random.Random) -> str:
    """Embers in the dark: the inside of a kiln."""
    parts = [_sky(tone, tone(0.2, 0.06), tone(0.48, 0.15, 20))]
    for _ in range(46):
        x, y = rng.uniform(0, WIDTH), HEIGHT - abs(rng.gauss(0, 230))
        parts.append(
            _circle(
                x,
                y,
                rng.uniform(26, 120),
                tone(rng.uniform(0.45, 0.75), 0.16, rng.uniform(-12, 40)),
                ' opacity="0.2"',
            )
        )
    for _ in range(120):
        y = HEIGHT - abs(rng.gauss(0, 300))
        parts.append(
            _circle(rng.uniform(0, WIDTH), y, rng.uniform(1.5, 5), tone(0.8, 0.13, 35), ' opacity="0.8"')
        )
    return "".join(parts)


DRAWINGS: tuple[Draw, ...] = (
    _hills, _dunes, _arches, _spotlights, _strings, _tiles, _terrazzo, _grooves, _peaks, _tide, _leaves, _glow,
)  # fmt: skip

ROUTES = [route("/covers/{name}.svg", cover, ANYONE)]
