"""Posts for feed readers: what a viewer may see, as Atom (RFC 4287), RSS 2.0, JSON Feed 1.1 and podcast.

`collect` makes of views what all of them print; nothing that is locked is in it, so nothing can leak from there.
"""

from .collecting import collect
from .forms import FORMS, printed
from .model import Elsewhere, Entry, FeedView
from .topics import is_announced, place, topics

__all__ = ["FORMS", "Elsewhere", "Entry", "FeedView", "collect", "is_announced", "place", "printed", "topics"]
