"""Who writes next: those of a crowd stand back, are not forgotten, and keep nobody's commit waiting."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import open_database
from channel.storage.turn import IN_A_ROW, Turn


async def _order(turn: Turn, who: list[tuple[str, bool]]) -> list[str]:
    """The order in which these have their turns, having asked one after another while somebody else had it."""
    had: list[str] = []

    async def one(name: str, patient: bool) -> None:
        await turn.take(patient=patient)
        had.append(name)
        turn.pass_on()

    await turn.take()
    tasks = [asyncio.ensure_future(one(*each)) for each in who]
    await asyncio.sleep(0)
    turn.pass_on()
    await asyncio.gather(*tasks)
    assert not turn.taken
    return had


async def test_the_patient_stand_behind_all_others_each_in_their_order() -> None:
    who = [("tap 1", True), ("post 1", False), ("tap 2", True), ("post 2", False)]
    assert await _order(Turn(), who) == ["post 1", "post 2", "tap 1", "tap 2"]


async def test_the_patient_are_not_starved() -> None:
    who = [("tap", True), *((f"post {n}", False) for n in range(3 * IN_A_ROW))]
    assert (await _order(Turn(), who)).index("tap") <= IN_A_ROW


@pytest.mark.parametrize("patient", [True, False])
async def test_who_stops_waiting_stops_nobody_else(patient: bool) -> None:
    turn = Turn()
    await turn.take()
    gone = [asyncio.ensure_future(turn.take(patient=patient)) for _ in range(3)]
    after = asyncio.ensure_future(turn.take(patient=True))
    await asyncio.sleep(0)
    gone[0].cancel()
    turn.pass_on()  # gives it to the second, who is cancelled with the turn in hand
    gone[1].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert gone[0].cancelled() and gone[1].cancelled()
    await gone[2]
    turn.pass_on()
    await after
    assert turn.taken and not turn.pressing


async def _write(db: Database, told: list[str], name: str, *, patient: bool) -> None:
    async with db.write(patient=patient) as tx:
        await tx.run(text("UPDATE instance SET probe = probe + 1"))
    told.append(name)


async def test_a_post_among_taps_is_durable_before_all_that_wait(tmp_path: Path) -> None:
    db = await open_database(Settings(data=tmp_path))
    told: list[str] = []
    async with db.write(patient=True):
        taps = [asyncio.ensure_future(_write(db, told, "tap", patient=True)) for _ in range(20)]
        post = asyncio.ensure_future(_write(db, told, "post", patient=False))
        await asyncio.sleep(0.05)
    await asyncio.gather(post, *taps)
    assert told == ["post", *["tap"] * 20]
    await db.close()


async def test_a_post_that_gives_up_leaves_no_tap_uncommitted(tmp_path: Path) -> None:
    db = await open_database(Settings(data=tmp_path))
    told: list[str] = []
    async with db.write():
        post = asyncio.ensure_future(_write(db, told, "post", patient=False))
        taps = [asyncio.ensure_future(_write(db, told, "tap", patient=True)) for _ in range(3)]
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_soon(post.cancel)
    with pytest.raises(asyncio.CancelledError):
        await post
    await asyncio.gather(*taps)
    assert told == ["tap"] * 3
    await db.close()
