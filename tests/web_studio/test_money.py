"""The page about money and its files: figures, what needs a hand, payments page by page, a year for the books."""

import csv
import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from channel.ids import new_id
from channel.members import Role
from channel.payments import books
from channel.payments.figures import Month
from channel.payments.tables import ledger
from channel.web.studio.money import GROUND, SHORTEST, TALL, bars
from tests.web_studio.conftest import Browser, Site, says
from tests.web_studio.test_member_money import bought


async def line(site: Site, kind: str, **given: object) -> None:
    """A line of the ledger, as the product writes it."""
    at = given.get("at", site.clock.now_ms)
    row_id = new_id(int(str(at)))
    row = {
        "id": row_id, "community_id": site.anna.community.id, "account_id": site.anna.owner.id,
        "connection_id": "c", "holding_id": "h", "key": row_id, "kind": kind, "amount": 0, "currency": "EUR",
        "monthly": 0, "tier_id": None, "tier_name": "Gold", "interval": "month", "reason": "",
        "external_id": "ch_1", "link": "", "live": True, "at": at, "written_at": at,
    }  # fmt: skip
    async with site.db.write() as tx:
        await tx.run(insert(ledger).values(**row | given))


async def test_before_anything_came_in_the_page_says_what_to_do_next(site: Site, anna: Browser) -> None:
    page = await anna.see("/money")
    assert "Connect a payment account" in page
    assert "/studio/anna/money/connect" in page
    await anna.send("/money/connect", {"do": "connect", "provider": "sandbox"})
    gold = await site.anna.tier("Gold", 10)
    await anna.send(f"/tiers/{gold.id}/prices", {"amount": "5", "currency": "EUR", "interval": "month"})
    page = await anna.see("/money")
    assert page.answer.text.count('<li class="done">') == 2
    assert "Visit the page" in page


async def test_pretend_money_is_shown_as_such_and_apart(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    await bought(site, gold)
    page = await anna.see("/money")
    for words in ("Nothing on this page is real", "€5", "from 1 subscription", "new this month", "ben"):
        assert words in page, words
    await line(site, "charge", amount=1234)
    page = await anna.see("/money")
    assert "€12.34" in page
    assert "Nothing on this page is real" not in page
    assert "from 0 subscriptions" in page
    assert "Nothing on this page is real" in await anna.see("/money?test=1")


async def test_a_failed_payment_waits_on_the_desk_and_on_the_page(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    held = await bought(site, gold)
    async with site.db.read() as tx:
        from channel.payments import queries

        connection = await queries.connection(tx, held.connection_id)

    def fail(book: books.Book) -> None:
        book.failing = True

    await site.providers["sandbox"].world(connection, held.external_id, fail)
    site.clock.now_ms = int(datetime(2026, 2, 2, tzinfo=UTC).timestamp() * 1000)
    await site.counter.refresh(held.connection_id, held.external_id)
    anna = await site.owner()
    page = await anna.see("/money")
    for words in ("since 1 February 2026", "open until 8 February 2026", f"/members/{held.account_id}"):
        assert words in page, words
    assert "1 payment failed" in await anna.see()


async def test_payments_are_turned_page_by_page(site: Site, anna: Browser) -> None:
    for number in range(25):
        await line(site, "charge", amount=100 + number, at=site.clock.now_ms - number)
    page = await anna.see("/money")
    assert "€1.19" in page
    assert "€1.20" not in page
    (older,) = page.ids(r'rel="next" href="([^"]+)"')
    page = await anna.see(older)
    assert "€1.24" in page
    assert 'rel="next"' not in page
    assert "Nothing yet." in await anna.see("/money?cursor=nonsense")


async def test_a_year_is_a_file_in_which_no_cell_is_a_formula(site: Site, anna: Browser) -> None:
    await line(site, "charge", amount=550, tier_name="=1+1", external_id="@evil")
    await line(site, "refund", amount=-50)
    await line(site, "ended", monthly=-500, reason="+too dear")
    await line(site, "charge", amount=900, currency="JPY", live=False)
    await line(site, "charge", amount=999, at=site.clock.now_ms - 1)  # the last moment of 2025
    answer = await anna.get("/money.csv?year=2026")
    assert answer.headers["content-type"].startswith("text/csv")
    assert 'filename="anna-money-2026.csv"' in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert sorted((row["kind"], row["amount"], row["currency"], row["mode"]) for row in rows) == [
        ("charge", "5.50", "EUR", "live"), ("charge", "900", "JPY", "test"), ("ended", "0.00", "EUR", "live"),
        ("refund", "-0.50", "EUR", "live"),
    ]  # fmt: skip
    evil = next(row for row in rows if row["amount"] == "5.50")
    assert (evil["tier"], evil["provider_id"]) == ("'=1+1", "'@evil")
    assert evil["at"] == "2026-01-01T00:00:00+00:00"
    assert next(row["reason"] for row in rows if row["kind"] == "ended") == "'+too dear"


async def test_the_sums_of_a_year_are_by_month_and_currency(site: Site, anna: Browser) -> None:
    february = int(datetime(2026, 2, 3, tzinfo=UTC).timestamp() * 1000)
    await line(site, "charge", amount=550)
    await line(site, "charge", amount=0)
    await line(site, "refund", amount=-50)
    await line(site, "dispute", amount=-500, at=february)
    await line(site, "dispute_won", amount=500, at=february)
    await line(site, "charge", amount=700, at=february)
    await line(site, "charge", amount=700, currency="USD", at=february)
    await line(site, "charge", amount=700, live=False)
    answer = await anna.get("/money.csv?year=2026&sums=1")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows[1:] == [
        ["2026-01", "EUR", "5.50", "-0.50", "0.00", "5.00", "1", "live"],
        ["2026-02", "EUR", "7.00", "0.00", "0.00", "7.00", "1", "live"],
        ["2026-02", "USD", "7.00", "0.00", "0.00", "7.00", "1", "live"],
        ["2026-01", "EUR", "7.00", "0.00", "0.00", "7.00", "1", "test"],
    ]


@pytest.mark.parametrize("year", ["", "x", "1999", "99999", "٢٠٢٦"])
async def test_a_year_that_is_none_is_named(site: Site, anna: Browser, year: str) -> None:
    answer = await anna.get(f"/money.csv?year={year}")
    if year:
        says(answer, 422, "Write a year like 2026.")
    else:
        assert 'filename="anna-money-2026.csv"' in answer.headers["content-disposition"]


async def test_money_is_for_admins(site: Site) -> None:
    for role in (Role.EDITOR, Role.MODERATOR):
        browser = await site.browser(await site.member(role.value, role=role))
        for path in ("/money", "/money.csv", "/money/coupons"):
            assert (await browser.get(path)).status_code == 403, (role, path)
        assert "/money" not in await browser.see()


def test_the_highest_bar_fills_the_chart_and_nothing_is_a_thin_line() -> None:
    drawn = bars([Month(0, recurring=0), Month(1, recurring=250), Month(2, recurring=1000)])
    assert [bar.height for bar in drawn] == [SHORTEST, TALL // 4, TALL]
    assert {bar.y + bar.height for bar in drawn} == {GROUND}
    assert [bar.height for bar in bars([Month(0)] * 2)] == [SHORTEST] * 2
