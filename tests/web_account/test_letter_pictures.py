"""Pictures in letters: nobody has them who did not ask, and each is judged when it is loaded."""

import html
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import update

from channel import accounts, topics
from channel.accounts import Account
from channel.accounts.tables import accounts as account_table
from channel.communities.tables import communities as community_table
from channel.following import Follower, links
from channel.following import actions as following
from channel.media.tables import media as media_table
from channel.members import actions, joining
from channel.notices import choose, pictures, stop
from channel.notices.pictures import LIFE_MS, Picture, opened, sealed
from channel.posts.model import TeaserPicture
from channel.posts.tables import posts as post_table
from tests.media.sending import photo
from tests.posts.writing import remove
from tests.security.state import checksum
from tests.topics import talking
from tests.web.conftest import HOST, Site
from tests.web_account import gallery
from tests.web_account.conftest import says


async def test_nobody_has_pictures_who_did_not_ask_for_them(site: Site) -> None:
    made = await gallery.post(site, "Look", await gallery.picture(site, alt="A vase"))
    for who in (await gallery.reader(site, wanted=False), await gallery.follower(site, wanted=False)):
        mail = await gallery.letter(site, who, made)
        assert gallery.images(mail) == []
        assert "/notices/picture/" not in mail.html + mail.text
        assert "In the room: 1 picture" in mail.html
        assert "In the room: 1 picture\n- A vase\n" in mail.text
        assert "Show pictures in letters: http" in mail.text, "where it is chosen"


async def test_who_asked_sees_them_and_the_plain_letter_stays_whole(site: Site) -> None:
    vase, bowl = await gallery.picture(site, alt="A vase"), await gallery.picture(site, photo(300, 400))
    made = await gallery.post(site, "Look", vase, bowl)
    mail = await gallery.letter(site, await gallery.reader(site), made)
    first, second = gallery.images(mail)
    assert (first.alt, first.width, first.height) == ("A vase", 560, 315)
    assert (second.alt, second.width, second.height) == ("Picture", 300, 400)
    assert "In the room" not in mail.html
    assert "In the room: 2 pictures\n- A vase\n" in mail.text
    assert f"{HOST}/@anna/news/{made.seq}" in mail.text
    assert "/notices/picture/" not in mail.text
    assert (
        f"Pictures are loaded from channel.test, as you chose: {HOST}/account/notices#pictures" in mail.text
    )


async def test_what_is_loaded_fits_a_letter_and_is_kept_by_nobody(site: Site) -> None:
    made = await gallery.post(site, "Look", await gallery.picture(site, photo(2600, 1300)))
    bob = await gallery.reader(site)
    mail = await gallery.letter(site, bob, made)
    [image] = gallery.images(mail)
    page = await gallery.loaded(site, image)
    assert (page.status, page.answer.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(page.answer.content)).size == (640, 320)
    wanted = {
        "cache-control": "private, no-store",
        "x-robots-tag": "noindex",
        "cross-origin-resource-policy": "cross-origin",
        "referrer-policy": "strict-origin",
    }
    assert {name: page.answer.headers[name] for name in wanted} == wanted
    assert "set-cookie" not in page.answer.headers
    there = await site.stranger().head(image.src.removeprefix(HOST))
    assert (there.status, there.answer.content) == (200, b"")
    # Whoever is signed in where mail is read is looked at no more than anybody else.
    other = await site.browser(await gallery.reader(site, "Carol", wanted=False))
    assert (await other.get(image.src.removeprefix(HOST))).status == 200


async def test_a_digest_shows_the_first_picture_of_each_post_small(site: Site) -> None:
    two = [await gallery.picture(site, alt=alt) for alt in ("First", "Second")]
    posts = [await gallery.post(site, "Two", *two), await gallery.post(site, "None")]
    mail = await gallery.letter(site, await gallery.reader(site), *posts)
    [image] = gallery.images(mail)
    assert (image.alt, image.width, image.height) == ("First", 96, 54)
    page = await gallery.loaded(site, image)
    assert Image.open(io.BytesIO(page.answer.content)).size == (320, 180)
    assert "In the room: 2 pictures" in mail.text
    plain = await gallery.letter(site, await gallery.reader(site, "Carol", wanted=False), *posts)
    assert gallery.images(plain) == []


async def test_what_a_description_says_is_words_and_nothing_else(site: Site) -> None:
    hostile = '"><script>alert(1)</script><img src=https://evil.test/x onerror="a'
    made = await gallery.post(site, "Look", await gallery.picture(site, alt=hostile))
    bob = await gallery.reader(site)
    for posts in ([made], [made, await gallery.post(site, "More")]):
        mail = await gallery.letter(site, bob, *posts)
        [image] = gallery.images(mail)
        assert image.alt == hostile
        assert image.src.startswith(f"{HOST}/notices/picture/")
        assert (
            "<script" not in mail.html
            and f'alt="{html.escape(hostile)}"'.replace("&quot;", "&#34;") in mail.html
        )


async def test_it_reads_in_german_too(site: Site) -> None:
    made = await gallery.post(site, "Schau", await gallery.picture(site))
    for name, wanted, words in (
        ("Bob", True, "Bilder werden von channel.test geladen"),
        ("Ida", False, "Bilder in Mails zeigen"),
    ):
        mail = await gallery.letter(
            site, await gallery.reader(site, name, wanted=wanted, language="de"), made
        )
        assert words in mail.text and words in mail.html
        assert "Im Raum: 1 Bild" in mail.text
    zoe = await gallery.letter(site, await gallery.follower(site, language="de"), made)
    assert gallery.images(zoe)[0].alt == "Bild"


async def test_what_is_sensitive_stays_in_the_room(site: Site) -> None:
    seen = await gallery.picture(site, alt="Blood")
    made = await gallery.post(site, "Look", seen)
    bob = await gallery.reader(site)
    [image] = gallery.images(await gallery.letter(site, bob, made))
    async with site.db.write() as tx:
        await tx.run(update(media_table).values(sensitive=True))
    mail = await gallery.letter(site, bob, made)
    assert gallery.images(mail) == []
    assert "In the room: 1 picture" in mail.html
    assert "Blood" not in mail.html + mail.text
    assert (await gallery.loaded(site, image)).status == 404


async def test_no_letter_is_called_by_what_is_sensitive(site: Site) -> None:
    bob = await gallery.reader(site)
    made = await gallery.post(site, "", await gallery.picture(site, alt="Blood"))
    assert (await gallery.letter(site, bob, made)).subject == "Annas world: Blood", "as by any picture"
    async with site.db.write() as tx:
        await tx.run(update(media_table).values(sensitive=True))
    mail = await gallery.letter(site, bob, made)
    assert "Blood" not in mail.subject + mail.html + mail.text


async def test_the_face_of_the_community_comes_with_the_pictures_only(site: Site) -> None:
    worn = "own:" + "a" * 32
    async with site.db.write() as tx:
        await tx.run(update(community_table).values(avatar=worn))
    made = await gallery.post(site, "Look", await gallery.picture(site))
    face, _ = gallery.images(await gallery.letter(site, await gallery.reader(site), made))
    assert face.src == f"{HOST}/looks/{'a' * 32}/app-180.png"
    assert (
        gallery.images(await gallery.letter(site, await gallery.reader(site, "Ida", wanted=False), made))
        == []
    )


Act = Callable[[Site, Account, Any], Awaitable[None]]


async def _take_back(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await pictures.show(tx, who.id, wanted=False)


async def _choose_anew(site: Site, who: Account, made: Any) -> None:
    await _take_back(site, who, made)
    site.clock.forward(1_000)
    async with site.db.write() as tx:
        await pictures.show(tx, who.id, wanted=True)


async def _unsubscribe(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await stop(tx, who.id)


async def _unsubscribe_room(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        by = await site.anna.by(tx, who)
        await choose(tx, by, site.anna.community, "instant", rooms=[(site.anna.news, "none")])


async def _leave(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await joining.leave(tx, who.id, site.anna.community)


async def _ban(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await actions.ban(tx, await site.anna.by(tx, site.anna.owner), site.anna.community, who.id)


async def _suspend(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await accounts.suspend(tx, who.id)


async def _move(site: Site, who: Account, made: Any) -> None:
    """To another address: who reads the old mailbox is not told."""
    async with site.db.write() as tx:
        mine = update(account_table).where(account_table.c.id == who.id)
        await tx.run(mine.values(email="new@example.net"))


async def _delete(site: Site, who: Account, made: Any) -> None:
    await remove(site.anna, made)


async def _lock(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await tx.run(update(post_table).where(post_table.c.id == made.id).values(min_rank=10))


async def _end_community(site: Site, who: Account, made: Any) -> None:
    async with site.db.write() as tx:
        await tx.run(update(community_table).values(deleted_at=tx.now))


async def _wait(site: Site, who: Account, made: Any) -> None:
    site.clock.forward(LIFE_MS)


@pytest.mark.parametrize(
    "act",
    [_take_back, _choose_anew, _unsubscribe, _unsubscribe_room, _leave, _ban, _suspend, _move, _delete, _lock,
     _end_community, _wait],
)  # fmt: skip
async def test_a_picture_is_gone_with_what_it_was_sent_for(site: Site, act: Act) -> None:
    made = await gallery.post(site, "Look", seen := await gallery.picture(site))
    # The same picture in a post that stands opens no letter about one that does not.
    await gallery.post(site, "Again", seen)
    bob = await gallery.reader(site)
    [image] = gallery.images(await gallery.letter(site, bob, made))
    page = await gallery.loaded(site, image)
    assert page.status == 200
    etag = page.answer.headers["etag"]
    await act(site, bob, made)
    for headers in ({}, {"if-none-match": etag}, {"range": "bytes=0-9"}):
        answer = await site.stranger().get(image.src.removeprefix(HOST), **headers)
        assert answer.status == 404, headers
        assert b"WEBP" not in answer.answer.content
        assert answer.answer.headers["cache-control"] == "private, no-store"


async def _stop_following(site: Site, who: Follower, made: Any) -> None:
    async with site.db.write() as tx:
        await following.end(tx, who.id)


async def _follow_without(site: Site, who: Follower, made: Any) -> None:
    async with site.db.write() as tx:
        await following.show_pictures(tx, who.id, wanted=False)


async def _follow_nothing(site: Site, who: Follower, made: Any) -> None:
    async with site.db.write() as tx:
        await following.change(tx, who.id, "none", who.times, {})


async def _hide(site: Site, who: Follower, made: Any) -> None:
    async with site.db.write() as tx:
        await tx.run(update(community_table).values(visibility="private"))


@pytest.mark.parametrize("act", [_stop_following, _follow_without, _follow_nothing, _hide, _lock, _delete])
async def test_it_is_so_for_who_follows_without_an_account(
    site: Site, act: Callable[[Site, Any, Any], Awaitable[None]]
) -> None:
    made = await gallery.post(site, "Look", await gallery.picture(site))
    zoe = await gallery.follower(site)
    [image] = gallery.images(await gallery.letter(site, zoe, made))
    assert (await gallery.loaded(site, image)).status == 200
    await act(site, zoe, made)
    assert (await gallery.loaded(site, image)).status == 404


async def test_an_address_opens_what_it_was_made_for_and_nothing_beside_it(site: Site) -> None:
    open_, paid = await gallery.picture(site), await gallery.picture(site, photo(320, 200, "red"))
    made = await gallery.post(site, "Look", open_)
    await site.anna.tier("Gold", 10)
    await gallery.post(site, "Inside", paid, min_rank=10)
    bob = await gallery.reader(site)
    [image] = gallery.images(await gallery.letter(site, bob, made))
    secret, token = site.app.state.services.secret, image.src.rpartition("/")[2]
    told = opened(secret, token, site.clock())
    assert (told.post_id, told.media_id, told.reader.id) == (made.id, open_.id, bob.id)
    other = sealed(secret, Picture(told.reader, made.id, paid.id, told.width))
    assert (await gallery.loaded(site, f"{HOST}/notices/picture/{other}")).status == 404
    for at in range(0, len(token), 7):
        changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
        assert (await site.stranger().get(f"/notices/picture/{changed}")).status == 404, at
    for odd in ("x", "%00", "a" * 108, token + "A", token[:-4], "%ed%a0%80"):
        assert (await site.stranger().get(f"/notices/picture/{odd}")).status == 404, odd


async def test_what_is_locked_leaves_no_trace_but_the_picture_on_its_card(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    card, inside = await gallery.picture(site, alt="The card"), await gallery.picture(site, photo(320, 200))
    shown = TeaserPicture(card.id)
    made = await gallery.post(site, "Secret", inside, min_rank=10, teaser="Soon", teaser_picture=shown)
    bob = await gallery.reader(site)
    mail = await gallery.letter(site, bob, made)
    [image] = gallery.images(mail)
    assert image.alt == "The card"
    secret = site.app.state.services.secret
    told = opened(secret, image.src.rpartition("/")[2], site.clock())
    assert told.media_id == card.id
    assert (await gallery.loaded(site, image)).status == 200
    forged = sealed(secret, Picture(told.reader, made.id, inside.id, 1_200))
    assert (await gallery.loaded(site, f"{HOST}/notices/picture/{forged}")).status == 404, "not even so"
    carol = await gallery.reader(site, "Carol", tier=gold)
    [own] = gallery.images(await gallery.letter(site, carol, made))
    assert (await gallery.loaded(site, own)).status == 200


async def test_that_one_was_loaded_is_written_down_nowhere(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    made = await gallery.post(site, "Look", await gallery.picture(site))
    bob = await gallery.reader(site)
    images = [
        gallery.images(await gallery.letter(site, who, made))[0]
        for who in (bob, await gallery.follower(site))
    ]
    before = await checksum(site.db)
    with caplog.at_level("DEBUG"):
        for image in images:
            assert (await gallery.loaded(site, image)).status == 200
    assert await checksum(site.db) == before
    # What the client of this test says of itself is not ours.
    said = "\n".join(line.getMessage() for line in caplog.records if not line.name.startswith("httpx"))
    assert "/notices/picture/…" in said
    for known in (bob.id, made.id, "bob@example.net", *(image.src.rpartition("/")[2] for image in images)):
        assert known not in said


async def test_it_is_chosen_on_the_page_of_notices_and_over_the_api(mailing: Site) -> None:
    bob = await gallery.reader(mailing, wanted=False)
    browser = await mailing.browser(bob)
    says(await browser.get("/account/notices"), 200, "Show pictures in letters", "We keep no note of it")

    async def chosen() -> bool:
        async with mailing.db.read() as tx:
            return await pictures.since(tx, bob.id) is not None

    page = await browser.follow("/account/notices", {"do": "pictures", "pictures": "1"})
    assert await chosen() and 'name="pictures" value="1" checked' in page.answer.text
    await browser.follow("/account/notices", {"do": "pictures"})
    assert not await chosen()
    german = await gallery.reader(mailing, "Ida", language="de")
    says(await (await mailing.browser(german)).get("/account/notices"), 200, "Bilder in Mails zeigen")


async def test_who_follows_without_an_account_chooses_by_their_link(mailing: Site) -> None:
    zoe = await gallery.follower(mailing, wanted=False)
    place = f"/follow/by/{links.sealed(mailing.app.state.services.secret, zoe.id)}"
    says(await mailing.stranger("de").get(place), 200, "Bilder in Mails zeigen")
    page = await mailing.stranger().follow(place, {"do": "pictures", "pictures": "1"})
    assert 'name="pictures" value="1" checked' in page.answer.text
    page = await mailing.stranger().follow(place, {"do": "pictures"})
    assert 'name="pictures" value="1">' in page.answer.text


@pytest.mark.parametrize("wanted", [True, False])
async def test_becoming_a_member_takes_the_choice_along(site: Site, wanted: bool) -> None:
    zoe = await gallery.follower(site, wanted=wanted)
    bob = await gallery.reader(site, wanted=False)
    ida = await gallery.reader(site, "Ida")
    async with site.db.write() as tx:
        await pictures.show(tx, ida.id, wanted=False)
        for account in (bob, ida):
            by = await site.anna.by(tx, account)
            await following.hand_over(tx, zoe, by, site.anna.community, [site.anna.news])
        assert (await pictures.since(tx, bob.id) is not None) == wanted
        assert await pictures.since(tx, ida.id) is None, "what an account chose itself stays"


async def test_a_message_in_a_topic_shows_them_as_long_as_it_is_followed(site: Site) -> None:
    group = await talking.group(site.anna)
    made = await gallery.post(site, "Look", await gallery.picture(site), room=group)
    bob = await gallery.reader(site, how="none")
    async with site.db.read() as tx:
        topic = await topics.one(tx, made.topic_id or "")
    await talking.follow(site.anna, topic, bob, push="none", mail="instant")
    [image] = gallery.images(await gallery.letter(site, bob, made))
    assert (await gallery.loaded(site, image)).status == 200
    await talking.follow(site.anna, topic, bob, mail="none")
    assert (await gallery.loaded(site, image)).status == 404
