"""Passkeys, with a device in software and the real library."""

import asyncio
import json
from dataclasses import replace

import pytest

from channel.accounts import Account, create, passkeys, suspend
from channel.accounts.model import Passkey
from channel.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from channel.settings import Settings
from channel.storage import Database
from tests.accounts.authenticator import Authenticator
from tests.conftest import Clock

ORIGIN, HOST = "https://channel.example.org", "channel.example.org"
SITE = Settings(url=ORIGIN)


@pytest.fixture
async def anna(db: Database) -> Account:
    async with db.write() as tx:
        return await create(tx, name="Anna", handle="anna")


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(ORIGIN, HOST)


async def register(
    db: Database, account: Account, device: Authenticator, name: str = "Anna's phone"
) -> Passkey:
    async with db.write() as tx:
        options, state = await passkeys.registration_options(tx, account, SITE)
    credential = device.create(options)
    async with db.write() as tx:
        return await passkeys.register(tx, account, SITE, state, credential, name)


async def sign_in(db: Database, device: Authenticator, site: Settings = SITE) -> Account:
    async with db.write() as tx:
        options, state = await passkeys.sign_in_options(tx, site)
    credential = device.get(options)
    async with db.write() as tx:
        return await passkeys.sign_in(tx, site, state, credential)


async def test_a_key_made_once_signs_in_without_a_name_being_typed(
    db: Database, anna: Account, device: Authenticator, clock: Clock
) -> None:
    made = await register(db, anna, device)
    clock.forward(1000)
    assert await sign_in(db, device) == anna
    async with db.read() as tx:
        [listed] = await passkeys.listing(tx, anna.id)
    assert (listed.id, listed.name, listed.used_at) == (made.id, "Anna's phone", clock.now_ms)


async def test_the_browser_is_asked_for_a_key_that_it_keeps_for_our_host(db: Database, anna: Account) -> None:
    async with db.write() as tx:
        options, state = await passkeys.registration_options(tx, anna, SITE)
        ask, _ = await passkeys.sign_in_options(tx, SITE)
    made = json.loads(options)
    assert made["rp"]["id"] == HOST
    assert made["authenticatorSelection"]["residentKey"] == "required"
    assert made["authenticatorSelection"]["userVerification"] == "preferred"
    assert made["attestation"] == "none"
    assert made["user"]["displayName"] == "Anna"
    assert state not in options
    assert json.loads(ask).get("allowCredentials", []) == []


async def test_a_key_that_nobody_registered_signs_nobody_in(
    db: Database, anna: Account, device: Authenticator
) -> None:
    await register(db, anna, device)
    with pytest.raises(Forbidden) as refused:
        await sign_in(db, Authenticator(ORIGIN, HOST))
    assert refused.value.code == "passkey_refused"


async def test_another_key_under_a_known_name_is_refused(
    db: Database, anna: Account, device: Authenticator
) -> None:
    await register(db, anna, device)
    forged = Authenticator(ORIGIN, HOST, credential_id=device.credential_id, user_handle=device.user_handle)
    with pytest.raises(Forbidden):
        await sign_in(db, forged)
    assert await sign_in(db, device) == anna


@pytest.mark.parametrize(
    "lie",
    [
        {"origin": "https://channel.example.org.evil.example"},
        {"origin": "http://channel.example.org"},
        {"rp_id": "example.org"},
        {"user_handle": b"somebody else's"},
    ],
)
async def test_a_key_used_on_another_site_or_for_another_person_is_refused(
    db: Database, anna: Account, device: Authenticator, lie: dict[str, object]
) -> None:
    await register(db, anna, device)
    with pytest.raises(Forbidden):
        await sign_in(db, replace(device, **lie))  # type: ignore[arg-type]


async def test_a_copied_key_is_noticed_by_its_counter(
    db: Database, anna: Account, device: Authenticator
) -> None:
    device.counting = True
    await register(db, anna, device)
    assert await sign_in(db, device) == anna
    copy = replace(device)
    assert await sign_in(db, device) == anna
    with pytest.raises(Forbidden):
        await sign_in(db, copy)


async def test_an_answer_serves_once(db: Database, anna: Account, device: Authenticator) -> None:
    await register(db, anna, device)
    async with db.write() as tx:
        options, state = await passkeys.sign_in_options(tx, SITE)
    credential = device.get(options)

    async def come() -> bool:
        try:
            async with db.write() as tx:
                return await passkeys.sign_in(tx, SITE, state, credential) == anna
        except Gone:
            return False

    assert (await asyncio.gather(*(come() for _ in range(20)))).count(True) == 1
    async with db.write() as tx:
        _, other = await passkeys.sign_in_options(tx, SITE)
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await passkeys.sign_in(tx, SITE, other, credential)


async def test_a_challenge_lives_five_minutes_and_serves_its_own_ceremony(
    db: Database, anna: Account, device: Authenticator, clock: Clock
) -> None:
    async with db.write() as tx:
        options, state = await passkeys.registration_options(tx, anna, SITE)
        ask, sign_state = await passkeys.sign_in_options(tx, SITE)
    credential = device.create(options)
    with pytest.raises(Gone):
        async with db.write() as tx:
            await passkeys.register(tx, anna, SITE, sign_state, credential, "")
    clock.forward(passkeys.CHALLENGE_MS)
    with pytest.raises(Gone):
        async with db.write() as tx:
            await passkeys.register(tx, anna, SITE, state, credential, "")
    with pytest.raises(Gone):
        async with db.write() as tx:
            await passkeys.sign_in(tx, SITE, sign_state, device.get(ask))


async def test_nobody_finishes_what_another_account_began(
    db: Database, anna: Account, device: Authenticator
) -> None:
    async with db.write() as tx:
        eve = await create(tx, name="Eve")
        options, state = await passkeys.registration_options(tx, anna, SITE)
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await passkeys.register(tx, eve, SITE, state, device.create(options), "")


async def test_one_key_belongs_to_one_account(db: Database, anna: Account, device: Authenticator) -> None:
    await register(db, anna, device)
    async with db.write() as tx:
        eve = await create(tx, name="Eve")
    with pytest.raises(Conflict):
        await register(db, eve, device)
    async with db.read() as tx:
        assert await passkeys.listing(tx, eve.id) == []


async def test_a_suspended_account_is_not_signed_in_by_its_key(
    db: Database, anna: Account, device: Authenticator
) -> None:
    await register(db, anna, device)
    async with db.write() as tx:
        await suspend(tx, anna.id)
    with pytest.raises(Forbidden) as refused:
        await sign_in(db, device)
    assert refused.value.code == "suspended"


async def test_a_removed_key_signs_in_no_more_and_only_its_owner_removes_it(
    db: Database, anna: Account, device: Authenticator
) -> None:
    made = await register(db, anna, device)
    async with db.write() as tx:
        eve = await create(tx, name="Eve")
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await passkeys.remove(tx, eve.id, made.id)
    async with db.write() as tx:
        await passkeys.remove(tx, anna.id, made.id)
    with pytest.raises(Forbidden):
        await sign_in(db, device)


async def test_twenty_keys_are_enough(db: Database, anna: Account) -> None:
    for _ in range(passkeys.MAX_PER_ACCOUNT):
        await register(db, anna, Authenticator(ORIGIN, HOST), "")
    with pytest.raises(Conflict):
        await register(db, anna, Authenticator(ORIGIN, HOST))


async def test_a_name_that_is_refused_can_be_given_again(
    db: Database, anna: Account, device: Authenticator
) -> None:
    async with db.write() as tx:
        options, state = await passkeys.registration_options(tx, anna, SITE)
    credential = device.create(options)
    with pytest.raises(Invalid):
        async with db.write() as tx:
            await passkeys.register(tx, anna, SITE, state, credential, "x" * 61)
    async with db.write() as tx:
        assert (await passkeys.register(tx, anna, SITE, state, credential, "")).name == "Passkey"


BROKEN = [
    "", "null", "[]", "{}", "{", "1e999", '"x"', "[" * 20_000, '{"id":1}',
    '{"id":"a","rawId":"a","type":"public-key","response":{}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA",'
    '"attestationObject":"AA","userHandle":"é"}}',
    '{"id":"\\ud800","rawId":"\\ud800","type":"public-key","response":{"clientDataJSON":"bnVsbA","authenticatorData":"AA",'
    '"signature":"AA","attestationObject":"_____w"}}',
    "x" * 40_000,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BROKEN)))
async def test_whatever_is_sent_instead_of_a_credential_is_refused_and_no_fault(
    db: Database, anna: Account, number: int
) -> None:
    async with db.write() as tx:
        _, making = await passkeys.registration_options(tx, anna, SITE)
        _, signing = await passkeys.sign_in_options(tx, SITE)
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await passkeys.register(tx, anna, SITE, making, BROKEN[number], "")
    with pytest.raises(Forbidden):
        async with db.write() as tx:
            await passkeys.sign_in(tx, SITE, signing, BROKEN[number])


@pytest.mark.parametrize(
    ("url", "possible"),
    [
        ("https://channel.example.org", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://192.0.2.1", False),
        ("https://[2001:db8::1]", False),
        ("http://channel.example.org", False),
    ],
)
def test_passkeys_are_offered_only_where_browsers_allow_them(url: str, possible: bool) -> None:
    assert passkeys.possible(Settings(url=url)) is possible
