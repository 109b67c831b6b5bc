"""Which room an entry is of stands in every form, by the rules of each; in a feed of all rooms nothing else would say it."""

import json
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from tests.feeds.readers import ATOM, items, own_feed
from tests.posts import writing
from tests.web.conftest import Page, Site

SCHEME = "urn:channel:room"
Rooms = list[
    tuple[str, str]
]  # of each entry: the end of the room's address, where the form says it, and its name


def of_atom(page: Page) -> Rooms:
    """RFC 4287, 4.2.2: a category has a term, may have a scheme, and a label for people."""
    entries = fromstring(page.answer.content).findall(f"{ATOM}entry")
    found = [
        [one for one in entry.findall(f"{ATOM}category") if one.get("scheme") == SCHEME] for entry in entries
    ]
    return [(only.get("term") or "", only.get("label") or "") for (only,) in found]


def of_rss(page: Page) -> Rooms:
    """RSS 2.0: a category has words, and may have a domain."""
    channel = fromstring(page.answer.content).findall("channel/item")
    found = [[one for one in item.findall("category") if one.get("domain") == SCHEME] for item in channel]
    return [("", only.text or "") for (only,) in found]


def of_json(page: Page) -> Rooms:
    """JSON Feed 1.1: tags are words for people."""
    found: list[dict[str, Any]] = json.loads(page.answer.content)["items"]
    assert all(len(item["tags"]) == 1 for item in found)
    return [(item["_channel"]["room"], item["tags"][0]) for item in found]


READ = {"feed.atom": of_atom, "feed.rss": of_rss, "feed.json": of_json}


@pytest.mark.parametrize("name", sorted(READ))
async def test_every_entry_says_which_room_it_is_of(site: Site, name: str) -> None:
    await site.anna.tier("Gold", 10)
    kiln = await site.anna.room("kiln", name="Kiln & <fire> 🔥")
    await site.post("In the news")
    await writing.post(site.anna, "In the kiln", room=kiln)
    await writing.post(site.anna, "For gold", room=kiln, min_rank=10)
    page = await site.stranger().get(f"/@anna/{name}")
    items(name, page)
    slugs = ("", "", "") if name == "feed.rss" else ("kiln", "kiln", "news")
    names = ("Kiln & <fire> 🔥", "Kiln & <fire> 🔥", site.anna.news.name)
    assert sorted(READ[name](page)) == list(zip(slugs, names, strict=True))
    own = await site.stranger().get(f"/@anna/kiln/{name}")
    assert READ[name](own) == sorted(READ[name](page))[:2], "an entry says the same wherever it stands"


async def test_a_private_feed_names_the_rooms_that_its_owner_may_enter(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    await site.post("In the news")
    await writing.post(site.anna, "In the vault", room=vault)
    bob = await site.anna.member("bob", tier=gold)
    _, place = await own_feed(site, bob)
    page = await site.stranger().get(f"{place}/feed.json")
    assert sorted(of_json(page)) == [("news", site.anna.news.name), ("vault", vault.name)]
    assert of_json(await site.stranger().get("/@anna/feed.json")) == [("news", site.anna.news.name)]
