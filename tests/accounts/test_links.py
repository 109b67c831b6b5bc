"""Links that sign in, set-up, and proofs of an address: each once, in time, for its purpose only."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from sqlalchemy import func, select

from channel import outbox
from channel.accounts import Account, create, emails, links, one, one_time, setup, suspend, tickets, unsuspend
from channel.accounts.model import Signed
from channel.accounts.tables import one_time as one_time_table
from channel.errors import Conflict, Forbidden, Gone, Invalid, TooMany
from channel.events import EmailProofAsked, SignInLinkAsked, account_stream
from channel.storage import Database, Tx
from tests.conftest import Clock

MINUTE_MS = 60_000
T = TypeVar("T")


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna", handle="anna", email="anna@example.org")


async def in_write(db: Database, act: Callable[[Tx], Awaitable[T]]) -> T:
    async with db.write() as tx:
        return await act(tx)


async def link(db: Database, account: Account, **more: object) -> str:
    return await in_write(db, lambda tx: links.sign_in_link(tx, account.id, **({"minutes": 10} | more)))  # type: ignore[arg-type]


async def test_of_fifty_who_open_a_link_at_once_exactly_one_is_signed_in(db: Database, anna: Account) -> None:
    secret = await link(db, anna)

    async def redeem() -> str:
        try:
            return (await in_write(db, lambda tx: links.redeem_sign_in(tx, secret))).id
        except Gone:
            return "gone"

    came = await asyncio.gather(*(redeem() for _ in range(50)))
    assert sorted(came) == sorted([anna.id] + ["gone"] * 49)


async def test_looking_at_a_link_uses_nothing_up(db: Database, anna: Account) -> None:
    secret = await link(db, anna, purpose="phone")
    async with db.read() as tx:
        for _ in range(5):
            assert await links.waiting(tx, secret) == "phone"
    assert await in_write(db, lambda tx: links.redeem_sign_in(tx, secret)) == anna
    async with db.read() as tx:
        with pytest.raises(Gone):
            await links.waiting(tx, secret)


async def test_a_link_expires_to_the_millisecond(db: Database, anna: Account, clock: Clock) -> None:
    early, late = await link(db, anna), await link(db, anna)
    clock.forward(10 * MINUTE_MS - 1)
    assert await in_write(db, lambda tx: links.redeem_sign_in(tx, early)) == anna
    clock.forward(1)
    with pytest.raises(Gone):
        await in_write(db, lambda tx: links.redeem_sign_in(tx, late))


async def test_only_the_newest_phone_link_works(db: Database, anna: Account) -> None:
    mail, first, second = (
        await link(db, anna),
        await link(db, anna, purpose="phone"),
        await link(db, anna, purpose="phone"),
    )
    with pytest.raises(Gone):
        await in_write(db, lambda tx: links.redeem_sign_in(tx, first))
    for good in (second, mail):
        assert await in_write(db, lambda tx, secret=good: links.redeem_sign_in(tx, secret)) == anna  # type: ignore[misc]


async def test_no_other_secret_signs_in_and_a_sign_in_link_opens_no_other_door(
    db: Database, anna: Account
) -> None:
    signed = Signed(anna, None, None, frozenset())
    async with db.write() as tx:
        await setup.setup_token(tx)
        others = [
            await emails.email_proof(tx, anna.id, "new@example.org"),
            await tickets.live_ticket(tx, signed),
            await one_time.issue(tx, "passkey_new", lasts_ms=MINUTE_MS, account_id=anna.id),
            await one_time.issue(tx, "passkey_sign_in", lasts_ms=MINUTE_MS, account_id=anna.id),
            "", "x" * 10_000,
        ]  # fmt: skip
        assert await tx.value(select(func.count()).select_from(one_time_table)) == 4
    for secret in others:
        with pytest.raises(Gone):
            await in_write(db, lambda tx, secret=secret: links.redeem_sign_in(tx, secret))  # type: ignore[misc]
    secret = await link(db, anna)
    with pytest.raises(Gone):
        await in_write(db, lambda tx: emails.prove_email(tx, secret))
    with pytest.raises(Gone):
        await in_write(db, lambda tx: setup.redeem_setup(tx, secret, name="X", handle="x_x", language=None))
    assert await in_write(db, lambda tx: tickets.redeem_ticket(tx, secret)) is None
    assert await in_write(db, lambda tx: links.redeem_sign_in(tx, secret)) == anna


async def test_a_suspended_account_gets_no_link_and_its_old_ones_are_gone(
    db: Database, anna: Account
) -> None:
    secret = await link(db, anna)
    await in_write(db, lambda tx: suspend(tx, anna.id))
    with pytest.raises(Gone):
        await in_write(db, lambda tx: links.redeem_sign_in(tx, secret))
    with pytest.raises(Forbidden):
        await link(db, anna)
    await in_write(db, lambda tx: unsuspend(tx, anna.id))
    with pytest.raises(Gone):
        await in_write(db, lambda tx: links.redeem_sign_in(tx, secret))


async def test_used_and_expired_secrets_leave_no_rows(db: Database, anna: Account, clock: Clock) -> None:
    secret, _ = await link(db, anna), await link(db, anna)
    await in_write(db, lambda tx: links.redeem_sign_in(tx, secret))
    clock.forward(10 * MINUTE_MS)
    await in_write(db, one_time.sweep)
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(one_time_table)) == 0


# ---- asking by mail


async def asked(db: Database, email: str, **more: str) -> str:
    try:
        await in_write(db, lambda tx: emails.ask_sign_in_mail(tx, email, "de", **more))
    except TooMany as refused:
        return refused.detail
    return "asked"


async def queue(db: Database) -> list[outbox.Job]:
    return await in_write(db, lambda tx: outbox.claim(tx, limit=100))


async def test_asking_by_mail_says_and_does_the_same_whoever_is_asked_for(
    db: Database, anna: Account
) -> None:
    async with db.write() as tx:
        gone = await create(tx, name="Sus", email="sus@example.org")
        await suspend(tx, gone.id)
    addresses = ("anna@example.org", "sus@example.org", "nobody@example.org")
    answers = [[await asked(db, address) for _ in range(4)] for address in addresses]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][:3] == ["asked"] * 3
    assert answers[0][3] != "asked"
    jobs = [job.event for job in await queue(db)]
    assert len(jobs) == 9
    assert [job for job in jobs if isinstance(job, SignInLinkAsked) and job.email] == [
        SignInLinkAsked(account_id=anna.id, email="anna@example.org", language="de")
    ] * 3


async def test_an_unknown_address_is_kept_nowhere(db: Database, clock: Clock) -> None:
    await asked(db, "secret.person@example.org")
    async with db.write() as tx:
        for table in one_time_table.metadata.sorted_tables:
            assert "secret.person" not in repr(await tx.all(select(table)))
        assert await outbox.events_since(tx, account_stream(emails.NOBODY), 0)
    clock.forward(emails.HOUR_MS + 1)
    async with db.write() as tx:
        await emails.sweep(tx)
        assert await outbox.events_since(tx, account_stream(emails.NOBODY), 0) == []


async def test_an_address_gets_three_mails_an_hour_however_it_is_written(db: Database, clock: Clock) -> None:
    forms = ("anna@example.org", "ANNA@example.org", " Anna@Example.Org ", "anna@example.org")
    assert [await asked(db, form) == "asked" for form in forms] == [True, True, True, False]
    clock.forward(60 * MINUTE_MS)
    assert await asked(db, "anna@example.org") == "asked"


async def test_fifty_at_once_send_no_more_than_three_mails(db: Database, anna: Account) -> None:
    answers = await asyncio.gather(*(asked(db, "anna@example.org") for _ in range(50)))
    assert answers.count("asked") == 3
    assert len(await queue(db)) == 3


async def test_one_network_cannot_ask_for_the_whole_world(db: Database) -> None:
    answers = [await asked(db, f"person{n}@example.org", network="2001:db8::/64") for n in range(101)]
    assert answers.count("asked") == 100
    assert await asked(db, "other@example.org", network="192.0.2.1") == "asked"


async def test_what_is_no_address_is_said_so(db: Database) -> None:
    with pytest.raises(Invalid):
        await asked(db, "anna@example.org\r\nBcc: all@example.org")


# ---- proving an address


async def test_an_address_counts_only_once_its_mail_was_read(db: Database, anna: Account) -> None:
    await in_write(db, lambda tx: emails.ask_email_proof(tx, anna.id, "New@Example.org", None))
    [job] = await queue(db)
    assert job.event == EmailProofAsked(account_id=anna.id, email="new@example.org", language="en")
    async with db.read() as tx:
        assert (await one(tx, anna.id)).email == "anna@example.org"
    secret = await in_write(db, lambda tx: emails.email_proof(tx, anna.id, "new@example.org"))
    async with db.read() as tx:
        assert await emails.proof_waiting(tx, secret) == "new@example.org"
    proven = await in_write(db, lambda tx: emails.prove_email(tx, secret))
    assert proven.email == "new@example.org"
    with pytest.raises(Gone):
        await in_write(db, lambda tx: emails.prove_email(tx, secret))


async def test_an_address_belongs_to_one_account(db: Database, anna: Account) -> None:
    async with db.write() as tx:
        ben = await create(tx, name="Ben")
        secret = await emails.email_proof(tx, ben.id, "anna@example.org")
    with pytest.raises(Conflict):
        await in_write(db, lambda tx: emails.prove_email(tx, secret))
    async with db.read() as tx:
        assert (await one(tx, ben.id)).email is None


async def test_an_address_can_be_taken_away_again(db: Database, anna: Account) -> None:
    async with db.write() as tx:
        await emails.remove_email(tx, anna.id)
        assert (await one(tx, anna.id)).email is None


# ---- set-up


async def test_the_printed_link_makes_one_admin_and_then_nothing(db: Database) -> None:
    secret = await in_write(db, setup.setup_token)
    assert secret is not None

    async def redeem(number: int) -> bool:
        act = lambda tx: setup.redeem_setup(tx, secret, name="Anna", handle=f"anna_{number}", language="de")  # noqa: E731
        try:
            return (await in_write(db, act)).is_admin
        except Gone:
            return False

    came = await asyncio.gather(*(redeem(number) for number in range(20)))
    assert came.count(True) == 1
    async with db.write() as tx:
        assert await setup.is_set_up(tx)
        assert await setup.setup_token(tx) is None
        with pytest.raises(Gone):
            await setup.setup_waiting(tx, secret)


async def test_a_mistake_in_the_set_up_form_costs_nothing(db: Database) -> None:
    secret = await in_write(db, setup.setup_token)
    assert secret is not None
    with pytest.raises(Invalid):
        await in_write(db, lambda tx: setup.redeem_setup(tx, secret, name="", handle="anna", language=None))
    async with db.read() as tx:
        await setup.setup_waiting(tx, secret)
        assert not await setup.is_set_up(tx)


async def test_a_restart_prints_a_new_link_and_the_old_one_stops(db: Database) -> None:
    old, new = await in_write(db, setup.setup_token), await in_write(db, setup.setup_token)
    assert old
    assert new
    async with db.read() as tx:
        await setup.setup_waiting(tx, new)
        for wrong in (old, "", "x"):
            with pytest.raises(Gone):
                await setup.setup_waiting(tx, wrong)


async def test_an_admin_made_by_command_closes_the_set_up(db: Database) -> None:
    secret = await in_write(db, setup.setup_token)
    assert secret is not None
    async with db.write() as tx:
        await create(tx, name="Root", handle="chief", is_admin=True)
        assert await setup.is_set_up(tx)
    with pytest.raises(Gone):
        await in_write(db, lambda tx: setup.redeem_setup(tx, secret, name="Eve", handle="eve", language=None))
