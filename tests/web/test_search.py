"""The page of the search: what it finds, how it says it, and that nothing typed is lost. All without scripts."""

import re

from channel.search import catch_up
from channel.web import search as search_page
from tests.comments.saying import say
from tests.topics import talking
from tests.web.conftest import Site

LINK = re.compile(r'<a class="found-row" href="([^"]+)"')


async def test_what_is_found_leads_to_where_it_stands(site: Site) -> None:
    made = await site.post("Der **Käse** & <b>mehr</b>")
    await site.post("Something else")
    await catch_up(site.anna.db)
    page = await site.stranger().get("/@anna/search?q=kaese")
    assert page.status == 200
    assert LINK.findall(page.answer.text) == [f"/@anna/news?from={made.seq}#p{made.seq}"]
    assert "Der <mark>Käse</mark> &amp; &lt;b&gt;mehr&lt;/b&gt;" in page.answer.text
    there = await site.stranger().get(f"/@anna/news?from={made.seq}")
    assert f'data-target="{made.seq}"' in there


async def test_a_comment_is_shown_under_its_post_and_leads_to_it(site: Site) -> None:
    made = await site.post("About *clay*")
    bob = await site.anna.member("Bob")
    said = await say(site.anna, made, bob, "A **glaze** & more")
    await catch_up(site.anna.db)
    page = await site.stranger().get("/@anna/search?q=glaze")
    [href] = LINK.findall(page.answer.text)
    assert href == f"/@anna/news/{made.seq}?comment={said.id}#c-{said.id}"
    assert "<mark>glaze</mark> &amp; more" in page.answer.text
    assert "Comment on “About clay”" in page
    assert f'id="c-{said.id}"' in await site.stranger().get(href.partition("#")[0])
    mine = await (await site.browser(bob)).get("/search?q=from:me")
    assert LINK.findall(mine.answer.text) == [href]


async def test_a_message_is_shown_with_its_topic_and_leads_to_it(site: Site) -> None:
    talk = await talking.group(site.anna)
    kiln = await talking.start(site.anna, talk, "Raw clay")
    said = await talking.say(site.anna, talk, "A glaze", topic=kiln)
    await talking.say(site.anna, talk, "Another glaze")
    await catch_up(site.anna.db)
    page = await site.stranger().get('/@anna/search?q=topic:"raw+clay"')
    assert LINK.findall(page.answer.text) == [f"/@anna/talk/t/{kiln.number}?from={said.seq}#p{said.seq}"]
    assert "Talk · Raw clay" in page
    assert "Talk · General" in await site.stranger().get("/@anna/search?q=is:message")


async def test_in_german_filters_and_their_faults_are_german(site: Site) -> None:
    browser = site.stranger("de")
    for line, says in (
        ("ist:offen", "Nach ist: kommt"),
        ("mit:käse", "Nach mit: kommt link"),
    ):
        assert says in await browser.get(f"/@anna/search?q={line}"), line


async def test_an_empty_line_explains_itself(site: Site) -> None:
    page = await site.stranger().get("/@anna/search")
    assert page.status == 200
    assert 'action="/@anna/search"' in page
    assert "from:anna" in page
    assert "<h2>Nothing found" not in page
    assert "<h2>Nothing found" in await site.stranger().get("/@anna/search?q=nowhere")


async def test_a_fault_is_said_and_what_was_typed_stays(site: Site) -> None:
    for line, says in (
        ("käse has:cheese", "link, poll, question, comments, picture"),
        ("is:open", "post, message or comment"),
        ("from:me", "Sign in to find what you wrote yourself"),
        ("in:vault x", "No room called “vault”"),
        ("%", "Write what"),
    ):
        page = await site.stranger().get(f"/@anna/search?q={line.replace('%', '%25').replace(' ', '+')}")
        assert page.status == 422
        assert says in page
        assert f'name="q" value="{line}"' in page


async def test_pages_of_what_is_found_are_links(site: Site) -> None:
    for number in range(search_page.AT_ONCE + 5):
        await site.post(f"glaze {number}")
    await catch_up(site.anna.db)
    browser, path, seen = site.stranger(), "/@anna/search?q=glaze", []
    while path:
        page = await browser.get(path)
        seen += LINK.findall(page.answer.text)
        more = re.search(r'rel="next" href="([^"]+)"', page.answer.text)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == len(set(seen)) == search_page.AT_ONCE + 5


async def test_everything_that_one_follows_is_searched_at_once(site: Site) -> None:
    await site.post("glaze for all")
    await catch_up(site.anna.db)
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get("/search?q=glaze")
    assert len(LINK.findall(page.answer.text)) == 1
    assert "News · Annas world" in page
    assert "All that I follow" in await bob.get("/@anna/search?q=glaze")
    assert (await site.stranger().get("/search?q=glaze")).status == 303


async def test_too_many_searches_are_told_to_wait(site: Site) -> None:
    limiter = site.app.state.services.limiter
    limiter._most["search"] = (1, 60)
    browser = site.stranger()
    assert (await browser.get("/@anna/search?q=one")).status == 200
    page = await browser.get("/@anna/search?q=two")
    assert page.status == 429
    assert page.answer.headers["retry-after"]
    assert 'value="two"' in page
    assert (await browser.get("/@anna/search")).status == 200, "looking at the page is no search"
