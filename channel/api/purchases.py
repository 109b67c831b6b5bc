"""What the caller pays for: the list, each of them, and its end, its return, its answer to a new price."""

from typing import Annotated

from msgspec import Meta, Struct

from channel import communities, tiers
from channel.api import money_shapes
from channel.api.communities import brief as community_brief
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.money import OWN_MONEY, IdText
from channel.api.places import PageQuery, moment
from channel.api.tiers import brief as tier_brief
from channel.errors import Conflict, NotFound
from channel.members.paging import cursor_of, place
from channel.payments import Holding, queries, raising
from channel.payments.raising import Question
from channel.render.json import iso
from channel.routing import SIGNED_IN
from channel.storage import Tx
from channel.tiers import prices


class Ending(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why, if one likes to say so; the creator reads it."""

    reason: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


class PriceAnswer(Struct, forbid_unknown_fields=True, kw_only=True):
    """Until the day it may be changed. `change_id` makes sure that it is the answer to the question that was read."""

    agreed: bool
    change_id: IdText | None = None


async def _mine(call: Call, tx: Tx) -> Holding:
    """The purchase of `{id}`, the caller's own. Raises NotFound."""
    held = await queries.holding(tx, call.id())
    if held.account_id != call.account.id:
        raise NotFound("There is no such purchase.")
    return held


async def _shapes(call: Call, tx: Tx, some: list[Holding]) -> list[money_shapes.Purchase]:
    asked = await raising.asked_all(tx, some)
    return [await _shape(call, tx, held, asked.get(held.id)) for held in some]


async def _shape(call: Call, tx: Tx, held: Holding, question: Question | None) -> money_shapes.Purchase:
    try:
        tier = await tiers.one(tx, held.community_id, held.tier_id) if held.tier_id else None
    except NotFound:
        tier = None
    community = await communities.one(tx, held.community_id)
    return money_shapes.Purchase(
        id=held.id, community=community_brief(community, call.settings), tier=tier_brief(tier) if tier else None,
        kind=held.kind, status=held.status.value, amount=held.amount, currency=held.currency,
        interval=held.interval, period_end=moment(held.period_end), access_until=moment(held.access_until),
        cancelling=held.cancelling, created_at=iso(held.created_at),
        price_change=await _asked(tx, held, question) if question else None,
    )  # fmt: skip


async def _asked(tx: Tx, held: Holding, question: Question) -> money_shapes.AskedPrice:
    change = question.change
    new = await prices.one(tx, held.community_id, change.to_price_id)
    return money_shapes.AskedPrice(
        id=change.id, amount=new.amount, currency=new.currency, interval=new.interval,
        from_at=iso(change.from_at), message=change.message, agreed=question.agreed,
    )  # fmt: skip


async def list_purchases(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """All that the account has bought, newest first."""
    after = place(given.cursor) if given.cursor else None
    some = await queries.bought(tx, call.account.id, before=after, limit=given.limit + 1)
    shown, more = some[: given.limit], len(some) > given.limit
    cursor = cursor_of(shown[-1].created_at, shown[-1].id) if more else None
    return Answer(money_shapes.Purchases(items=await _shapes(call, tx, shown), next_cursor=cursor))


async def get_purchase(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One of them."""
    (shape,) = await _shapes(call, tx, [await _mine(call, tx)])
    return Answer(shape)


async def cancel_purchase(call: Call, given: Ending, _: str) -> Answer:
    """End a subscription at the end of what is paid. Nothing more is charged."""
    held = await _own(call)
    if not held.runs and not held.cancelling:
        raise Conflict("Only what runs can be ended.", code="not_running")
    if held.runs:
        held = await call.services.counter.cancel(held, reason=given.reason)
    return await _told(call, held)


async def resume_purchase(call: Call, _: Nothing, name: str) -> Answer:
    """Take back an end that has not come yet, or a pause."""
    return await _told(call, await call.services.counter.resume(await _own(call)))


async def _own(call: Call) -> Holding:
    call.services.limiter.hit("ask_provider", call.account.id)
    async with call.services.db.read() as tx:
        return await _mine(call, tx)


async def _told(call: Call, held: Holding) -> Answer:
    async with call.services.db.read() as tx:
        (shape,) = await _shapes(call, tx, [held])
    return Answer(shape)


async def answer_price_change(call: Call, tx: Tx, given: PriceAnswer) -> Answer:
    """Agree to the new price, or decline it. Saying nothing is declining."""
    held = await _mine(call, tx)
    question = await raising.asked(tx, held)
    if question is None or given.change_id not in (None, question.change.id):
        raise Conflict("This change of price is over.", code="price_change_over")
    await raising.answer(tx, held, question.change, agreed=given.agreed)
    (shape,) = await _shapes(call, tx, [held])
    return Answer(shape)


_ALL = "/me/purchases"
_ONE = "/me/purchases/{id}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_purchases, policy=SIGNED_IN, tag="money",
        summary="List what you bought", answers={200: money_shapes.Purchases}, query=PageQuery,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_purchase, policy=SIGNED_IN, tag="money",
        summary="Look at a purchase", answers={200: money_shapes.Purchase},
    ),
    Endpoint(
        method="POST", path=_ONE + "/cancel", handler=cancel_purchase, policy=OWN_MONEY, tag="money",
        summary="End a subscription", answers={200: money_shapes.Purchase}, body=Ending, outside=True,
    ),
    Endpoint(
        method="POST", path=_ONE + "/resume", handler=resume_purchase, policy=OWN_MONEY, tag="money",
        summary="Go on with a subscription", answers={200: money_shapes.Purchase}, outside=True,
    ),
    Endpoint(
        method="POST", path=_ONE + "/price-change", handler=answer_price_change, policy=OWN_MONEY, tag="money",
        summary="Answer to a new price", answers={200: money_shapes.Purchase}, body=PriceAnswer,
    ),
)  # fmt: skip
