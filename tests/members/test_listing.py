"""The member list and its table."""

import csv
import io

import pytest

from channel.errors import Invalid, NotFound
from channel.members import Role, State, actions, joining, listing, spreadsheet
from channel.members.model import Member
from channel.members.paging import cursor_of, place
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock


async def names(scene: Scene, **wanted: object) -> list[str]:
    async with scene.db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        page = await listing.listing(tx, owner, scene.community, **wanted)  # type: ignore[arg-type]
    return [one.account.name for one in page.items]


async def test_the_last_who_joined_stands_first(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    for name in ("Bob", "Eve"):
        clock.forward(1)
        await scene.member(name)
    assert await names(scene) == ["Eve", "Bob", "Anna"]


async def test_search_knows_names_and_handles_in_any_case_and_no_wildcards(db: Database) -> None:
    scene = await creator(db)
    for name in ("Özlem Ünal", "100% Bob", "snake_case", "Müller", "MÜLLER"):
        await scene.member(name)
    assert await names(scene, q="özlem ü") == ["Özlem Ünal"]
    assert await names(scene, q="Özlem") == ["Özlem Ünal"]
    assert sorted(await names(scene, q="müller")) == ["MÜLLER", "Müller"]
    assert await names(scene, q="%") == ["100% Bob"]
    assert sorted(await names(scene, q="_")) == ["Anna", "snake_case"]
    assert await names(scene, q="e_c") == ["snake_case"]
    assert await names(scene, q="@ANNA_") == ["Anna"]
    assert await names(scene, q="\\") == []


async def test_filters_by_tier_role_and_state_hold_together(db: Database) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    await scene.member("Bob", tier=gold)
    eve = await scene.member("Eve", tier=gold, role=Role.EDITOR)
    assert sorted(await names(scene, tier=gold.id)) == ["Bob", "Eve"]
    assert await names(scene, tier=gold.id, role=Role.EDITOR) == ["Eve"]
    async with db.write() as tx:
        await actions.mute(tx, await scene.by(tx, scene.owner), scene.community, eve.id)
    assert await names(scene, state=State.MUTED) == ["Eve"]
    assert await names(scene, state=State.BANNED) == []
    with pytest.raises(NotFound):
        await names(scene, tier="\x00")
    with pytest.raises(Invalid):
        await names(scene, q="\x00")


async def test_a_mute_or_ban_that_is_over_is_listed_and_counted_as_over(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    muted, banned, left = [await scene.member(name) for name in ("Muted", "Banned", "Left")]
    async with db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.mute(tx, owner, scene.community, muted.id, until=tx.now + 1000)
        await actions.ban(tx, owner, scene.community, banned.id, until=tx.now + 1000, reason="Spam")
        await joining.leave(tx, left.id, scene.community)
        counted = await listing.counts(tx, owner, scene.community)
        assert counted == {
            State.REQUESTED: 0, State.ACTIVE: 1, State.MUTED: 1, State.BANNED: 1, State.LEFT: 1,
        }  # fmt: skip
        one = await listing.one_member(tx, owner, scene.community, banned.id)
        assert (one.state, one.reason) == (State.BANNED, "Spam")
    clock.forward(1000)
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        counted = await listing.counts(tx, owner, scene.community)
        assert (counted[State.ACTIVE], counted[State.LEFT]) == (2, 2)
        one = await listing.one_member(tx, owner, scene.community, banned.id)
        assert (one.state, one.until, one.reason) == (State.LEFT, None, "")
    assert sorted(await names(scene)) == ["Anna", "Muted"]


async def test_pages_follow_each_other_without_gap_or_double(db: Database) -> None:
    scene = await creator(db)
    for n in range(11):
        await scene.member(f"M{n}")
    seen: list[Member] = []
    cursor = None
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        for _ in range(4):
            page = await listing.listing(tx, owner, scene.community, cursor=cursor, limit=3)
            seen += page.items
            cursor = page.next_cursor
    assert cursor is None
    assert len({one.account.id for one in seen}) == len(seen) == 12


@pytest.mark.parametrize(
    "cursor",
    ["", "!", "AAAA", "é", cursor_of(1, "")[:-1], cursor_of(-1, "a"), cursor_of(10**20, "a"), "\x00"],
)
async def test_a_cursor_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        place(cursor)


def test_a_cursor_leads_back_to_its_row() -> None:
    assert place(cursor_of(17, "a.b")) == (17, "a.b")


async def test_the_table_has_everybody_and_no_formula(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    for name in ('=HYPERLINK("http://evil")', "+1", "-1", "@SUM(A1)", "'quoted", 'A, "B"', "＝1"):
        clock.forward(1)
        await scene.member(name)
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        text, rest = await listing.export_csv(tx, owner, scene.community)
    assert rest is None
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == [
        "Anna", '\'=HYPERLINK("http://evil")', "'+1", "'-1", "'@SUM(A1)", "''quoted", 'A, "B"', "'＝1",
    ]  # fmt: skip
    assert rows[0]["joined_at"] == "2026-01-01T00:00:00.000+00:00"
    assert "email" not in rows[0]


async def test_a_long_table_comes_in_pieces(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = await creator(db)
    for n in range(4):
        await scene.member(f"M{n}")
    monkeypatch.setattr(listing, "EXPORT_ROWS", 2)
    text, cursor = "", None
    async with db.read() as tx:
        owner = await scene.by(tx, scene.owner)
        while cursor is not None or not text:
            piece, cursor = await listing.export_csv(tx, owner, scene.community, cursor=cursor)
            text += piece
    assert len(list(csv.DictReader(io.StringIO(text)))) == 5


@pytest.mark.parametrize("cell", ["=1", " =1", "\t1", "\r1", "-", "'"])
def test_a_risky_cell_gets_one_mark_and_loses_nothing(cell: str) -> None:
    assert spreadsheet.safe(cell) == f"'{cell}"


async def test_a_deleted_account_has_left_and_has_no_name(db: Database) -> None:
    scene = await creator(db)
    bob = await scene.member("Bob")
    async with db.write() as tx:
        await joining.erase_account(tx, bob.id)
    assert await names(scene) == ["Anna"]
    assert await names(scene, state=State.LEFT) == [""]
    assert (await scene.refresh()).member_count == 1
