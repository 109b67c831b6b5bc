"""RFC 4287."""

from typing import Final
from xml.etree.ElementTree import Element

from channel.render.feeds.model import Entry, FeedView
from channel.render.feeds.xml import add, document, root
from channel.render.json import iso

ATOM: Final = "http://www.w3.org/2005/Atom"
AI_SCHEME: Final = "urn:channel:ai"  # of the category that says how AI was used: none, assisted, generated
ROOM_SCHEME: Final = "urn:channel:room"  # of the one that says in which room it stands
SHAPE_SCHEME: Final = "urn:channel:shape"  # of the one that says that a post is locked


def atom(feed: FeedView, address: str) -> bytes:
    """The feed at `address`."""
    top = root("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    add(top, "id", feed.key)
    add(top, "title", feed.title)
    if feed.about:
        add(top, "subtitle", feed.about)
    add(top, "updated", iso(feed.updated_at))
    add(top, "link", rel="self", type="application/atom+xml", href=address)
    if feed.hub:
        add(top, "link", rel="hub", href=feed.hub)
    add(top, "link", rel="alternate", type="text/html", href=feed.href)
    add(add(top, "author"), "name", feed.author)
    add(top, "generator", "Channel")
    if feed.icon:
        add(top, "icon", feed.icon)
        add(top, "logo", feed.icon)
    for entry in feed.entries:
        _entry(add(top, "entry"), entry)
    return document(top)


def _entry(made: Element, entry: Entry) -> None:
    add(made, "id", entry.key)
    add(made, "title", entry.title)
    add(made, "published", iso(entry.created_at))
    add(made, "updated", iso(entry.updated_at))
    add(add(made, "author"), "name", entry.author)
    add(made, "link", rel="alternate", type="text/html", href=entry.href)
    for one in entry.enclosures:
        add(
            made, "link", rel="enclosure", type=one.type, length=str(one.size), href=one.href, title=one.title
        )
    add(made, "category", scheme=ROOM_SCHEME, term=entry.room.slug, label=entry.room.name)
    if entry.ai:
        add(made, "category", scheme=AI_SCHEME, term=entry.ai)
    if entry.locked:
        add(made, "category", scheme=SHAPE_SCHEME, term="locked")
    add(made, "summary", entry.summary)
    add(made, "content", entry.html, type="html")
