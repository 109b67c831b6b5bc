"""Tokens for programs, and the tickets that carry credentials into a WebSocket URL."""

import asyncio

import pytest

from channel import outbox
from channel.accounts import Account, create, sessions, suspend, tickets, tokens
from channel.accounts.model import Signed, Token
from channel.errors import Conflict, Invalid, NotFound
from channel.events import SessionEnded, account_stream
from channel.storage import Database
from tests.conftest import Clock

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna")


async def token(db: Database, account: Account, *, days: int | None = None) -> tuple[Token, str]:
    async with db.write() as tx:
        return await tokens.create_token(tx, account.id, name="Bot", scopes=["read", "post"], days=days)


async def test_a_token_opens_what_its_scopes_say(db: Database, anna: Account) -> None:
    made, secret = await token(db, anna)
    assert secret.startswith("ch_")
    async with db.read() as tx:
        signed = await tokens.signed_by_token(tx, secret)
    assert signed is not None
    assert (signed.account, signed.session_id, signed.token_id) == (anna, None, made.id)
    assert signed.allows("read")
    assert not signed.allows("manage")


async def test_a_token_is_no_cookie_and_a_cookie_no_token(db: Database, anna: Account) -> None:
    _, bearer = await token(db, anna)
    async with db.write() as tx:
        _, cookie = await sessions.open_session(tx, anna.id, device="", how="link")
        assert await sessions.signed_by_session(tx, bearer) is None
        assert await tokens.signed_by_token(tx, cookie) is None


async def test_a_token_ends_with_its_day(db: Database, anna: Account, clock: Clock) -> None:
    _, secret = await token(db, anna, days=30)
    clock.forward(30 * DAY_MS - 1)
    async with db.read() as tx:
        assert await tokens.signed_by_token(tx, secret)
    clock.forward(1)
    async with db.read() as tx:
        assert await tokens.signed_by_token(tx, secret) is None
        assert len(await tokens.listing(tx, anna.id)) == 1


async def test_a_token_that_was_used_says_when(db: Database, anna: Account, clock: Clock) -> None:
    made, secret = await token(db, anna)
    async with db.write() as tx:
        signed = await tokens.signed_by_token(tx, secret)
        assert signed is not None
        assert signed.touch_due
        await tokens.touch(tx, [made.id])
        again = await tokens.signed_by_token(tx, secret)
        assert again is not None
        assert not again.touch_due
        assert [t.used_at for t in await tokens.listing(tx, anna.id)] == [clock.now_ms]


async def test_a_revoked_token_stops_and_its_sockets_hear_of_it(db: Database, anna: Account) -> None:
    made, secret = await token(db, anna)
    async with db.write() as tx:
        ben = await create(tx, name="Ben")
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await tokens.revoke_token(tx, ben.id, made.id)
    async with db.write() as tx:
        await tokens.revoke_token(tx, anna.id, made.id)
    async with db.read() as tx:
        assert await tokens.signed_by_token(tx, secret) is None
        told = await outbox.events_since(tx, account_stream(anna.id), 0)
    assert [logged.event for logged in told] == [SessionEnded(account_id=anna.id, session_id=made.id)]


async def test_tokens_have_bounds(db: Database, anna: Account) -> None:
    for days in (0, -1, 3651):
        with pytest.raises(Invalid):
            await token(db, anna, days=days)
    for _ in range(tokens.MAX_PER_ACCOUNT):
        await token(db, anna)
    with pytest.raises(Conflict):
        await token(db, anna)


async def ticket_of(db: Database, signed: Signed) -> str:
    async with db.write() as tx:
        return await tickets.live_ticket(tx, signed)


async def redeemed(db: Database, secret: str) -> Signed | None:
    async with db.write() as tx:
        return await tickets.redeem_ticket(tx, secret)


async def test_a_ticket_stands_for_the_credentials_it_was_made_with_once(db: Database, anna: Account) -> None:
    _, bearer = await token(db, anna)
    async with db.read() as tx:
        signed = await tokens.signed_by_token(tx, bearer)
    assert signed is not None
    secret = await ticket_of(db, signed)
    came = await asyncio.gather(*(redeemed(db, secret) for _ in range(20)))
    winners = [who for who in came if who is not None]
    assert [(w.account, w.token_id, w.scopes) for w in winners] == [(anna, signed.token_id, signed.scopes)]


async def test_a_ticket_lives_thirty_seconds_and_no_longer_than_what_it_stands_for(
    db: Database, anna: Account, clock: Clock
) -> None:
    async with db.write() as tx:
        session_id, cookie = await sessions.open_session(tx, anna.id, device="", how="link")
        signed = await sessions.signed_by_session(tx, cookie)
    assert signed is not None
    late, orphan, good = [await ticket_of(db, signed) for _ in range(3)]
    assert (await redeemed(db, good)) == signed
    async with db.write() as tx:
        await sessions.end_session(tx, anna.id, session_id)
    assert await redeemed(db, orphan) is None
    clock.forward(30_000)
    assert await redeemed(db, late) is None


async def test_a_suspended_accounts_ticket_opens_nothing(db: Database, anna: Account) -> None:
    made, _ = await token(db, anna)
    secret = await ticket_of(db, Signed(anna, None, made.id, frozenset({"read"})))
    async with db.write() as tx:
        await suspend(tx, anna.id)
    assert await redeemed(db, secret) is None
