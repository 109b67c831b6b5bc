"""What letters about money say: all of them, in both languages and both shapes, whatever people are called."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.communities.tables import communities
from channel.errors import Forbidden
from channel.i18n import translation
from channel.notify import letters
from channel.notify.money.desk import GIFT, WRITERS
from channel.payments import raising, seats
from channel.payments.books import Book
from channel.payments.connecting import connect, note_problem
from channel.payments.dues import Receipt, confirm
from channel.payments.manual import Manual
from channel.payments.model import DAY_MS, Details, Options
from channel.payments.periods import after
from channel.storage import Database
from channel.tiers import Tier, update_fields
from channel.tiers.tables import tiers
from tests.conftest import Clock
from tests.notify.office import SITE, Arrived, Office, open_office
from tests.payments.till import URL
from tests.posts.writing import post

CANARY = "zirkonsilikat"
EVERY = {*WRITERS, GIFT}


@pytest.fixture
async def office(db: Database, clock: Clock) -> AsyncIterator[Office]:
    async with open_office(db, clock) as opened:
        yield opened


async def by_hand(office: Office, gold: Tier, payer: Account) -> None:
    """Somebody who pays by transfer, a week before the next payment."""
    till, scene = office.till, office.till.scene
    till.counter.providers = {**till.counter.providers, "manual": Manual(till.db, URL)}
    pay_to = Options(
        iban="DE02120300000000202051", bic="BYLADEM1001", payee="Anna Brandt", instructions="Or bring it."
    )
    async with till.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        connection = await connect(
            tx, owner, scene.community, "manual", till.counter.seal, options=pay_to, account="manual"
        )
    elsewhere = replace(till, connection=connection)
    price = await elsewhere.price(gold, 1200, interval="quarter")
    order = await elsewhere.order(payer, gold, price, key="by-hand")
    async with till.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await confirm(tx, owner, scene.community, connection, Receipt(order.id, 1, tx.now))
    await office.brought()
    till.clock.now_ms = after(till.clock.now_ms, "quarter", 1) - 7 * DAY_MS
    await elsewhere.fetch(order.id)
    await office.brought()


def contested(book: Book) -> None:
    book.charges[-1].dispute, book.charges[-1].dispute_at = "open", book.charges[-1].at


async def everything(office: Office, language: str) -> list[Arrived]:
    """A year in which every letter is sent to somebody."""
    till, scene = office.till, office.till.scene
    people = [await office.person(name, language) for name in ("Bob", "Eve", "Dan", "Mara", "Finn")]
    bob, eve, dan, mara, finn = people
    await office.address(scene.owner, "anna@example.net", language)
    gold, monthly = await till.tier("Gold", 10, 550)
    async with till.db.write() as tx:
        gold = await update_fields(
            tx, gold, benefits=["Glazes", "A kiln"], welcome="Come in!\nSit down.", capacity=3
        )
        await tx.run(update(communities).values(language=language))
    yearly = await till.price(gold, 5000, interval="year")
    once = await till.price(gold, 900, interval="once", days=30)

    trial = await till.buy(bob, gold, monthly, key="trial", trial_days=7)
    year = await till.buy(eve, gold, yearly, key="year")
    about = Details(to_name="Ida", to_email="ida@example.com", message="For you")
    present = await till.buy(dan, gold, once, key="gift", kind="gift", details=about)
    await till.counter.refund(present, f"{present.external_id}.1", 400, "k")
    await office.brought()
    till.clock.forward(5 * DAY_MS)
    await office.brought()  # the trial ends soon
    till.clock.forward(2 * DAY_MS)
    await till.fetch(trial.external_id)
    dearer = await till.price(gold, 700)
    async with till.db.write() as tx:
        owner, at = await scene.by(tx, scene.owner), tx.now + 300 * DAY_MS
        change = await raising.announce(
            tx, owner, scene.community, monthly, dearer, from_at=at, message="Clay costs more."
        )
    await office.brought()
    async with till.db.write() as tx:
        await raising.call_off(tx, owner, scene.community, change)
    await office.brought()
    await till.world(trial.external_id, lambda book: setattr(book, "failing", True))
    till.clock.now_ms = after(till.clock.now_ms, "month", 1)
    await till.fetch(trial.external_id)
    await office.brought()  # it failed
    await till.world(trial.external_id, lambda book: setattr(book, "failing", False))
    await till.counter.cancel(await till.fetch(trial.external_id))
    await office.brought()
    till.clock.forward(40 * DAY_MS)
    await till.fetch(trial.external_id)  # it ended

    last = await till.buy(mara, gold, once, key="last")
    async with till.db.write() as tx:
        gold = await update_fields(tx, gold, capacity=2)
        await seats.wait(tx, await scene.by(tx, finn), gold)
        gold = await update_fields(tx, gold, capacity=4)  # Eve, Mara, and whoever opens Ida's gift
        await seats.sweep(tx)
    await till.world(last.external_id, contested)
    await till.fetch(last.external_id)
    async with till.db.write() as tx:
        await note_problem(tx, till.connection, Forbidden("It refuses our key.").detail)
    await office.brought()
    till.clock.now_ms = (year.period_end or 0) - 14 * DAY_MS
    await till.fetch(year.external_id)
    await office.brought()
    async with till.db.write() as tx:
        gold = await update_fields(tx, gold, capacity=None)
    await by_hand(office, gold, dan)
    return office.arrived


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["en", "de"])
async def test_all_letters_say_the_same_in_both_shapes(office: Office, language: str) -> None:
    arrived = await everything(office, language)
    assert {letter.name for letter in arrived} == EVERY
    assert await office.failed() == (0, 0)
    for letter in arrived:
        assert letter.words() == letter.shown_words(), letter.name
        assert letter.links() == letter.shown_links(), letter.name
        assert letter.links(), letter.name
        assert all(link.startswith(f"{SITE.url}/") for link in letter.links()), letter.name
        assert f'<html lang="{language}">' in letter.html
        assert "\n\n\n" not in letter.text
        for unfilled in ("%(", "{{", "{%", "None", "&amp;lt;"):
            assert unfilled not in letter.text + letter.html, letter.name
        assert (letter.to == "anna@example.net") == letter.name.startswith("owner_")


def test_german_letters_are_german() -> None:
    """Every sentence of every letter has its German; names and figures stay."""
    lacking = []
    for name in sorted(EVERY):
        source = (letters.TEMPLATES / "money" / f"{name}.letter").read_text("utf-8")
        said = re.findall(r"_\(\"([^\"]+)\"", source)
        assert said, name
        lacking += [text for text in said if translation("de").gettext(text) == text]
    assert set(lacking) <= {"IBAN", "BIC", "Code"}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_names_are_read_as_names_and_as_nothing_else(office: Office) -> None:
    evil = "Gold</p><script>alert(1)</script><img src=x>{{7*7}}{0.__class__}%(day)s\r\nBcc: evil@example.org\r\n\r\nHi"
    gold, price = await office.till.tier("Gold", 10)
    once = await office.till.price(gold, 900, interval="once", days=30)
    bob = await office.person("Bob")
    about = Details(to_name=evil, to_email="ida@example.com", message=evil)
    await office.till.buy(bob, gold, price, key="one")
    async with office.db.write() as tx:  # past every check of what may be typed
        await tx.run(update(accounts).values(name=evil))
        await tx.run(update(communities).values(name=evil))
        await tx.run(update(tiers).where(tiers.c.id == gold.id).values(name=evil, welcome=evil))
    held = await office.till.buy(bob, gold, once, key="two", kind="gift", details=about)
    await office.till.world(held.external_id, contested)
    await office.till.fetch(held.external_id)
    arrived = await office.brought()
    assert {one.name for one in arrived} >= {"receipt", "welcome", "owner_disputed"}
    for letter in arrived:
        assert letter.mail["Bcc"] is None
        assert [envelope.rcpt_tos for envelope in office.inbox.envelopes if len(envelope.rcpt_tos) != 1] == []
        assert "<script" not in letter.html
        assert "<img" not in letter.html
        assert "{{7*7}}" in letter.text
        assert "49" not in letter.subject
        assert "\n" not in letter.subject


async def test_what_is_sold_alone_is_not_told_in_its_receipt(office: Office) -> None:
    till = office.till
    gold, _ = await till.tier("Gold", 10)
    once = await till.price(gold, 300, interval="once", days=0)
    secret = await post(till.scene, f"The secret is {CANARY}.", min_rank=10)
    bob = await office.person("Bob")
    holding = await till.buy(bob, gold, once, kind="unlock", post_id=secret.id)
    await till.counter.refund(holding, f"{holding.external_id}.1", None, "k")
    arrived = await office.brought()
    assert {one.name for one in arrived} == {"receipt", "refunded"}
    assert all("A single post" in one.text for one in arrived)
    raw = b"".join(envelope.content or b"" for envelope in office.inbox.envelopes)  # type: ignore[misc]
    assert CANARY.encode() not in raw
    assert not [one for one in arrived if CANARY in one.text + one.html + one.subject]


def test_a_subject_is_one_line_of_bearable_length() -> None:
    words = {
        "problem": "It refuses our key.",
        "community": type("Community", (), {"name": "A\u2028b\r\nC\x00" + "x" * 400, "handle": "a"}),
    }
    mail = letters.about_money(SITE, "owner_key_refused", words, to="a@example.net", language="en", tag="t")
    assert mail.subject.isprintable()
    assert len(mail.subject) == 150
