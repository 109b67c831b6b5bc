"""Pictures, sounds, videos and files: taken in whole or not at all, prepared, kept by their hash.

Who may see one is not decided here: that follows from the posts that carry it (posts.carrying).
"""

from .desk import Desk
from .model import Limits, Media
from .queries import many, of_posts, one

__all__ = ["Desk", "Limits", "Media", "many", "of_posts", "one"]
