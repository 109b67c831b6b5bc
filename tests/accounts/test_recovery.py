"""Recovery codes, and how often one may guess."""

import asyncio
import re

import pytest
from sqlalchemy import func, select

from channel.accounts import Account, create, guesses, recovery
from channel.accounts.guesses import DAY_MS, PER_ACCOUNT, PER_NETWORK, network_of
from channel.accounts.tables import guesses as guesses_table
from channel.errors import TooMany
from channel.storage import Database
from tests.conftest import Clock

HOME = "192.0.2.7"
QUARTER_MS = 15 * 60_000


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna", handle="anna", email="anna@example.org")


async def codes_of(db: Database, account: Account) -> list[str]:
    async with db.write() as tx:
        return await recovery.new_recovery_codes(tx, account.id)


async def redeem(db: Database, name: str, code: str, network: str = HOME) -> Account | str | None:
    try:
        async with db.write() as tx:
            return await recovery.redeem_recovery(tx, name, code, network)
    except TooMany:
        return "too many"


async def test_ten_codes_of_a_hundred_bit_are_grouped_for_reading(db: Database, anna: Account) -> None:
    codes = await codes_of(db, anna)
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}", code) for code in codes)
    async with db.read() as tx:
        assert (await recovery.ways_back(tx, anna.id)).recovery_codes == 10


async def test_each_code_opens_the_account_once_by_handle_or_address(db: Database, anna: Account) -> None:
    codes = await codes_of(db, anna)
    assert await redeem(db, "@Anna", codes[0]) == anna
    assert await redeem(db, "anna", codes[0]) is None
    assert await redeem(db, " ANNA@example.org", codes[1]) == anna
    async with db.read() as tx:
        assert (await recovery.ways_back(tx, anna.id)).recovery_codes == 8


async def test_a_code_is_read_as_people_write_it(db: Database, anna: Account) -> None:
    codes = await codes_of(db, anna)
    assert await redeem(db, "anna", codes[0].upper().replace("-", "  ")) == anna
    misread = codes[1].replace("0", "O").replace("1", "l").replace("-", "")
    assert await redeem(db, "anna", misread) == anna


async def test_a_new_set_ends_the_old_one(db: Database, anna: Account) -> None:
    old, new = await codes_of(db, anna), await codes_of(db, anna)
    assert await redeem(db, "anna", old[0]) is None
    assert await redeem(db, "anna", new[0]) == anna


async def test_of_twenty_who_use_a_code_at_once_one_gets_in(db: Database, anna: Account) -> None:
    [code, *_] = await codes_of(db, anna)
    came = await asyncio.gather(*(redeem(db, "anna", code) for _ in range(20)))
    assert [who for who in came if isinstance(who, Account)] == [anna]


async def test_the_code_alone_is_not_enough_for_an_account_with_a_name_to_give(
    db: Database, anna: Account
) -> None:
    codes = await codes_of(db, anna)
    async with db.write() as tx:
        await create(tx, name="Ben", handle="ben")
    assert await redeem(db, "", codes[0]) is None
    assert await redeem(db, "ben", codes[0]) is None
    assert await redeem(db, "anna", codes[0]) == anna


async def test_a_follower_with_only_a_display_name_comes_back_by_the_code_alone(db: Database) -> None:
    async with db.write() as tx:
        mia = await create(tx, name="Mia")
    codes = await codes_of(db, mia)
    assert await redeem(db, "Mia", codes[0]) is None
    assert await redeem(db, "", codes[0]) == mia


async def test_wrong_codes_are_counted_though_they_fail_and_the_right_one_waits_with_them(
    db: Database, anna: Account, clock: Clock
) -> None:
    [code, *_] = await codes_of(db, anna)
    assert [await redeem(db, "anna", "wrong", f"198.51.100.{n}") for n in range(6)] == [None] * 5 + [
        "too many"
    ]
    assert await redeem(db, "anna", code, "203.0.113.9") == "too many"
    clock.forward(QUARTER_MS)
    assert await redeem(db, "anna", code) == anna


async def test_no_account_can_be_guessed_at_more_than_ten_times_in_a_quarter_of_an_hour(
    db: Database, anna: Account
) -> None:
    names = ("anna", "ANNA", "@anna", "anna@example.org", "Anna@Example.org")
    tries = [redeem(db, names[n % 5], f"wrong {n}", f"198.51.100.{n}") for n in range(100)]
    assert (await asyncio.gather(*tries)).count(None) == PER_ACCOUNT.count


async def test_a_name_that_nobody_has_is_limited_like_one_that_somebody_has(
    db: Database, anna: Account
) -> None:
    known = [await redeem(db, "anna", "wrong") for _ in range(7)]
    unknown = [await redeem(db, "nobody", "wrong") for _ in range(7)]
    assert known == unknown
    assert "too many" in known


async def test_a_network_has_a_hundred_tries_over_all_names(db: Database) -> None:
    tries = [redeem(db, f"name{n}", "wrong", network_of(f"2001:db8::{n:x}")) for n in range(120)]
    assert (await asyncio.gather(*tries)).count(None) == PER_NETWORK.count
    assert await redeem(db, "fresh", "wrong", network_of("2001:db8:0:1::1")) is None


async def test_the_wait_is_told_in_seconds(db: Database, clock: Clock) -> None:
    for _ in range(PER_ACCOUNT.count):
        async with db.write() as tx:
            await guesses.note_guess(tx, "link", "somebody", HOME)
        clock.forward(1000)
    with pytest.raises(TooMany) as refused:
        async with db.read() as tx:
            await guesses.check_guesses(tx, "link", "somebody", "203.0.113.1")
    assert refused.value.retry_after_s == 15 * 60 - PER_ACCOUNT.count + 1
    clock.forward(refused.value.retry_after_s * 1000)
    async with db.read() as tx:
        await guesses.check_guesses(tx, "link", "somebody", HOME)


async def test_a_limit_is_bound_to_its_purpose(db: Database) -> None:
    for _ in range(PER_ACCOUNT.count):
        async with db.write() as tx:
            await guesses.note_guess(tx, "link", "somebody", HOME)
    async with db.write() as tx:
        await guesses.note_guess(tx, "invite", "somebody", HOME)
        with pytest.raises(TooMany):
            await guesses.note_guess(tx, "link", "somebody", "203.0.113.1")


async def test_checking_counts_nothing(db: Database) -> None:
    async with db.read() as tx:
        for _ in range(200):
            await guesses.check_guesses(tx, "invite", None, HOME)


async def test_guesses_are_forgotten_after_a_day_and_typed_names_never_kept(
    db: Database, clock: Clock
) -> None:
    await redeem(db, "my password", "wrong")
    async with db.read() as tx:
        assert "password" not in repr(await tx.all(select(guesses_table)))
    clock.forward(DAY_MS + 1)
    async with db.write() as tx:
        await guesses.sweep(tx)
        assert await tx.value(select(func.count()).select_from(guesses_table)) == 0


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_network_is_one_ipv4_address_or_a_64(address: str | None, network: str) -> None:
    assert network_of(address) == network


async def test_somebody_who_would_lose_the_account_with_the_device_can_be_told(
    db: Database, anna: Account
) -> None:
    async with db.write() as tx:
        mia = await create(tx, name="Mia")
    async with db.read() as tx:
        assert (await recovery.ways_back(tx, mia.id)).none
        assert not (await recovery.ways_back(tx, anna.id)).none
