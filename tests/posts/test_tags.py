"""#Tags: which posts have them, and who may know that they do."""

import pytest
from sqlalchemy import select

from channel.accounts import Account
from channel.errors import Invalid
from channel.naming import hashed, tag_of
from channel.posts.tagged import tagged
from channel.storage import Database
from channel.tags.tables import post_tags
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import change, post, remove


async def found(scene: Scene, tag: str, reader: Account | None) -> list[str]:
    async with scene.db.read() as tx:
        return [one.id for one in (await tagged(tx, await scene.by(tx, reader), tag)).items]


@pytest.mark.parametrize(
    ("word", "tag"),
    [("Tour", "tour"), ("GRÖSSE", "grösse"), ("Größe", "grösse"), ("e\u0301te", "éte"), ("12", ""), ("2026er", "2026er"),
     ("क़िताब", "क़िताब"), ("рок", "рок"), ("a b", ""), ("x" * 41, ""), ("-", ""), ("a\x00", "")],
)  # fmt: skip
def test_a_tag_is_a_word_with_a_letter_in_one_form(word: str, tag: str) -> None:
    assert tag_of(word) == tag_of(tag) if tag else not tag_of(word)
    assert not tag or tag_of(word)


def test_tags_of_a_plain_text_are_found() -> None:
    assert hashed("Soon: #Tour, (#tour) #12 a#b") == {"tour"}


async def test_a_tag_leads_to_its_posts_the_newest_first(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    first = await post(anna, "On #tour in `#code`, not #news but #Tour")
    clock.forward(1000)
    second = await post(anna, "Back from #TOUR")
    assert 'href="/@anna/tag/tour"' in first.html
    assert 'href="/@anna/news"' in first.html, "a room keeps its name"
    assert await found(anna, "tour", None) == [second.id, first.id]
    assert await found(anna, "code", None) == await found(anna, "news", None) == []


async def test_a_tag_in_a_locked_text_is_no_ones_business(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    mara, rich = await anna.member("mara"), await anna.member("rich", tier=gold)
    vault = await anna.room("vault", min_rank=10)
    hidden = await post(anna, "The #reunion is on", min_rank=10)
    teased = await post(anna, "It is at noon", min_rank=10, teaser="Dates of the #Gig")
    clock.forward(1000)
    inside = await post(anna, "#reunion", room=vault)
    for reader in (None, mara):
        assert await found(anna, "reunion", reader) == []
        assert await found(anna, "gig", reader) == [teased.id]
    assert await found(anna, "reunion", rich) == [inside.id, hidden.id]


async def test_tags_follow_the_text(db: Database) -> None:
    anna = await creator(db)
    made = await post(anna, "#one")
    changed = await change(anna, made, "#two")
    assert (await found(anna, "one", None), await found(anna, "two", None)) == ([], [made.id])
    await remove(anna, changed)
    async with db.read() as tx:
        assert not await tx.all(select(post_tags))


async def test_ten_are_enough(db: Database) -> None:
    anna = await creator(db)
    await post(anna, " ".join(f"#t{n}" for n in range(10)))
    with pytest.raises(Invalid) as caught:
        await post(anna, " ".join(f"#t{n}" for n in range(11)))
    assert "at most 10 #tags" in caught.value.fields["text"]


async def test_pages_of_a_tag_show_each_post_once(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    made = []
    for n in range(5):
        made.append((await post(anna, f"#tour {n}")).id)
        clock.forward(n % 2)
    seen: list[str] = []
    cursor = None
    async with db.read() as tx:
        by = await anna.by(tx, None)
        while True:
            page = await tagged(tx, by, "tour", cursor=cursor, limit=2)
            seen += [one.id for one in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert sorted(seen) == sorted(made)
    assert len(set(seen)) == 5
