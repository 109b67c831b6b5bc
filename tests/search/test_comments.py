"""Comments are found by those who may read their post, while everybody sees them there. On both databases."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text

from channel import accounts, posts, rooms
from channel.members import actions, unlocks
from channel.money import Money
from channel.posts.model import Post
from channel.posts.steps import HOUR_MS, Step
from channel.render.found import found
from channel.search import Indexer, Query, catch_up, everywhere, inside, parse, queries, search
from channel.settings import Settings
from channel.storage import Database
from channel.storage.migrate import _scripts, migration_engine
from channel.storage.open import database_url
from tests.cast import Scene, creator, join_unasked, member, person
from tests.comments import saying
from tests.conftest import Clock
from tests.posts.writing import change, open_by_itself, post, remove
from tests.search.looking import filed, texts
from tests.topics.talking import group
from tests.topics.talking import say as message

GOLD = 20


async def hits(scene: Scene, line: str) -> int:
    """How many the owner finds, without waiting for the index."""
    async with scene.db.read() as tx:
        reach = await inside(tx, scene.community, await scene.by(tx, scene.owner))
        return len((await search(tx, reach, parse(line, "en"))).items)


async def test_a_comment_is_found_with_its_post_by_those_who_read_the_post(
    db: Database, clock: Clock
) -> None:
    anna = await creator(db)
    tier = await anna.tier("Gold", GOLD)
    bob, gus = await member(db, anna, "bob"), await member(db, anna, "gus", tier=tier)
    for words, rank in (("open", None), ("members", 0), ("golden", GOLD)):
        under = await post(anna, f"{words} clay", min_rank=rank)
        clock.forward(1)
        await saying.say(anna, under, gus, f"a {words} *glaze*")
    assert await texts(anna, "glaze") == ["a open *glaze*"]
    assert await texts(anna, "glaze", bob) == ["a members *glaze*", "a open *glaze*"]
    assert len(await texts(anna, "glaze", gus)) == len(await texts(anna, "glaze", anna.owner)) == 3
    assert await texts(anna, "from:gus", bob) == ["a members *glaze*", "a open *glaze*"]
    assert await texts(anna, "glaze tier:gold", gus) == ["a golden *glaze*"]
    assert await texts(anna, "golden in:news", gus) == ["a golden *glaze*", "golden clay"]


async def test_what_is_shown_of_a_comment_leads_to_it(db: Database) -> None:
    anna = await creator(db)
    bob = await member(db, anna, "Bob")
    under = await post(anna, "About **clay**, and what comes after it")
    said = await saying.say(anna, under, bob, "A glaze with ||secret|| ash")
    await catch_up(db)
    async with db.read() as tx:
        reach = await everywhere(tx, bob.id)
        query = parse("glaz", "en")
        [one] = await found(tx, (await search(tx, reach, query)).items, reach, query)
    assert (one.kind, one.author.name, one.view.id) == ("comment", "Bob", under.id)
    assert one.href == f"/@anna/news/{under.seq}?comment={said.id}#c-{said.id}"
    assert one.post_line == "About clay, and what comes after it"
    assert [(piece.text, piece.found) for piece in one.pieces][1] == ("glaze", True)
    assert "secret" not in "".join(piece.text for piece in one.pieces)


async def test_what_waits_or_went_is_found_by_nobody(db: Database) -> None:
    anna = await creator(db)
    bob = await member(db, anna, "bob")
    under = await post(anna, "clay")
    await saying.rule(anna, comment_first_held=True)
    waits = await saying.say(anna, under, bob, "first glaze")
    assert waits.state == "held"
    everybody = (None, bob, anna.owner)
    for viewer in everybody:
        assert await texts(anna, "glaze", viewer) == []
        if viewer:
            assert await texts(anna, "glaze from:me", viewer) == []
    shown = await saying.approve(anna, waits)
    for viewer in everybody:
        assert await texts(anna, "glaze", viewer) == ["first glaze"]
    shown = await saying.change(anna, shown, "other ash")
    assert await texts(anna, "glaze") == []
    assert await texts(anna, "ash") == ["other ash"]
    await saying.remove(anna, shown)
    for viewer in everybody:
        assert await texts(anna, "ash", viewer) == []
    refused = await saying.say(anna, under, await member(db, anna, "eve"), "refused glaze")
    await saying.remove(anna, refused, by=anna.owner)
    assert await texts(anna, "refused", anna.owner) == []
    assert await filed(db) == 1


async def test_between_a_change_and_its_filing_a_comment_is_not_found_by_what_it_was(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    under = await post(anna, "clay")
    kept = await saying.say(anna, under, anna.owner, "glaze")
    gone = await saying.say(anna, under, anna.owner, "glaze to go")
    await catch_up(db)
    assert await hits(anna, "glaze") == 2
    await saying.remove(anna, gone)
    assert await hits(anna, "glaze") == 1
    await change(anna, under, "clay", min_rank=GOLD)
    assert await hits(anna, "glaze") == 0
    async with db.read() as tx:
        reach = await inside(tx, anna.community, await anna.by(tx, None))
        assert (await search(tx, reach, parse("glaze", "en"))).items == []
    await catch_up(db)
    assert await hits(anna, "glaze") == 1
    await saying.change(anna, kept, "ash")
    assert await hits(anna, "glaze") == 0


async def test_comments_go_with_their_post(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    under = await post(anna, "clay", min_rank=GOLD, opens=[Step(clock.now_ms + HOUR_MS, None)])
    await saying.say(anna, under, anna.owner, "glaze")
    assert await texts(anna, "glaze") == []
    clock.forward(HOUR_MS)
    await open_by_itself(anna, under)
    assert await texts(anna, "glaze") == ["glaze"]
    async with db.read() as tx:
        now = await posts.one(tx, under.id)
    now = await change(anna, now, "clay", min_rank=GOLD)
    assert await texts(anna, "glaze") == []
    assert await texts(anna, "glaze", anna.owner) == ["glaze"]
    await remove(anna, now)
    assert await texts(anna, "glaze", anna.owner) == []
    assert await filed(db) == 0


async def test_comments_go_with_their_room(db: Database) -> None:
    anna = await creator(db)
    room = await anna.room("workshop")
    for where in (room, anna.news):
        await saying.say(anna, await post(anna, "clay", room=where), anna.owner, f"glaze in {where.slug}")
    assert await filed(db) == 4
    async with db.write() as tx:
        await rooms.delete(tx, room)
    assert await texts(anna, "glaze", anna.owner) == ["glaze in news"]
    assert await filed(db) == 2


@pytest.mark.parametrize("at_once", [1, 3, 7, 100])
async def test_a_long_thread_goes_along_in_steps(db: Database, at_once: int) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    under = await post(anna, "clay")
    for number in range(14):
        await saying.say(anna, under, anna.owner, f"glaze {number}")
    await catch_up(db)
    await change(anna, under, "clay", min_rank=GOLD)
    indexer = Indexer(db, at_once)
    for _ in range(40):
        if not await indexer.step():
            break
    else:
        pytest.fail("it never ends")
    assert await hits(anna, "glaze") == 14
    assert await texts(anna, "glaze") == []


async def test_a_single_post_brings_its_comments_to_the_one_who_bought_it(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    bob, eve = await member(db, anna, "bob"), await member(db, anna, "eve")
    sold = await post(anna, "golden clay", min_rank=GOLD, unlock=Money(500, "EUR"))
    other = await post(anna, "golden sand", min_rank=GOLD, unlock=Money(500, "EUR"))
    clock.forward(1)
    gus = await member(db, anna, "Gus", tier=await anna.tier("More", GOLD + 1))
    mary = await member(db, anna, "Mary", tier=await anna.tier("Most", GOLD + 2))
    await saying.say(anna, sold, gus, "golden glaze https://example.org")
    clock.forward(1)
    await saying.say(anna, sold, anna.owner, "golden ash")
    await saying.say(anna, other, mary, "golden glaze elsewhere")
    async with db.write() as tx:
        await unlocks.unlock(tx, bob.id, sold.id, "purchase")
    for limit in (1, 20):
        assert await texts(anna, "golden", bob, limit=limit) == [
            "golden ash", "golden glaze https://example.org", "golden clay",
        ]  # fmt: skip
    for line in ("glaze", "gol has:link", "from:gus", "tier:gold glaze", "is:comment -ash"):
        assert await texts(anna, line, bob) == ["golden glaze https://example.org"], line
        assert await texts(anna, line, eve) == [], line
    assert await texts(anna, "from:mary", bob) == await texts(anna, "from:nobody", bob) == []
    async with db.write() as tx:
        await unlocks.lock(tx, bob.id, sold.id, "purchase")
    assert await texts(anna, "golden", bob) == []


async def test_who_wrote_what_one_may_not_read_is_nobody(db: Database) -> None:
    """Were their handle known, those whose names begin so would not be looked for."""
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    bob = await member(db, anna, "bob")
    top = await anna.tier("Top", GOLD + 1)
    async with db.write() as tx:
        zoe = await accounts.create(tx, name="Z", handle="zoe")
        await join_unasked(tx, zoe, anna.community)
        await actions.give_tier(tx, await anna.by(tx, anna.owner), anna.community, [zoe.id], top.id)
    golden = await post(anna, "golden clay", min_rank=GOLD)
    await saying.say(anna, golden, zoe, "golden glaze")
    sold = await post(anna, "sold clay", min_rank=GOLD, unlock=Money(500, "EUR"))
    async with db.write() as tx:
        await unlocks.unlock(tx, bob.id, sold.id, "purchase")
    free = await member(db, anna, "Zoella")
    await saying.say(anna, await post(anna, "clay"), free, "open glaze")
    assert await texts(anna, "from:zoe", anna.owner) == ["golden glaze"]
    assert await texts(anna, "from:zoe", bob) == ["open glaze"]
    await saying.say(anna, sold, zoe, "sold glaze")
    assert await texts(anna, "from:zoe", bob) == ["sold glaze"]


async def test_what_lies_before_ones_time_is_not_found_for_having_bought_it(
    db: Database, clock: Clock
) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    await saying.rule(anna, history=0)
    sold = await post(anna, "golden clay", min_rank=GOLD, unlock=Money(500, "EUR"))
    clock.forward(1)
    bob = await member(db, anna, "bob")
    newer = await post(anna, "newer golden clay", min_rank=GOLD, unlock=Money(500, "EUR"))
    for one in (sold, newer):
        await saying.say(anna, one, anna.owner, f"golden glaze under {one.text}")
        async with db.write() as tx:
            await unlocks.unlock(tx, bob.id, one.id, "purchase")
    for limit in (1, 20):
        assert sorted(await texts(anna, "gold", bob, limit=limit)) == [
            "golden glaze under newer golden clay", "newer golden clay",
        ]  # fmt: skip


async def test_as_many_single_posts_as_one_can_buy_are_looked_through(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them in one question to the index, whose language has its limits."""
    monkeypatch.setattr(queries, "BUDGET_MS", 60_000)  # it is not about the time
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    bob = await member(db, anna, "bob")
    for number in range(300):
        sold = await post(anna, f"clay {number}", min_rank=GOLD, unlock=Money(500, "EUR"))
        if number % 100 == 0:
            await saying.say(anna, sold, anna.owner, f"glaze {number}")
        else:
            async with db.write() as tx:
                await tx.run(text("UPDATE posts SET comments = 1 WHERE id = :id").bindparams(id=sold.id))
        async with db.write() as tx:
            await unlocks.unlock(tx, bob.id, sold.id, "purchase")
    assert sorted(await texts(anna, "glaze", bob)) == ["glaze 0", "glaze 100", "glaze 200"]


async def test_filters_for_comments(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    talk = await group(anna)
    bob = await member(db, anna, "Bob")
    quiet, lively = await post(anna, "quiet glaze"), await post(anna, "lively glaze")
    said = await saying.say(anna, lively, bob, "said glaze https://example.org")
    await message(anna, talk, "grouped glaze", author=bob)
    lines = {
        "is:post": ["lively glaze", "quiet glaze"],
        "is:message": ["grouped glaze"],
        "is:comment": ["said glaze https://example.org"],
        "ist:nachricht": ["grouped glaze"],
        "is:comment is:message": ["grouped glaze", "said glaze https://example.org"],
        "has:comments": ["lively glaze"],
        "has:link": ["said glaze https://example.org"],
        "is:post has:link": [],
        "from:bob": ["grouped glaze", "said glaze https://example.org"],
        "-quiet -lively": ["grouped glaze", "said glaze https://example.org"],
    }
    for line, wanted in lines.items():
        assert sorted(await texts(anna, line)) == sorted(wanted), line
        assert sorted(await texts(anna, f"glaze {line}")) == sorted(wanted), line
    assert await texts(anna, "from:me is:comment", bob) == ["said glaze https://example.org"]
    assert sorted(await texts(anna, "von:mir", anna.owner)) == ["lively glaze", "quiet glaze"]
    assert await texts(anna, "from:@me", bob) == await texts(anna, 'from:"me"', bob) == []
    await saying.remove(anna, said)
    assert await texts(anna, "has:comments") == []
    assert (await posts_like(db, quiet)).rev == quiet.rev


async def posts_like(db: Database, one: Post) -> Post:
    async with db.read() as tx:
        return await posts.one(tx, one.id)


async def test_whoever_is_nobody_here_has_written_nothing(db: Database) -> None:
    anna = await creator(db)
    await post(anna, "glaze")
    assert await texts(anna, "from:me", await person(db)) == []
    with pytest.raises(Exception, match="Sign in") as refused:
        await texts(anna, "from:me")
    assert "q" in refused.value.fields  # type: ignore[attr-defined]


async def test_who_writes_is_found_by_name_however_it_is_spelled(db: Database) -> None:
    anna = await creator(db)
    under = await post(anna, "clay")
    for name in ("Zoë Über", "100% Jo_e", "Jörg", "Mary Ann"):
        await saying.say(anna, under, await member(db, anna, name), f"glaze of {name}")
    for line, name in (
        ("from:zoe", "Zoë Über"), ("from:ueb", "Zoë Über"), ("from:uber", "Zoë Über"), ("von:joerg", "Jörg"),
        ("from:jorg", "Jörg"), ("from:ann is:comment", "Mary Ann"), ('from:"100% J"', "100% Jo_e"),
        ("from:JO_E", "100% Jo_e"),
    ):  # fmt: skip
        assert await texts(anna, line) == [f"glaze of {name}"], line
    assert await texts(anna, "from:%") == await texts(anna, "from:_") == await texts(anna, "from:oe") == []


async def test_comments_from_before_are_taken_in(db: Database, settings: Settings) -> None:
    """An installation of the version before, with comments of which the index knows nothing."""
    anna = await creator(db)
    talk = await group(anna)
    under = await post(anna, "clay")
    await saying.say(anna, under, anna.owner, "glaze")
    await message(anna, talk, "ash")
    async with db.write() as tx:
        for statement in ("DELETE FROM search_changes", *_undone(tx.dialect)):
            await tx.run(text(statement))
    await saying.say(anna, under, anna.owner, "glaze too")
    engine = migration_engine(database_url(settings))
    async with engine.begin() as conn:
        await conn.run_sync(_made_again)
    await engine.dispose()
    assert sorted(await texts(anna, "glaze")) == ["glaze", "glaze too"]
    assert await texts(anna, "is:message") == ["ash"]
    assert await texts(anna, "has:comments") == ["clay"]
    await saying.say(anna, under, anna.owner, "glaze after")
    assert len(await texts(anna, "glaze")) == 3


def _made_again(connection: Connection) -> None:
    """The one step alone: the database is everybody's, and has all those after it."""
    with Operations.context(MigrationContext.configure(connection)):
        _scripts().get_revision("0011").module.upgrade()


def _undone(dialect: str) -> list[str]:
    if dialect == "sqlite":
        names = ("search_comment_came", "search_comment_changed", "search_comment_went", "search_thread",
                 "search_post_answered")  # fmt: skip
        return [f"DROP TRIGGER {name}" for name in names]
    return [
        "DROP FUNCTION search_comment CASCADE", "DROP FUNCTION search_thread CASCADE",
        "DROP TRIGGER search_post_answered ON posts",
    ]  # fmt: skip


def test_a_query_of_nothing_says_so() -> None:
    assert Query().empty and not parse("is:comment", "en").empty and not parse("from:me", "en").empty
