"""Letters about a pass: it begins, it goes on, it costs something else, it ends, there is room for one more."""

from channel.notify.money.case import Bought, Case, Draft, bought
from channel.payments import Status, ledger, queries, raising, receipts, seats
from channel.payments.dues import due
from channel.payments.model import LIVE, RUNS
from channel.payments.notices import LONG
from channel.tiers import prices
from channel.tiers.queries import tier_by_id


async def welcome(case: Case) -> Draft | None:
    """What the creator says to whoever comes to have the pass; None to who is gone, or has it no more."""
    what = await bought(case.tx, case.about)
    if not case.inside or what.tier is None or what.holding.status not in LIVE:
        return None
    trial = what.holding.trial_end if what.holding.status is Status.TRIAL else None
    return Draft({"holding": what.holding, "tier": what.tier, "trial_end": trial})


async def cancelled(case: Case) -> Draft | None:
    """None when it was taken back meanwhile."""
    what = await bought(case.tx, case.about)
    if not what.holding.cancelling or what.holding.status not in RUNS:
        return None
    until = what.holding.access_until
    stays = until if case.inside and until is not None and until > case.tx.now else None
    return Draft(
        {"holding": what.holding, "name": await _name(case, what), "stays_until": stays}, once=str(until)
    )


async def ended(case: Case) -> Draft | None:
    """None when it runs again. What they would get back is told to members who have nothing as high any more."""
    what = await bought(case.tx, case.about)
    if what.holding.status is not Status.ENDED:
        return None
    lost = what.tier if case.inside and what.tier and case.by.rank < what.tier.rank else None
    words = {"holding": what.holding, "name": await _name(case, what), "lost": lost}
    sold = lost is not None and lost.state != "archived" and not case.community.closed
    at = what.holding.ended_at or what.holding.fetched_at
    return Draft(words | {"at": at, "sold": sold, "inside": case.inside}, once=str(at))


async def trial_ending(case: Case) -> Draft | None:
    """None when it was ended, or goes on to another day."""
    what = await bought(case.tx, case.about)
    holding = what.holding
    coming = holding.status is Status.TRIAL and holding.trial_end == case.for_at > case.tx.now
    return await _ahead(case, what) if coming and not holding.cancelling else None


async def renewal_ahead(case: Case) -> Draft | None:
    """None when it was ended or paused, or goes on to another day."""
    what = await bought(case.tx, case.about)
    holding = what.holding
    coming = holding.status is Status.ACTIVE and holding.period_end == case.for_at > case.tx.now
    return (
        await _ahead(case, what) if coming and not holding.cancelling and holding.interval in LONG else None
    )


async def _ahead(case: Case, what: Bought) -> Draft | None:
    if not case.inside:
        return None
    words = {"name": await _name(case, what), "day": case.for_at, "pretend": what.pretend}
    return Draft(words | await _next(case, what), once=str(case.for_at))


async def _next(case: Case, what: Bought) -> dict[str, object]:
    """What the next charge comes to. `ask`: only if they agree to a new price before."""
    holding = what.holding
    amount = await receipts.next_amount(case.tx, holding)
    asked = await raising.asked(case.tx, holding)
    due_at = holding.period_end
    ask = False
    if asked is not None and due_at is not None and asked[0].from_at <= due_at:
        amount = (await prices.one(case.tx, holding.community_id, asked[0].to_price_id)).amount
        ask = asked[1] is not True
    return {"holding": holding, "amount": holding.amount if amount is None else amount, "ask": ask}


async def price_change(case: Case) -> Draft | None:
    """They are asked whether they pay another price. None when they have said, or the day has come."""
    change = await raising.one(case.tx, case.about)
    if change.done_at is not None or change.from_at <= case.tx.now or not case.inside:
        return None
    new = await prices.one(case.tx, change.community_id, change.to_price_id)
    for holding in await queries.holdings_of(case.tx, case.account.id, change.community_id):
        asked = await raising.asked(case.tx, holding) if holding.runs else None
        if asked == (change, None):
            what = await bought(case.tx, holding.id)
            return Draft(
                {"holding": holding, "name": await _name(case, what), "change": change, "new": new.amount}
            )
    return None


async def price_change_off(case: Case) -> Draft | None:
    """They were asked, and nothing changes after all. None to who pays no more, or is asked for another price by now."""
    change = await raising.one(case.tx, case.about)
    if not change.called_off or not case.inside:
        return None
    for holding in await queries.holdings_of(case.tx, case.account.id, change.community_id):
        if holding.runs and holding.price_id == change.from_price_id:
            if await raising.asked(case.tx, holding) is not None:
                return None
            return Draft({"holding": holding, "name": await _name(case, await bought(case.tx, holding.id))})
    return None


async def seat_free(case: Case) -> Draft | None:
    """None when it was taken, or is not kept any more."""
    tier = await tier_by_id(case.tx, case.about)
    kept = (await seats.waits(case.tx, case.account.id, [tier.id])).get(tier.id)
    if kept is None or kept <= case.tx.now or not case.inside:
        return None
    return Draft({"tier": tier, "kept_until": kept}, once=str(kept))


async def dues(case: Case) -> Draft | None:
    """What is to be paid by hand, and how. None when it was paid, or nothing more is to come."""
    what = await bought(case.tx, case.about)
    if what.holding.status not in LIVE or what.holding.cancelling or not case.inside:
        return None
    owed = await due(case.tx, what.connection, what.holding.external_id)
    if owed is None:
        return None
    words = {"holding": what.holding, "name": await _name(case, what), "owed": owed}
    return Draft(words, once=f"{owed.number} {owed.overdue}")


async def _name(case: Case, what: Bought) -> str:
    """What the pass is called, or was called when it was last paid for."""
    return what.tier.name if what.tier else await ledger.last_name(case.tx, what.holding)
