"""`/pay/{order_id}`: where a buyer comes back to. It asks whoever takes the money, and says what is true."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members, rooms, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.errors import ChannelError, NotFound, TooMany
from channel.members import Entitlement
from channel.members.queries import readable_rooms
from channel.payments import Order, queries
from channel.payments import offers as market
from channel.posts import queries as posts
from channel.rooms import Room
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.tiers import Tier
from channel.web.paying.going import go_to
from channel.web.responses import page, see_other


async def order_of(tx: Tx, order_id: str, account: Account) -> Order:
    """An order of this very account. Raises NotFound."""
    order = await queries.order(tx, order_id)
    if order.account_id != account.id:
        raise NotFound("There is no such order.")
    return order


async def come_back(request: Request) -> Response:
    """Paid, still waiting, given up, or not known yet."""
    services, account = services_of(request), account_of(request)
    async with services.db.read() as tx:
        order = await order_of(tx, request.path_params["order_id"], account)
    asked = True
    try:
        services.limiter.hit("ask_provider", account.id)
        order = await services.counter.look(order)
    except TooMany:
        pass  # what we know is shown; it was asked for a moment ago
    except ChannelError:
        asked = False
    async with services.db.read() as tx:
        context = await _context(tx, order, account)
    state = order.state if order.state != "open" else ("waiting" if asked else "unknown")
    return page(request, "pay.html", {**context, "state": state})


async def _context(tx: Tx, order: Order, account: Account) -> dict[str, Any]:
    community = await communities.one(tx, order.community_id)
    by = await members.entitlement(tx, community, account.id)
    tier = await _tier(tx, order)
    open_rooms = await readable_rooms(tx, by) if by.visible else []
    return {
        "community": community,
        "order": order,
        "tier": tier,
        "by": by,
        "opened": tier is not None and by.rank >= tier.rank,
        "opens": [room for room in open_rooms if tier and 0 < (room.min_rank or 0) <= tier.rank],
        "onward": await _onward(tx, order, community, by, open_rooms),
        "holding": await market.holding_of_order(tx, order.id),
    }


async def _tier(tx: Tx, order: Order) -> Tier | None:
    try:
        return await tiers.one(tx, order.community_id, order.tier_id) if order.tier_id else None
    except NotFound:
        return None


async def _onward(tx: Tx, order: Order, community: Community, by: Entitlement, open_rooms: list[Room]) -> str:
    """What they came from, what they paid for, or the first room."""
    if order.details.onward:
        return order.details.onward
    front = f"/@{community.handle}"
    if order.post_id is not None and by.visible:
        try:
            post = await posts.one(tx, order.post_id)
            room = next(
                (one for one in await rooms.of_community(tx, community.id) if one.id == post.room_id), None
            )
        except NotFound:
            room = None
        if room is not None:
            return f"{front}/{room.slug}/{post.seq}"
    if order.kind in ("subscription", "purchase") and open_rooms:
        return f"{front}/{open_rooms[0].slug}"
    return front


async def give_up(request: Request) -> Response:
    """Think better of it: nothing is charged, and what it held is free again. Or go on where it was begun."""
    services, account = services_of(request), account_of(request)
    async with services.db.read() as tx:
        order = await order_of(tx, request.path_params["order_id"], account)
    if order.state == "open":
        await services.counter.give_up(order)
    return see_other(f"/pay/{order.id}")


async def go_on(request: Request) -> Response:
    """To the payment page once more."""
    async with services_of(request).db.read() as tx:
        order = await order_of(tx, request.path_params["order_id"], account_of(request))
    if order.state != "open" or not order.url:
        return see_other(f"/pay/{order.id}")
    return go_to(request, order.url)


ROUTES = [
    route("/pay/{order_id}", come_back, SIGNED_IN),
    route("/pay/{order_id}/on", go_on, SIGNED_IN),
    route("/pay/{order_id}/give-up", give_up, SIGNED_IN, methods=("POST",)),
]
