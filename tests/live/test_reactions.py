"""Reactions told live: numbers only, the same for all, and a storm of them in a frame a second."""

import asyncio
from urllib.parse import quote

import httpx2
import pytest

from channel import emotes
from channel.accounts import Account, tokens
from channel.live import pulse
from channel.media.minting import Made
from channel.members import governing
from tests.live.site import Site


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.2)


async def react(site: Site, who: Account, post_id: str, emoji: str, method: str = "PUT") -> None:
    async with site.db.write() as tx:
        _, token = await tokens.create_token(tx, who.id, name="t", scopes={"read", "post"}, days=None)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{site.port}/api/v1") as http:
        answer = await http.request(
            method, f"/posts/{post_id}/reactions/{quote(emoji)}", headers={"authorization": f"Bearer {token}"}
        )
    assert answer.status_code == 200, answer.text


async def test_a_storm_of_reactions_is_told_in_few_frames_and_ends_exact(site: Site) -> None:
    post = await site.post("Hello")
    crowd = [await site.member(f"M{n}") for n in range(12)]
    async with site.follow() as stranger, site.follow(crowd[0]) as member:
        for live in (stranger, member):
            await live.subscribe(site.stream)
        await asyncio.gather(*(react(site, one, post.id, "❤️") for one in crowd))
        await react(site, crowd[0], post.id, "❤️", "DELETE")
        for live in (stranger, member):
            frames = 0
            while True:
                frame = await live.next("counts")
                assert frame.keys() == {"type", "stream", "posts"}
                told = frame["posts"][post.id]
                assert told.keys() == {"reactions", "comments", "views"}
                frames += 1
                if told["reactions"] == {"❤️": 11}:
                    break
            assert frames <= 12


async def test_where_nobody_reacts_any_more_no_number_is_told(site: Site) -> None:
    post = await site.post("Hello")
    bob = await site.member("Bob")
    await react(site, bob, post.id, "🎉")
    async with site.follow() as live:
        await live.subscribe(site.stream)
        await site.act(governing.edit_room, site.room, reactions="off")
        await react(site, bob, post.id, "🎉", "DELETE")
        assert (await live.next("counts"))["posts"][post.id]["reactions"] == {}


async def test_a_post_that_is_told_again_brings_its_reactions(site: Site) -> None:
    post = await site.post("Hello")
    await react(site, await site.member("Bob"), post.id, "🎉")
    async with site.follow() as live:
        await live.subscribe(site.stream, after=0)
        event = await live.next("event")
        assert event["data"]["post"]["counts"]["reactions"] == {"🎉": 1}
        assert "mine" not in event["data"]["post"]


async def test_an_emoji_of_the_communitys_own_is_told_with_its_picture(site: Site) -> None:
    """Whose page was open before it was added can draw it."""
    post = await site.post("Hello")
    bob = await site.member("Bob")
    async with site.follow() as live:
        await live.subscribe(site.stream)
        await site.act(emotes.add, "party", [Made(128, 128, "a" * 64, 10)])
        async with site.db.read() as tx:
            (added,) = await emotes.of_community(tx, site.community.id)
        await react(site, bob, post.id, ":party:")
        told = (await live.next("counts"))["posts"][post.id]
        assert told["reactions"] == {":party:": 1}
        assert told["emoji"] == {":party:": emotes.address(added.key)}
        await site.act(emotes.rename, "party", "fete")
        await react(site, bob, post.id, "❤️")
        told = (await live.next("counts"))["posts"][post.id]
        assert told["reactions"] == {":fete:": 1, "❤️": 1}
        assert told["emoji"] == {":fete:": emotes.address(added.key)}
        await site.act(emotes.remove, "fete")
        await react(site, bob, post.id, "❤️", "DELETE")
        told = (await live.next("counts"))["posts"][post.id]
        assert told["reactions"] == {":fete:": 1} and "emoji" not in told
