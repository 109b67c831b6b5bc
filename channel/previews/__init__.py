"""Link previews: what the page that a post links to says of itself, fetched by us after the post was published.

`fetching` asks and `page` reads; only an open view of render/views shows what came of it.
"""

from .actions import amend, forget, note, remove, sweep
from .model import Preview
from .queries import of_posts, one, wanted

__all__ = ["Preview", "amend", "forget", "note", "of_posts", "one", "remove", "sweep", "wanted"]
