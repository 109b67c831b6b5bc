"""The picture on the card of a locked post: chosen, changed, kept from showing what is locked. On both databases."""

from pathlib import Path

import pytest
from sqlalchemy import update

from channel import media, posts
from channel.errors import Invalid
from channel.media import Desk, Media
from channel.media.actions import carriers, remove
from channel.media.tables import media as stored
from channel.members.model import OUTSIDER_RANK, STAFF_RANK
from channel.posts import carrying, drafts, queries, teasing
from channel.posts.model import Post, Sketch, TeaserPicture
from channel.render import html, json, views
from channel.storage import Database
from tests.cast import Scene, creator
from tests.media.sending import desk, photo, prepared, send
from tests.posts.writing import change, post
from tests.posts.writing import remove as delete


class Shop:
    """A community with a tier, a picture for its card and one to be locked."""

    def __init__(self, scene: Scene, here: Desk, card: Media, inner: Media) -> None:
        self.scene, self.here, self.card, self.inner = scene, here, card, inner

    async def view(self, made: Post, rank: int) -> views.AnyView:
        async with self.scene.db.read() as tx:
            found = await queries.one(tx, made.id)
            [facts] = await views.facts(tx, [found], self.scene.news, self.scene.community)
        return views.show(facts, rank)

    async def sees(self, name: str | None, one: Media) -> bool:
        async with self.scene.db.read() as tx:
            by = await self.scene.by(tx, self.scene.people[name] if name else None)
            return await carrying.sees(tx, by, await media.one(tx, one.id))

    async def exists(self, one: Media) -> bool:
        async with self.scene.db.read() as tx:
            return one.id in await media.many(tx, [one.id])


@pytest.fixture
async def shop(db: Database, tmp_path: Path) -> Shop:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    await scene.member("bob")
    await scene.member("gerd", tier=gold)
    here = desk(db, tmp_path)
    card = await send(here, scene, photo(colour="olive"), name="card.png", alt="A closed door")
    inner = await send(here, scene, photo(colour="maroon"), name="inner.png", alt="Zimtstern")
    for one in (card, inner):
        await prepared(db, here, tmp_path, one)
    return Shop(scene, here, card, inner)


async def locked(shop: Shop, chosen: TeaserPicture | None, **more: object) -> Post:
    facts: dict[str, object] = {"media": [shop.inner.id], "min_rank": 10, "teaser_picture": chosen}
    return await post(shop.scene, "Secret", **(facts | more))


async def test_it_stands_on_the_card_and_nothing_else_of_the_post_does(shop: Shop) -> None:
    made = await locked(shop, TeaserPicture(shop.card.id))
    card = await shop.view(made, 0)
    assert isinstance(card, views.LockedView)
    assert card.picture is not None
    told, page = json.as_json(card), html.fragment(card, "en")
    assert told["teaser_picture"]["url"].startswith(f"/media/{shop.card.id}/")
    assert told["carries"] == {"picture": 1}
    assert "1 picture" in page and f"/media/{shop.card.id}/" in page and "A closed door" in page
    assert "1 Bild" in html.fragment(card, "de")
    for printed in (str(told), page, repr(card)):
        assert shop.inner.id not in printed and "Zimtstern" not in printed and "inner.png" not in printed
    assert [await shop.sees(who, shop.card) for who in (None, "bob", "gerd")] == [True, True, True]
    assert [await shop.sees(who, shop.inner) for who in (None, "bob", "gerd")] == [False, False, True]
    whole = json.as_json(await shop.view(made, STAFF_RANK))
    assert whole["teaser_picture"]["id"] == shop.card.id


async def test_the_card_says_about_how_long_it_is(shop: Shop, db: Database) -> None:
    made = await locked(shop, None)

    async def card(kind: str, ms: int | None) -> tuple[dict[str, int], str, str]:
        async with db.write() as tx:
            await tx.run(update(stored).where(stored.c.id == shop.inner.id).values(kind=kind, duration_ms=ms))
        view = await shop.view(made, 0)
        return json.as_json(view)["duration_ms"], html.fragment(view, "en"), html.fragment(view, "de")

    for kind, ms, told, english, german in (
        ("video", 243_456, 243_000, "1 video, 4 min", "1 Video, 4 min"),
        ("sound", 42_400, 42_000, "1 recording, 42 s", "1 Aufnahme, 42 s"),
        ("video", 4_000_000, 4_000_000, "1 video, 1 h 7 min", "1 Video, 1 h 7 min"),
        ("sound", 3, 1_000, "1 recording, 1 s", "1 Aufnahme, 1 s"),
    ):
        length, en, de = await card(kind, ms)
        assert length == {kind: told}, "not to the millisecond: by that one could know the file again"
        assert english in en and german in de
    assert (await card("video", None))[0] == {} and "1 video<" in (await card("video", None))[1]


async def test_blurred_its_placeholder_is_all_there_is(shop: Shop) -> None:
    made = await locked(shop, TeaserPicture(shop.card.id, blurred=True))
    card = await shop.view(made, OUTSIDER_RANK)
    page, told = html.fragment(card, "en"), json.as_json(card)["teaser_picture"]
    assert (told["id"], told["url"], told["variants"], told["alt"]) == (None, None, [], "")
    assert told["placeholder"].startswith("data:image/webp") and told["placeholder"] in page.replace(
        "&#43;", "+"
    )
    assert shop.card.id not in page and "A closed door" not in page
    assert not await shop.sees("bob", shop.card) and not await shop.sees("gerd", shop.card)


async def test_it_is_gone_with_the_lock_and_with_the_post(shop: Shop) -> None:
    made = await locked(shop, TeaserPicture(shop.card.id))
    opened = await change(shop.scene, made, "Secret", teaser_picture=TeaserPicture(shop.card.id))
    assert not await shop.sees("bob", shop.card) and await shop.sees("bob", shop.inner)
    async with shop.scene.db.read() as tx:
        assert await teasing.of_post(tx, made.id) == TeaserPicture(shop.card.id), "should it be locked again"
    await delete(shop.scene, opened)
    assert not await shop.exists(shop.card) and not await shop.exists(shop.inner)


async def test_what_is_locked_is_shown_only_if_that_is_meant(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        await locked(shop, TeaserPicture(shop.inner.id))
    assert "stands in a locked post" in refused.value.fields["teaser_picture"]
    again = await send(shop.here, shop.scene, photo(colour="maroon"), name="copy.png")
    with pytest.raises(Invalid):
        await locked(shop, TeaserPicture(again.id))
    await locked(shop, None)
    with pytest.raises(Invalid):  # nor what another post locks
        await locked(shop, TeaserPicture(shop.inner.id), media=[])
    meant = await locked(shop, TeaserPicture(shop.inner.id, also_inside=True))
    assert await shop.sees("bob", shop.inner)
    with pytest.raises(Invalid):
        await change(
            shop.scene, meant, "Secret", min_rank=10, media=[shop.inner.id],
            teaser_picture=TeaserPicture(shop.inner.id),
        )  # fmt: skip


async def test_an_edit_that_takes_the_card_inside_is_asked_about(shop: Shop) -> None:
    chosen = TeaserPicture(shop.card.id)
    made = await locked(shop, chosen)
    both = {"media": [shop.inner.id, shop.card.id], "min_rank": 10}
    with pytest.raises(Invalid):
        await change(shop.scene, made, "Secret", **both, teaser_picture=chosen)
    meant = TeaserPicture(shop.card.id, also_inside=True)
    await change(shop.scene, made, "Secret", **both, teaser_picture=meant)
    card = await shop.view(made, 0)
    assert isinstance(card, views.LockedView) and card.picture and card.carries == (("picture", 2, None),)


async def test_pictures_move_between_card_and_post_without_getting_lost(shop: Shop) -> None:
    made = await locked(shop, TeaserPicture(shop.card.id))
    made = await change(
        shop.scene, made, "Secret", min_rank=10, media=[shop.card.id],
        teaser_picture=TeaserPicture(shop.inner.id),
    )  # fmt: skip
    assert await shop.exists(shop.card) and await shop.exists(shop.inner)
    assert await shop.sees("bob", shop.inner) and not await shop.sees("bob", shop.card)
    await change(shop.scene, made, "Secret", min_rank=10)
    assert not await shop.exists(shop.inner), "nothing has it any more"


async def test_only_a_picture_of_ones_own(shop: Shop) -> None:
    notes = await send(shop.here, shop.scene, b"%PDF-1.7 notes", name="notes.pdf")
    other = await creator(shop.scene.db, "zoe")
    theirs = await send(shop.here, other, photo())
    for one in (notes, theirs):
        with pytest.raises(Invalid) as refused:
            await locked(shop, TeaserPicture(one.id))
        assert set(refused.value.fields) == {"teaser_picture"}
    with pytest.raises(Invalid):
        TeaserPicture.parse("../../etc/passwd")


async def test_a_deleted_picture_leaves_a_card_without_one(shop: Shop) -> None:
    made = await locked(shop, TeaserPicture(shop.card.id))
    async with shop.scene.db.write() as tx:
        assert await carriers(tx, shop.card.id) == [made.id]
        await remove(tx, await shop.scene.by(tx, shop.scene.owner), shop.card)
        await carrying.withdrawn(tx, [made.id])
    card = await shop.view(made, 0)
    assert isinstance(card, views.LockedView)
    assert card.picture is None and card.rev == 2


async def test_a_draft_keeps_it(shop: Shop) -> None:
    chosen = TeaserPicture(shop.card.id, blurred=True, also_inside=True)
    async with shop.scene.db.write() as tx:
        by = await shop.scene.by(tx, shop.scene.owner)
        saved = await drafts.save_draft(tx, by, Sketch.parse("Half", teaser_picture=chosen))
        assert (await drafts.one_draft(tx, by, saved.id)).sketch.teaser_picture == chosen
    made = await locked(shop, TeaserPicture(shop.card.id))
    await delete(shop.scene, made)
    assert await shop.exists(shop.card), "the draft has it"


async def test_nobody_reads_posts_through_it(shop: Shop) -> None:
    """A room above one's rank shows neither the card's picture nor its address."""
    inner = await shop.scene.room("inner", min_rank=10)
    made = await locked(shop, TeaserPicture(shop.card.id), room=inner, media=[])
    assert not await shop.sees("bob", shop.card) and await shop.sees("gerd", shop.card)
    async with shop.scene.db.read() as tx:
        found = await posts.one(tx, made.id)
        [facts] = await views.facts(tx, [found], inner, shop.scene.community)
    outside = views.show(facts, 0)
    assert isinstance(outside, views.LockedView) and outside.picture is None
