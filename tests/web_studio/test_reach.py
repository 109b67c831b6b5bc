"""The studio says whom a post would reach and whom it reached, and sends it as important or in the morning."""

import pytest
from sqlalchemy import select

from channel import reach
from channel.following import Wish, actions
from channel.members import Role
from channel.posts.model import Post
from channel.posts.steps import DAY_MS, Step
from channel.posts.tables import posts
from channel.rooms import Room
from channel.storage import Tx
from channel.web.studio import compose
from tests.posts.writing import post
from tests.web_studio.conftest import Browser, Site, says
from tests.web_studio.test_publish import FRAGMENT, letter


async def test_a_post_is_sent_as_important_or_for_the_morning(site: Site, anna: Browser) -> None:
    assert (await anna.post("/posts", letter(site, key="a", important="1"))).status_code == 303
    assert (await anna.post("/posts", letter(site, key="b", morning="1"))).status_code == 303
    async with site.anna.db.read() as tx:
        rows = await tx.all(select(posts.c.important, posts.c.morning).order_by(posts.c.seq))
    assert [(bool(one.important), bool(one.morning)) for one in rows] == [(True, False), (False, True)]
    says(await anna.get("/posts"), 200, "important")


async def test_the_fifth_important_post_is_refused_and_what_was_typed_stays(
    site: Site, anna: Browser
) -> None:
    for number in range(4):
        await post(site.anna, f"P{number}", important=True)
    answer = await anna.post("/posts", letter(site, "A fifth one", important="1"))
    says(answer, 409, "A fifth one", "they are used up")


async def test_before_sending_one_sees_who_is_told(site: Site, anna: Browser) -> None:
    says(await anna.get("/telling"), 200, "<html", "In their morning", "4 more posts can be important")
    answer = await anna.get(f"/telling?room={site.anna.news.id}", **FRAGMENT)
    says(answer, 200, "In their morning")
    assert "<html" not in answer.text
    assert (await anna.get("/telling?room=nowhere")).status_code == 404


async def test_who_follows_without_an_account_is_counted_apart_before_sending(
    site: Site, anna: Browser
) -> None:
    async with site.anna.db.write() as tx:
        for number in range(3):
            await _follows(tx, site, number)
    says(await anna.get("/telling"), 200, "3 follow without an account: too few to say more")
    async with site.anna.db.write() as tx:
        for number in range(3, 12):
            await _follows(tx, site, number)
    says(await anna.get("/telling"), 200, "By letter, without an account", "about 10")
    closed = await anna.get("/telling?min_rank=0")
    says(closed, 200, "12 follow without an account and are not told of such a post")
    assert "By letter, without" not in closed.text
    for wrong in ("x", "-1", "1000001", "9" * 400, "%C2%B9"):
        assert (await anna.get(f"/telling?min_rank={wrong}")).status_code == 422


async def test_the_alarm_stands_above_the_button_that_sends(
    site: Site, anna: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "four times as many people or more"
    desk = await anna.get("")
    says(desk, 200, "data-alarm")
    assert words not in desk.text
    calm = await anna.get(f"/telling?part=alarm&room={site.anna.news.id}", **FRAGMENT)
    assert (calm.status_code, calm.text.strip()) == (200, "")

    async def tired(tx: Tx, room: Room) -> tuple[int, int]:
        assert room.id == site.anna.news.id
        return 5, 4

    monkeypatch.setattr(compose, "weariness", tired)
    desk = (await anna.get("")).text
    assert desk.index("post number 5 within 24 hours") < desk.index("data-send"), "nothing has to be opened"
    assert words in desk
    alarm = await anna.get(f"/telling?part=alarm&room={site.anna.news.id}", **FRAGMENT)
    says(alarm, 200, words)
    assert "In their morning" not in alarm.text
    assert words not in (await anna.get("/telling", **FRAGMENT)).text, "it is said once on a page"
    says(await anna.get("/telling"), 200, words, "In their morning")
    assert (await anna.get("/telling?part=alarm&room=nowhere", **FRAGMENT)).status_code == 404


async def _follows(tx: Tx, site: Site, number: int) -> None:
    wish = Wish(site.anna.community.id, f"early{number}@example.net", "instant", "en")
    await actions.confirm(tx, await actions.confirmation(tx, wish))


async def test_of_a_small_room_the_report_says_how_many_may_see_it_and_no_more(
    site: Site, anna: Browser
) -> None:
    for number in range(9):
        await site.anna.member(f"M{number}")
    made = await post(site.anna, "Words")
    answer = await anna.get(f"/posts/{made.id}/reach")
    says(answer, 200, "Words", "Fewer than ten")
    assert "Why not the rest" not in answer.text
    await site.anna.member("M9")
    says(await anna.get(f"/posts/{made.id}/reach"), 200, "Why not the rest", "No device and no letters")


async def test_members_see_no_report(site: Site) -> None:
    made = await post(site.anna, "Words")
    bob = await site.browser(await site.member("bob"))
    assert (await bob.get(f"/posts/{made.id}/reach")).status_code == 403
    assert (await bob.get("/telling")).status_code == 403
    moderator = await site.browser(await site.member("mo", role=Role.MODERATOR))
    assert (await moderator.get(f"/posts/{made.id}/reach")).status_code == 200


async def test_who_follows_without_an_account_is_counted_apart(site: Site, anna: Browser) -> None:
    made = await post(site.anna, "Words")
    assert "Without an account" not in (await anna.get(f"/posts/{made.id}/reach")).text
    site.clock.forward(1_000)
    async with site.anna.db.write() as tx:
        for number in range(9):
            await follow(tx, site.anna.community.id, number)
    says(await anna.get(f"/posts/{made.id}/reach"), 200, "Without an account", "Fewer than ten follow")
    async with site.anna.db.write() as tx:
        await follow(tx, site.anna.community.id, 9)
    says(await anna.get(f"/posts/{made.id}/reach"), 200, "Came after the post", "Counted apart")


async def follow(tx: Tx, community_id: str, number: int) -> None:
    wish = Wish(community_id, f"f{number}@example.net", "instant", "en")
    await actions.confirm(tx, await actions.confirmation(tx, wish))


async def test_the_page_says_until_when_it_counts_and_what_comes_too_late(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    moves, final = ">8 January 2026, 12:00 UTC</time>. What people open", "These numbers are final"
    too_late, since = "whom it tells then is not counted", "as it opens to more people"
    early, late = [Step(site.clock() + 2 * DAY_MS, None)], [Step(site.clock() + 20 * DAY_MS, None)]
    plain = await post(site.anna, "For all")
    soon = await post(site.anna, "Early", min_rank=gold.rank, opens=early)
    later = await post(site.anna, "Late", min_rank=gold.rank, opens=late)
    silent = await post(site.anna, "Hush", silent=True)

    async def page(made: Post) -> str:
        return (await anna.see(f"/posts/{made.id}/reach")).text

    for made in (plain, soon):
        assert moves in await page(made) and too_late not in await page(made)
    assert moves in await page(later) and too_late in await page(later)
    assert "The numbers move" not in await page(silent) and final not in await page(silent)
    site.clock.forward(8 * DAY_MS)
    await site.work()
    for _ in (plain, soon, later):
        async with site.db.write() as tx:
            await reach.sweep(tx)
    assert final in await page(plain) and since not in await page(plain)
    assert final in await page(soon) and since not in await page(soon), "it opened in time"
    assert since in await page(later), "it will"
    site.clock.forward(20 * DAY_MS)
    await site.work()
    assert since in await page(later), "it did"
    assert since not in await page(plain)
    assert final not in await page(silent)
