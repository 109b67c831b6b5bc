"""Last uses: noted at once, written down together, and never at the price of an answer."""

import asyncio

import pytest

from channel.accounts import Account, create, sessions, tokens
from channel.accounts.model import Signed
from channel.accounts.uses import Uses
from channel.errors import Unavailable
from channel.storage import Database
from tests.accounts.test_tokens import DAY_MS, token
from tests.conftest import Clock


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna")


async def known(db: Database, secret: str) -> Signed:
    async with db.read() as tx:
        signed = await tokens.signed_by_token(tx, secret)
    assert signed is not None
    return signed


async def test_uses_of_many_are_written_in_one_go(db: Database, anna: Account, clock: Clock) -> None:
    made = [await token(db, anna) for _ in range(5)]
    async with db.write() as tx:
        session_id, cookie = await sessions.open_session(tx, anna.id, device="Phone", how="link")
    clock.forward(DAY_MS)
    uses = Uses(db)
    for _, secret in made[:3]:
        uses.note(await known(db, secret))
        uses.note(await known(db, secret))
    async with db.read() as tx:
        by_cookie = await sessions.signed_by_session(tx, cookie)
    assert by_cookie is not None
    uses.note(by_cookie)
    await uses.flush()
    async with db.read() as tx:
        used = {one.id: one.used_at for one in await tokens.listing(tx, anna.id)}
        [session] = await sessions.listing(tx, anna.id, None)
    assert used == {one.id: clock.now_ms if n < 3 else None for n, (one, _) in enumerate(made)}
    assert (session.id, session.seen_at) == (session_id, clock.now_ms)


async def test_what_was_noted_is_written_at_the_end(db: Database, anna: Account) -> None:
    made, secret = await token(db, anna)
    uses = Uses(db)
    uses.note(await known(db, secret))
    running = asyncio.get_running_loop().create_task(uses.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    async with db.read() as tx:
        assert [
            one.used_at is not None for one in await tokens.listing(tx, anna.id) if one.id == made.id
        ] == [True]


async def test_a_database_that_is_away_costs_only_the_note(
    db: Database, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = await token(db, anna)
    uses = Uses(db)
    signed = await known(db, secret)
    uses.note(signed)
    monkeypatch.setattr("channel.accounts.uses.GATHER_S", 0.0)
    with monkeypatch.context() as away:

        def refuse(**_: object) -> None:
            raise Unavailable("away")

        away.setattr(db, "write", refuse)
        running = asyncio.get_running_loop().create_task(uses.run())
        await asyncio.sleep(0.05)
        assert not running.done()
    uses.note(signed)
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert not (await known(db, secret)).touch_due
