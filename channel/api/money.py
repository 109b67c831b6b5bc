"""Money of a community: new prices for those who pay old ones, orders, and the ledger."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import tiers
from channel.api import money_shapes, places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import PageQuery, When, milliseconds
from channel.api.tiers import price_shape
from channel.errors import Invalid, NotFound
from channel.ids import new_id
from channel.members import Action, joining
from channel.members.paging import cursor_of, place
from channel.members.rights import require
from channel.money import MAX_AMOUNT
from channel.payments import Order, ledger, payers, raising
from channel.payments.payers import Asked
from channel.payments.sale import Basket, Chosen, choice_of, sale_of
from channel.render.json import iso
from channel.routing import Policy, Who, role
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price

IdText = Annotated[str, Meta(min_length=1, max_length=36)]
OWN_MONEY = Policy(Who.SIGNED_IN, scope="money")


class NewPriceChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whom to ask for what, from when on."""

    from_price_id: Annotated[IdText, Meta(description="an old price, that is not on offer any more")]
    to_price_id: Annotated[IdText, Meta(description="on offer, of the same tier, currency and interval")]
    from_at: Annotated[When, Meta(description="at least 30 days ahead, at most a year")]
    message: Annotated[str, Meta(max_length=2_000)] = ""


class NewOrder(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to buy. `amount` is for prices that are `open`."""

    price_id: IdText
    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="minor units")] | None = None
    coupon: Annotated[str, Meta(max_length=64)] = ""
    provider: Annotated[str, Meta(max_length=20, description="which way to pay; else the first")] = ""


# -- new prices for those who pay old ones ----------------------------------------------------------------------------


async def _tier(call: Call, tx: Tx) -> tuple[places.Place, Tier]:
    found = await places.community(call, tx)
    require(found.by, found.community, Action.EDIT_TIERS)
    return found, await tiers.one(tx, found.community.id, call.id())


def _shape(one: Asked, now: int) -> money_shapes.PriceChange:
    change = one.change
    state = "called_off" if change.called_off else "done"
    runs = change.done_at is None and change.from_at > now
    return money_shapes.PriceChange(
        id=change.id, from_price_id=change.from_price_id, to_price_id=change.to_price_id, message=change.message,
        from_at=iso(change.from_at), state="running" if runs else state,  # type: ignore[arg-type]
        asked=one.asked, agreed=one.agreed, declined=one.declined, silent=one.silent,
        created_at=iso(change.created_at),
    )  # fmt: skip


async def list_price_changes(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """The changes of price of a tier, running and past, newest first, with what was answered to them."""
    _, tier = await _tier(call, tx)
    before = place(given.cursor)[1] if given.cursor else ""
    found = await payers.changes(tx, tier, before=before, limit=given.limit + 1)
    shown, more = found[: given.limit], len(found) > given.limit
    last = shown[-1].change if more else None
    old = await payers.old_prices(tx, tier, await prices.of_tier(tx, tier.id))
    answer = money_shapes.PriceChanges(
        items=[_shape(one, tx.now) for one in shown],
        next_cursor=cursor_of(last.created_at, last.id) if last else None,
        old_prices=[money_shapes.OldPrice(price=price_shape(one.price), payers=one.payers) for one in old],
    )
    return Answer(answer)


async def create_price_change(call: Call, tx: Tx, given: NewPriceChange) -> Answer:
    """Ask all who pay an old price to pay a new one. Who does not agree is charged no more from `from_at` on."""
    found, tier = await _tier(call, tx)
    old = await _price(tx, tier, "from_price_id", given.from_price_id)
    new = await _price(tx, tier, "to_price_id", given.to_price_id)
    change = await raising.announce(
        tx,
        found.by,
        found.community,
        old,
        new,
        from_at=milliseconds(given.from_at) or 0,
        message=given.message,
    )
    return Answer(_shape(await payers.counted(tx, change), tx.now), 201)


async def _price(tx: Tx, tier: Tier, field: str, price_id: str) -> Price:
    """A price of this tier, on offer or not. Raises Invalid naming the field."""
    try:
        found = await prices.one(tx, tier.community_id, price_id)
        if found.tier_id == tier.id:
            return found
    except NotFound:
        pass
    raise Invalid({field: "This tier has no such price. Take the id of one that it has or had."})


async def call_off_price_change(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Call it off before its day. Everybody goes on paying what they pay; who was asked is told."""
    found, tier = await _tier(call, tx)
    change = await raising.one(tx, call.id("change_id"))
    price = await prices.one(tx, found.community.id, change.from_price_id)
    if price.tier_id != tier.id:
        raise NotFound("There is no such change of price.")
    await raising.call_off(tx, found.by, found.community, change)
    return NO_CONTENT


# -- buying -----------------------------------------------------------------------------------------------------------


async def create_order(call: Call, given: NewOrder, name: str) -> Answer:
    """Begin to buy a tier: whoever pays at `url` has it. Joins, where one has not; nothing is charged before."""
    services, account = call.services, call.account
    services.limiter.hit("order", account.id)
    chosen = Chosen(given.price_id, given.provider, given.amount or "", given.coupon)
    async with services.db.read() as tx:
        community = (await places.community(call, tx)).community
    key, counter = f"api-{name}", services.counter
    order = await counter.give_up_others(account.id, community.id, but=key)
    if order is None:
        basket = Basket(counter.providers, community.id, account.id, call.id(), chosen)
        order = await _order(call, basket, await _enter(call, chosen), key)
    if order.state == "paid":
        return Answer(money_shapes.Order(id=order.id, state="paid", url=None), 201)
    return Answer(money_shapes.Order(id=order.id, state="open", url=order.url), 201)


async def _enter(call: Call, chosen: Chosen) -> str:
    """Join, once all that can be wrong was looked at; the id of the connection that is paid by."""
    async with call.services.db.write() as tx:
        found = await places.community(call, tx)
        sale = await sale_of(tx, call.services.counter.providers, found.community, found.by, call.id())
        try:
            choice = await choice_of(tx, sale, chosen)
        except Invalid as error:
            raise _named(error) from error
        if chosen.amount not in ("", choice.amount):
            raise Invalid(amount="This price is no other. Leave the amount out.")
        await joining.join(tx, call.account, found.community)
    return choice.way.connection.id


def _named(error: Invalid) -> Invalid:
    """What the pages call it, by the names of the body."""
    names = {"price": "price_id", "way": "provider", "code": "coupon"}
    return Invalid({names.get(name, name): text for name, text in error.fields.items()})


async def _order(call: Call, basket: Basket, connection_id: str, key: str) -> Order:
    """The order of this key; another one when that one is over."""
    asked = {"language": call.viewer.language, "back_to": f"/@{call.word('handle')}/tiers/{basket.tier_id}"}
    counter = call.services.counter
    order = await counter.order(call.account, connection_id, key, basket.wish, **asked)
    if order.state in ("declined", "abandoned"):
        fresh = f"api-{new_id(call.services.db.clock())}"
        order = await counter.order(call.account, connection_id, fresh, basket.wish, **asked)
    return order


# -- the ledger -------------------------------------------------------------------------------------------------------


async def list_ledger(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """Every fact about money, as it was written, newest first. Lines are added and never changed."""
    found = await places.community(call, tx)
    page = await ledger.lines(tx, found.by, found.community, cursor=given.cursor, limit=given.limit)
    items = [
        money_shapes.LedgerLine(
            id=line.id, kind=line.kind, account_id=line.account_id, purchase_id=line.holding_id,  # type: ignore[arg-type]
            amount=line.amount, monthly=line.monthly, currency=line.currency, tier_id=line.tier_id,
            tier=line.tier_name, interval=line.interval, reason=line.reason, link=line.link, live=line.live,
            at=iso(line.at),
        )
        for line in page.items
    ]  # fmt: skip
    return Answer(money_shapes.Ledger(items=items, next_cursor=page.next_cursor))


_CHANGES = "/communities/{handle}/tiers/{id}/price-changes"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_CHANGES, handler=list_price_changes, policy=role(Action.EDIT_TIERS), tag="money",
        summary="List the changes of price", answers={200: money_shapes.PriceChanges}, query=PageQuery,
    ),
    Endpoint(
        method="POST", path=_CHANGES, handler=create_price_change, policy=role(Action.EDIT_TIERS), tag="money",
        summary="Ask for a new price", answers={201: money_shapes.PriceChange}, body=NewPriceChange,
    ),
    Endpoint(
        method="DELETE", path=_CHANGES + "/{change_id}", handler=call_off_price_change,
        policy=role(Action.EDIT_TIERS), tag="money", summary="Call off a change of price",
    ),
    Endpoint(
        method="POST", path="/communities/{handle}/tiers/{id}/orders", handler=create_order, policy=OWN_MONEY,
        tag="money", summary="Buy a tier", answers={201: money_shapes.Order}, body=NewOrder, outside=True,
    ),
    Endpoint(
        method="GET", path="/communities/{handle}/ledger", handler=list_ledger,
        policy=role(Action.HANDLE_MONEY, "money"), tag="money", summary="Read the ledger",
        answers={200: money_shapes.Ledger}, query=PageQuery,
    ),
)  # fmt: skip
