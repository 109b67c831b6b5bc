"""Feeds: everybody's of what is public, and private ones under a secret; each judged at every request."""

from channel.web.feeds import artwork, private, public
from channel.web.feeds.serving import Firsts

ROUTES = [*artwork.ROUTES, *private.ROUTES, *public.ROUTES]

__all__ = ["ROUTES", "Firsts"]
