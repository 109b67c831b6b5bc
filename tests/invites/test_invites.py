"""Invites: what they grant, to how many, until when."""

from typing import Any

import pytest
from sqlalchemy import func, select

from channel import accounts, invites
from channel.accounts import Account
from channel.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from channel.ids import token_hash
from channel.invites import Invite, Seal
from channel.invites.tables import invites as invite_table
from channel.members import Role, State, actions, governing, joining
from channel.members.model import Membership
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock

SEAL = Seal(bytes(range(32)))


async def invite(scene: Scene, by: Account | None = None, **terms: object) -> Invite:
    async with scene.db.write() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.create(tx, judged, scene.community, SEAL, **terms)  # type: ignore[arg-type]


async def accept(scene: Scene, made: Invite, account: Account, note: str = "") -> tuple[Membership, bool]:
    async with scene.db.write() as tx:
        return await invites.accept(tx, made.code or "", account, note=note)


async def switch(scene: Scene, made: Invite, state: str, by: Account | None = None) -> Invite:
    async with scene.db.write() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.set_state(tx, judged, scene.community, made.id, state, seal=SEAL)  # type: ignore[arg-type]


async def seen(scene: Scene, made: Invite, by: Account | None = None) -> Invite:
    async with scene.db.read() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.one(tx, judged, scene.community, made.id, seal=SEAL)


async def why_gone(scene: Scene, made: Invite) -> str | None:
    """The code with which the invite is refused, by preview and by accept alike; None when it is good."""
    codes: list[str | None] = []
    for look in (True, False):
        try:
            async with scene.db.write() as tx:
                if look:
                    await invites.preview(tx, made.code or "")
                else:
                    await invites.accept(tx, made.code or "", await accounts.create(tx, name="Trial"))
                raise ZeroDivisionError  # nothing of the trial is kept
        except Gone as gone:
            codes.append(gone.code)
        except ZeroDivisionError:
            codes.append(None)
    assert codes[0] == codes[1]
    return codes[0]


async def test_an_invite_shows_what_one_would_join_and_consumes_nothing(db: Database) -> None:
    scene = await creator(db, visibility="private")
    made = await invite(scene, label="Fair", max_uses=1)
    async with db.read() as tx:
        for _ in range(3):
            shown, community, host = await invites.preview(tx, made.code or "")
    assert (shown.label, shown.uses, shown.status, shown.code) == ("Fair", 0, "open", None)
    assert (community, host) == (scene.community, scene.owner)


async def test_who_accepts_is_in_with_what_it_grants_and_listed(db: Database) -> None:
    scene, bob = await creator(db, visibility="private"), await person(db, "Bob")
    gold = await scene.tier("Gold", 10)
    made = await invite(scene, tier_id=gold.id)
    came, created = await accept(scene, made, bob)
    assert created
    assert (came.role, came.tier, came.state, came.invite_id) == (Role.MEMBER, gold, State.ACTIVE, made.id)
    assert (await scene.refresh()).member_count == 2
    async with db.read() as tx:
        page = await invites.joins(tx, await scene.by(tx, scene.owner), scene.community, made)
    (join,) = page.items
    assert (join.account, join.tier_name, join.state) == (bob, "Gold", State.ACTIVE)


async def test_twice_by_the_same_account_counts_once(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene, max_uses=1)
    assert (await accept(scene, made, bob))[1]
    came, created = await accept(scene, made, bob)
    assert not created
    assert came.state is State.ACTIVE
    assert ((await seen(scene, made)).uses, (await seen(scene, made)).status) == (1, "used_up")
    assert (await scene.refresh()).member_count == 2


async def test_who_is_in_already_uses_nothing_up(db: Database) -> None:
    scene = await creator(db)
    bob, made = await scene.member("Bob"), await invite(scene, max_uses=1)
    assert not (await accept(scene, made, bob))[1]
    assert not (await accept(scene, made, scene.owner))[1]
    assert (await seen(scene, made)).uses == 0


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


async def test_a_banned_person_stays_out_by_the_link_they_came_by_and_by_any_other(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 10)
    made, other = await invite(scene), await invite(scene, tier_id=gold.id, requires_approval=True)
    await accept(scene, made, bob)
    async with db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, bob.id)
    for link in (made, other):
        with pytest.raises(Forbidden) as refused:
            await accept(scene, link, bob)
        assert refused.value.code == "banned"
    assert ((await seen(scene, made)).uses, (await seen(scene, other)).uses) == (1, 0)


async def test_a_suspended_account_uses_nothing_up(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene, max_uses=1)
    async with db.write() as tx:
        await accounts.suspend(tx, bob.id)
        bob = await accounts.one(tx, bob.id)
    with pytest.raises(Forbidden):
        await accept(scene, made, bob)
    assert (await seen(scene, made)).uses == 0


async def test_leaving_frees_nothing_and_coming_back_by_the_same_link_costs_nothing(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 10)
    made = await invite(scene, max_uses=1, tier_id=gold.id)
    await accept(scene, made, bob)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    assert await why_gone(scene, made) == "invite_used_up"
    back, created = await accept(scene, made, bob)
    assert created
    assert back.tier.rank == 0, "a link gives its tier once, else leaving would undo what the creator took"
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    await switch(scene, made, "revoked")
    with pytest.raises(Gone):
        await accept(scene, made, bob)


async def test_a_member_gets_a_higher_tier_by_a_link_once_and_that_counts(db: Database) -> None:
    scene = await creator(db)
    gold, silver = await scene.tier("Gold", 20), await scene.tier("Silver", 10)
    bob, eve = await scene.member("Bob"), await scene.member("Eve", tier=gold)
    made = await invite(scene, tier_id=silver.id, max_uses=1)
    assert (await accept(scene, made, eve))[0].tier == gold
    assert (await seen(scene, made)).uses == 0
    came, created = await accept(scene, made, bob)
    assert (came.tier, created) == (silver, False)
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        await actions.give_tier(tx, await scene.by(tx, scene.owner), scene.community, [bob.id], scene.free.id)
    assert (await accept(scene, made, bob))[0].tier == scene.free
    late = await scene.member("Late")
    assert (await accept(scene, made, late))[0].tier == scene.free, "used up"


@pytest.mark.parametrize("terms", [{"requires_approval": True}, {"expires_at": 1_767_225_600_001}])
async def test_no_tier_is_raised_by_a_link_that_asks_for_approval_or_is_over(
    db: Database, clock: Clock, terms: dict[str, Any]
) -> None:
    scene = await creator(db)
    gold, bob = await scene.tier("Gold", 20), await scene.member("Bob")
    made = await invite(scene, tier_id=gold.id, **terms)
    clock.forward(1)
    assert (await accept(scene, made, bob))[0].tier == scene.free
    assert (await seen(scene, made)).uses == 0


async def test_a_link_that_asks_for_approval_makes_a_request_counted_once(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    gold = await scene.tier("Gold", 20)
    made = await invite(scene, requires_approval=True, tier_id=gold.id, max_uses=1)
    came, created = await accept(scene, made, bob, note="We met at the fair")
    assert (came.state, created) == (State.REQUESTED, True)
    assert not (await accept(scene, made, bob))[1]
    assert (await seen(scene, made)).uses == 1
    async with db.write() as tx:
        assert not (await scene.by(tx, bob)).reads(0)
        await actions.approve(tx, await scene.by(tx, scene.owner), scene.community, [bob.id])
        assert (await scene.by(tx, bob)).reads(20)


async def test_an_open_link_lets_in_who_had_asked(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    await accept(scene, await invite(scene, requires_approval=True), bob)
    came, created = await accept(scene, await invite(scene), bob)
    assert (came.state, created) == (State.ACTIVE, True)
    assert (await scene.refresh()).member_count == 2


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


async def test_it_never_makes_more_than_a_member(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob", role=Role.ADMIN)
    made = await invite(scene)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, scene.community)
    assert (await accept(scene, made, bob))[0].role is Role.MEMBER


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


async def test_a_closed_community_takes_nobody_in_but_its_links_can_be_revoked(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene)
    async with db.write() as tx:
        await governing.close(tx, await scene.by(tx, scene.owner), scene.community)
    with pytest.raises(Conflict) as refused:
        await accept(scene, made, bob)
    assert refused.value.code == "community_closed"
    assert (await seen(scene, made)).uses == 0
    with pytest.raises(Forbidden):
        await invite(scene)
    assert (await switch(scene, made, "revoked")).status == "revoked"


async def test_a_link_into_a_deleted_community_leads_nowhere(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    made = await invite(scene)
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await governing.delete_community(tx, owner, scene.community, typed_handle="anna")
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await invites.preview(tx, made.code or "")
        with pytest.raises(NotFound):
            await invites.accept(tx, made.code or "", bob)


async def test_it_leads_to_its_first_room_that_one_may_read(db: Database) -> None:
    scene, bob = await creator(db), await person(db)
    inside, hall = await scene.room("inside", min_rank=10), await scene.room("hall", min_rank=0)
    made = await invite(scene, rooms=[inside.id, hall.id, inside.id])
    assert made.rooms == (inside.id, hall.id)
    await accept(scene, made, bob)
    async with db.write() as tx:
        judged = await scene.by(tx, bob)
        assert await invites.landing(tx, made, judged) == hall
        owner = await scene.by(tx, scene.owner)
        await governing.delete_room(tx, owner, scene.community, hall, typed_slug="hall")
        assert await invites.landing(tx, made, judged) == scene.news
        await governing.edit_room(tx, owner, scene.community, scene.news, min_rank=10)
        assert await invites.landing(tx, made, judged) is None


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
