"""`/pay/{order_id}/transfer`: how to pay by hand, with a code for the banking app."""

from starlette.requests import Request
from starlette.responses import Response

from channel import communities
from channel.communities import Community
from channel.errors import NotFound
from channel.payments import dues, queries
from channel.payments.bank import transfer_code
from channel.payments.dues import Due
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web.responses import PRIVATE, page, see_other


async def show(request: Request) -> Response:
    """What is to be paid now: the first time, or for what follows. Nothing: on to what became of the order."""
    async with services_of(request).db.read() as tx:
        community, due = await _found(tx, request)
    if due is None:
        return see_other(f"/pay/{request.path_params['order_id']}")
    return page(request, "transfer.html", {"community": community, "due": due})


async def code(request: Request) -> Response:
    """GET /pay/{order_id}/transfer.svg"""
    async with services_of(request).db.read() as tx:
        _, due = await _found(tx, request)
    if due is None or not due.scannable:
        raise NotFound
    drawn = transfer_code(due.pay_to, due.amount, due.reference)
    return Response(drawn, headers={"cache-control": PRIVATE}, media_type="image/svg+xml")


async def _found(tx: Tx, request: Request) -> tuple[Community, Due | None]:
    """Of the viewer's own order. Raises NotFound."""
    order = await queries.order(tx, request.path_params["order_id"])
    connection = await queries.connection(tx, order.connection_id)
    if order.account_id != account_of(request).id or connection.provider != "manual":
        raise NotFound("There is no such order.")
    return await communities.one(tx, order.community_id), await dues.due(tx, connection, order.id)


ROUTES = [
    route("/pay/{order_id}/transfer", show, SIGNED_IN),
    route("/pay/{order_id}/transfer.svg", code, SIGNED_IN),
]
