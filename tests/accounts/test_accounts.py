"""Making, finding, changing, suspending and deleting accounts, on both databases."""

import asyncio

import pytest
from sqlalchemy import select

from channel import outbox
from channel.accounts import (
    Account,
    by_handle,
    create,
    delete_account,
    emails,
    links,
    list_accounts,
    one,
    passkeys,
    recovery,
    sessions,
    setup,
    suspend,
    tickets,
    tokens,
    unsuspend,
    update_profile,
)
from channel.accounts.actions import set_language, set_presence
from channel.accounts.queries import by_email, several
from channel.accounts.tables import accounts
from channel.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from channel.events import PresenceSet, SessionEnded, account_stream
from channel.ids import new_id
from channel.outbox import events_since
from channel.storage import Database
from tests.conftest import Clock


async def made(db: Database, name: str = "Anna", **more: object) -> Account:
    async with db.write() as tx:
        return await create(tx, name=name, **more)  # type: ignore[arg-type]


async def test_a_follower_needs_only_a_name(db: Database) -> None:
    mia = await made(db, " Mia ")
    async with db.read() as tx:
        assert await one(tx, mia.id) == mia
    assert (mia.name, mia.handle, mia.email, mia.state, mia.is_admin) == ("Mia", None, None, "active", False)
    assert 0 <= mia.hue < 360


async def test_an_account_is_found_by_handle_and_address_in_any_case(db: Database) -> None:
    anna = await made(db, handle="Anna_B", email="Anna@Example.org")
    async with db.read() as tx:
        assert await by_handle(tx, "@ANNA_b") == anna
        assert await by_email(tx, " anna@EXAMPLE.org") == anna
        assert await several(tx, [anna.id, "nobody"]) == {anna.id: anna}
        for missing in (by_handle(tx, "nobody"), by_email(tx, "no@example.org"), one(tx, "nobody")):
            with pytest.raises(NotFound):
                await missing


async def test_a_taken_handle_or_address_is_said_beside_its_field(db: Database) -> None:
    await made(db, handle="anna", email="anna@example.org")
    with pytest.raises(Invalid) as handle:
        await made(db, handle="anna")
    with pytest.raises(Invalid) as email:
        await made(db, handle="other", email="anna@example.org")
    assert (set(handle.value.fields), set(email.value.fields)) == ({"handle"}, {"email"})


async def test_of_many_who_claim_a_handle_at_once_one_gets_it(db: Database) -> None:
    async def claim() -> bool:
        try:
            await made(db, handle="anna")
        except Invalid:
            return False
        return True

    won = await asyncio.gather(*(claim() for _ in range(30)))
    assert won.count(True) == 1


async def test_a_profile_can_be_changed_but_not_to_somebody_elses_handle(db: Database) -> None:
    anna, ben = await made(db, handle="anna"), await made(db, "Ben", handle="ben")
    look = {"avatar": "art:kiln", "hue": 30, "language": "de", "theme": "dark"}
    async with db.write() as tx:
        changed = await update_profile(tx, anna.id, name="Anna B.", handle="anna_b", **look)  # type: ignore[arg-type]
    assert (changed.name, changed.handle, changed.avatar, changed.theme) == (
        "Anna B.",
        "anna_b",
        "art:kiln",
        "dark",
    )
    with pytest.raises(Invalid) as refused:
        async with db.write() as tx:
            await update_profile(tx, ben.id, name="Ben", handle="anna_b", **look)  # type: ignore[arg-type]
    assert "handle" in refused.value.fields
    async with db.read() as tx:
        assert await one(tx, ben.id) == ben


async def test_the_language_can_be_left_to_the_browser_again(db: Database) -> None:
    anna = await made(db, language="de")
    async with db.write() as tx:
        await set_language(tx, anna.id, None)
        assert (await one(tx, anna.id)).language is None
        with pytest.raises(Invalid):
            await set_language(tx, anna.id, "xx")


async def test_a_suspended_account_is_out_at_once_and_cannot_come_back_by_any_door(db: Database) -> None:
    await made(db, "Root", handle="root_admin", is_admin=True)
    anna = await made(db, handle="anna")
    async with db.write() as tx:
        _, cookie = await sessions.open_session(tx, anna.id, device="", how="link")
        _, bearer = await tokens.create_token(tx, anna.id, name="t", scopes=["read"], days=None)
        codes = await recovery.new_recovery_codes(tx, anna.id)
    async with db.write() as tx:
        await suspend(tx, anna.id)
    async with db.read() as tx:
        assert await sessions.signed_by_session(tx, cookie) is None
        assert await tokens.signed_by_token(tx, bearer) is None
        told = await outbox.events_since(tx, account_stream(anna.id), 0)
    assert told[-1].event == SessionEnded(account_id=anna.id, session_id=None)
    for door in (
        lambda tx: sessions.open_session(tx, anna.id, device="", how="link"),
        lambda tx: tokens.create_token(tx, anna.id, name="t", scopes=["read"], days=None),
        lambda tx: recovery.redeem_recovery(tx, "anna", codes[0], "192.0.2.1"),
    ):
        with pytest.raises(Forbidden) as refused:
            async with db.write() as tx:
                await door(tx)
        assert refused.value.code == "suspended"
    async with db.write() as tx:
        await unsuspend(tx, anna.id)
        assert await tokens.signed_by_token(tx, bearer) is not None
        assert await sessions.signed_by_session(tx, cookie) is None


async def test_the_only_admin_can_be_neither_suspended_nor_deleted(db: Database) -> None:
    root = await made(db, handle="chief", is_admin=True)
    for act in (suspend, lambda tx, account_id: delete_account(tx, account_id, [])):
        with pytest.raises(Conflict) as refused:
            async with db.write() as tx:
                await act(tx, root.id)
        assert refused.value.code == "last_admin"


async def test_two_admins_cannot_remove_each_other_at_the_same_moment(db: Database) -> None:
    ann, ben = await made(db, "Ann", is_admin=True), await made(db, "Ben", is_admin=True)

    async def remove(account: Account) -> bool:
        try:
            async with db.write() as tx:
                await suspend(tx, account.id)
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(remove(ann), remove(ben))) == [False, True]


async def test_an_owner_cannot_be_deleted_and_is_told_what_to_transfer(db: Database) -> None:
    anna = await made(db)
    with pytest.raises(Conflict) as refused:
        async with db.write() as tx:
            await delete_account(tx, anna.id, ["Kiln News", "Glaze Club"])
    assert "Kiln News, Glaze Club" in refused.value.detail


async def test_deleting_leaves_a_nameless_row_and_no_trace_of_the_person(db: Database) -> None:
    anna = await made(db, "Anna Unverwechselbar", handle="anna_unique", email="anna.unique@example.org")
    async with db.write() as tx:
        _, cookie = await sessions.open_session(tx, anna.id, device="Firefox", how="link")
        await tokens.create_token(tx, anna.id, name="unique-token", scopes=["read"], days=None)
        await recovery.new_recovery_codes(tx, anna.id)
        await emails.ask_sign_in_mail(tx, "anna.unique@example.org", "en")
        await emails.ask_email_proof(tx, anna.id, "other.unique@example.org", "en")
    async with db.write() as tx:
        await delete_account(tx, anna.id, [])
    async with db.read() as tx:
        gone = await one(tx, anna.id)
        assert (gone.name, gone.handle, gone.email, gone.state) == ("", None, None, "deleted")
        assert await sessions.signed_by_session(tx, cookie) is None
        assert await tokens.listing(tx, anna.id) == []
        assert await passkeys.listing(tx, anna.id) == []
        assert (await recovery.ways_back(tx, anna.id)).none
        log = await tx.all(select(outbox.events.c.data))
        assert log
        assert not any("unique" in row.data for row in log)
        seqs = [logged.seq for logged in await outbox.events_since(tx, account_stream(anna.id), 0)]
    assert seqs == list(range(1, len(seqs) + 1))


async def test_nothing_brings_a_deleted_account_back(db: Database) -> None:
    anna = await made(db)
    async with db.write() as tx:
        await delete_account(tx, anna.id, [])
    for act in (unsuspend, suspend, lambda tx, i: set_language(tx, i, "de")):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await act(tx, anna.id)
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await sessions.open_session(tx, anna.id, device="", how="link")


async def test_the_admins_list_is_paged_and_searched_without_wildcards(db: Database, clock: Clock) -> None:
    for number in range(5):
        clock.forward(1)
        await made(db, f"Person {number}", handle=f"person_{number}", email=f"p{number}@example.org")
    clock.forward(-10)
    await made(db, "Änne")
    ghost = await made(db, "Ghost")
    async with db.write() as tx:
        await delete_account(tx, ghost.id, [])
    async with db.read() as tx:
        first, cursor = await list_accounts(tx, limit=3)
        rest, end = await list_accounts(tx, cursor=cursor, limit=3)
        assert [account.name[-1] for account in [*first, *rest]] == list("43210e")
        assert end is None
        assert [a.handle for a in (await list_accounts(tx, "PERSON 2"))[0]] == ["person_2"]
        assert [a.handle for a in (await list_accounts(tx, "p4@"))[0]] == ["person_4"]
        assert [a.name for a in (await list_accounts(tx, "Änne"))[0]] == ["Änne"]
        assert (await list_accounts(tx, "%"))[0] == []
        assert (await list_accounts(tx, "person_"))[0] != []
        assert (await list_accounts(tx, "personx"))[0] == []
        for bad in ("x", "1", "-1.a", "9" * 30 + ".a", "１.a"):
            with pytest.raises(Invalid):
                await list_accounts(tx, cursor=bad)


async def test_no_secret_stands_in_the_tables(db: Database) -> None:
    anna = await made(db)
    async with db.write() as tx:
        _, cookie = await sessions.open_session(tx, anna.id, device="", how="link")
        _, bearer = await tokens.create_token(tx, anna.id, name="t", scopes=["read"], days=None)
        codes = await recovery.new_recovery_codes(tx, anna.id)
        kept = ""
        for table in accounts.metadata.sorted_tables:
            kept += repr(await tx.all(select(table)))
    assert anna.id in kept
    for secret in (cookie, bearer, bearer.removeprefix("ch_"), *codes):
        assert secret not in kept


@pytest.mark.parametrize(
    "junk",
    ["", "\x00", "a\x00b", "\ud800", "a\ud800@example.org", "'; DROP TABLE accounts; --", "x" * 100_000],
)
async def test_junk_in_the_place_of_a_name_or_secret_finds_nothing_and_breaks_nothing(
    db: Database, junk: str
) -> None:
    anna = await made(db, handle="anna", email="anna@example.org")
    async with db.write() as tx:
        for find in (one, by_handle, by_email, suspend, unsuspend):
            with pytest.raises(NotFound):
                await find(tx, junk)
        for end in (sessions.end_session, tokens.revoke_token, passkeys.remove):
            with pytest.raises(NotFound):
                await end(tx, anna.id, junk)
        for secret in (sessions.signed_by_session, tokens.signed_by_token):
            assert await secret(tx, junk) is None
        for redeem in (links.redeem_sign_in, emails.prove_email, setup.setup_waiting):
            with pytest.raises(Gone):
                await redeem(tx, junk)
        assert await tickets.redeem_ticket(tx, junk) is None
        assert await recovery.redeem_recovery(tx, junk, junk, "192.0.2.1") is None
        found, _ = await list_accounts(tx, junk)
        assert len(found) <= 1


async def test_who_does_not_want_to_be_seen_says_so_and_its_connections_are_told(db: Database) -> None:
    async with db.write() as tx:
        anna = await create(tx, name="Anna")
        assert anna.presence
        assert not (await set_presence(tx, anna.id, False)).presence
        assert not (await one(tx, anna.id)).presence
        with pytest.raises(NotFound):
            await set_presence(tx, new_id(tx.now), False)
    async with db.read() as tx:
        told = await events_since(tx, account_stream(anna.id), 0)
    assert [logged.event for logged in told] == [PresenceSet(account_id=anna.id, presence=False)]
