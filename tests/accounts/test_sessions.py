"""Signed-in devices."""

import pytest
from sqlalchemy import update

from channel import outbox
from channel.accounts import Account, create, sessions
from channel.accounts.sessions import LASTS_MS, MAX_PER_ACCOUNT, TOUCH_MS
from channel.accounts.tables import accounts
from channel.errors import NotFound
from channel.events import SessionEnded, account_stream
from channel.storage import Database
from tests.conftest import Clock


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna")


async def signed_in(db: Database, account: Account) -> tuple[str, str]:
    async with db.write() as tx:
        return await sessions.open_session(tx, account.id, device="Firefox on Android", how="link")


async def ended(db: Database, account: Account) -> list[str | None]:
    async with db.read() as tx:
        log = await outbox.events_since(tx, account_stream(account.id), 0)
    return [logged.event.session_id for logged in log if isinstance(logged.event, SessionEnded)]


async def test_a_cookie_tells_who_is_there(db: Database, anna: Account) -> None:
    session_id, cookie = await signed_in(db, anna)
    async with db.read() as tx:
        signed = await sessions.signed_by_session(tx, cookie)
        assert await sessions.signed_by_session(tx, session_id) is None
        assert await sessions.signed_by_session(tx, "") is None
    assert signed is not None
    assert (signed.account, signed.session_id, signed.token_id, signed.scopes) == (
        anna,
        session_id,
        None,
        None,
    )
    assert signed.allows("admin")


async def test_every_sign_in_has_a_secret_of_its_own_and_ends_no_other(db: Database, anna: Account) -> None:
    (phone, first), (desk, second) = await signed_in(db, anna), await signed_in(db, anna)
    assert len({phone, desk}) == len({first, second}) == 2
    assert len(first) >= 43
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, first)
        listed = await sessions.listing(tx, anna.id, desk)
    assert {session.id: session.current for session in listed} == {phone: False, desk: True}


async def test_a_session_lasts_ninety_days_from_its_last_use(
    db: Database, anna: Account, clock: Clock
) -> None:
    session_id, cookie = await signed_in(db, anna)
    clock.forward(LASTS_MS - 1)
    async with db.write() as tx:
        signed = await sessions.signed_by_session(tx, cookie)
        assert signed is not None
        assert signed.touch_due
        await sessions.touch(tx, [session_id])
    clock.forward(LASTS_MS - 1)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, cookie)
    clock.forward(1)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, cookie) is None
        assert await sessions.listing(tx, anna.id, None) == []


async def test_use_is_written_down_at_most_every_ten_minutes(
    db: Database, anna: Account, clock: Clock
) -> None:
    session_id, cookie = await signed_in(db, anna)
    start = clock.now_ms
    clock.forward(TOUCH_MS - 1)
    async with db.write() as tx:
        signed = await sessions.signed_by_session(tx, cookie)
        await sessions.touch(tx, [session_id])
        assert (await sessions.listing(tx, anna.id, None))[0].seen_at == start
    assert signed is not None
    assert not signed.touch_due
    clock.forward(1)
    async with db.write() as tx:
        await sessions.touch(tx, [session_id])
        assert (await sessions.listing(tx, anna.id, None))[0].seen_at == clock.now_ms


async def test_a_use_that_is_written_down_late_revives_no_session(
    db: Database, anna: Account, clock: Clock
) -> None:
    """Noted while it was good, written when the clock had jumped."""
    session_id, cookie = await signed_in(db, anna)
    clock.forward(sessions.LASTS_MS)
    async with db.write() as tx:
        await sessions.touch(tx, [session_id])
        assert await sessions.signed_by_session(tx, cookie) is None


async def test_the_twenty_first_device_ends_the_one_unused_longest(
    db: Database, anna: Account, clock: Clock
) -> None:
    opened = []
    for _ in range(MAX_PER_ACCOUNT):
        opened.append(await signed_in(db, anna))
        clock.forward(TOUCH_MS)
    async with db.write() as tx:
        await sessions.touch(tx, [opened[0][0]])
    await signed_in(db, anna)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, opened[0][1])
        assert await sessions.signed_by_session(tx, opened[1][1]) is None
        assert len(await sessions.listing(tx, anna.id, None)) == MAX_PER_ACCOUNT
    assert await ended(db, anna) == [opened[1][0]]


async def test_signing_out_ends_that_device_and_says_so(db: Database, anna: Account) -> None:
    (phone, first), (_, second) = await signed_in(db, anna), await signed_in(db, anna)
    async with db.write() as tx:
        await sessions.end_session(tx, anna.id, phone)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, first) is None
        assert await sessions.signed_by_session(tx, second)
    assert await ended(db, anna) == [phone]


async def test_nobody_ends_somebody_elses_session(db: Database, anna: Account) -> None:
    session_id, cookie = await signed_in(db, anna)
    async with db.write() as tx:
        ben = await create(tx, name="Ben")
    for act in (sessions.end_session, sessions.rotate):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await act(tx, ben.id, session_id)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, cookie)


async def test_signing_out_everywhere_else_keeps_this_device(db: Database, anna: Account) -> None:
    opened = [await signed_in(db, anna) for _ in range(3)]
    keep, cookie = opened[1]
    async with db.write() as tx:
        assert await sessions.end_other_sessions(tx, anna.id, keep) == 2
    async with db.read() as tx:
        assert [s.id for s in await sessions.listing(tx, anna.id, keep)] == [keep]
        assert await sessions.signed_by_session(tx, cookie)
    assert set(await ended(db, anna)) == {opened[0][0], opened[2][0]}


async def test_after_a_change_of_rights_the_old_cookie_is_worth_nothing(db: Database, anna: Account) -> None:
    session_id, old = await signed_in(db, anna)
    async with db.write() as tx:
        new = await sessions.rotate(tx, anna.id, session_id)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, old) is None
        signed = await sessions.signed_by_session(tx, new)
    assert signed is not None
    assert signed.session_id == session_id
    assert await ended(db, anna) == []


async def test_expired_sessions_are_swept(db: Database, anna: Account, clock: Clock) -> None:
    await signed_in(db, anna)
    clock.forward(LASTS_MS)
    _, cookie = await signed_in(db, anna)
    async with db.write() as tx:
        await sessions.sweep(tx)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, cookie)
        assert len(await sessions.listing(tx, anna.id, None)) == 1


async def test_a_session_that_was_opened_while_its_account_was_being_suspended_opens_nothing(
    db: Database, anna: Account
) -> None:
    _, cookie = await signed_in(db, anna)
    async with db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == anna.id).values(state="suspended"))
        assert await sessions.signed_by_session(tx, cookie) is None
