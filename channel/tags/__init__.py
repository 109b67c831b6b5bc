"""#Tags: the words of posts that have a page of their own."""

from .actions import forget, note
from .model import Tagged, require_few
from .queries import of_post, of_posts

__all__ = ["Tagged", "forget", "note", "of_post", "of_posts", "require_few"]
