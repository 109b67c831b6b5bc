"""Comments on the page of a post, by plain forms: read, written, answered, changed, removed, reported, closed."""

import re

from sqlalchemy import func, select

from channel.comments.tables import comments
from channel.members import Role, actions
from channel.members.model import State
from tests.comments.saying import rule, say
from tests.web.conftest import Browser, Page, Site

NEWS = "/@anna/news"


def said(page: Page) -> list[str]:
    """The texts of the comments on a page, in their order."""
    return re.findall(
        r'<article class="comment[^>]*>.*?<div class="text" dir="auto"><p>(.*?)</p>',
        page.answer.text,
        re.DOTALL,
    )


def key_of(page: Page) -> str:
    found = re.search(r'data-write>\s*<input type="hidden" name="key" value="([^"]+)"', page.answer.text)
    assert found, "no composer here"
    return found[1]


async def comment(browser: Browser, href: str, text: str, **more: str) -> Page:
    """Write by the page's own form."""
    key = key_of(await browser.get(href))
    return await browser.follow(f"{href}/comments", {"text": text, "key": key, **more})


def id_of(page: Page, text: str) -> str:
    """The id of the comment with this text."""
    found = re.search(
        rf'<article class="comment[^>]*data-id="([^"]+)"(?:(?!<article).)*{re.escape(text)}',
        page.answer.text,
        re.DOTALL,
    )
    assert found, text
    return found[1]


async def test_a_comment_is_written_answered_and_counted(site: Site) -> None:
    post = await site.post("Hello")
    href = f"{NEWS}/{post.seq}"
    bob = await site.browser(await site.anna.member("bob"))
    anna = await site.browser(site.anna.owner)
    page = await comment(bob, href, "First from Bob")
    top = id_of(page, "First from Bob")
    asked = await anna.get(f"{href}?answer={top}")
    assert f'name="reply_to" value="{top}"' in asked
    await comment(anna, href, "An answer by Anna", reply_to=top)
    page = await bob.get(href)
    assert said(page) == ["First from Bob", "An answer by Anna"]
    assert re.search(r'class="comment team answer"', page.answer.text)
    room = await site.stranger().get(NEWS)
    assert re.search(r'data-count="comments">.*?<span data-value>2</span>', room.answer.text, re.DOTALL)


async def test_a_form_sent_twice_is_one_comment(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"))
    href = f"{NEWS}/{post.seq}"
    fields = {"text": "Once", "key": key_of(await bob.get(href))}
    await bob.follow(f"{href}/comments", fields)
    await bob.follow(f"{href}/comments", fields)
    assert said(await bob.get(href)) == ["Once"]


async def test_for_our_scripts_the_answer_is_the_article(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"))
    made = await bob.post(
        f"{NEWS}/{post.seq}/comments", {"text": "Hi", "key": "k1"}, **{"channel-fragment": "1"}
    )
    assert made.status == 201
    assert made.text.startswith('<article class="comment"')
    wrong = await bob.post(
        f"{NEWS}/{post.seq}/comments", {"text": "", "key": "k2"}, **{"channel-fragment": "1"}
    )
    assert wrong.answer.json()["problems"] == {"text": "Write something first."}


async def test_strangers_read_and_are_told_how_to_take_part(site: Site) -> None:
    post = await site.post("Hello")
    await say(site.anna, post, site.anna.owner, "For all")
    page = await site.stranger().get(f"{NEWS}/{post.seq}")
    assert said(page) == ["For all"]
    assert "Join the community to comment." in page
    assert "data-write" not in page
    assert "Tritt der Community bei" in await site.stranger("de").get(f"{NEWS}/{post.seq}")


async def test_nothing_typed_is_lost_when_it_is_refused(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.anna.member("bob")
    browser = await site.browser(bob)
    href = f"{NEWS}/{post.seq}"
    key = key_of(await browser.get(href))
    long = await browser.post(f"{href}/comments", {"text": "x" * 4001, "key": key})
    assert long.status == 422
    assert "x" * 4001 in long
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        until = site.clock.now_ms + 3_600_000
        await actions.mute(tx, owner, site.anna.community, bob.id, until=until, reason="Shouting")
    muted = await browser.post(f"{href}/comments", {"text": "What I wanted to say", "key": key})
    assert muted.status == 403
    assert "What I wanted to say" in muted
    assert "Reason: Shouting" in muted
    assert "You are muted here" in await browser.get(href)
    assert State.MUTED.value


async def test_one_changes_and_deletes_ones_own(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.anna.member("bob")
    browser, cem = await site.browser(bob), await site.browser(await site.anna.member("cem"))
    made = await say(site.anna, post, bob, "Frist")
    href, one = f"{NEWS}/{post.seq}", f"{NEWS}/{post.seq}/comments/{made.id}"
    assert 'value="edit"' in await browser.get(one)
    assert 'value="edit"' not in await cem.get(one)
    assert (await cem.post(one, {"do": "delete"})).status == 403
    page = await browser.follow(one, {"do": "edit", "text": "First", "rev": "1"})
    assert said(page) == ["First"]
    stale = await browser.post(one, {"do": "edit", "text": "Again", "rev": "1"})
    assert stale.status == 409
    assert "Again" in stale
    gone = await browser.follow(one, {"do": "delete"})
    assert said(gone) == []
    assert "A comment was deleted." in gone
    assert (await browser.get(f"{href}/comments/nothing")).status == 404
    assert (await browser.post(one, {"do": "dance"})).status == 422


async def test_of_a_locked_post_nothing_is_said(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    zoe = await site.anna.member("zoe", tier=gold)
    post = await site.post("Paid", min_rank=10)
    made = await say(site.anna, post, zoe, "Said among us")
    href = f"{NEWS}/{post.seq}"
    assert said(await (await site.browser(zoe)).get(href)) == ["Said among us"]
    bob = await site.browser(await site.anna.member("bob"))
    for browser in (bob, site.stranger()):
        for address in (href, NEWS):
            page = await browser.get(address)
            assert "Said among us" not in page
            assert 'data-count="comments"' not in page
    assert (await bob.get(f"{href}/comments/{made.id}")).status == 403
    assert (await bob.get(f"{href}/report?comment={made.id}")).status == 403
    assert (await bob.post(f"{href}/comments", {"text": "x", "key": "k"})).status == 403


async def test_a_moderator_approves_and_removes_in_the_studio(site: Site) -> None:
    await rule(site.anna, comment_first_held=True)
    post = await site.post("Hello")
    href = f"{NEWS}/{post.seq}"
    bob = await site.browser(await site.anna.member("bob"))
    mia = await site.browser(await site.anna.member("mia", role=Role.MODERATOR))
    mine = await comment(bob, href, "My very first")
    assert "Waits for approval" in mine
    assert "My very first" not in await site.stranger().get(href)
    desk = await mia.get("/studio/anna/comments")
    assert "My very first" in desk
    held = id_of(await mia.get(href), "My very first")
    done = await mia.follow("/studio/anna/comments", {"do": "approve", "id": held})
    assert "Everybody sees it now." in done
    assert "My very first" in await site.stranger().get(href)
    await mia.follow("/studio/anna/comments", {"do": "remove", "id": held, "reason": "Off the point"})
    assert "Reason: Off the point" in await bob.get(href)
    assert "Off the point" not in await site.stranger().get(href)
    for wrong in ({"do": "approve", "id": "x\0"}, {"do": "settle", "id": "nothing"}, {"do": ""}):
        assert (await mia.post("/studio/anna/comments", wrong)).status == 404
    assert (await bob.get("/studio/anna/comments")).status == 403


async def test_what_is_reported_stands_in_the_studio_until_it_was_looked_at(site: Site) -> None:
    post = await site.post("Hello")
    href = f"{NEWS}/{post.seq}"
    made = await say(site.anna, post, await site.anna.member("cem"), "Buy this")
    bob, anna = await site.browser(await site.anna.member("bob")), await site.browser(site.anna.owner)
    assert "What is wrong with it?" in await bob.get(f"{href}/report?comment={made.id}")
    assert (await bob.post(f"{href}/report", {"comment": made.id, "words": "kept"})).status == 422
    thanks = await bob.post(f"{href}/report", {"comment": made.id, "reason": "spam", "words": "An advert"})
    assert "Thank you" in thanks
    assert "Thank you" in await bob.post(f"{href}/report", {"reason": "other"})
    desk = await anna.get("/studio/anna/comments")
    assert "An advert" in desk
    ids = re.findall(
        r'name="do" value="settle"><input type="hidden" name="id" value="([^"]+)"', desk.answer.text
    )
    assert len(ids) == 2
    for one in ids:
        await anna.follow("/studio/anna/comments", {"do": "settle", "id": one})
    assert "Nobody has reported anything." in await anna.get("/studio/anna/comments")


async def test_the_studio_says_who_comments_and_what_waits(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    fields = {
        "name": "News",
        "slug": "news",
        "has_rules": "1",
        "comments": "1",
        "comment_days": "7",
        "comment_rank": "",
    }
    await anna.follow("/studio/anna/rooms/news", fields)
    assert 'name="comment_days"' in await anna.get("/studio/anna/rooms/news")
    await anna.follow("/studio/anna/comments", {"do": "holds", "words": "crypto", "link_days": "5"})
    desk = await anna.get("/studio/anna/comments")
    assert "crypto</textarea>" in desk
    wrong = await anna.post(
        "/studio/anna/comments", {"do": "holds", "words": "kept words", "link_days": "999"}
    )
    assert wrong.status == 422
    assert "kept words" in wrong
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"))
    page = await comment(bob, f"{NEWS}/{post.seq}", "Buy crypto")
    assert "Waits for approval" in page
    await anna.follow("/studio/anna/rooms/news", {"name": "News", "slug": "news", "has_rules": "1"})
    assert "Comments are switched off here." in await bob.get(f"{NEWS}/{post.seq}")


async def test_the_creator_closes_comments_under_one_post(site: Site) -> None:
    post = await site.post("Hello")
    href = f"{NEWS}/{post.seq}"
    anna, bob = await site.browser(site.anna.owner), await site.browser(await site.anna.member("bob"))
    page = await anna.follow(f"{href}/thread", {"on": ""})
    assert "Open comments here" in page
    assert "Comments are switched off here." in await bob.get(href)
    assert (await bob.post(f"{href}/thread", {"on": "1"})).status == 403
    await anna.follow(f"{href}/thread", {"on": "1"})
    assert "data-write" in await bob.get(href)


async def test_long_threads_come_in_pages(site: Site) -> None:
    post = await site.post("Hello")
    for n in range(55):
        await say(site.anna, post, site.anna.owner, f"n{n:02}")
    page = await site.stranger().get(f"{NEWS}/{post.seq}")
    assert said(page) == [f"n{n:02}" for n in range(5, 55)]
    older = re.search(r'rel="prev" href="([^"]+)#comments"', page.answer.text)
    assert older
    assert said(await site.stranger().get(older[1])) == [f"n{n:02}" for n in range(5)]
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(comments)) == 55


async def test_a_comment_that_one_is_led_to_is_on_the_page(site: Site) -> None:
    """By ?comment=: among the newest when it is one of them, else on the page that ends with it."""
    post, other = await site.post("Hello"), await site.post("Else")
    made = [await say(site.anna, post, site.anna.owner, f"n{n:02}") for n in range(55)]
    answer = await say(site.anna, post, site.anna.owner, "an answer", reply_to=made[3].id)
    stranger, href = site.stranger(), f"{NEWS}/{post.seq}"
    newest = [f"n{n:02}" for n in range(5, 55)]
    assert said(await stranger.get(f"{href}?comment={made[5].id}")) == newest
    assert said(await stranger.get(f"{href}?comment={made[4].id}")) == [
        "n00", "n01", "n02", "n03", "an answer", "n04",
    ]  # fmt: skip
    led = await stranger.get(f"{href}?comment={answer.id}")
    assert said(led) == ["n00", "n01", "n02", "n03", "an answer"]
    assert 'rel="next"' in led
    elsewhere = await say(site.anna, other, site.anna.owner, "elsewhere")
    for nothing in (elsewhere.id, "x%00", "", "0198d000-0000-7000-8000-000000000000"):
        assert said(await stranger.get(f"{href}?comment={nothing}")) == newest, nothing


async def test_a_comment_that_waits_leads_nobody_anywhere(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.anna.member("bob")
    await rule(site.anna, comment_first_held=True)
    waits = await say(site.anna, post, bob, "waits")
    for n in range(50):
        await say(site.anna, post, site.anna.owner, f"n{n:02}")
    href = f"{NEWS}/{post.seq}"
    page = await site.stranger().get(f"{href}?comment={waits.id}")
    assert page.text.replace(waits.id, "") == (await site.stranger().get(href)).text
    assert "waits" in said(await (await site.browser(bob)).get(f"{href}?comment={waits.id}"))
