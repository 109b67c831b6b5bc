"""Polls in the browser without scripts: voting, one's code, the tally, and nothing of what is sealed."""

import html
import json
import re

import pytest

from channel.polls.model import shown_code
from channel.posts.model import Post
from tests.cast import person
from tests.polls.asking import ask, choose, counted, end, stored
from tests.web.conftest import Browser, Page, Site

HOUR_MS = 3_600_000
CODE = re.compile(r'<code class="grow poll-code">([A-Z0-9-]{14})</code>')
FRAGMENT = {"channel-fragment": "1"}


def where(post: Post) -> str:
    return f"/@anna/news/{post.seq}"


def code_in(shown: Page) -> str:
    found = CODE.search(shown.text)
    assert found, shown.text[:3000]
    return found[1]


async def member(site: Site, name: str, language: str = "en") -> Browser:
    return await site.browser(await site.anna.member(name), language)


async def test_a_vote_by_a_plain_form_is_answered_with_its_code_once(site: Site) -> None:
    post = await ask(site.anna)
    bob = await member(site, "bob")
    room = await bob.get("/@anna/news")
    assert f'action="{where(post)}/vote"' in room
    assert 'type="radio" name="options" value="2"' in room
    done = await bob.post(f"{where(post)}/vote", {"options": "2"})
    assert (done.status, "Your vote is counted" in done) == (200, True)
    code = code_in(done)
    assert "100%" in done
    assert await counted(site.db, post) == {1: 0, 2: 1, 3: 0}
    again = await bob.get(f"{where(post)}/poll")
    assert "You have voted." in again
    assert code not in again, "it is shown once"
    await end(site.anna, post)
    tally = await site.stranger().get(f"{where(post)}/poll?code={code.lower()}")
    assert "It is counted for: Cobalt" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", tally.text))
    assert tally.text.count(code) >= 1


async def test_without_a_choice_the_poll_comes_back_with_what_is_wrong(site: Site) -> None:
    post = await ask(site.anna)
    bob = await member(site, "bob")
    refused = await bob.post(f"{where(post)}/vote", {})
    assert (refused.status, "Choose an answer first." in refused) == (422, True)
    script = await bob.post(f"{where(post)}/vote", {"options": "99"}, **FRAGMENT)
    assert script.answer.json()["problems"].keys() == {"options"}


async def test_changing_an_anonymous_vote_asks_for_its_code_and_keeps_what_was_ticked(site: Site) -> None:
    post = await ask(site.anna)
    bob = await member(site, "bob")
    code = code_in(await bob.post(f"{where(post)}/vote", {"options": "1"}))
    refused = await bob.post(f"{where(post)}/vote", {"options": "3"})
    assert (refused.status, "needs the code that you were given" in refused) == (409, True)
    assert 'value="3" checked' in refused
    wrong = await bob.post(f"{where(post)}/vote", {"options": "3", "receipt": "ABCD-EFGH-JKLM"})
    assert (wrong.status, "No vote in this poll has this code" in wrong) == (422, True)
    assert (await bob.post(f"{where(post)}/vote", {"options": "3", "receipt": code})).status == 200
    assert await counted(site.db, post) == {1: 0, 2: 0, 3: 1}
    back = await bob.post(f"{where(post)}/vote", {"do": "retract", "receipt": code})
    assert back.status == 200
    assert (await stored(site.db, post)).voters == 0


async def test_a_script_is_told_the_code_and_how_it_stands(site: Site) -> None:
    post = await ask(site.anna, kind="quiz", right=[2], explanation="Iron.")
    bob = await member(site, "bob")
    told = (await bob.post(f"{where(post)}/vote", {"options": "1"}, **FRAGMENT)).answer.json()
    assert told["mine"]["options"] == [1]
    assert (told["mine"]["right"], told["mine"]["explanation"]) == ([2], "Iron.")
    assert told["poll"] == {"total": 1, "votes": {"1": 1, "2": 0, "3": 0}}
    more = (await bob.get(f"/rooms/{site.anna.news.id}/votes?posts={post.id},x,%00")).answer.json()
    assert more[post.id]["right"] == [2]
    room = (await bob.get("/@anna/news")).answer.text
    beside = json.loads(html.unescape(re.search(r'data-own="([^"]+)"', room)[1]))  # type: ignore[index]
    assert beside[post.id]["vote"] == more[post.id]
    final = await bob.post(f"{where(post)}/vote", {"options": "2"}, **FRAGMENT)
    assert (final.status, final.answer.json()["code"]) == (409, "already_voted")


async def test_strangers_look_and_are_asked_to_join(site: Site) -> None:
    post = await ask(site.anna)
    stranger = site.stranger()
    room = await stranger.get("/@anna/news")
    assert "Join to vote" in room
    assert 'name="options"' not in room
    assert (await stranger.post(f"{where(post)}/vote", {"options": "1"})).status == 401
    visitor = await site.browser(await person(site.db))
    refused = await visitor.post(f"{where(post)}/vote", {"options": "1"})
    assert (refused.status, "Only members vote here" in refused) == (403, True)
    assert (await stored(site.db, post)).voters == 0


async def test_a_higher_tier_is_named_where_it_votes(site: Site) -> None:
    await site.anna.tier("Gold", 20)
    post = await ask(site.anna, poll_rank=20)
    bob = await member(site, "bob")
    assert "Gold and up vote here." in await bob.get("/@anna/news")
    refused = await bob.post(f"{where(post)}/vote", {"options": "1"})
    assert (refused.status, "does not vote in it" in refused) == (403, True)


async def test_of_a_locked_post_no_page_says_more_than_that_it_asks(site: Site) -> None:
    await site.anna.tier("Gold", 20)
    post = await ask(site.anna, min_rank=20)
    bob = await member(site, "bob")
    assert "Celadon" not in await bob.get("/@anna/news")
    for path in (f"{where(post)}/poll", f"{where(post)}/poll?code=x"):
        assert (await bob.get(path)).status == 403
    assert (await bob.post(f"{where(post)}/vote", {"options": "1"})).status == 403
    asked = (await bob.get(f"/rooms/{site.anna.news.id}/votes?posts={post.id}")).answer.json()
    assert asked == {}


async def test_a_sealed_poll_shows_no_numbers_before_its_end_on_any_page(site: Site) -> None:
    post = await ask(site.anna, sealed=True, text="Sealed?", closes_at=site.clock.now_ms + HOUR_MS)
    people = [await site.anna.member(f"m{number}") for number in range(6)]
    for one in people:
        await choose(site.anna, one, post, 2)
    anna, bob = await site.browser(site.anna.owner), await site.browser(people[0])
    studio = f"/studio/anna/posts/{post.id}"
    for browser in (anna, bob, site.stranger()):
        for path in ("/@anna/news", where(post), f"{where(post)}/poll", f"{where(post)}/poll?option=2"):
            _sealed(await browser.get(path))
    for path in (studio, "/studio/anna", "/studio/anna/posts"):
        _sealed(await anna.get(path))
    told = (await bob.post(f"{where(post)}/vote", {"options": "2"}, **FRAGMENT)).text
    assert "votes" not in told
    table = await anna.get(f"{studio}/poll.csv")
    assert table.status == 409
    assert "Celadon" not in table
    site.clock.forward(HOUR_MS)
    _sealed(await anna.get(f"{where(post)}/poll"))
    assert (await anna.get(f"{studio}/poll.csv")).status == 409
    await end(site.anna, post)
    assert "100%" in await bob.get("/@anna/news")
    assert '"2","Cobalt","6"' in await anna.get(f"{studio}/poll.csv")


def _sealed(shown: Page) -> None:
    assert shown.status == 200
    assert "<progress" not in shown
    assert "poll-share" not in shown
    assert "100%" not in shown
    if "poll-option" in shown:
        assert shown.text.index("Celadon") < shown.text.index("Cobalt") < shown.text.index("Oxblood")


async def test_anna_ends_a_poll_and_takes_its_results_as_a_table(site: Site) -> None:
    post = await ask(site.anna, anonymous=False, options=["=1+1", "Cobalt"])
    bob = await site.anna.member("bob")
    await choose(site.anna, bob, post, 1)
    anna = await site.browser(site.anna.owner)
    running = await anna.get(f"/studio/anna/posts/{post.id}/poll.csv")
    assert '"\'=1+1","1"' in running, "no cell becomes a formula"
    assert bob.name not in running, "codes and names come after the end"
    shown = await anna.follow(f"/studio/anna/posts/{post.id}/poll/close")
    assert "The poll has ended." in shown
    table = await anna.get(f"/studio/anna/posts/{post.id}/poll.csv")
    assert f'"1","{bob.name}"' in table
    secret = await ask(site.anna)
    await choose(site.anna, bob, secret, 1)
    await end(site.anna, secret)
    assert bob.name not in await anna.get(f"/studio/anna/posts/{secret.id}/poll.csv")
    closed = await (await site.browser(bob)).post(f"{where(secret)}/vote", {"options": "2"})
    assert (closed.status, "This poll is closed" in closed) == (409, True)


async def test_the_tally_lists_the_codes_by_answer_and_by_page(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.web.polls.MAX_RECEIPTS_SHOWN", 3)
    post = await ask(site.anna)
    people = [await site.anna.member(f"m{number}") for number in range(5)]
    given = [
        shown_code((await choose(site.anna, one, post, n % 2 + 1)).receipt) for n, one in enumerate(people)
    ]
    stranger = site.stranger()
    before = await stranger.get(f"{where(post)}/poll")
    assert not any(code in before for code in given)
    await end(site.anna, post)
    first = await stranger.get(f"{where(post)}/poll")
    after = re.search(r"poll\?(after=[A-Z0-9]+)#", first.text)
    assert after
    rest = await stranger.get(f"{where(post)}/poll?{after[1]}")
    assert sorted(re.findall(r"<code>([A-Z0-9-]{14})</code>", first.text + rest.text)) == sorted(given)
    second = await stranger.get(f"{where(post)}/poll?option=2")
    assert set(re.findall(r"<code>([A-Z0-9-]{14})</code>", second.text)) == {given[1], given[3]}
    assert (await stranger.get(f"{where(post)}/poll?option=9")).status == 404
    assert "This code is not in the tally" in await stranger.get(f"{where(post)}/poll?code=ABCDEFGHJKLM")


async def test_a_post_without_a_poll_has_no_such_page(site: Site) -> None:
    post = await site.post("Plain")
    assert (await site.stranger().get(f"{where(post)}/poll")).status == 404
    bob = await member(site, "bob")
    assert (await bob.post(f"{where(post)}/vote", {"options": "1"})).status == 404


async def test_a_poll_in_german(site: Site) -> None:
    post = await ask(site.anna)
    bob = await member(site, "bob", "de")
    done = await bob.post(f"{where(post)}/vote", {"options": "2"})
    assert "Deine Stimme ist gezählt" in done
    refused = await bob.post(f"{where(post)}/vote", {"options": "1"})
    assert "Du hast abgestimmt" in refused
