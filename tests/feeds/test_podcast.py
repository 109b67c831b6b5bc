"""What directories want to know of a show: whose it is and what of, as the creator typed it; and all of its episodes."""

import re
from pathlib import Path

import pytest
from sqlalchemy import update

from channel import rooms
from channel.accounts.tables import accounts
from channel.communities.podcasting import ALL, CATEGORIES
from channel.errors import Invalid
from channel.members import governing
from tests.feeds.readers import below, items, own_feed
from tests.posts import writing
from tests.web.conftest import Site
from tests.web.test_playing import voice
from tests.web_account.conftest import says

OWN = "anna-signs-in-here@example.org"


async def _say(site: Site, *, of_room: bool = False, **more: str) -> None:
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        if of_room:
            room = await rooms.one(tx, site.anna.news.id)
            await governing.edit_room(tx, by, site.anna.community, room, **more)
        else:
            await governing.edit_community(tx, by, await site.anna.refresh(), **more)


async def _show(site: Site, place: str = "/@anna") -> str:
    page = await site.stranger().get(f"{place}/podcast.rss")
    items("podcast.rss", page)
    return str(page.answer.text)


async def test_nothing_is_told_that_nobody_typed(site: Site) -> None:
    async with site.db.write() as tx:
        mine = update(accounts).where(accounts.c.id == site.anna.owner.id)
        await tx.run(mine.values(email=OWN))
    text = await _show(site)
    assert '<itunes:category text="Society &amp; Culture" />' in text
    assert "itunes:owner" not in text and OWN not in text


async def test_the_owner_and_the_category_of_a_community_stand_in_all_its_podcasts(site: Site) -> None:
    await _say(site, podcast_category="Arts/Books", podcast_email="Show@Example.org ")
    for place in ("/@anna", "/@anna/news"):
        text = await _show(site, place)
        nested = '<itunes:category text="Arts"><itunes:category text="Books" /></itunes:category>'
        assert nested in re.sub(r">\s+<", "><", text)
        assert re.search(
            r"<itunes:owner>\s*<itunes:name>Anna</itunes:name>\s*<itunes:email>show@example.org</itunes:email>",
            text.replace((await site.anna.refresh()).name, "Anna"),
        )
    for name in ("feed.atom", "feed.rss", "feed.json"):
        assert "show@example.org" not in (await site.stranger().get(f"/@anna/{name}")).answer.text


async def test_a_room_says_its_own(site: Site) -> None:
    await _say(site, podcast_category="Arts", podcast_email="all@example.org")
    await _say(site, of_room=True, podcast_category="True Crime", podcast_email="one@example.org")
    assert "all@example.org" in await _show(site) and 'text="Arts"' in await _show(site)
    own = await _show(site, "/@anna/news")
    assert "one@example.org" in own and 'text="True Crime"' in own and "all@example.org" not in own


async def test_a_private_podcast_tells_no_address(site: Site) -> None:
    await _say(site, podcast_email="all@example.org")
    for room in (None, site.anna.news):
        _, place = await own_feed(site, site.anna.owner, room)
        text = await _show(site, place)
        assert "itunes:block" in text and "all@example.org" not in text


async def test_the_api_tells_the_address_to_who_may_change_it(site: Site) -> None:
    await _say(site, podcast_category="Arts", podcast_email="all@example.org")
    await _say(site, of_room=True, podcast_email="one@example.org")
    anna = await site.browser(site.anna.owner)
    bob = await site.browser(await site.anna.member("bob"))
    places = {
        "/api/v1/communities/anna": "all@example.org",
        "/api/v1/communities/anna/rooms/news": "one@example.org",
    }
    for place, address in places.items():
        assert (await anna.get(place)).answer.json()["podcast_email"] == address
        for other in (bob, site.stranger()):
            assert (await other.get(place)).answer.json()["podcast_email"] == ""
    assert (await bob.get("/api/v1/communities/anna")).answer.json()["podcast_category"] == "Arts"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("podcast_category", "Arts/Rugby"),
        ("podcast_category", "arts"),
        ("podcast_email", "nobody"),
        ("podcast_email", "a@b.c\n"),
    ],
)
@pytest.mark.parametrize("of_room", [True, False])
async def test_what_no_directory_takes_is_refused_by_its_name(
    site: Site, field: str, value: str, of_room: bool
) -> None:
    with pytest.raises(Invalid) as refused:
        await _say(site, of_room=of_room, **{field: value})
    assert list(refused.value.fields) == [field]


def test_the_list_is_whole() -> None:
    """19 categories and 91 within them, each once."""
    assert len(CATEGORIES) == 19
    assert len(set(ALL)) == len(ALL) == 110


async def test_they_are_chosen_in_the_settings_and_in_a_room(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    says(await anna.get("/studio/anna/rooms/news"), 200, "As the community", "Arts › Books")
    shown = await anna.get("/studio/anna/settings")
    says(shown, 200, "Mail address of the owner", "Not chosen")
    given = {
        "name": "News",
        "slug": "news",
        "has_rules": "1",
        "podcast_category": "Music",
        "podcast_email": "one@example.org",
    }
    says(await anna.follow("/studio/anna/rooms/news", given), 200)
    assert "one@example.org" in await _show(site, "/@anna/news")
    wrong = await anna.post("/studio/anna/rooms/news", given | {"podcast_email": "nobody"})
    says(wrong, 422, "anna@example.org")


async def test_all_episodes_stand_in_it_and_asking_again_costs_nothing(site: Site, tmp_path: Path) -> None:
    """Directories list what stands in a feed and nothing else; what is read stays at thirty."""
    sound, _ = await voice(site, tmp_path)
    for number in range(2, 36):
        await writing.post(site.anna, f"Episode {number}", media=[sound.id])
    page = await site.stranger().get("/@anna/podcast.rss")
    found = items("podcast.rss", page)
    assert len(found) == 35 and found[0].title == "Episode 35"
    assert (await site.stranger().get(below(found[-1].enclosures[0][0]))).status == 200
    again = await site.stranger().get("/@anna/podcast.rss", **{"if-none-match": page.answer.headers["etag"]})
    assert again.status == 304
    assert len(items("feed.atom", await site.stranger().get("/@anna/feed.atom"))) == 30
