"""Posts are found by their words, the newest first, by those who may read them and by nobody else. On both databases."""

import asyncio

import pytest
from sqlalchemy import text

from channel import posts
from channel.errors import Invalid, TooSlow
from channel.members import Role, actions, unlocks
from channel.money import Money
from channel.posts.steps import HOUR_MS, Step
from channel.search import catch_up, everywhere, inside, parse, search
from channel.storage import Database
from tests.cast import creator, join_unasked, member, person
from tests.conftest import Clock
from tests.posts.writing import change, open_by_itself, post, remove
from tests.search.looking import filed, texts

GOLD = 20


async def test_words_are_found_in_every_form_and_spelling(db: Database) -> None:
    anna = await creator(db)
    await post(anna, "Die **Häuser** am Käsemarkt")
    assert await texts(anna, "haus") == await texts(anna, "HÄUSER") == ["Die **Häuser** am Käsemarkt"]
    for line in ("kaese", "käse", "Kase", "käsem", "am häu", '"am Käsemarkt"'):
        assert len(await texts(anna, line)) == 1, line
    assert await texts(anna, "markt") == []
    assert await texts(anna, '"Käsemarkt am"') == []


async def test_all_words_must_be_there_and_left_out_ones_not(db: Database) -> None:
    anna = await creator(db)
    for words in ("red clay", "red glaze", "blue glaze"):
        await post(anna, words)
    assert await texts(anna, "red") == ["red glaze", "red clay"]
    assert await texts(anna, "red glaze") == ["red glaze"]
    assert await texts(anna, "glaze -red") == ["blue glaze"]
    assert await texts(anna, "-red") == ["blue glaze"]
    assert await texts(anna, "- red") == ["red glaze", "red clay"]


async def test_pages_hang_together(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    other = await anna.room("workshop")
    for number in range(12):
        clock.forward(0 if number % 3 else 1)  # several in one moment
        await post(anna, f"glaze {number}", room=anna.news if number % 2 else other)
    whole = await texts(anna, "glaze", limit=100)
    assert len(whole) == 12
    assert await texts(anna, "glaze", limit=5) == whole
    assert await texts(anna, "glaze", limit=1) == whole


async def test_filters(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    other = await anna.room("workshop", name="The Shed")
    zoe = await member(db, anna, "Zoë Über", role=Role.EDITOR)
    gold = await member(db, anna, "Gus", tier=await anna.tier("Platinum", 30))
    await post(anna, "glaze early https://example.org")
    clock.forward(40 * 24 * HOUR_MS)
    await post(anna, "glaze in the shed", room=other)
    await post(anna, "glaze by another", author=zoe)
    await post(anna, "glaze for gold", min_rank=GOLD)
    assert (
        await texts(anna, "glaze has:link")
        == await texts(anna, "has:link")
        == ["glaze early https://example.org"]
    )
    assert (
        await texts(anna, "glaze in:workshop") == await texts(anna, 'in:"the shed"') == ["glaze in the shed"]
    )
    for name in ("zoë", "zoe", "ueber", "uber", '"Zoë Ü"', zoe.id):
        assert await texts(anna, f"glaze from:{name}") == ["glaze by another"], name
    assert len(await texts(anna, f"from:{anna.owner.handle}", gold)) == 3
    assert await texts(anna, "from:nobody") == []
    assert await texts(anna, "before:2026-02") == ["glaze early https://example.org"]
    assert len(await texts(anna, "after:2026-02", gold)) == 3
    assert await texts(anna, "tier:gold", gold) == ["glaze for gold"]
    assert await texts(anna, "tier:gold") == await texts(anna, "tier:lead", gold) == []
    assert await texts(anna, "has:poll") == await texts(anna, "topic:any") == []


async def test_a_room_that_is_closed_to_one_is_as_one_that_is_not_there(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    await anna.room("vault", min_rank=GOLD)
    bob = await member(db, anna, "bob")
    said = []
    for name in ("vault", "vaulx"):
        with pytest.raises(Invalid) as refused:
            await texts(anna, f"in:{name}", bob)
        said.append(refused.value.fields["q"].replace(name, "…"))
    assert said[0] == said[1]
    assert await texts(anna, "in:vault", anna.owner) == []


async def test_what_asks_for_a_tier_is_found_by_those_who_have_it(db: Database) -> None:
    anna = await creator(db)
    tier = await anna.tier("Gold", GOLD)
    bob, gus = await member(db, anna, "bob"), await member(db, anna, "gus", tier=tier)
    vault = await anna.room("vault", min_rank=GOLD)
    await post(anna, "open glaze")
    await post(anna, "members glaze", min_rank=0)
    await post(anna, "golden glaze", min_rank=GOLD)
    await post(anna, "vaulted glaze", room=vault)
    assert await texts(anna, "glaze") == ["open glaze"]
    assert {*await texts(anna, "glaze", bob)} == {"members glaze", "open glaze"}
    assert len(await texts(anna, "glaze", gus)) == len(await texts(anna, "glaze", anna.owner)) == 4
    async with db.write() as tx:
        await actions.ban(tx, await anna.by(tx, anna.owner), anna.community, gus.id)
    assert await texts(anna, "glaze", gus) == []


async def test_a_single_post_is_found_by_the_one_who_bought_it(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    bob, eve = await member(db, anna, "bob"), await member(db, anna, "eve")
    sold = await post(anna, "golden glaze https://example.org", min_rank=GOLD, unlock=Money(500, "EUR"))
    await post(anna, "golden clay", min_rank=GOLD)
    async with db.write() as tx:
        await unlocks.unlock(tx, bob.id, sold.id, "purchase")
    for line in (
        "golden",
        "gold",
        "glaze has:link",
        "has:link",
        "-nothing",
        f"from:{anna.owner.handle}",
        "tier:gold",
    ):
        assert await texts(anna, line, bob) == ["golden glaze https://example.org"], line
        assert await texts(anna, line, eve) == [], line
    async with db.write() as tx:
        await unlocks.lock(tx, bob.id, sold.id, "purchase")
    assert await texts(anna, "golden", bob) == []


async def test_the_index_follows_what_happens_to_a_post(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    made = await post(anna, "first words", min_rank=GOLD, opens=[Step(clock.now_ms + HOUR_MS, None)])
    assert await texts(anna, "first") == []
    clock.forward(HOUR_MS)
    await open_by_itself(anna, made)
    assert await texts(anna, "first") == ["first words"]
    async with db.read() as tx:
        made = await posts.one(tx, made.id)
    made = await change(anna, made, "second words")
    assert await texts(anna, "first") == []
    assert await texts(anna, "second") == ["second words"]
    made = await change(anna, made, "second words", min_rank=GOLD)
    assert await texts(anna, "second") == []
    await remove(anna, made)
    assert await texts(anna, "second", anna.owner) == []
    assert await filed(db) == 0


async def test_between_a_change_and_its_filing_nothing_old_is_found(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    made = await post(anna, "glaze for all")
    await catch_up(db)
    await change(anna, made, "glaze for gold", min_rank=GOLD)
    async with db.read() as tx:
        reach = await inside(tx, anna.community, await anna.by(tx, None))
        assert (await search(tx, reach, parse("glaze", "en"))).items == []
        own = await inside(tx, anna.community, await anna.by(tx, anna.owner))
        assert (await search(tx, own, parse("glaze", "en"))).items == []


async def test_what_is_hidden_in_a_spoiler_is_not_found(db: Database) -> None:
    anna = await creator(db)
    await post(anna, "The butler? ||Moriarty|| did it")
    assert await texts(anna, "moriarty", anna.owner) == []
    assert len(await texts(anna, '"did it"')) == 1


async def test_everything_that_one_follows(db: Database) -> None:
    anna, ben = await creator(db), await creator(db, "ben", visibility="private")
    cleo = await creator(db, "cleo")
    for scene in (anna, ben, cleo):
        await post(scene, f"glaze of {scene.owner.name}")
    carl = await member(db, anna, "carl")
    async with db.write() as tx:
        await join_unasked(tx, carl, ben.community)
    stranger = await person(db)
    await catch_up(db)
    async with db.read() as tx:
        assert len((await search(tx, await everywhere(tx, carl.id), parse("glaze", "en"))).items) == 2
        assert (await search(tx, await everywhere(tx, stranger.id), parse("glaze", "en"))).items == []
    assert await texts(ben, "glaze", stranger) == []


@pytest.mark.parametrize(
    "line",
    ["a*", "NEAR(a b)", "words:secret", "facts:kindpost", "^glaze", "a AND", "'a':*", "a & !b", "=kindpost",
     "{words}:x", "kindpost", "hasl", "fora", "by0", "a:b:c", "٣", "İ", "ß" * 50, "𝕏", "e\u0301"],
)  # fmt: skip
async def test_no_query_speaks_to_the_database(db: Database, line: str) -> None:
    anna = await creator(db)
    await post(anna, "https://example.org/ something else entirely")
    assert await texts(anna, line, anna.owner) == []


async def test_an_empty_query_and_a_foreign_cursor_are_refused(db: Database) -> None:
    anna = await creator(db)
    async with db.read() as tx:
        reach = await everywhere(tx, anna.owner.id)
        with pytest.raises(Invalid):
            await search(tx, reach, parse("%’", "en"))
        with pytest.raises(Invalid):
            await search(tx, reach, parse("glaze", "en"), cursor="rubbish")


async def test_what_takes_too_long_is_ended(db: Database) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
    with pytest.raises(TooSlow):
        async with db.read(heavy=True) as tx:
            await tx.within(30)
            await tx.value(text(endless))
    async with db.read(heavy=True) as tx:  # the same connection, without the limit
        assert await tx.value(text("SELECT 1")) == 1
        await tx.within(1)
        await tx.within(None)
        await asyncio.sleep(0.01)
        assert await tx.value(text(endless.replace("1000000000", "20000"))) == 20_000
