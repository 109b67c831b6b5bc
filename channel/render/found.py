"""What was found, as the viewer sees it: once more through the one place that decides what may be seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from channel import posts
from channel.render import views
from channel.search import Hit, Query, Reach
from channel.search.documents import text_of
from channel.search.snippets import Piece, snippet
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class FoundView:
    """A post with the words around what was found in it."""

    view: views.PostView
    reach: Reach
    room_name: str
    pieces: tuple[Piece, ...]

    @property
    def href(self) -> str:
        """Where it stands among the others."""
        view = self.view
        topic = f"/t/{view.topic.number}" if view.topic else ""
        return f"/@{view.community_handle}/{view.room_slug}{topic}?from={view.seq}#p{view.seq}"


async def found(tx: Tx, hits: Sequence[Hit], reach: Sequence[Reach], query: Query) -> list[FoundView]:
    """The hits in their order. What a view does not show openly is no hit, whatever the index says."""
    loaded = await posts.many(tx, [hit.id for hit in hits])
    made: dict[str, FoundView] = {}
    for one in reach:
        names = {room.id: room.name for room in one.rooms}
        here = [post for post in loaded if post.room_id in names]
        by_id = {post.id: post for post in here}
        for view in await views.post_views(tx, here, None, one.community, one.by):
            if isinstance(view, views.PostView):
                pieces = snippet(text_of(by_id[view.id]), query.wanted)
                made[view.id] = FoundView(view, one, names[view.room_id], pieces)
    return [made[hit.id] for hit in hits if hit.id in made]
