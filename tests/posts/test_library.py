"""The library of a community: what its team finds, counts and puts in one another's place. On both databases."""

from pathlib import Path

import pytest

from channel import media
from channel.errors import Forbidden, Invalid, NotFound
from channel.media import Desk, Media
from channel.media.actions import describe
from channel.members import Role
from channel.posts import carrying, drafts, library, queries
from channel.posts.library import Wanted
from channel.posts.model import Sketch, TeaserPicture
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.media.sending import desk, photo, prepared, send
from tests.posts.writing import post

DAY_MS = 24 * 3_600_000


class Shelf:
    """A community with an editor, an admin and a follower, and what they sent."""

    def __init__(self, scene: Scene, here: Desk) -> None:
        self.scene, self.here = scene, here

    async def sent(self, name: str, who: str = "anna", content: bytes = b"", alt: str = "") -> Media:
        return await send(
            self.here, self.scene, content or photo(), by=self.scene.people[who], name=name, alt=alt
        )

    async def names(self, who: str = "anna", wanted: Wanted = Wanted()) -> list[str]:  # noqa: B008
        async with self.scene.db.read() as tx:
            by = await self.scene.by(tx, self.scene.people[who])
            return sorted(one.medium.name for one in (await library.listing(tx, by, wanted)).items)

    async def sees(self, who: str, one: Media) -> bool:
        async with self.scene.db.read() as tx:
            return await carrying.sees(tx, await self.scene.by(tx, self.scene.people[who]), one)


@pytest.fixture
async def shelf(db: Database, tmp_path: Path) -> Shelf:
    scene = await creator(db)
    for name, role in (("edda", Role.EDITOR), ("adam", Role.ADMIN), ("moni", Role.MODERATOR)):
        await scene.member(name, role=role)
    await scene.member("bob")
    return Shelf(scene, desk(db, tmp_path))


async def test_each_of_the_team_finds_what_is_theirs_to_find(shelf: Shelf) -> None:
    await shelf.scene.room("talk")
    private = await shelf.sent("anna.png")
    await shelf.sent("edda.png", "edda")
    posted = await shelf.sent("posted.png")
    await post(shelf.scene, "Look", media=[posted.id])
    assert await shelf.names() == ["anna.png", "edda.png", "posted.png"]
    assert await shelf.names("adam") == ["anna.png", "edda.png", "posted.png"]
    assert await shelf.names("edda") == ["edda.png", "posted.png"]
    assert [await shelf.sees(who, private) for who in ("anna", "adam", "edda", "bob")] == [True, True, False, False]  # fmt: skip
    for who in ("moni", "bob"):
        with pytest.raises(Forbidden):
            await shelf.names(who)
    async with shelf.scene.db.read() as tx:
        edda = await shelf.scene.by(tx, shelf.scene.people["edda"])
        with pytest.raises(NotFound):
            await library.one(tx, edda, private.id)


async def test_what_a_follower_did_not_send_is_theirs_alone(shelf: Shelf) -> None:
    async with shelf.scene.db.write() as tx:
        from channel.members import governing

        owner = await shelf.scene.by(tx, shelf.scene.owner)
        group = {"slug": "talk", "name": "Talk", "kind": "group"}
        talk = await governing.create_room(tx, owner, shelf.scene.community, **group)  # type: ignore[arg-type]
    theirs = await shelf.sent("bob.png", "bob")
    assert await shelf.names() == [] and not await shelf.sees("anna", theirs)
    await post(shelf.scene, "Look", author=shelf.scene.people["bob"], room=talk, media=[theirs.id])
    assert await shelf.names() == ["bob.png"] and await shelf.sees("anna", theirs)


async def test_found_by_words_kind_and_day(shelf: Shelf, clock: Clock) -> None:
    first = clock.now_ms
    await shelf.sent("ofen.png", alt="Der Ölofen bei Nacht")
    await shelf.sent("glaze_50%.pdf", content=b"%PDF-1.7 glaze")
    clock.now_ms += DAY_MS
    await shelf.sent("bare.png")
    for wanted, names in (
        (Wanted("ölofen"), ["ofen.png"]),
        (Wanted("NACHT ofen"), ["ofen.png"]),
        (Wanted("_50%"), ["glaze_50%.pdf"]),
        (Wanted("%"), ["glaze_50%.pdf"]),
        (Wanted("nothing"), []),
        (Wanted(kind="file"), ["glaze_50%.pdf"]),
        (Wanted(kind="picture"), ["bare.png", "ofen.png"]),
        (Wanted(since=first + DAY_MS), ["bare.png"]),
        (Wanted(until=first + DAY_MS), ["glaze_50%.pdf", "ofen.png"]),
        (Wanted(bare=True), ["bare.png"]),
    ):
        assert await shelf.names(wanted=wanted) == names, wanted


async def test_pages_and_where_each_stands(shelf: Shelf, clock: Clock) -> None:
    sent = []
    for number in range(5):
        clock.now_ms += 1
        sent.append(await shelf.sent(f"{number}.png", content=photo(width=64 + number)))
    await post(shelf.scene, "One", media=[sent[0].id, sent[1].id])
    await shelf.scene.tier("Gold", 10)
    card = TeaserPicture(sent[0].id)
    locked = await post(shelf.scene, "Two", media=[sent[2].id], min_rank=10, teaser_picture=card)
    async with shelf.scene.db.read() as tx:
        by = await shelf.scene.by(tx, shelf.scene.owner)
        first = await library.listing(tx, by, Wanted(), limit=3)
        rest = await library.listing(tx, by, Wanted(), limit=3, cursor=first.next_cursor)
        found = [(one.medium.name, one.posts) for one in [*first.items, *rest.items]]
        assert found == [("4.png", 0), ("3.png", 0), ("2.png", 1), ("1.png", 1), ("0.png", 2)]
        assert first.next_cursor and rest.next_cursor is None
        assert [one.id for one in await library.standing(tx, by, sent[2].id)] == [locked.id]
        with pytest.raises(Invalid):
            await library.listing(tx, by, Wanted(), cursor="!")


async def test_what_is_used_and_described(shelf: Shelf, tmp_path: Path) -> None:
    one = await shelf.sent("one.png", alt="A teal square")
    await shelf.sent("two.png")
    await shelf.sent("notes.pdf", content=b"%PDF-1.7 notes")
    async with shelf.scene.db.read() as tx:
        before = await library.usage(tx, await shelf.scene.by(tx, shelf.scene.owner))
    await prepared(shelf.scene.db, shelf.here, tmp_path, one)
    upload = await shelf.here.begin("anna", shelf.scene.owner.id, size=1_000, name="coming.bin")
    async with shelf.scene.db.read() as tx:
        usage = await library.usage(tx, await shelf.scene.by(tx, shelf.scene.owner))
    assert [(part.kind, part.count) for part in usage.parts] == [("picture", 2), ("file", 1)]
    assert (usage.pictures, usage.described) == (2, 1)
    assert usage.parts[0].size > before.parts[0].size, "what was made of it counts"
    assert usage.used == sum(part.size for part in usage.parts) + upload.size


async def test_another_file_takes_its_place_everywhere(shelf: Shelf) -> None:
    old = await shelf.sent("old.png", alt="The kiln")
    other = await shelf.sent("other.png", content=photo(colour="red"))
    made = [await post(shelf.scene, text, media=[old.id, other.id]) for text in ("One", "Two")]
    async with shelf.scene.db.write() as tx:
        by = await shelf.scene.by(tx, shelf.scene.owner)
        saved = await drafts.save_draft(tx, by, Sketch.parse("Half", media=[old.id, other.id]))
        old = await describe(tx, by, old, sensitive=True)
    new = await shelf.sent("new.png", "adam", content=photo(colour="navy"))
    async with shelf.scene.db.write() as tx:
        adam = await shelf.scene.by(tx, shelf.scene.people["adam"])
        put = await library.swap(tx, adam, old, new)
    assert (put.id, put.alt, put.sensitive) == (new.id, "The kiln", True)
    async with shelf.scene.db.read() as tx:
        for one in made:
            found = (await media.of_posts(tx, [one.id]))[one.id]
            assert [medium.id for medium in found] == [new.id, other.id]
            assert (await queries.one(tx, one.id)).rev == one.rev + 1, "told to who looks at it"
        by = await shelf.scene.by(tx, shelf.scene.owner)
        assert (await drafts.one_draft(tx, by, saved.id)).sketch.media == (new.id, other.id)
        assert old.id not in await media.many(tx, [old.id])


async def test_what_may_not_take_its_place(shelf: Shelf) -> None:
    old, new = await shelf.sent("old.png"), await shelf.sent("new.png", content=photo(colour="red"))
    notes = await shelf.sent("notes.pdf", content=b"%PDF-1.7 notes")
    used = await shelf.sent("used.png", content=photo(colour="navy"))
    await post(shelf.scene, "One", media=[used.id])
    await post(shelf.scene, "Two", media=[old.id])
    other = await creator(shelf.scene.db, "zoe")
    theirs = await send(shelf.here, other, photo())
    for one, error in ((old, Invalid), (notes, Invalid), (used, Invalid), (theirs, NotFound)):
        async with shelf.scene.db.write() as tx:
            by = await shelf.scene.by(tx, shelf.scene.owner)
            with pytest.raises(error):
                await library.swap(tx, by, old, one)
    edda = await shelf.sent("edda.png", "edda", content=photo(colour="olive"))
    async with shelf.scene.db.write() as tx:
        by = await shelf.scene.by(tx, shelf.scene.people["edda"])
        with pytest.raises(NotFound):
            await library.swap(tx, by, old, edda)
    assert new.id


async def test_a_new_card_is_never_what_is_locked(shelf: Shelf) -> None:
    await shelf.scene.tier("Gold", 10)
    inner = await shelf.sent("inner.png", content=photo(colour="red"))
    card = await shelf.sent("card.png", content=photo(colour="navy"))
    chosen = TeaserPicture(card.id)
    await post(shelf.scene, "Secret", media=[inner.id], min_rank=10, teaser_picture=chosen)
    copy = await shelf.sent("copy.png", content=photo(colour="red"))
    with pytest.raises(Invalid) as refused:
        async with shelf.scene.db.write() as tx:
            by = await shelf.scene.by(tx, shelf.scene.owner)
            await library.swap(tx, by, card, copy)
    assert set(refused.value.fields) == {"teaser_picture"}
    async with shelf.scene.db.read() as tx:
        assert card.id in await media.many(tx, [card.id]), "nothing of it happened"


async def test_who_may_edit_any_post_uses_what_the_team_sent(shelf: Shelf) -> None:
    one = await shelf.sent("edda.png", "edda")
    made = await post(shelf.scene, "Look", media=[one.id])
    assert made.media_count == 1
    mine = await shelf.sent("anna.png")
    with pytest.raises(Invalid):
        await post(shelf.scene, "Look", author=shelf.scene.people["edda"], media=[mine.id])
