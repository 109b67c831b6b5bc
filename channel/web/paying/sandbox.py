"""`/sandbox/{id}`: the pretend provider's payment page. No money moves, and it says so."""

from starlette.requests import Request
from starlette.responses import Response

from channel import communities
from channel.errors import NotFound
from channel.events import ProviderHinted
from channel.outbox import schedule
from channel.payments import Connection, queries
from channel.payments.books import Book
from channel.payments.pretend import Pretends, book_of
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web.forms import read_form
from channel.web.paying.going import own_path
from channel.web.responses import page, see_other

DOES = ("pay", "decline", "leave", "fail", "mend")


def _provider(request: Request) -> Pretends:
    """Raises NotFound where the operator does not allow pretending."""
    found: object = services_of(request).counter.providers.get("sandbox")
    if not isinstance(found, Pretends):
        raise NotFound
    return found


async def _own(tx: Tx, request: Request) -> tuple[Connection, Book]:
    return await book_of(tx, request.path_params["id"], account_of(request).id)


async def show(request: Request) -> Response:
    """What is to be paid, or the pretend card of what runs."""
    _provider(request)
    async with services_of(request).db.read() as tx:
        connection, book = await _own(tx, request)
        community = await communities.one(tx, connection.community_id)
    return page(request, "sandbox.html", {"community": community, "book": book})


async def act(request: Request) -> Response:
    """The buyer's hand. What comes of it is told as a real provider would: by a message, and by going back."""
    provider, services = _provider(request), services_of(request)
    form = await read_form(request)
    do = form.line("do")
    if do not in DOES:
        raise NotFound("There is nothing here.")
    async with services.db.read() as tx:
        connection, book = await _own(tx, request)
        order = await queries.order(tx, book.order_id)
    match do:
        case "pay":
            await provider.pay(connection, book.id)
        case "decline":
            await provider.decline(connection, book.id)
        case "leave":
            await services.counter.give_up(order)
        case _:
            await provider.world(connection, book.id, lambda book: setattr(book, "failing", do == "fail"))
    async with services.db.write() as tx:
        await schedule(tx, ProviderHinted(connection_id=connection.id, reference=book.id))
    return see_other(_onward(request, do, book))


def _onward(request: Request, do: str, book: Book) -> str:
    here = request.url.path
    match do:
        case "pay" | "leave":
            return own_path(request, book.success_url) or "/"
        case _:
            return here


ROUTES = [
    route("/sandbox/{id}", show, SIGNED_IN),
    route("/sandbox/{id}", act, SIGNED_IN, methods=("POST",)),
]
