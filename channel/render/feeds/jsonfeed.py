"""JSON Feed 1.1. What it has no field for stands under `_channel`."""

from typing import Any, Final

import msgspec

from channel.render.feeds.model import Entry, FeedView
from channel.render.json import iso

VERSION: Final = "https://jsonfeed.org/version/1.1"
ABOUT: Final = "docs/feeds.md"  # of the project: what the extension means


def json_feed(feed: FeedView, address: str) -> bytes:
    """The feed at `address`."""
    made: dict[str, Any] = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.href,
        "feed_url": address,
        "language": feed.language,
        "authors": [{"name": feed.author}],
    }
    if feed.about:
        made["description"] = feed.about
    if feed.icon:
        made["icon"] = feed.icon
    if feed.hub:
        made["hubs"] = [{"type": "WebSub", "url": feed.hub}]
    return msgspec.json.encode(made | {"items": [_item(entry) for entry in feed.entries]})


def _item(entry: Entry) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": entry.key,
        "url": entry.href,
        "title": entry.title,
        "content_html": entry.html,
        "summary": entry.summary,
        "date_published": iso(entry.created_at),
        "date_modified": iso(entry.updated_at),
        "authors": [{"name": entry.author}],
        "tags": [entry.room.name],
        "_channel": {"about": ABOUT, "room": entry.room.slug, "ai": entry.ai, "locked": entry.locked},
    }
    if entry.picture:
        made["image"] = entry.picture
    if entry.enclosures:
        made["attachments"] = [
            {
                "url": one.href,
                "mime_type": one.type,
                "title": one.title,
                "size_in_bytes": one.size,
                **({"duration_in_seconds": round(one.duration_ms / 1000)} if one.duration_ms else {}),
            }
            for one in entry.enclosures
        ]
    return made
