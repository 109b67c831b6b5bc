"""Letters about money: each fact is told once, to the right person, and only while it holds. On both databases."""

from collections.abc import AsyncIterator

import msgspec
import pytest
from sqlalchemy import select, update

from channel import outbox
from channel.accounts import suspend
from channel.events import LetterDue
from channel.members import actions, joining
from channel.notify import Undeliverable
from channel.payments import raising, seats, vouchers
from channel.payments.ledger import money
from channel.payments.model import DAY_MS, Details, Fact, Options
from channel.payments.periods import after
from channel.payments.tables import connections, ledger
from channel.payments.tables import vouchers as voucher_table
from channel.storage import Database
from channel.tiers import update_fields
from tests.conftest import Clock
from tests.notify.office import Office, open_office


@pytest.fixture
async def office(db: Database, clock: Clock) -> AsyncIterator[Office]:
    async with open_office(db, clock) as opened:
        yield opened


async def test_a_charge_that_is_told_five_times_is_receipted_once(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10, 550)
    holding = await office.till.buy(await office.person("Bob"), gold, price)
    for _ in range(5):
        await office.till.fetch(holding.external_id)
    letters = await office.brought()
    assert sorted((one.name, one.to) for one in letters) == [
        ("receipt", "bob@example.net"), ("welcome", "bob@example.net"),
    ]  # fmt: skip
    [receipt] = [one for one in letters if one.name == "receipt"]
    async with office.db.read() as tx:
        entry = str(await tx.value(select(ledger.c.id).where(ledger.c.kind == "charge")))
    tail = entry[-12:].upper()
    for fact in ("€5.50", "Gold", "Annas world", "1 January 2026 to 1 February 2026", tail[:4], tail[-4:]):
        assert fact in receipt.text
    assert f"https://channel.example.org/account/memberships/{holding.id}" in receipt.links()
    assert "no money moved" in receipt.text, "the pretend provider says so"


async def test_the_difference_to_a_dearer_pass_is_receipted_for_the_days_that_are_left(
    office: Office,
) -> None:
    gold, price = await office.till.tier("Gold", 10)
    _, dearer = await office.till.tier("Top", 20, 900)
    holding = await office.till.buy(await office.person("Bob"), gold, price)
    await office.brought()
    office.till.clock.forward(10 * DAY_MS)
    await office.till.counter.switch(holding, dearer, dearer.amount)
    [receipt] = await office.brought()
    assert "For: Top" in receipt.text
    assert "11 January 2026 to 1 February 2026" in receipt.text


@pytest.mark.parametrize(
    ("link", "shown"), [("https://pay.example.com/r/1", True), ("javascript:x()", False)]
)
async def test_a_receipt_has_the_creators_tax_note_and_the_payment_services_own(
    office: Office, link: str, shown: bool
) -> None:
    till = office.till
    gold, price = await till.tier("Gold", 10)
    holding = await till.buy(await office.person("Bob"), gold, price)
    await office.brought()
    held = await till.sandbox.fetch(till.connection, holding.external_id)
    assert held is not None
    async with office.db.write() as tx:
        note = msgspec.json.encode(Options(tax_note="incl. 19 % VAT")).decode()
        await tx.run(update(connections).values(options=note))
        fact = Fact("charge", "ch_1", 500, "EUR", tx.now, link)
        entry = await money(
            tx, till.connection, account_id=holding.account_id, holding_id=holding.id, tier=gold, held=held, fact=fact
        )  # fmt: skip
        told = LetterDue(
            account_id=holding.account_id, community_id=holding.community_id, letter="receipt", about=entry or ""
        )  # fmt: skip
        await outbox.emit(tx, told)
    [receipt] = await office.brought()
    assert "incl. 19 % VAT" in receipt.text
    assert (link in receipt.links(), link in receipt.shown_links()) == (shown, shown)
    assert "javascript" not in receipt.html


async def test_a_receipt_that_was_sent_and_not_settled_is_sent_again_as_the_same(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    await office.till.buy(await office.person("Bob"), gold, price)
    async with office.db.write() as tx:
        jobs = await outbox.claim(tx, ["mail"])
    for job in jobs:
        await office.handler()(job.event)
    # and here the server dies
    first = list(office.arrived)
    office.till.clock.forward(outbox.LEASE_MS)
    again = await office.brought()
    assert sorted(one.name for one in again) == sorted(one.name for one in first) == ["receipt", "welcome"]
    assert {one.id for one in again} == {one.id for one in first}
    assert len({one.id for one in first}) == 2


async def test_while_the_mail_server_is_away_letters_wait(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    await office.till.buy(await office.person("Bob"), gold, price)
    office.inbox.answer = "451 later"
    assert await office.named() == []
    assert await office.failed() == (2, 0)
    office.inbox.answer = "250 OK"
    office.till.clock.forward(60_000)
    assert sorted(await office.named()) == ["receipt", "welcome"]
    assert await office.failed() == (0, 0)


@pytest.mark.parametrize("why", ["no address", "suspended", "deleted"])
async def test_who_cannot_be_written_to_gets_none_and_nothing_is_left_over(office: Office, why: str) -> None:
    gold, price = await office.till.tier("Gold", 10)
    bob = await office.person("Bob", email="" if why == "no address" else "-")
    holding = await office.till.buy(bob, gold, price)
    async with office.db.write() as tx:
        if why == "suspended":
            await suspend(tx, bob.id)
        if why == "deleted":
            await joining.erase_account(tx, bob.id)
    await office.till.fetch(holding.external_id)
    assert await office.named() == []
    assert await office.failed() == (0, 0)


async def test_who_was_banned_is_told_of_their_money_and_of_nothing_else(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    async with office.db.write() as tx:
        gold = await update_fields(tx, gold, benefits=["Green glazes"])
    bob = await office.person("Bob")
    holding = await office.till.buy(bob, gold, price)
    scene = office.till.scene
    async with office.db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, bob.id)
    letters = {one.name: one for one in await office.brought()}
    assert set(letters) == {"receipt", "ended"}
    assert "Green glazes" not in letters["ended"].text
    await office.till.counter.refund(holding, f"{holding.external_id}.1", None, "k")
    assert await office.named() == ["refunded"]


async def test_a_failed_payment_is_told_to_both_and_only_while_it_is_open(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    holding = await office.till.buy(await office.person("Bob"), gold, price)
    await office.brought()
    await office.till.world(holding.external_id, lambda book: setattr(book, "failing", True))
    office.till.clock.now_ms = after(office.till.clock.now_ms, "month", 1)
    await office.till.fetch(holding.external_id)
    letters = {one.name: one for one in await office.brought()}
    assert {(name, one.to) for name, one in letters.items()} == {
        ("payment_failed", "bob@example.net"),
        ("owner_payment_failed", "anna@example.net"),
    }
    assert "8 February 2026" in letters["payment_failed"].text, "seven days of grace"
    assert "Bob" in letters["owner_payment_failed"].text

    office.till.clock.now_ms += DAY_MS
    await office.till.world(holding.external_id, lambda book: book.failures.append(office.till.clock.now_ms))
    await office.till.fetch(holding.external_id)
    assert await office.named() == ["payment_failed"], "the owner is told of a payment, not of each try"
    await office.till.world(
        holding.external_id, lambda book: book.failures.append(office.till.clock.now_ms + 1)
    )
    await office.till.fetch(holding.external_id)
    await office.till.world(holding.external_id, lambda book: setattr(book, "failing", False))
    await office.till.fetch(holding.external_id)
    assert await office.named() == ["receipt"], "paid before the letter left"


async def test_a_trial_that_was_ended_is_not_told_to_end(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    bob, eve = await office.person("Bob"), await office.person("Eve")
    await office.till.buy(bob, gold, price, trial_days=10)
    await office.till.counter.cancel(await office.till.buy(eve, gold, price, trial_days=10))
    assert sorted(await office.named()) == ["cancelled", "welcome", "welcome"]
    office.till.clock.forward(7 * DAY_MS)
    [letter] = await office.brought()
    assert (letter.name, letter.to) == ("trial_ending", "bob@example.net")
    assert "11 January 2026" in letter.subject
    assert "€5 a month" in letter.text
    office.till.clock.forward(DAY_MS)
    assert await office.named() == []


async def test_a_year_that_goes_on_is_told_ahead_with_what_it_will_cost(office: Office) -> None:
    gold, _ = await office.till.tier("Gold", 10)
    old = await office.till.price(gold, 5000, interval="year")
    people = [await office.person(name) for name in ("Bob", "Eve", "Dan")]
    held = {one.name: await office.till.buy(one, gold, old) for one in people}
    await office.till.counter.cancel(held["Dan"])
    office.till.clock.forward(300 * DAY_MS)
    new = await office.till.price(gold, 6000, interval="year")
    scene = office.till.scene
    async with office.db.write() as tx:
        owner, at = await scene.by(tx, scene.owner), office.till.clock.now_ms + 60 * DAY_MS
        change = await raising.announce(tx, owner, scene.community, old, new, from_at=at)
    asked = [one for one in await office.brought() if one.name == "price_change"]
    assert {one.to for one in asked} == {"bob@example.net", "eve@example.net"}, "Dan pays no more anyway"
    async with office.db.write() as tx:
        await raising.answer(tx, held["Bob"], change, agreed=True)
    office.till.clock.now_ms = (held["Bob"].period_end or 0) - 14 * DAY_MS
    told = {one.to: one for one in await office.brought() if one.name == "renewal_ahead"}
    assert set(told) == {"bob@example.net", "eve@example.net"}
    assert "€60 are taken" in told["bob@example.net"].text
    assert "without your yes it ends" in told["eve@example.net"].text


async def test_who_has_answered_is_not_asked_again(office: Office) -> None:
    gold, old = await office.till.tier("Gold", 10)
    holding = await office.till.buy(await office.person("Bob"), gold, old)
    await office.brought()
    new, scene = await office.till.price(gold, 700), office.till.scene
    async with office.db.write() as tx:
        owner, at = await scene.by(tx, scene.owner), office.till.clock.now_ms + 40 * DAY_MS
        change = await raising.announce(
            tx, owner, scene.community, old, new, from_at=at, message="Clay\ncosts."
        )
        await raising.answer(tx, holding, change, agreed=False)
    assert await office.named() == []


async def test_a_cancellation_that_was_taken_back_is_not_confirmed(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    holding = await office.till.counter.cancel(await office.till.buy(await office.person("Bob"), gold, price))
    await office.till.counter.resume(holding)
    assert sorted(await office.named()) == ["receipt", "welcome"]


async def test_a_seat_that_was_taken_or_lost_is_not_offered(office: Office) -> None:
    gold, price = await office.till.tier("Gold", 10)
    async with office.db.write() as tx:
        gold = await update_fields(tx, gold, capacity=1)
    bob, eve = await office.person("Bob"), await office.person("Eve")
    holding = await office.till.buy(bob, gold, price)
    async with office.db.write() as tx:
        await seats.wait(tx, await office.till.scene.by(tx, eve), gold)
    await office.till.counter.cancel(holding, at_once=True)
    async with office.db.write() as tx:
        await seats.sweep(tx)
    [letter] = [one for one in await office.brought() if one.name == "seat_free"]
    assert letter.to == "eve@example.net"
    assert "3 January 2026, 00:00 UTC" in letter.text
    async with office.db.write() as tx:
        late = LetterDue(account_id=eve.id, community_id=gold.community_id, letter="seat_free", about=gold.id)
        await outbox.emit(tx, late)
    office.till.clock.forward(2 * DAY_MS)
    assert await office.named() == []


async def gift_for(office: Office, **details: object) -> vouchers.Voucher:
    """Bob buys Gold for somebody."""
    gold, _ = await office.till.tier("Gold", 10)
    price = await office.till.price(gold, 900, interval="once", days=30)
    bob = await office.person("Bob", "de", email="")
    about = Details(**{"to_email": "mara@example.com", "to_name": "Mara"} | details)  # type: ignore[arg-type]
    holding = await office.till.buy(bob, gold, price, kind="gift", details=about)
    async with office.db.read() as tx:
        found = await vouchers.of_order(tx, holding.order_id)
    assert found is not None
    return found


async def test_a_gift_reaches_whom_it_is_for_and_opens(office: Office) -> None:
    voucher = await gift_for(office, message="For you.\nHappy birthday")
    [letter] = await office.brought()
    assert (letter.name, letter.to) == ("gift", "mara@example.com")
    assert "Bob gives you Gold of Annas world." in letter.text
    assert "> For you.\n> Happy birthday" in letter.text
    assert "30 days" in letter.text
    [link] = letter.links()
    code = link.removeprefix("https://channel.example.org/gift/")
    mara = await office.till.scene.member("Mara")
    async with office.db.write() as tx:
        assert (await vouchers.one(tx, voucher.id)).sent_at == tx.now
        await vouchers.redeem(tx, code, mara)
    assert await office.till.rank(mara) == 10


async def test_a_gift_for_a_day_to_come_leaves_on_that_day(office: Office) -> None:
    day = office.till.clock.now_ms + 10 * DAY_MS
    await gift_for(office, send_at=day)
    assert await office.named() == []
    office.till.clock.now_ms = day
    assert await office.named() == ["gift"]


async def test_a_gift_is_sent_again_only_when_nobody_knows_whether_it_left(office: Office) -> None:
    await gift_for(office)
    async with office.db.write() as tx:
        claimed = await outbox.claim(tx, ["mail"])
    [job] = [one for one in claimed if isinstance(one.event, LetterDue) and one.event.letter == "gift"]
    office.inbox.answer = "451 later"
    with pytest.raises(Undeliverable):
        await office.handler()(job.event)
    async with office.db.read() as tx:
        assert await tx.value(select(voucher_table.c.sent_at)) is None, "it has not left"
    office.inbox.answer = "250 OK"
    await office.handler()(job.event)
    async with office.db.write() as tx:  # the server died before it could note that
        await tx.run(update(voucher_table).values(sent_at=None))
    await office.handler()(job.event)
    assert len({one.id for one in office.arrived}) == 1
    assert len(office.arrived) == 2
    # this time it was noted, and only the job was left when the server died
    office.till.clock.forward(outbox.LEASE_MS)
    assert await office.named() == []
    assert await office.failed() == (0, 0)


async def test_a_gift_that_was_taken_back_stays_here(office: Office) -> None:
    voucher = await gift_for(office)
    async with office.db.write() as tx:
        await vouchers.revoke(tx, voucher)
    assert await office.named() == []


async def test_a_letter_that_nobody_writes_is_a_fault(office: Office) -> None:
    bob = await office.person("Bob")
    unknown = LetterDue(
        account_id=bob.id, community_id=office.till.scene.community.id, letter="love", about=""
    )
    with pytest.raises(TypeError):
        await office.handler()(unknown)
