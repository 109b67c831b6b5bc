"""Money: what comes in, how it goes, what needs a hand, and who paid what. All figures are the ledger's."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from channel import members
from channel.errors import Forbidden, Invalid
from channel.members import Action
from channel.members.paging import Page
from channel.payments import attention, facts, figures, queries
from channel.payments.facts import Entry
from channel.payments.figures import Month
from channel.payments.model import Connection, Status
from channel.routing import services_of
from channel.storage import Tx
from channel.tiers import prices
from channel.web.responses import PRIVATE, page
from channel.web.studio import statement
from channel.web.studio.place import Place, enter, frame

TEMPLATE = "studio/money.html"
PAGE_SIZE = 20
BYTE_ORDER_MARK = "\ufeff"  # without it spreadsheets take UTF-8 for something older
FIRST_YEAR, LAST_YEAR = 2000, 9998
# The chart is drawn in units of its own: twelve columns of 40, bars of up to 88 high on a line at 92.
COLUMN, BAR, TALL, GROUND, SHORTEST = 40, 28, 88, 92, 2
PAYOUTS: Final = {
    "stripe": ("https://dashboard.stripe.com/payouts", "https://dashboard.stripe.com/test/payouts")
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the chart, in its units."""

    x: int
    y: int
    width: int
    height: int
    month: Month


def bars(months: Sequence[Month]) -> list[Bar]:
    """Recurring revenue as bars; the highest fills the chart, nothing is a thin line."""
    most = max((month.recurring for month in months), default=0)
    drawn = []
    for number, month in enumerate(months):
        height = max(SHORTEST, round(TALL * max(0, month.recurring) / most)) if most > 0 else SHORTEST
        drawn.append(Bar(number * COLUMN + (COLUMN - BAR) // 2, GROUND - height, BAR, height, month))
    return drawn


async def show(request: Request) -> Response:
    """GET /studio/{handle}/money?test=&cursor="""
    async with services_of(request).db.read(heavy=True) as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        found = await frame(request, tx, place, "money") | await _begun(tx, place)
        modes = await figures.modes(tx, place.community.id)
        live = not (request.query_params.get("test") or modes == {False})
        year = datetime.fromtimestamp(place.now / 1000, UTC).year
        found |= {"live": live, "modes": modes, "tab": "money", "years": (year, year - 1)}
        found |= await _figures(tx, place, live) | await _matters(tx, place, live)
        found |= await _payments(request, tx, place, live)
    return page(request, TEMPLATE, found)


async def _begun(tx: Tx, place: Place) -> dict[str, Any]:
    """What is still to be done before anything can come in."""
    ways = await queries.connected(tx, place.community.id)
    return {
        "broken": [way for way in ways if way.problem],
        "connected": any(way.state == "on" for way in ways),
        "priced": bool(await prices.of_community(tx, place.community.id)),
        "payouts": _payouts(ways),
    }


def _payouts(ways: Sequence[Connection]) -> list[str]:
    """Where the providers show what they pay out, and when."""
    return [PAYOUTS[way.provider][0 if way.live else 1] for way in ways if way.provider in PAYOUTS]


async def _figures(tx: Tx, place: Place, live: bool) -> dict[str, Any]:
    found = await figures.figures(tx, place.community.id, live=live)
    return {
        "figures": found,
        "charts": {one.currency: bars(one.months) for one in found},
        "shares": await figures.by_tier(tx, place.community.id, live=live),
        "reasons": await figures.reasons(tx, place.community.id, live=live),
    }


async def _matters(tx: Tx, place: Place, live: bool) -> dict[str, Any]:
    where = place.community.id
    return {
        "failing": await attention.matters(tx, where, Status.PAST_DUE, live=live),
        "disputed": await attention.matters(tx, where, Status.DISPUTED, live=live),
        "trials": await attention.matters(tx, where, Status.TRIAL, live=live),
    }


async def _payments(request: Request, tx: Tx, place: Place, live: bool) -> dict[str, Any]:
    """A cursor that is not ours finds nothing."""
    cursor = request.query_params.get("cursor") or None
    found: Page[Entry] = Page([], None)
    with contextlib.suppress(Invalid):
        found = await facts.payments(tx, place.community.id, live=live, cursor=cursor, limit=PAGE_SIZE)
    asked = {"test": request.query_params.get("test", ""), "cursor": found.next_cursor or ""}
    older = (
        "?" + urlencode({name: value for name, value in asked.items() if value}) if found.next_cursor else ""
    )
    return {"payments": found.items, "older": older, "paged": bool(cursor)}


async def export(request: Request) -> Response:
    """GET /studio/{handle}/money.csv?year=&sums=: every line of a year, or its sums, for a spreadsheet."""
    async with services_of(request).db.read(heavy=True) as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        year = _year(request, place.now)
        start, end = figures.year_bounds(year)
        if request.query_params.get("sums"):
            sums = await figures.of_year(tx, place.community.id, start, end)
            return _file(place, f"money-{year}-sums", BYTE_ORDER_MARK + statement.sums(sums))
    pieces = _pieces(request, place, start, end)
    return _file(place, f"money-{year}", pieces)


def _year(request: Request, now: int) -> int:
    """The present one when none is named. Raises Invalid."""
    typed = request.query_params.get("year") or str(datetime.fromtimestamp(now / 1000, UTC).year)
    if not (typed.isascii() and typed.isdigit() and FIRST_YEAR <= int(typed[:5]) <= LAST_YEAR):
        raise Invalid(year="Write a year like 2026.")
    return int(typed)


def _file(place: Place, name: str, body: str | AsyncIterator[str]) -> Response:
    headers = {
        "cache-control": PRIVATE,
        "content-disposition": f'attachment; filename="{place.community.handle}-{name}.csv"',
    }
    kind = "text/csv; charset=utf-8"
    if isinstance(body, str):
        return Response(body, headers=headers, media_type=kind)
    return StreamingResponse(body, headers=headers, media_type=kind)


async def _pieces(request: Request, place: Place, start: int, end: int) -> AsyncIterator[str]:
    """Each piece asks for the right again: who loses it meanwhile gets a file that breaks off."""
    yield BYTE_ORDER_MARK + statement.head()
    cursor: str | None = None
    while True:
        async with services_of(request).db.read(heavy=True) as tx:
            now = await members.entitlement(tx, place.community, place.by.account_id)
            if not now.may(Action.HANDLE_MONEY):
                raise Forbidden("Your role here does not allow this. Ask the owner of the community.")
            found = await facts.of_year(tx, place.community.id, start, end, cursor)
        yield statement.lines(found.items)
        cursor = found.next_cursor
        if cursor is None:
            return
