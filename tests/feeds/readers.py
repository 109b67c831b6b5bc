"""What a feed must be, by the texts that say so; and the parts of it that tests look at."""

import json
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, fromstring

import feedparser

from channel import feeds
from channel.accounts import Account
from channel.feeds import Feed
from channel.feeds.seal import Seal
from channel.media import Media
from channel.members import actions
from channel.rooms import Room
from channel.tiers import Tier
from tests.media.sending import prepared, send
from tests.posts import writing
from tests.web.conftest import HOST, Page, Site

FORMS = ("feed.atom", "feed.rss", "feed.json", "podcast.rss")
ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@dataclass(frozen=True)
class Item:
    """An entry, whatever form it came in."""

    id: str
    link: str
    title: str
    html: str
    enclosures: tuple[tuple[str, str, str], ...]  # address, type, length


def items(name: str, page: Page) -> list[Item]:
    """The entries of a valid feed; what is not valid fails here."""
    assert page.status == 200, (page.status, page.answer.text[:300])
    content = page.answer.content
    found = {"feed.atom": atom, "feed.rss": rss, "feed.json": json_feed, "podcast.rss": podcast}[name](
        content
    )
    assert len({one.id for one in found}) == len(found), "ids are unique"
    if name != "feed.json":
        parsed = feedparser.parse(content)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert [entry.title for entry in parsed.entries] == [" ".join(one.title.split()) for one in found]
    for one in found:
        whole(one.link)
        for address, kind, length in one.enclosures:
            whole(address)
            assert "/" in kind and int(length) > 0
        for address in re.findall(r'(?:href|src)="([^"]*)"', one.html):
            whole(address, "http", "https", "mailto")
        assert not re.search(
            r"<(script|style|iframe|object|form|input)|<[a-z][^>]*\s(on\w+|class|style)=", one.html
        )
    return found


def whole(address: str, *schemes: str) -> None:
    parts = urlsplit(address)
    assert parts.scheme in (schemes or ("http", "https")) and (parts.netloc or parts.path), address


def one_of(parent: Element, tag: str) -> Element:
    found = parent.findall(tag)
    assert len(found) == 1, (tag, len(found))
    return found[0]


def said(parent: Element, tag: str) -> str:
    text = one_of(parent, tag).text
    assert text, tag
    return text


def atom(content: bytes) -> list[Item]:
    """RFC 4287, 4.1.1 and 4.1.2: what a feed and an entry must have, once."""
    top = fromstring(content)
    assert top.tag == f"{ATOM}feed"
    said(top, f"{ATOM}id")
    said(top, f"{ATOM}title")
    assert _RFC3339.fullmatch(said(top, f"{ATOM}updated"))
    said(one_of(top, f"{ATOM}author"), f"{ATOM}name")
    ways = [link.get("rel") for link in top.findall(f"{ATOM}link")]
    assert ways.count("self") == 1 and ways.count("alternate") == 1
    made = []
    for entry in top.findall(f"{ATOM}entry"):
        assert _RFC3339.fullmatch(said(entry, f"{ATOM}updated"))
        assert _RFC3339.fullmatch(said(entry, f"{ATOM}published"))
        said(one_of(entry, f"{ATOM}author"), f"{ATOM}name")
        assert one_of(entry, f"{ATOM}content").get("type") == "html"
        links = entry.findall(f"{ATOM}link")
        (here,) = [link.get("href") or "" for link in links if link.get("rel") == "alternate"]
        carried = [link for link in links if link.get("rel") == "enclosure"]
        enclosures = [
            (one.get("href") or "", one.get("type") or "", one.get("length") or "") for one in carried
        ]
        made.append(
            Item(said(entry, f"{ATOM}id"), here, said(entry, f"{ATOM}title"), said(entry, f"{ATOM}content"), tuple(enclosures))
        )  # fmt: skip
    return made


def rss(content: bytes) -> list[Item]:
    """RSS 2.0: title, link and description of the channel; of an item one of title and description."""
    top = fromstring(content)
    assert top.tag == "rss" and top.get("version") == "2.0"
    channel = one_of(top, "channel")
    for tag in ("title", "link", "description", "language"):
        said(channel, tag)
    parsedate_to_datetime(said(channel, "lastBuildDate"))
    ways = [link.get("rel") for link in channel.findall(f"{ATOM}link")]
    assert ways in (["self"], ["self", "hub"])
    made = []
    for item in channel.findall("item"):
        parsedate_to_datetime(said(item, "pubDate"))
        assert one_of(item, "guid").get("isPermaLink") == "false"
        carried = item.findall("enclosure")
        assert len(carried) <= 1
        enclosures = [
            (one.get("url") or "", one.get("type") or "", one.get("length") or "") for one in carried
        ]
        made.append(
            Item(said(item, "guid"), said(item, "link"), said(item, "title"), said(item, CONTENT), tuple(enclosures))
        )  # fmt: skip
    return made


def podcast(content: bytes) -> list[Item]:
    """What Apple's list asks of a show and of an episode, besides RSS."""
    channel = one_of(fromstring(content), "channel")
    assert one_of(channel, f"{ITUNES}image").get("href")
    assert one_of(channel, f"{ITUNES}category").get("text")
    assert said(channel, f"{ITUNES}explicit") in ("true", "false")
    said(channel, f"{ITUNES}author")
    for item in channel.findall("item"):
        assert one_of(item, "enclosure").get("type") in ("audio/mp4", "audio/mpeg", "audio/x-m4a")
        assert int(said(item, f"{ITUNES}duration")) > 0
    return rss(content)


def json_feed(content: bytes) -> list[Item]:
    """JSON Feed 1.1: version, title and items; of an item its id and its content."""
    top: dict[str, Any] = json.loads(content)
    assert top["version"] == "https://jsonfeed.org/version/1.1"
    assert top["title"] and top["feed_url"] and top["home_page_url"] and top["language"]
    made = []
    for item in top["items"]:
        assert isinstance(item["id"], str)
        assert _RFC3339.fullmatch(item["date_published"]) and _RFC3339.fullmatch(item["date_modified"])
        assert item["authors"][0]["name"] and item["_channel"]["about"]
        enclosures = [
            (one["url"], one["mime_type"], str(one["size_in_bytes"])) for one in item.get("attachments", [])
        ]
        made.append(Item(item["id"], item["url"], item["title"], item["content_html"], tuple(enclosures)))
    return made


async def own_feed(site: Site, account: Account, room: Room | None = None) -> tuple[Feed, str]:
    """A private feed of this account, and the place where it lies."""
    seal = Seal(site.app.state.services.secret)
    community = await site.anna.refresh()
    async with site.db.write() as tx:
        feed, _ = await feeds.make(tx, seal, account.id, community, room)
    return feed, f"/feeds/{feed.secret}"


async def text_of(site: Site, place: str, name: str = "feed.atom") -> str:
    """A valid feed as it is sent."""
    page = await site.stranger().get(f"{place}/{name}")
    items(name, page)
    return page.answer.text


async def gold_of(site: Site) -> Tier:
    """A tier, a post for everybody and one for the tier."""
    gold = await site.anna.tier("Gold", 10)
    await site.post("For all")
    await site.post("CNRY for gold", min_rank=10, teaser="A teaser")
    return gold


async def give(site: Site, account: Account, tier: Tier) -> None:
    """By the owner."""
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.give_tier(tx, by, site.anna.community, [account.id], tier.id)


def below(address: str) -> str:
    """The path of one of our addresses."""
    assert address.startswith(HOST), address
    return address.removeprefix(HOST)


async def pictured(site: Site, text: str, content: bytes, *, alt: str = "") -> Media:
    """A picture in a post, made ready."""
    desk = site.app.state.services.media
    seen = await send(desk, site.anna, content, alt=alt)
    await writing.post(site.anna, text, media=[seen.id])
    await prepared(site.db, desk, site.settings.data, seen)
    return seen
