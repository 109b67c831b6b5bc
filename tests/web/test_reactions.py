"""Reacting without scripts, and what the page prints for those that have them."""

import json
import re

import pytest

from channel import reactions
from channel.members import actions, governing
from channel.posts.model import Post
from tests.web.conftest import Page, Site

pytestmark = pytest.mark.anyio


def own(page: Page) -> object:
    """What the page says is the viewer's own."""
    return json.loads(re.search(r'data-own="([^"]*)"', page.answer.text).group(1).replace("&#34;", '"'))  # type: ignore[union-attr]


async def counted(site: Site, post: Post) -> dict[str, int]:
    async with site.db.read() as tx:
        return dict((await reactions.counts_of(tx, [post.id])).get(post.id, ()))


async def test_a_button_of_the_form_reacts_and_takes_back(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get("/@anna/news")
    action = f"/@anna/news/{post.seq}/react"
    assert f'action="{action}"' in page
    assert 'name="emoji" value="❤️"' in page
    sent = await bob.post(action, {"emoji": "❤️"})
    assert (sent.status, sent.location) == (303, f"/@anna/news?from={post.seq}#p{post.seq}")
    page = await bob.get("/@anna/news")
    assert '<span class="e">❤️</span><span class="count" data-value="1">1</span>' in page
    assert own(page) == {post.id: {"reactions": ["❤️"]}}
    assert own(await site.stranger().get("/@anna/news")) == {}
    assert own(await bob.get(f"/@anna/news/{post.seq}")) == {post.id: {"reactions": ["❤️"]}}
    assert own(await bob.get(f"/rooms/{site.anna.news.id}/posts")) == {post.id: {"reactions": ["❤️"]}}
    assert (await bob.post(action, {"emoji": "❤️"})).status == 303
    assert await counted(site, post) == {}


async def test_a_script_says_what_it_means_and_is_told_the_numbers(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.browser(await site.anna.member("bob"))
    path, script = f"/@anna/news/{post.seq}/react", {"sec-fetch-mode": "cors"}
    for _ in range(2):
        answer = await bob.post(path, {"emoji": "🎉", "on": "1"}, **script)
        assert answer.answer.json() == {"reactions": {"🎉": 1}, "mine": ["🎉"]}
    answer = await bob.post(path, {"emoji": "🎉", "on": "0"}, **script)
    assert answer.answer.json() == {"reactions": {}, "mine": []}
    refused = await bob.post(path, {"emoji": "x", "on": "1"}, **script)
    assert (refused.status, refused.answer.json()["problems"]) == (422, {"emoji": "Choose one emoji."})


async def test_who_may_not_react_is_told_why(site: Site) -> None:
    post, paid = await site.post("Hello"), await site.post("Secret", min_rank=0)
    account = await site.anna.member("bob")
    bob, eve = await site.browser(account), await site.browser(await site.anna.member("eve"))
    path = f"/@anna/news/{post.seq}/react"
    assert (await site.stranger().post(path, {"emoji": "❤️"})).status == 401
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await actions.mute(
            tx, owner, site.anna.community, account.id, until=tx.now + 3_600_000, reason="Loud"
        )
        await actions.ban(tx, owner, site.anna.community, site.anna.people["eve"].id)
    muted = await bob.post(path, {"emoji": "❤️"})
    assert muted.status == 403
    assert "You are muted here until" in muted and "Loud" in muted
    german = await site.browser(account, "de")
    assert "stumm" in await german.post(path, {"emoji": "❤️"})
    assert (await eve.post(path, {"emoji": "❤️"})).status == 404
    assert (await eve.post(f"/@anna/news/{paid.seq}/react", {"emoji": "❤️"})).status == 404
    for seq in ("0", "99", "x", "%00"):
        assert (await bob.post(f"/@anna/news/{seq}/react", {"emoji": "❤️"})).status == 404
    assert await counted(site, post) == {}


async def test_the_studio_says_what_a_room_takes_and_keeps_what_was_typed(site: Site) -> None:
    post = await site.post("Hello")
    anna = await site.browser(site.anna.owner)
    path = "/studio/anna/rooms/news"
    fields = {
        "name": "News", "slug": "news", "about": "", "min_rank": "", "reactions": "set", "reaction_set": "🎉 👍",
        "reaction_default": "👍", "reactors_shown": "1",
    }  # fmt: skip
    wrong = await anna.post(path, fields | {"reaction_set": "party", "reaction_default": "🎉🎉"})
    assert wrong.status == 422
    assert 'value="party"' in wrong and 'value="🎉🎉"' in wrong
    assert "Write emoji only" in wrong and "Choose one emoji." in wrong
    assert (await anna.post(path, fields)).status == 303
    page = await anna.get(path)
    assert 'value="🎉 👍"' in page and '<option value="set" selected>' in page
    room = await anna.get("/@anna/news")
    assert 'data-quickest="👍"' in room and 'data-any-emoji="0"' in room
    assert re.findall(r'<button name="emoji" value="([^"]+)"', room.text) == ["🎉", "👍"]
    assert (
        await anna.post(path, {k: v for k, v in fields.items() if not k.startswith("react")})
    ).status == 303
    assert (await anna.post(f"/@anna/news/{post.seq}/react", {"emoji": "🔥"})).status == 403
    await anna.post(f"/@anna/news/{post.seq}/react", {"emoji": "🎉"})
    assert (await anna.post(path, fields | {"reactions": "off"})).status == 303
    assert 'class="e"' not in await anna.get("/@anna/news")


async def test_a_locked_post_and_a_preview_have_no_reactions(site: Site) -> None:
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await governing.create_tier(tx, owner, site.anna.community, name="Gold", rank=10)
    locked = await site.post("Secret", min_rank=10)
    anna, bob = await site.browser(site.anna.owner), await site.browser(await site.anna.member("bob"))
    assert 'class="reactions"' in await anna.get("/@anna/news")
    assert 'class="reactions"' not in await bob.get("/@anna/news")
    path = f"/@anna/news/{locked.seq}/react"
    await anna.post(path, {"emoji": "❤️", "on": "1"})
    answer = await bob.post(path, {"emoji": "❤️", "on": "0"}, **{"sec-fetch-mode": "cors"})
    assert answer.answer.json() == {"reactions": {}, "mine": []}
    draft = {"room": site.anna.news.id, "text": "Soon"}
    preview = await anna.post("/studio/anna/preview", draft)
    assert "Soon" in preview
    assert 'class="reactions"' not in preview


async def test_who_reacted_has_a_page_where_the_room_shows_it(site: Site) -> None:
    post = await site.post("Hello")
    bob, eve = (
        await site.browser(await site.anna.member("bob")),
        await site.browser(await site.anna.member("eve")),
    )
    path = f"/@anna/news/{post.seq}/reactions"
    await bob.post(f"/@anna/news/{post.seq}/react", {"emoji": "❤️"})
    await eve.post(f"/@anna/news/{post.seq}/react", {"emoji": "🎉"})
    assert (await site.stranger().get(path)).status == 404
    assert path not in await bob.get("/@anna/news")
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await governing.edit_room(tx, owner, site.anna.community, site.anna.news, reactors_shown=True)
    assert path in await bob.get("/@anna/news")
    hearts, parties = await site.stranger().get(path), await bob.get(f"{path}?emoji=🎉")
    assert "bob" in hearts and "eve" not in hearts
    assert ">eve<" in parties and ">bob<" not in parties
    assert (await bob.get(f"{path}?emoji=x")).status == 422
    assert (await bob.get(f"{path}?cursor=x")).status == 422
    assert (await bob.get("/@anna/news/99/reactions")).status == 404
