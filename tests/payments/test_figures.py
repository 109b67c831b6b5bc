"""Figures, held against an example worked out by hand: two currencies, a switch, refunds, a dispute, ends with reasons."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from channel.ids import new_id
from channel.payments import facts, figures
from channel.payments.figures import Figures, Share
from channel.payments.tables import ledger
from channel.storage import Database
from tests.conftest import Clock
from tests.payments.till import Till, open_till

HERE, ELSEWHERE = "0198d000-0000-7000-8000-00000000000a", "0198d000-0000-7000-8000-00000000000b"


def at(year: int, month: int, day: int = 1) -> int:
    return int(datetime(year, month, day, tzinfo=UTC).timestamp() * 1000)


NOW = at(2026, 3, 15)


class Book:
    """Writes lines of a ledger as the product does, with as little to say as possible."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def line(self, when: int, kind: str, **given: object) -> None:
        row_id = new_id(when)
        row = {
            "id": row_id, "community_id": HERE, "account_id": "a", "connection_id": "c", "holding_id": "h",
            "key": row_id, "kind": kind, "amount": 0, "currency": "EUR", "monthly": 0, "tier_id": "gold",
            "tier_name": "Gold", "interval": "month", "reason": "", "external_id": "x", "link": "", "live": True,
            "at": when, "written_at": when,
        }  # fmt: skip
        async with self.db.write() as tx:
            await tx.run(insert(ledger).values(**row | given))


async def example(db: Database) -> None:
    """Three people in euros, one in dollars, and lines that must not be counted."""
    line = Book(db).line
    # Ann: 5 a month since 2025-01 (before the twelve months); to Platinum for 12 in 2026-03. Paid thrice this month.
    await line(at(2025, 1, 5), "started", holding_id="ann", monthly=500)
    await line(at(2026, 3, 1), "charge", holding_id="ann", amount=500)
    await line(
        at(2026, 3, 2), "switched", holding_id="ann", monthly=700, tier_id="plat", tier_name="Platinum"
    )
    await line(at(2026, 3, 2), "charge", holding_id="ann", amount=650, tier_id="plat", tier_name="Platinum")
    await line(at(2026, 3, 3), "refund", holding_id="ann", amount=-150)
    # Bob: 60 a year since 2026-01, ended in 2026-03 because it was too expensive.
    await line(at(2026, 1, 20), "started", holding_id="bob", monthly=500, interval="year")
    await line(at(2026, 1, 20), "charge", holding_id="bob", amount=6000, interval="year")
    await line(
        at(2026, 3, 9), "ended", holding_id="bob", monthly=-500, reason="Too expensive", interval="year"
    )
    # Cem: new this month; his bank wants it back, and loses.
    await line(at(2026, 3, 10), "started", holding_id="cem", monthly=500)
    await line(at(2026, 3, 10), "charge", holding_id="cem", amount=500)
    await line(at(2026, 3, 11), "dispute", holding_id="cem", amount=-500)
    await line(at(2026, 3, 12), "dispute_won", holding_id="cem", amount=500)
    await line(at(2026, 3, 13), "failed", holding_id="cem")
    # Dee: in dollars.
    await line(at(2026, 2, 1), "started", holding_id="dee", monthly=900, currency="USD")
    await line(at(2026, 2, 1), "charge", holding_id="dee", amount=900, currency="USD")
    # Pretend money, and another community's.
    await line(at(2026, 3, 1), "started", holding_id="tim", monthly=99_900, live=False)
    await line(at(2026, 3, 1), "charge", holding_id="tim", amount=99_900, live=False)
    await line(at(2026, 3, 1), "charge", holding_id="zoe", amount=77_700, community_id=ELSEWHERE)


@pytest.fixture
async def found(db: Database, clock: Clock) -> dict[str, Figures]:
    clock.now_ms = NOW
    await example(db)
    async with db.read() as tx:
        return {one.currency: one for one in await figures.figures(tx, HERE, live=True)}


async def test_each_currency_has_figures_of_its_own(found: dict[str, Figures]) -> None:
    assert list(found) == ["EUR", "USD"]
    assert found["USD"].now.recurring == 900
    assert (found["USD"].now.came, found["USD"].last.came) == (0, 900)


async def test_recurring_revenue_runs_on_from_month_to_month(found: dict[str, Figures]) -> None:
    months = found["EUR"].months
    assert [month.recurring for month in months] == [*[500] * 9, 1000, 1000, 1700]
    assert [month.running for month in months] == [*[1] * 9, 2, 2, 2]
    assert (months[0].start, months[-1].start) == (at(2025, 4), at(2026, 3))


async def test_this_month_is_what_came_less_what_was_paid_back(found: dict[str, Figures]) -> None:
    now = found["EUR"].now
    assert (now.came, now.back, now.net) == (1650, 150, 1500)
    assert (now.started, now.switched, now.ended) == (1, 1, 1)


async def test_churn_is_a_share_of_those_that_ran_when_the_month_began(found: dict[str, Figures]) -> None:
    assert found["EUR"].churn == 0.5
    assert found["USD"].churn == 0.0


async def test_a_subscription_counts_for_the_tier_it_went_to(found: dict[str, Figures], db: Database) -> None:
    async with db.read() as tx:
        shares = await figures.by_tier(tx, HERE, live=True)
    assert shares == [
        Share("plat", "Platinum", "EUR", 1200, 1),
        Share("gold", "Gold", "EUR", 500, 1),
        Share("gold", "Gold", "USD", 900, 1),
    ]
    assert sum(share.monthly for share in shares if share.currency == "EUR") == found["EUR"].now.recurring


async def test_reasons_are_counted(found: dict[str, Figures], db: Database) -> None:
    async with db.read() as tx:
        assert await figures.reasons(tx, HERE, live=True) == [("Too expensive", 1)]
        assert await figures.reasons(tx, HERE, live=False) == []


async def test_own_words_behind_a_chosen_reason_do_not_make_it_another_one(
    db: Database, clock: Clock
) -> None:
    clock.now_ms = NOW
    for reason in ("No time", "No time: and two children", "No time: at all", "", "The cat"):
        await Book(db).line(NOW, "ended", reason=reason)
    await Book(db).line(at(2025, 3, 31), "ended", reason="No time")
    async with db.read() as tx:
        assert await figures.reasons(tx, HERE, live=True) == [("No time", 3), ("", 1), ("The cat", 1)]


async def test_pretend_money_is_counted_apart(found: dict[str, Figures], db: Database) -> None:
    async with db.read() as tx:
        (pretend,) = await figures.figures(tx, HERE, live=False)
        assert await figures.modes(tx, HERE) == {True, False}
        assert await figures.modes(tx, ELSEWHERE) == {True}
    assert (pretend.now.recurring, pretend.now.came) == (99_900, 99_900)


async def test_without_a_month_before_there_is_no_churn(db: Database, clock: Clock) -> None:
    clock.now_ms = NOW
    await Book(db).line(NOW, "started", monthly=500)
    async with db.read() as tx:
        (one,) = await figures.figures(tx, HERE, live=True)
    assert one.churn is None


async def test_payments_come_newest_first_page_by_page(found: dict[str, Figures], db: Database) -> None:
    async with db.read() as tx:
        first = await facts.payments(tx, HERE, live=True, limit=5)
        rest = await facts.payments(tx, HERE, live=True, cursor=first.next_cursor, limit=5)
    kinds = [one.kind for one in (*first.items, *rest.items)]
    assert kinds == [
        "failed",
        "dispute_won",
        "dispute",
        "charge",
        "refund",
        "charge",
        "charge",
        "charge",
        "charge",
    ]
    assert rest.next_cursor is None


async def test_a_year_has_every_line_of_it_and_no_other(found: dict[str, Figures], db: Database) -> None:
    async with db.read() as tx:
        lines = (await facts.of_year(tx, HERE, *figures.year_bounds(2026))).items
        before = (await facts.of_year(tx, HERE, *figures.year_bounds(2025))).items
    assert len(lines) == 16
    assert [line.holding_id for line in before] == ["ann"]


async def test_the_product_writes_what_the_figures_count(db: Database, clock: Clock) -> None:
    till: Till = await open_till(db, clock)
    gold, price = await till.tier("Gold", 10)
    bob, eve = await till.scene.member("Bob"), await till.scene.member("Eve")
    await till.buy(bob, gold, price)
    gone = await till.buy(eve, gold, price)
    await till.counter.refund(gone, f"{gone.external_id}.1", 200, "form")
    clock.forward(1000)
    await till.counter.cancel(gone, at_once=True, reason="No time")
    async with db.read() as tx:
        (one,) = await figures.figures(tx, till.scene.community.id, live=False)
        reasons = await figures.reasons(tx, till.scene.community.id, live=False)
        shares = await figures.by_tier(tx, till.scene.community.id, live=False)
    assert (one.now.recurring, one.now.running, one.now.came, one.now.back) == (500, 1, 1000, 200)
    assert reasons == [("No time", 1)]
    assert [(share.name, share.monthly, share.subscriptions) for share in shares] == [("Gold", 500, 1)]
