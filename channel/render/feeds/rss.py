"""RSS 2.0, and the same for podcast apps, with all that Apple's list of requirements names."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element

from channel.communities.podcasting import WITHIN
from channel.media.chapters import CHAPTERS_TYPE
from channel.media.model import Chapter
from channel.render.feeds.atom import AI_SCHEME, ATOM, ROOM_SCHEME
from channel.render.feeds.model import Enclosure, Entry, FeedView
from channel.render.feeds.xml import add, document, rfc822, root

SPACES: Final = {
    "version": "2.0",
    "xmlns:atom": ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}
ITUNES: Final = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST: Final = "https://podcastindex.org/namespace/1.0"
SIMPLE_CHAPTERS: Final = "http://podlove.org/simple-chapters"
PODCAST_SPACES: Final = {"xmlns:itunes": ITUNES, "xmlns:podcast": PODCAST, "xmlns:psc": SIMPLE_CHAPTERS}
MAX_ABOUT_CHARS: Final = 4_000
MOST_MARKS: Final = (
    1_000  # of chapters within one feed, the newest episodes first; all are at their own address, too
)
# In which podcasts have their ids, whatever address they move to (podcast:guid).
_PODCASTS: Final = UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6")


def rss(feed: FeedView, address: str) -> bytes:
    """The feed at `address`. An item has one enclosure, as most readers know only one: its first sound, or video."""
    top = root("rss", SPACES)
    channel = _channel(top, feed, address)
    for entry in feed.entries:
        item = _item(channel, entry)
        sounds = sorted(entry.enclosures, key=lambda one: not one.type.startswith("audio/"))
        for one in sounds[:1]:
            _enclose(item, one)
    return document(top)


def podcast(feed: FeedView, address: str) -> bytes:
    """Posts with sound as episodes: one for each sound, since an episode is one file."""
    top = root("rss", SPACES | PODCAST_SPACES)
    channel = _channel(top, feed, address)
    explicit = any(entry.explicit for entry in feed.entries)
    add(channel, "itunes:author", feed.author)
    add(channel, "itunes:summary", (feed.about or feed.title)[:MAX_ABOUT_CHARS])
    add(channel, "itunes:type", "episodic")
    add(channel, "itunes:explicit", _word(explicit))
    _categorise(channel, feed.category)
    if feed.email:
        owner = add(channel, "itunes:owner")
        add(owner, "itunes:name", feed.author)
        add(owner, "itunes:email", feed.email)
    add(channel, "itunes:image", href=feed.cover)
    if feed.private:
        add(channel, "itunes:block", "yes")
    else:
        add(channel, "podcast:guid", str(uuid5(_PODCASTS, feed.key)))
    marks = MOST_MARKS
    for entry in feed.entries:
        sounds = [one for one in entry.enclosures if one.type.startswith("audio/")]
        for number, one in enumerate(sounds):
            item = _episode(channel, entry, one, number)
            marks -= len(one.marks)
            if one.marks and marks >= 0:
                _chapters(item, one.marks)
    return document(top)


def _categorise(channel: Element, category: str) -> None:
    top, _, within = category.partition(WITHIN)
    outer = add(channel, "itunes:category", text=top)
    if within:
        add(outer, "itunes:category", text=within)


def _channel(top: Element, feed: FeedView, address: str) -> Element:
    channel = add(top, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.href)
    add(channel, "description", feed.about or feed.title)
    add(channel, "language", feed.language)
    add(channel, "generator", "Channel")
    add(channel, "lastBuildDate", rfc822(feed.updated_at))
    add(channel, "atom:link", rel="self", type="application/rss+xml", href=address)
    if feed.hub:
        add(channel, "atom:link", rel="hub", href=feed.hub)
    if feed.icon:
        image = add(channel, "image")
        add(image, "url", feed.icon)
        add(image, "title", feed.title)
        add(image, "link", feed.href)
    return channel


def _item(channel: Element, entry: Entry, *, guid: str = "", title: str = "") -> Element:
    item = add(channel, "item")
    add(item, "title", title or entry.title)
    add(item, "link", entry.href)
    add(item, "guid", guid or entry.key, isPermaLink="false")
    add(item, "pubDate", rfc822(entry.created_at))
    add(item, "dc:creator", entry.author)
    add(item, "category", entry.room.name, domain=ROOM_SCHEME)
    if entry.ai:
        add(item, "category", entry.ai, domain=AI_SCHEME)
    add(item, "description", entry.summary)
    add(item, "content:encoded", entry.html)
    return item


def _enclose(item: Element, one: Enclosure) -> None:
    add(item, "enclosure", url=one.href, length=str(one.size), type=one.type)


def _chapters(item: Element, marks: Sequence[Chapter]) -> None:
    """As Podlove has them: more apps read these than those that lie elsewhere."""
    listed = add(item, "psc:chapters", version="1.2")
    for one in marks:
        minutes, ms = divmod(one.at_ms, 60_000)
        hours, minutes = divmod(minutes, 60)
        start = f"{hours:02}:{minutes:02}:{ms // 1000:02}.{ms % 1000:03}"
        add(listed, "psc:chapter", start=start, title=one.title)


def _episode(channel: Element, entry: Entry, one: Enclosure, number: int) -> Element:
    """`number`: of the sound in its post, from 0."""
    title = entry.title if number == 0 else f"{entry.title} ({number + 1})"
    guid = entry.key if number == 0 else f"{entry.key}#{number + 1}"
    item = _item(channel, entry, guid=guid, title=title)
    _enclose(item, one)
    add(item, "itunes:title", title)
    add(item, "itunes:author", entry.author)
    add(item, "itunes:summary", entry.summary)
    add(item, "itunes:explicit", _word(entry.explicit))
    add(item, "itunes:episodeType", "full")
    if one.chapters:
        add(item, "podcast:chapters", url=one.chapters, type=CHAPTERS_TYPE)
    if one.duration_ms:
        add(item, "itunes:duration", str(max(1, round(one.duration_ms / 1000))))
    return item


def _word(explicit: bool) -> str:
    return "true" if explicit else "false"
