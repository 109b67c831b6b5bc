"""Invites: what they say, who makes them, until when they are good."""

import pytest
from sqlalchemy import func, select

from channel import accounts, invites
from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.ids import token_hash
from channel.invites import Seal
from channel.invites.tables import invites as invite_table
from channel.members import Role, actions, joining
from channel.storage import Database
from tests.cast import creator, person
from tests.conftest import Clock
from tests.invites.inviting import SEAL, accept, invite, seen, switch, why_gone


async def test_an_invite_shows_what_one_would_join_and_consumes_nothing(db: Database) -> None:
    scene = await creator(db, visibility="private")
    made = await invite(scene, label="Fair", max_uses=1)
    async with db.read() as tx:
        for _ in range(3):
            shown, community, host = await invites.preview(tx, made.code or "")
    assert (shown.label, shown.uses, shown.status, shown.code) == ("Fair", 0, "open", None)
    assert (community, host) == (scene.community, scene.owner)


async def test_it_expires_to_the_millisecond(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    made = await invite(scene, expires_at=clock.now_ms + 1000)
    clock.forward(999)
    assert await why_gone(scene, made) is None
    clock.forward(1)
    assert await why_gone(scene, made) == "invite_expired"
    assert (await seen(scene, made)).status == "expired"


async def test_used_up_paused_and_revoked_each_say_so(db: Database) -> None:
    scene = await creator(db)
    made = await invite(scene, max_uses=1)
    await switch(scene, made, "paused")
    assert await why_gone(scene, made) == "invite_paused"
    await switch(scene, made, "open")
    assert await why_gone(scene, made) is None
    await accept(scene, made, await person(db))
    assert await why_gone(scene, made) == "invite_used_up"
    await switch(scene, made, "revoked")
    assert await why_gone(scene, made) == "invite_revoked"
    assert (await switch(scene, made, "revoked")).status == "revoked"
    for state in ("open", "paused"):
        with pytest.raises(Conflict):
            await switch(scene, made, state)


@pytest.mark.parametrize(
    "code", ["", "a", "a" * 22, "a" * 23, "ä" * 22, "\x00" * 22, "a" * 21 + "\n", "../" * 8]
)
async def test_an_unknown_code_is_not_found(db: Database, code: str) -> None:
    bob = await person(db)
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await invites.preview(tx, code)
        with pytest.raises(NotFound):
            await invites.accept(tx, code, bob)


async def test_an_invite_cannot_grant_what_belongs_to_another_community(db: Database) -> None:
    scene, other = await creator(db), await creator(db, "bert")
    gold = await other.tier("Gold", 20)
    for terms in (
        {"tier_id": gold.id},
        {"tier_id": other.free.id},
        {"rooms": [other.news.id]},
        {"rooms": ["\x00"]},
    ):
        with pytest.raises(NotFound):
            await invite(scene, **terms)
    made = await invite(other, tier_id=gold.id)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        for act in (
            lambda: invites.one(tx, owner, scene.community, made.id, seal=SEAL),
            lambda: invites.set_state(tx, owner, scene.community, made.id, "revoked", seal=SEAL),
            lambda: invites.joins(tx, owner, scene.community, made),
            lambda: invites.one(tx, owner, other.community, made.id, seal=SEAL),
        ):
            with pytest.raises(NotFound):
                await act()
    assert (await seen(other, made)).status == "open"


async def test_every_wrong_field_is_named_at_once(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    with pytest.raises(Invalid) as refused:
        await invite(scene, label="x" * 81, max_uses=0, expires_at=-1, requires_approval="yes")
    assert set(refused.value.fields) == {"label", "max_uses", "expires_at", "requires_approval"}
    for terms in (
        {"max_uses": 1_000_001},
        {"max_uses": True},
        {"expires_at": clock.now_ms},
        {"expires_at": 2**70},
    ):
        with pytest.raises(Invalid):
            await invite(scene, **terms)
    assert (await invite(scene, max_uses=1_000_000, expires_at=clock.now_ms + 1)).status == "open"


async def test_a_link_dies_with_the_role_of_who_made_it_and_with_their_account(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 20)
    admin, mod = await scene.member("Admin", role=Role.ADMIN), await scene.member("Mod", role=Role.MODERATOR)
    plain, golden, mods = (
        await invite(scene, admin),
        await invite(scene, admin, tier_id=gold.id),
        await invite(scene, mod),
    )
    assert {await why_gone(scene, one) for one in (plain, golden, mods)} == {None}

    async def give(account: Account, role: Role) -> None:
        async with db.write() as tx:
            await actions.give_role(tx, await scene.by(tx, scene.owner), scene.community, account.id, role)

    await give(admin, Role.MODERATOR)
    assert (await why_gone(scene, plain), await why_gone(scene, golden)) == (None, "invite_revoked")
    await give(admin, Role.EDITOR)
    assert await why_gone(scene, plain) == "invite_revoked"
    await give(admin, Role.ADMIN)
    assert await why_gone(scene, golden) is None
    async with db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, admin.id)
        await joining.leave(tx, mod.id, scene.community)
    assert {await why_gone(scene, one) for one in (plain, golden, mods)} == {"invite_revoked"}
    bob = await scene.member("Bob", role=Role.ADMIN)
    bobs = await invite(scene, bob)
    async with db.write() as tx:
        await accounts.suspend(tx, bob.id)
    assert await why_gone(scene, bobs) == "invite_revoked"


async def test_links_of_who_transferred_the_community_live_on(db: Database) -> None:
    scene = await creator(db)
    gold, bob = await scene.tier("Gold", 20), await scene.member("Bob")
    made = await invite(scene, tier_id=gold.id)
    async with db.write() as tx:
        await actions.transfer(
            tx, await scene.by(tx, scene.owner), scene.community, bob.id, typed_handle="anna"
        )
    assert await why_gone(scene, made) is None


async def test_a_moderator_neither_makes_nor_sees_nor_opens_a_link_that_grants_a_tier(db: Database) -> None:
    scene = await creator(db)
    gold, mod = await scene.tier("Gold", 20), await scene.member("Mod", role=Role.MODERATOR)
    with pytest.raises(Forbidden):
        await invite(scene, mod, tier_id=gold.id)
    golden, plain = await invite(scene, tier_id=gold.id), await invite(scene)
    assert (await seen(scene, plain, mod)).code == plain.code
    assert (await seen(scene, golden, mod)).code is None
    assert (await switch(scene, golden, "paused", mod)).code is None
    with pytest.raises(Forbidden):
        await switch(scene, golden, "open", mod)
    assert (await invite(scene, mod, tier_id=scene.free.id)).code


async def test_the_code_is_in_the_database_only_hashed_and_sealed(db: Database) -> None:
    scene = await creator(db)
    made = await invite(scene)
    code = made.code or ""
    assert len(code) == 22
    async with db.read() as tx:
        row = await tx.one(select(invite_table))
    assert row is not None
    assert row.code_hash == token_hash(code)
    assert not any(code in str(value) for value in row)
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        other_key = await invites.one(tx, owner, scene.community, made.id, seal=Seal(bytes(32)))
    assert other_key.code is None
    assert SEAL.open(row.code_sealed, "another invite") is None


async def test_pages_follow_each_other_without_gap_or_double(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    made = []
    for n in range(5):
        clock.forward(n % 2)
        made.append((await invite(scene, label=str(n))).id)
    found: list[str] = []
    cursor = None
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        for _ in range(3):
            page = await invites.listing(tx, owner, scene.community, seal=SEAL, cursor=cursor, limit=2)
            found += [one.id for one in page.items]
            cursor = page.next_cursor
    assert cursor is None
    assert sorted(found) == sorted(made)


async def test_the_joins_of_an_invite_come_in_pages_last_first(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    made = await invite(scene)
    crowd = []
    for n in range(5):
        clock.forward(1)
        crowd.append(await person(db, f"P{n}"))
        await accept(scene, made, crowd[-1])
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        first = await invites.joins(tx, owner, scene.community, made, limit=3)
        rest = await invites.joins(tx, owner, scene.community, made, limit=3, cursor=first.next_cursor)
    assert [one.account for one in first.items + rest.items] == crowd[::-1]
    assert rest.next_cursor is None


async def test_a_community_has_at_most_its_number_of_open_invites(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = await creator(db)
    monkeypatch.setattr("channel.invites.actions.MAX_OPEN", 2)
    first = await invite(scene)
    await invite(scene)
    with pytest.raises(Conflict) as refused:
        await invite(scene)
    assert "Revoke one first" in refused.value.detail
    await switch(scene, first, "revoked")
    await invite(scene)
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(invite_table)) == 3
