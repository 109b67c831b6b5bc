"""Catching up, tags and mentions as pages show them, without scripts."""

import re
from urllib.parse import quote

from sqlalchemy import update

from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.comments import Comment
from channel.events import MentionsDue
from channel.outbox import claim
from channel.posts import telling
from channel.posts.model import Post
from channel.rooms.tables import rooms
from tests.comments.saying import say
from tests.comments.test_names import tell
from tests.posts.writing import post
from tests.web.conftest import Site


async def named(site: Site, text: str, **more: object) -> Post:
    """Anna names somebody, and whoever is meant is told."""
    site.clock.forward(60_000)
    made = await post(site.anna, text, **more)
    async with site.db.write() as tx:
        for job in await claim(tx):
            if isinstance(job.event, MentionsDue):
                await telling.tell(tx, job.event)
    return made


async def test_a_reader_catches_up_and_marks_all_as_read(site: Site) -> None:
    mara = await site.anna.member("Mara")
    browser = await site.browser(mara)
    made = await named(site, f"Ask @[x]({mara.id}) about it")
    home = await browser.get("/")
    assert 'href="/catch-up"' in home
    assert "1 mention of you" in home
    page = await browser.get("/catch-up")
    assert "Ask @Mara about it" in page or "Ask @x about it" in page
    assert "names you" in page
    assert f'href="/@anna/news?from={made.seq}#p{made.seq}"' in page
    upto = re.search(r'name="upto" value="(\d+)"', page.text)
    assert upto
    site.clock.forward(1)
    await site.post("Came later")
    after = await browser.follow("/catch-up/read", {"upto": upto[1]})
    assert "Came later" in after, "what was not on the page stays unread"
    assert "names you" not in after
    done = await browser.follow("/catch-up/read")
    assert "Nothing missed" in done
    assert "/catch-up" not in (await browser.get("/"))


async def test_catching_up_speaks_german_and_one_community_at_a_time(site: Site) -> None:
    mara = await site.anna.member("Mara")
    browser = await site.browser(mara, "de")
    await site.post("Neues")
    assert "Verpasstes" in await browser.get("/catch-up?in=anna")
    assert (await browser.get("/catch-up?in=nobody")).status == 404
    assert (await site.stranger().get("/catch-up")).status == 303


async def test_a_locked_post_is_a_locked_line(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    mara = await site.anna.member("Mara")
    browser = await site.browser(mara)
    await named(site, f"The secret of @[x]({mara.id})", min_rank=10)
    page = await browser.get("/catch-up")
    assert "A locked post" in page
    assert "names you" not in page
    assert "secret" not in page
    room = await browser.get("/@anna/news")
    assert "1 mention of you" not in room
    assert "data-named" not in room


async def test_a_room_leads_to_the_first_mention_that_was_not_read(site: Site) -> None:
    mara = await site.anna.member("Mara")
    first = await named(site, f"One @[x]({mara.id})")
    second = await named(site, f"Two @[x]({mara.id})")
    room = await (await site.browser(mara)).get("/@anna/news")
    assert f'data-named="{first.seq} {second.seq}"' in room
    assert f"/@anna/news?from={first.seq}#p{first.seq}" in room
    assert "2 mentions of you" in room


async def test_a_tag_has_a_page_and_says_nothing_of_what_is_locked(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    made = await named(site, "Off to #Größe")
    await named(site, "The #reunion", min_rank=10)
    tag = await site.stranger().get(f"/@anna/tag/{quote('grösse')}")
    assert tag.status == 200
    assert made.text in tag
    locked = await site.stranger().get("/@anna/tag/reunion")
    unknown = await site.stranger().get("/@anna/tag/nothing1")
    assert locked.text.replace("reunion", "nothing1") == unknown.text
    assert (await site.stranger().get("/@anna/tag/%00")).status == 404


async def test_a_room_that_was_called_tag_before_keeps_its_address(site: Site) -> None:
    room = await site.anna.room("old")
    async with site.db.write() as tx:
        await tx.run(update(rooms).where(rooms.c.id == room.id).values(slug="tag"))
    made = await site.post("In the old room", room=room)
    assert made.text in await site.stranger().get("/@anna/tag")
    assert made.text in await site.stranger().get(f"/@anna/tag/{made.seq}")
    owner = await site.browser(site.anna.owner)
    saved = await owner.post("/studio/anna/rooms/tag", {"slug": "tag", "name": "Renamed"})
    assert saved.status == 303, saved.text[:500]
    refused = await owner.post("/studio/anna/rooms", {"slug": "tag", "name": "Another"})
    assert "reserved" in refused


async def test_who_writes_sees_how_many_a_group_is(site: Site) -> None:
    await site.anna.member("Mara")
    owner = await site.browser(site.anna.owner)
    room = site.anna.news.id
    page = await owner.post(
        "/studio/anna/preview", {"room": room, "text": "@everyone hello", "show": "page", "key": "k"}
    )
    assert "Notifies 1 person" in page


async def test_too_many_names_lose_nothing_that_was_typed(site: Site) -> None:
    owner = await site.browser(site.anna.owner)
    text = " ".join(f"#t{n}" for n in range(11))
    fields = {"room": site.anna.news.id, "text": text, "key": "k"}
    page = await owner.post("/studio/anna/posts", fields)
    assert page.status == 422
    assert "at most 10 #tags" in page
    assert text in page


async def test_posting_from_the_room_names_people(site: Site) -> None:
    mara = await site.anna.member("Mara")
    async with site.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == mara.id).values(handle="mara"))
    owner = await site.browser(site.anna.owner)
    sent = await owner.post(
        "/studio/anna/posts",
        {"room": site.anna.news.id, "text": "Hi @mara", "key": "k", "next": "/@anna/news"},
    )
    assert sent.status == 303
    assert f'data-who="{mara.id}"' in await owner.get("/@anna/news")


async def in_a_comment(site: Site, author: Account, text: str, under: Post) -> Comment:
    """Somebody is named in a comment, and told."""
    site.clock.forward(60_000)
    made = await say(site.anna, under, author, text)
    await tell(site.anna)
    return made


async def test_a_comment_that_names_or_answers_is_caught_up_on_and_leads_to_its_place(site: Site) -> None:
    mara = await site.anna.member("Mara")
    browser = await site.browser(mara)
    under = await site.post("Hello")
    mine = await say(site.anna, under, mara, "My question")
    await browser.follow("/catch-up/read")
    made = await in_a_comment(site, site.anna.owner, f"Look here @[x]({mara.id}) #tour", under)
    site.clock.forward(1000)
    await say(site.anna, under, site.anna.owner, "To your question", reply_to=mine.id)
    assert 'href="/catch-up"' in await browser.get("/")
    page = await browser.get("/catch-up")
    place = f"/@anna/news/{under.seq}?comment={made.id}#c-{made.id}"
    assert f'href="{place}"' in page
    assert "names you" in page
    assert "answers you" in page
    assert f'id="c-{made.id}"' in await browser.get(place.partition("#")[0])
    assert f'href="{place}"' in await site.stranger().get("/@anna/tag/tour")
    done = await browser.follow("/catch-up/read")
    assert "Nothing missed" in done
    assert 'href="/catch-up"' not in await browser.get("/")


async def test_comments_under_a_locked_post_say_nothing_of_names_and_tags(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    mara = await site.anna.member("Mara")
    browser = await site.browser(mara)
    under = await site.post("Locked", min_rank=10)
    await in_a_comment(site, site.anna.owner, f"The secret of @[x]({mara.id}) #reunion", under)
    page = await browser.get("/catch-up")
    assert "names you" not in page
    assert "secret" not in page
    tag = await browser.get("/@anna/tag/reunion")
    assert "secret" not in tag
    assert tag.text.replace("reunion", "nothing1") == (await browser.get("/@anna/tag/nothing1")).text
    assert "The secret" not in await browser.get("/search?q=secret")


async def test_staff_see_how_many_a_comment_calls_before_it_is_sent_without_scripts(site: Site) -> None:
    await site.anna.member("Mara")
    owner = await site.browser(site.anna.owner)
    href = f"/@anna/news/{(await site.post('Hello')).seq}"
    fields = {"text": "@everyone hello", "key": "k"}
    asked = await owner.post(f"{href}/comments", fields)
    assert "Notifies 1 person" in asked
    assert 'name="told" value="1"' in asked
    assert "@everyone hello" not in await owner.get(href), "nothing is sent yet"
    sent = await owner.post(f"{href}/comments", fields | {"told": "1"})
    assert sent.status == 303
    assert '<span class="mention">@everyone</span> hello' in await owner.get(href)
