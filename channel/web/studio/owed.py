"""Who owes what that is paid by hand: the creator sees it come, and confirms it here."""

from datetime import UTC, date, datetime, time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import money
from channel.errors import ChannelError, Conflict, Invalid, NotFound
from channel.ids import is_id
from channel.members import Action
from channel.payments import Connection, Order, dues, queries
from channel.payments.dues import MAX_BACK_MS, Due, Receipt
from channel.payments.model import DAY_MS
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted

TEMPLATE = "studio/owed.html"
PATH = "/money/owed"
MAX_AT_ONCE = 100


async def show(request: Request) -> Response:
    """GET /studio/{handle}/money/owed?q="""
    return page(request, TEMPLATE, await _list(request, request.query_params.get("q", "").strip()[:200]))


async def _list(request: Request, find: str, form: Form | None = None) -> dict[str, Any]:
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.HANDLE_MONEY)
        found = await frame(request, tx, place, "money") | {"find": find, "form": form, "tab": "owed"}
        try:
            connection = await dues.taking(tx, place.community.id)
        except NotFound:
            return found | {"owed": [], "taken": False, "today": "", "totals": []}
        owed = await dues.owed(tx, place.by, place.community, connection, find)
    return found | {"owed": owed, "taken": True, "today": _day(place.now), "totals": _totals(owed)}


def _day(now: int) -> str:
    return datetime.fromtimestamp(now / 1000, UTC).date().isoformat()


def _totals(owed: list[Due]) -> list[tuple[str, int]]:
    """What is expected in all, by currency."""
    sums: dict[str, int] = {}
    for due in owed:
        if due.state in ("checkout", "owing"):
            sums[due.currency] = sums.get(due.currency, 0) + due.amount
    return sorted(sums.items())


async def act(request: Request) -> Response:
    """POST /studio/{handle}/money/owed {do: find, statement} | {do: confirm, id, number, amount, day} |
    {do: confirm_all, ids, day} | {do: drop, id}
    """
    form = await posted(request)
    try:
        match form.line("do"):
            case "find":
                return page(request, TEMPLATE, await _list(request, form.text("statement")))
            case "confirm":
                return await _confirm(request, form)
            case "confirm_all":
                return await _confirm_all(request, form)
            case "drop":
                return await _drop(request, form)
            case _:
                raise Invalid({"": "Choose what to do."})
    except (Invalid, Conflict) as error:
        return await _again(request, form, error)


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    return ask_again(request, TEMPLATE, form, error, await _list(request, form.line("q"), form))


async def _confirm(request: Request, form: Form) -> Response:
    async with services_of(request).db.write() as tx:
        place, connection = await _place(request, tx)
        purchase = form.line("id")
        amount, currency = form.line("amount"), await _currency(tx, connection, purchase)
        receipt = Receipt(
            purchase, form.number("number") or 0, _came(form, place.now), late=form.on("late"),
            amount=money.parse_amount(amount, currency) if amount else None,
        )  # fmt: skip
        await dues.confirm(tx, place.by, place.community, connection, receipt)
    await services_of(request).counter.refresh(connection.id, purchase)
    return go(request, PATH, "confirmed")


async def _confirm_all(request: Request, form: Form) -> Response:
    """What was chosen, each as it was due."""
    chosen = [one.partition(":") for one in form.lists.get("ids", [])[:MAX_AT_ONCE]]
    if not chosen:
        raise Invalid({"": "Choose at least one payment."})
    async with services_of(request).db.write() as tx:
        place, connection = await _place(request, tx)
        for purchase, _, number in chosen:
            counted = int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0
            receipt = Receipt(purchase, counted, _came(form, place.now))
            await dues.confirm(tx, place.by, place.community, connection, receipt)
    for purchase, _, _ in chosen:
        await services_of(request).counter.refresh(connection.id, purchase)
    return go(request, PATH, "confirmed")


async def _place(request: Request, tx: Tx) -> tuple[Place, Connection]:
    place = await enter(request, tx, Action.HANDLE_MONEY)
    return place, await dues.taking(tx, place.community.id)


async def _order(tx: Tx, connection: Connection, order_id: str) -> Order:
    """An order that is paid by hand here. Raises NotFound."""
    order = await queries.order(tx, order_id)
    if order.connection_id != connection.id:
        raise NotFound("There is no such order.")
    return order


async def _currency(tx: Tx, connection: Connection, order_id: str) -> str:
    return (await _order(tx, connection, order_id)).currency


def _came(form: Form, now: int) -> int:
    """The day on which it came, as a moment (epoch ms). Raises Invalid (day)."""
    typed = form.line("day")
    if not typed or typed == _day(now):
        return now
    try:
        noon = datetime.combine(date.fromisoformat(typed), time(12), UTC)
    except ValueError as error:
        raise Invalid(day="Write a day like 2030-12-31.") from error
    at = int(noon.timestamp() * 1000)
    if not now - MAX_BACK_MS <= at <= now + DAY_MS:  # somewhere it is tomorrow already
        raise Invalid(day="Choose the day on which it came, within the last year.")
    return min(at, now)


async def _drop(request: Request, form: Form) -> Response:
    """Nobody will pay: an order is given up, and what was paid for before ends now."""
    counter, purchase = services_of(request).counter, form.line("id")
    async with services_of(request).db.read() as tx:
        _, connection = await _place(request, tx)
        order = await _order(tx, connection, purchase if is_id(purchase) else "")
        held = await queries.holding_at(tx, connection.id, order.id)
    if order.state == "open":
        await counter.give_up(order)
    elif held is not None:
        await counter.cancel(held, at_once=True, reason="not paid")
    return go(request, PATH, "dropped")
