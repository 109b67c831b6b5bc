"""The room: where it opens, what it shows to whom, pages of it, single posts and their past."""

import re

import pytest

from channel import posts, tiers
from channel.members import Role, actions, governing
from channel.posts import Draft, pins
from channel.posts.model import Post
from channel.tiers import Tier
from tests.web.conftest import Browser, Page, Site


def seqs(page: Page) -> list[int]:
    return [int(found) for found in re.findall(r'<article class="post[^"]*" id="p(\d+)"', page.answer.text)]


async def several(site: Site, count: int) -> list[Post]:
    return [await site.post(f"Post number {n}") for n in range(1, count + 1)]


async def read_up_to(browser: Browser, site: Site, seq: int) -> None:
    assert (await browser.post(f"/rooms/{site.anna.news.id}/read", {"seq": str(seq)})).status == 204


async def test_a_room_opens_at_the_first_unread_post_with_some_read_ones_above(site: Site) -> None:
    made = await several(site, 90)
    bob = await site.browser(await site.anna.member("bob"))
    await read_up_to(bob, site, made[29].seq)
    page = await bob.get("/@anna/news")
    assert "60 unread posts" in page
    shown = seqs(page)
    assert shown[0] == made[15].seq
    assert shown[-1] == made[79].seq
    before, after = page.answer.text.split('id="unread"')
    assert "Post number 30<" in before
    assert "Post number 31<" in after
    assert "Post number 31<" not in before
    assert 'data-older="1" data-newer="1"' in page
    assert f'data-read="{made[29].seq}"' in page
    assert f'data-head="{made[-1].seq}"' in page


async def test_with_nothing_unread_it_opens_at_the_newest(site: Site) -> None:
    made = await several(site, 60)
    for browser in (site.stranger(), await site.browser(site.anna.owner)):
        page = await browser.get("/@anna/news")
        assert seqs(page)[-1] == made[-1].seq
        assert len(seqs(page)) == 50
        assert 'id="unread"' not in page
        assert 'data-older="1" data-newer="0"' in page


async def test_plain_links_lead_through_the_whole_room(site: Site) -> None:
    made = await several(site, 120)
    stranger, seen, path = site.stranger(), set[int](), "/@anna/news"
    while path:
        page = await stranger.get(path)
        assert not seen & set(seqs(page))
        seen |= set(seqs(page))
        older = re.search(r'href="(/@anna/news\?before=\d+)">', page.answer.text)
        path = older[1] if older else ""
    assert seen == {post.seq for post in made}
    assert "This is where News begins" in page


async def test_a_day_and_a_post_can_be_jumped_to(site: Site) -> None:
    made = await several(site, 3)
    site.clock.forward(3 * 24 * 3600 * 1000)
    later = await several(site, 3)
    stranger = site.stranger()
    page = await stranger.get("/@anna/news?at=2026-01-03")
    assert f'data-target="{later[0].seq}"' in page
    assert f'data-target="{made[1].seq}"' in await stranger.get(f"/@anna/news?from={made[1].seq}")
    assert 'data-day="2026-01-01"' in page
    assert 'data-day="2026-01-04"' in page


async def test_one_who_writes_on_is_named_once(site: Site) -> None:
    await several(site, 2)
    site.clock.forward(31 * 60 * 1000)
    await several(site, 1)
    classes = re.findall(
        r'<article class="(post[^"]*)"', (await site.stranger().get("/@anna/news")).answer.text
    )
    assert classes == ["post", "post same", "post"]


async def test_what_is_written_runs_from_the_side_of_its_own_letters(site: Site) -> None:
    await site.post("שלום")
    for address in ("/@anna/news", "/@anna/news/1", "/embed/@anna/news/1"):
        shown = (await site.stranger().get(address)).answer.text
        assert re.search(r'class="text" dir="auto">\s*(<p>)?שלום', shown), address


async def test_a_read_position_never_moves_back_and_the_button_marks_all(site: Site) -> None:
    made = await several(site, 5)
    bob = await site.browser(await site.anna.member("bob"))
    await read_up_to(bob, site, made[3].seq)
    await read_up_to(bob, site, made[1].seq)
    assert "1 unread post" in await bob.get("/@anna/news")
    sent = await bob.post(
        f"/rooms/{site.anna.news.id}/read", {"seq": str(made[-1].seq), "next": "/@anna/news"}
    )
    assert (sent.status, sent.location) == (303, "/@anna/news")
    assert 'id="unread"' not in await bob.get("/@anna/news")
    told = {"origin": "http://channel.test", "content-type": "application/json"}
    by_json = await bob.http.post(f"/rooms/{site.anna.news.id}/read", content='{"seq": 2}', headers=told)
    assert by_json.status_code == 204
    wrong = await bob.http.post(f"/rooms/{site.anna.news.id}/read", content='{"seq": "2"}', headers=told)
    assert wrong.status_code == 422
    assert (await site.stranger().post(f"/rooms/{site.anna.news.id}/read", {"seq": "1"})).status == 401


async def test_fragments_come_oldest_first_and_say_whether_there_is_more(site: Site) -> None:
    made = await several(site, 30)
    address = f"/rooms/{site.anna.news.id}/posts"
    stranger = site.stranger()
    page = await stranger.get(f"{address}?before={made[20].seq}&limit=10")
    assert seqs(page) == [post.seq for post in made[10:20]]
    assert (page.answer.headers["channel-older"], page.answer.headers["channel-newer"]) == ("1", "1")
    first = await stranger.get(f"{address}?before={made[5].seq}&limit=10")
    assert (first.answer.headers["channel-older"], first.answer.headers["channel-newer"]) == ("0", "1")
    last = await stranger.get(f"{address}?after={made[25].seq}")
    assert seqs(last) == [post.seq for post in made[26:]]
    assert last.answer.headers["channel-newer"] == "0"
    middle = await stranger.get(f"{address}?around={made[15].seq}&limit=6")
    assert made[15].seq in seqs(middle)
    assert "<html" not in page


async def test_only_who_may_write_gets_a_composer(site: Site) -> None:
    await several(site, 1)
    people = {
        role: await site.anna.member(role.value, role=role)
        for role in (Role.MEMBER, Role.EDITOR, Role.MODERATOR)
    }
    for role, account in people.items():
        page = await (await site.browser(account)).get("/@anna/news")
        assert ("data-composer" in page) is (role is Role.EDITOR)
    owner = await (await site.browser(site.anna.owner)).get("/@anna/news")
    assert 'data-can="post edit-own pin edit delete"' in owner
    assert 'data-can=""' in await site.stranger().get("/@anna/news")
    assert re.search(r'name="key" value="[0-9a-f-]{36}"', owner.answer.text)
    assert "You read as a guest" in await site.stranger().get("/@anna/news")


async def test_what_is_locked_is_in_no_page_of_a_free_follower(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    locked = await site.post("CANARY in a post", min_rank=10, teaser="Only a teaser")
    hidden = await site.post("CANARY in a room", room=vault)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await pins.pin(tx, by, locked, 1)
    await site.post("Open again")
    bob = await site.browser(await site.anna.member("bob"))
    for browser in (bob, site.stranger()):
        for path in ("/", "/@anna", "/@anna/hello", "/@anna/news", "/@anna/vault", f"/@anna/news/{locked.seq}",
                     f"/@anna/news/{locked.seq}/history", f"/@anna/vault/{hidden.seq}", "/palette.json",
                     f"/@anna/vault/{hidden.seq}/history", f"/rooms/{vault.id}/posts",
                     f"/rooms/{site.anna.news.id}/posts", f"/@anna/news?from={locked.seq}"):  # fmt: skip
            assert "CANARY" not in await browser.get(path), path
    page = await bob.get("/@anna/news")
    assert "Only a teaser" in page
    assert "data-locked" in page
    gold = await site.anna.member("gold", tier=await _gold(site))
    assert "CANARY in a post" in await (await site.browser(gold)).get("/@anna/news")


async def _gold(site: Site) -> Tier:
    async with site.db.read() as tx:
        return (await tiers.of_community(tx, site.anna.community.id))[-1]


async def test_a_locked_room_names_the_tier_that_opens_it(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    await site.anna.room("inside", min_rank=0)
    stranger = site.stranger()
    vault = await stranger.get("/@anna/vault")
    assert vault.status == 403
    assert "This room opens with Gold." in vault
    inside = await stranger.get("/@anna/inside")
    assert inside.status == 403
    assert "This room is for members." in inside
    assert 'href="/@anna#join"' in inside


async def test_the_card_of_a_post_is_what_an_outsider_may_see(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    open_post = await site.post("Everybody may read **this**")
    locked = await site.post("CANARY", min_rank=10, teaser="Only a teaser")
    gold = await site.browser(await site.anna.member("gold", tier=await _gold(site)))
    head = (await gold.get(f"/@anna/news/{locked.seq}")).text.split("</head>")[0]
    assert "CANARY" not in head
    assert 'og:description" content="Only a teaser"' in head
    told = (await site.stranger().get(f"/@anna/news/{open_post.seq}")).text.split("</head>")[0]
    assert 'og:description" content="Everybody may read this"' in told
    assert f'rel="canonical" href="http://channel.test/@anna/news/{open_post.seq}"' in told
    assert "noindex" not in told


async def test_only_a_public_community_may_be_found_by_search_engines(site: Site) -> None:
    assert "noindex" not in await site.stranger().get("/@anna")
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.edit_community(tx, by, site.anna.community, visibility="unlisted")
    assert "noindex" in await site.stranger().get("/@anna")
    assert "/@anna" not in await site.stranger().get("/")


async def edited(site: Site, post: Post, text: str, min_rank: int | None = None) -> Post:
    rendered = await posts.prepare(Draft.parse(text, min_rank=min_rank), rooms={})
    async with site.db.write() as tx:
        return await posts.edit(tx, await site.anna.by(tx, site.anna.owner), post, rendered)


async def test_the_history_shows_word_by_word_what_changed(site: Site) -> None:
    post = await site.post("The kiln opens on Sunday")
    await edited(site, post, "The kiln opens on Monday")
    page = await site.stranger().get(f"/@anna/news/{post.seq}/history")
    assert "<del>Sunday</del><ins>Monday</ins>" in page.answer.text
    assert "First wording" in page


async def test_opening_a_post_does_not_open_its_past(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    post = await site.post("CANARY for the few", min_rank=10)
    await edited(site, post, "For all of you")
    page = await site.stranger().get(f"/@anna/news/{post.seq}/history")
    assert page.status == 200
    assert "CANARY" not in page
    assert "behind a pass that you do not have" in page


async def test_a_deleted_post_leaves_a_trace_and_no_words(site: Site) -> None:
    post = await site.post("CANARY")
    async with site.db.write() as tx:
        await posts.delete(tx, await site.anna.by(tx, site.anna.owner), post)
    stranger = site.stranger()
    alone = await stranger.get(f"/@anna/news/{post.seq}")
    assert alone.status == 410
    assert "This post was deleted" in alone
    assert "data-gone" in await stranger.get("/@anna/news")
    for path in ("/@anna", "/@anna/news", f"/@anna/news/{post.seq}", f"/@anna/news/{post.seq}/history"):
        assert "CANARY" not in await stranger.get(path)


async def test_pins_stand_above_the_feed(site: Site) -> None:
    first, second = await several(site, 2)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await pins.pin(tx, by, first, 1)
        await pins.pin(tx, by, second, 2)
    page = await site.stranger().get("/@anna/news")
    assert "Pinned · 1 of 2" in page
    assert f'href="/@anna/news?from={second.seq}#p{second.seq}"' in page


async def test_a_muted_member_still_reads(site: Site) -> None:
    bob = await site.anna.member("bob")
    await site.post("For everybody")
    async with site.db.write() as tx:
        await actions.mute(tx, await site.anna.by(tx, site.anna.owner), site.anna.community, bob.id)
    assert "For everybody" in await (await site.browser(bob)).get("/@anna/news")


@pytest.mark.parametrize("language", ["en", "de"])
async def test_an_empty_room_says_what_to_do(site: Site, language: str) -> None:
    for browser in (site.stranger(language), await site.browser(site.anna.owner, language)):
        page = await browser.get("/@anna/news")
        assert page.status == 200
        assert "data-empty" in page


async def test_links_feeds_and_frames_outlive_a_new_address_of_the_room(site: Site) -> None:
    await site.post("The kiln is hot")
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await governing.edit_room(tx, owner, site.anna.community, site.anna.news, slug="letters")
    for page, now in (("/@anna/news/1?via=x", "/@anna/letters/1?via=x"), ("/@anna/news", "/@anna/letters")):
        answer = (await site.stranger().get(page)).answer
        assert (answer.status_code, answer.headers["location"]) == (302, now)
    for page in ("/@anna/news/feed.atom", "/embed/@anna/news/1", "/share/@anna/news/1"):
        found = await site.stranger().get(page)
        assert found.status == 200 and "/@anna/letters/1" in found.text, page
    frame = await site.stranger().get("/oembed?url=http%3A%2F%2Fchannel.test%2F%40anna%2Fnews%2F1")
    assert "/embed/@anna/letters/1" in frame.text
