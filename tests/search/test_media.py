"""What posts carry is found by its descriptions, names and kinds, by those who read the post. On both databases."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from channel import posts
from channel.accounts import Account
from channel.media import Desk, Media
from channel.media.actions import carriers, describe, remove
from channel.media.tables import media as stored
from channel.media.tables import post_media
from channel.members import unlocks
from channel.money import Money
from channel.posts import carrying
from channel.posts.library import swap
from channel.search import catch_up, inside, parse, search
from channel.search.snippets import first_with
from channel.storage import Database
from tests.cast import Scene, creator, member
from tests.media.sending import desk, photo, send
from tests.posts.writing import change, post
from tests.posts.writing import remove as take_away
from tests.search.looking import texts

GOLD = 20


class Shelf:
    """A community that posts pictures and files."""

    def __init__(self, scene: Scene, here: Desk) -> None:
        self.scene, self.here = scene, here

    async def picture(self, alt: str, name: str = "IMG_2034.png") -> Media:
        return await send(self.here, self.scene, photo(), name=name, alt=alt)

    async def note(self, name: str, alt: str = "") -> Media:
        return await send(self.here, self.scene, b"Only words.", name=name, alt=alt)

    async def found(self, line: str, by: Account | None = None) -> list[str]:
        return await texts(self.scene, line, by)


@pytest.fixture
async def shelf(db: Database, tmp_path: Path) -> Shelf:
    scene = await creator(db)
    await scene.tier("Gold", GOLD)
    return Shelf(scene, desk(db, tmp_path))


async def test_a_post_is_found_by_what_its_pictures_show_and_by_the_names_of_its_files(shelf: Shelf) -> None:
    plates = await shelf.picture("Zwei blaue Teller, noch heiß")
    recipe = await shelf.note("glaze-recipe_2.txt", "All that goes into it")
    await post(shelf.scene, "from the kiln", media=[plates.id, recipe.id])
    await post(shelf.scene, "no pictures")
    for line in (
        "blau",
        "teller",
        "heiss",
        '"blaue Teller"',
        "kiln blaue",
        "recipe",
        "glaze",
        "img 2034",
        "goes",
    ):
        assert await shelf.found(line) == ["from the kiln"], line
    assert await shelf.found("pictures") == ["no pictures"]
    assert await shelf.found("-blaue") == ["no pictures"]
    # Words of two descriptions are no phrase, neither are those of the text and the first description.
    for line in ('"kiln Zwei"', '"heiss img"', '"png All"', '"heiß All"', '"kiln blaue"'):
        assert await shelf.found(line) == [], line


async def test_posts_are_found_by_the_kinds_of_what_they_carry(shelf: Shelf, db: Database) -> None:
    await post(shelf.scene, "words")
    seen, kept = await shelf.picture(""), await shelf.note("note.txt")
    await post(shelf.scene, "seen", media=[seen.id])
    await post(shelf.scene, "kept", media=[kept.id])
    for kind in ("sound", "video"):
        one = await shelf.note(f"{kind}.txt")
        async with db.write() as tx:
            await tx.run(update(stored).where(stored.c.id == one.id).values(kind=kind))
        await post(shelf.scene, kind, media=[one.id])
    for line, there in (
        ("has:picture", ["seen"]), ("mit:bilder", ["seen"]), ("has:file", ["kept"]), ("has:sound", ["sound"]),
        ("has:video", ["video"]), ("has:media", ["video", "sound", "kept", "seen"]), ("has:media -kept", ["video", "sound", "seen"]),
        ("has:picture has:file", []), ("seen has:file", []), ("has:link", []),
    ):  # fmt: skip
        assert await shelf.found(line) == there, line


async def test_a_locked_posts_descriptions_are_as_locked_as_its_text(shelf: Shelf, db: Database) -> None:
    scene = shelf.scene
    bob, eve = await member(db, scene, "bob"), await member(db, scene, "eve")
    secret = await shelf.picture("a secret teapot", "hidden-pot.png")
    sold = await post(scene, "golden", media=[secret.id], min_rank=GOLD, unlock=Money(500, "EUR"))
    lines = ("teapot", "t", "secret", "hidden", '"secret teapot"', "has:picture", "has:media", "-nothing")
    for line in lines:
        assert await shelf.found(line) == await shelf.found(line, bob) == [], line
        assert await shelf.found(line, scene.owner) == ([] if line == "t" else ["golden"]), line
    async with db.write() as tx:
        await unlocks.unlock(tx, bob.id, sold.id, "purchase")
    assert await shelf.found("teapot has:picture", bob) == ["golden"]
    assert await shelf.found("teapot has:picture", eve) == []
    async with db.read() as tx:
        sold = await posts.one(tx, sold.id)
    await change(scene, sold, "golden", min_rank=None)
    assert await shelf.found("teapot", eve) == ["golden"]


async def test_the_index_follows_what_happens_to_media(shelf: Shelf, db: Database) -> None:
    scene = shelf.scene
    pot, cup = await shelf.picture("a teapot"), await shelf.picture("a cup")
    made = await post(scene, "clay", media=[pot.id, cup.id])
    assert await shelf.found("teapot") == await shelf.found("cup") == ["clay"]

    async with db.write() as tx:
        by = await scene.by(tx, scene.owner)
        await describe(tx, by, pot, alt="a kettle")
    assert (await shelf.found("teapot"), await shelf.found("kettle")) == ([], ["clay"])

    fresh = await shelf.picture("a jug")
    async with db.write() as tx:
        await swap(tx, await scene.by(tx, scene.owner), cup, fresh)
    assert (await shelf.found("cup"), await shelf.found("jug")) == ([], ["clay"])

    async with db.write() as tx:
        by = await scene.by(tx, scene.owner)
        there = await carriers(tx, fresh.id)
        await remove(tx, by, fresh)
        await carrying.withdrawn(tx, there)
    assert (await shelf.found("jug"), await shelf.found("kettle has:picture")) == ([], ["clay"])

    async with db.read() as tx:
        made = await posts.one(tx, made.id)
    made = await change(scene, made, "only clay", media=[])
    assert (await shelf.found("kettle"), await shelf.found("has:media")) == ([], [])
    await take_away(scene, made)
    assert await shelf.found("clay") == []


@pytest.mark.parametrize("way", ["its row", "its place"])
async def test_what_goes_by_itself_is_found_no_more(shelf: Shelf, db: Database, way: str) -> None:
    """As when its sender's account is erased: nobody tells the post of it, and its revision stays what it was."""
    pot = await shelf.picture("a teapot")
    await post(shelf.scene, "clay", media=[pot.id])
    assert await shelf.found("teapot") == ["clay"]
    async with db.write() as tx:
        if way == "its row":
            await tx.run(delete(stored).where(stored.c.id == pot.id))
        else:
            await tx.run(delete(post_media).where(post_media.c.media_id == pot.id))
    assert await shelf.found("teapot") == await shelf.found("has:media") == []
    assert await shelf.found("clay") == ["clay"]


async def test_between_a_new_description_and_its_filing_the_old_one_finds_nothing(
    shelf: Shelf, db: Database
) -> None:
    pot = await shelf.picture("a teapot")
    await post(shelf.scene, "clay", media=[pot.id])
    await catch_up(db)
    async with db.write() as tx:
        by = await shelf.scene.by(tx, shelf.scene.owner)
        await describe(tx, by, pot, alt="a kettle")
        await carrying.tell_all(tx, [pot.id])
        reach = await inside(tx, shelf.scene.community, by)
        assert not (await search(tx, reach, parse("teapot", "en"))).items


def test_what_is_shown_of_a_hit_is_where_it_was_found() -> None:
    texts = ("", "a post", "a blue plate", "plate.png")
    for line, shown in (("blue", 2), ("png", 3), ("post plate", 1), ("nowhere", 1), ("", 1)):
        assert first_with(texts, parse(line, "en").wanted) == texts[shown], line
    assert first_with(("",), ()) == ""
