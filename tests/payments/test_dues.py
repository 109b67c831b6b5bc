"""What is paid by hand: orders that wait for days, dues that open and are confirmed, reminders, and who may confirm."""

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from channel.accounts import Account
from channel.errors import Conflict, Forbidden, NotFound
from channel.members import Role
from channel.outbox import jobs
from channel.payments import Connection, Counter, Holding, Order, payments_handler, queries
from channel.payments import dues as dues_
from channel.payments.dues import Due, Receipt
from channel.payments.manual import Manual
from channel.payments.model import DAY_MS, Status
from channel.payments.orders import Wish, seats_taken
from channel.payments.periods import after
from channel.storage import Database, Tx
from channel.tiers import Tier, update_fields
from channel.tiers.model import Price
from channel.tiers.prices import offer
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.contract.ground import SEAL, URL, connected
from tests.contract.providers.manual import BANK


@dataclass
class Club:
    """Anna's club, whose members pay by hand."""

    scene: Scene
    clock: Clock
    counter: Counter
    connection: Connection
    worker: Worker
    gold: Tier
    price: Price

    @property
    def db(self) -> Database:
        return self.scene.db

    async def order(self, account: Account, key: str = "k") -> Order:
        async def choose(tx: Tx, connection: Connection) -> Wish:
            return Wish(
                kind="subscription" if self.price.recurs else "purchase", amount=self.price.amount, currency="EUR",
                interval=self.price.interval, days=self.price.days, tier=self.gold, price_id=self.price.id,
                title="Gold",
            )  # fmt: skip

        return await self.counter.order(account, self.connection.id, key, choose, language="en")

    async def confirm(self, purchase: str, number: int = 1, by: Account | None = None, **how: Any) -> None:
        async with self.db.write() as tx:
            who = await self.scene.by(tx, by or self.scene.owner)
            receipt = Receipt(purchase, number, how.pop("at", tx.now), **how)
            await dues_.confirm(tx, who, self.scene.community, self.connection, receipt)

    async def owed(self, find: str = "") -> list[Due]:
        async with self.db.read() as tx:
            owner = await self.scene.by(tx, self.scene.owner)
            return await dues_.owed(tx, owner, self.scene.community, self.connection, find)

    async def due(self, purchase: str) -> Due | None:
        async with self.db.read() as tx:
            return await dues_.due(tx, self.connection, purchase)

    async def look(self) -> None:
        """The hourly look, and all that follows."""
        from channel.payments import hearing

        async with self.db.write() as tx:
            await hearing.sweep(tx)
        await self.worker.work_off()

    async def held(self, account: Account) -> Holding:
        async with self.db.read() as tx:
            return (await queries.holdings_of(tx, account.id))[0]

    async def rank(self, account: Account) -> int:
        async with self.db.read() as tx:
            return (await self.scene.by(tx, account)).rank

    async def letters(self, name: str = "dues") -> int:
        """How many of these wait to be written; nothing here writes them."""
        async with self.db.read() as tx:
            found = await tx.all(select(jobs.c.data).where(jobs.c.kind == "letter.due"))
        return sum(f'"letter":"{name}"' in row.data for row in found)


@pytest.fixture
async def club(db: Database, clock: Clock) -> Club:
    manual = Manual(db, URL)
    ground = await connected(db, clock, "manual", manual, lambda _: None, options=BANK)  # type: ignore[arg-type, return-value]
    counter = Counter(db, {"manual": manual}, SEAL, URL)
    gold = await ground.scene.tier("Gold", 10)
    async with db.write() as tx:
        price = await offer(tx, gold, amount=500, currency="EUR", interval="month")

    async def nobody(_: object) -> None:
        raise Conflict("Letters wait.")

    handlers = {"payments": payments_handler(db, counter), "mail": nobody}
    return Club(ground.scene, clock, counter, ground.connection, Worker(db, handlers), gold, price)


async def test_an_order_leads_to_a_page_that_says_how_to_pay(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    assert order.url == f"{URL}/pay/{order.id}/transfer"
    due = await club.due(order.id)
    assert due is not None
    assert (due.amount, due.currency, due.first, due.scannable) == (500, "EUR", True, True)
    assert due.pay_to.iban == "DE89370400440532013000"
    assert await club.rank(bob) == 0


async def test_an_order_waits_two_weeks_with_its_seat_and_is_then_given_up(club: Club) -> None:
    async with club.db.write() as tx:
        club.gold = await update_fields(tx, club.gold, capacity=1)
    bob, cara = await club.scene.member("Bob"), await club.scene.member("Cara")
    order = await club.order(bob)
    club.clock.forward(13 * DAY_MS)
    await club.look()
    with pytest.raises(Conflict, match="All seats"):
        await club.order(cara, "one")
    assert [due.account_id for due in await club.owed()] == [bob.id]
    club.clock.forward(DAY_MS)
    await club.look()
    async with club.db.read() as tx:
        assert (await queries.order(tx, order.id)).state == "abandoned"
        assert await seats_taken(tx, club.gold) == 0
    assert await club.owed() == []
    await club.order(cara, "two")


async def test_money_that_comes_after_all_can_be_found_and_confirmed(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    due = await club.due(order.id)
    assert due is not None
    await club.counter.give_up(order)
    (found,) = await club.owed(due.reference.lower().replace("-", " "))
    assert (found.id, found.state) == (order.id, "abandoned")
    with pytest.raises(Conflict):
        await club.confirm(order.id)
    await club.confirm(order.id, late=True)
    await club.worker.work_off()
    assert await club.rank(bob) == 10
    async with club.db.read() as tx:
        assert (await queries.order(tx, order.id)).state == "paid"


async def test_what_is_confirmed_opens_though_nobody_asks(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    await club.confirm(order.id)
    await club.worker.work_off()
    assert await club.rank(bob) == 10
    assert (await club.held(bob)).period_end == after(club.clock.now_ms, "month", 1)
    assert await club.owed() == []
    assert await club.letters("receipt") == 1


async def test_of_many_who_confirm_the_same_payment_one_does(club: Club) -> None:
    order = await club.order(await club.scene.member("Bob"))
    came = await asyncio.gather(*(club.confirm(order.id) for _ in range(8)), return_exceptions=True)
    assert sum(one is None for one in came) == 1
    assert sum(isinstance(one, Conflict) for one in came) == 7


async def test_the_next_due_opens_a_week_ahead_and_is_told_once(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    await club.confirm(order.id)
    await club.worker.work_off()
    end = (await club.held(bob)).period_end
    assert end is not None
    club.clock.forward(end - 7 * DAY_MS - 1 - club.clock.now_ms)
    await club.look()
    assert (await club.owed(), await club.letters(), await club.due(order.id)) == ([], 0, None)
    club.clock.forward(1)
    due = await club.due(order.id)
    assert due is not None and not due.overdue, "known before anybody has looked"
    for _ in range(3):
        await club.look()
        club.clock.forward(3600_000)
    (owing,) = await club.owed()
    assert (owing.number, owing.overdue, owing.until) == (2, False, end)
    assert await club.letters() == 1


async def test_what_is_not_paid_is_overdue_has_grace_and_ends(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    await club.confirm(order.id)
    await club.worker.work_off()
    end = (await club.held(bob)).period_end or 0
    club.clock.forward(end - club.clock.now_ms)
    await club.look()
    held = await club.held(bob)
    assert (held.status, held.past_due_since, await club.rank(bob)) == (Status.PAST_DUE, end, 10)
    assert [due.overdue for due in await club.owed()] == [True]
    club.clock.forward(7 * DAY_MS)
    await club.look()
    assert await club.rank(bob) == 0
    await club.confirm(order.id, 2)
    await club.look()
    held = await club.held(bob)
    assert (held.status, held.period_end, await club.rank(bob)) == (Status.ACTIVE, after(end, "month", 1), 10)
    club.clock.forward((held.period_end or 0) + 30 * DAY_MS - club.clock.now_ms)
    await club.look()
    assert (await club.held(bob)).status is Status.ENDED
    assert await club.owed() == []
    with pytest.raises(Conflict, match="not owed"):
        await club.confirm(order.id, 3)


async def test_one_who_cancelled_owes_nothing_more(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    await club.confirm(order.id)
    await club.worker.work_off()
    await club.counter.cancel(await club.held(bob))
    club.clock.forward(27 * DAY_MS)
    await club.look()
    assert (await club.owed(), await club.letters()) == ([], 0)
    club.clock.forward(10 * DAY_MS)
    await club.look()
    assert (await club.held(bob)).status is Status.ENDED


async def test_another_amount_and_day_are_written_as_they_were(club: Club) -> None:
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    day = club.clock.now_ms - 3 * DAY_MS
    await club.confirm(order.id, amount=450, at=day)
    held = await Manual(club.db, URL).fetch(club.connection, order.id)
    assert held is not None
    assert [(fact.amount, fact.at) for fact in held.facts] == [(450, day)]
    assert held.period_start == club.clock.now_ms, "it opens now, for a whole month"


async def test_days_that_are_paid_once_count_from_the_confirmation(club: Club) -> None:
    async with club.db.write() as tx:
        club.price = await offer(tx, club.gold, amount=900, currency="EUR", interval="once", days=10)
    bob = await club.scene.member("Bob")
    order = await club.order(bob)
    await club.confirm(order.id, at=club.clock.now_ms - 5 * DAY_MS)
    await club.worker.work_off()
    club.clock.forward(10 * DAY_MS - 1)
    assert await club.rank(bob) == 10
    club.clock.forward(1)
    assert await club.rank(bob) == 0


async def test_only_who_handles_money_sees_and_confirms(club: Club) -> None:
    order = await club.order(await club.scene.member("Bob"))
    for role in (Role.MEMBER, Role.MODERATOR, Role.EDITOR):
        somebody = await club.scene.member(role.value, role=role)
        with pytest.raises(Forbidden):
            await club.confirm(order.id, by=somebody)
    zoe = await creator(club.db, "zoe")
    with pytest.raises(Forbidden):
        await club.confirm(order.id, by=zoe.owner)
    async with club.db.write() as tx:  # her own community, and somebody else's account
        with pytest.raises(NotFound):
            await dues_.confirm(
                tx, await zoe.by(tx, zoe.owner), zoe.community, club.connection, Receipt(order.id, 1, tx.now)
            )
    await club.confirm(order.id, by=await club.scene.member("Adam", role=Role.ADMIN))


async def test_people_are_found_by_name_and_nothing_is_a_wildcard(club: Club) -> None:
    await club.order(await club.scene.member("Bob Marsh"))
    assert [due.name for due in await club.owed("marsh")] == ["Bob Marsh"]
    assert await club.owed("%") == []


async def test_references_are_unique_and_survive_handwriting(club: Club) -> None:
    orders = [await club.order(await club.scene.member(f"M{n}")) for n in range(20)]
    dues = [await club.due(order.id) for order in orders]
    references = {due.reference for due in dues if due}
    assert len(references) == 20
    assert all(len(one) == 9 and one[4] == "-" for one in references)
