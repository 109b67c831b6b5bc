"""The forms a feed is printed in, each by the name that its address ends with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from channel.render.feeds.atom import atom
from channel.render.feeds.jsonfeed import json_feed
from channel.render.feeds.model import FeedView
from channel.render.feeds.rss import podcast, rss


@dataclass(frozen=True, slots=True)
class Form:
    """`type`: of its content. `print`: the bytes of a feed that lies at an address. `sounding`: of sounds alone."""

    type: str
    title: str
    print: Callable[[FeedView, str], bytes]
    sounding: bool = False


FORMS: Final[Mapping[str, Form]] = {
    "feed.atom": Form("application/atom+xml; charset=utf-8", "Atom", atom),
    "feed.rss": Form("application/rss+xml; charset=utf-8", "RSS", rss),
    "feed.json": Form("application/feed+json; charset=utf-8", "JSON Feed", json_feed),
    "podcast.rss": Form("application/rss+xml; charset=utf-8", "Podcast", podcast, sounding=True),
}


def printed(name: str, feed: FeedView, address: str) -> bytes:
    """The feed in the form of that name, which lies at `address`."""
    return FORMS[name].print(feed, address)
