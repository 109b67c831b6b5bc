"""What was found, as the viewer sees it: once more through the places that decide what may be seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from channel import posts
from channel.accounts import Account
from channel.comments import named, reading
from channel.comments import queries as comments
from channel.comments.model import Comment
from channel.posts.model import Post
from channel.render import views
from channel.render.comments import CommentFacts, CommentView, show
from channel.search import Hit, Query, Reach
from channel.search.documents import text_of, words_to
from channel.search.snippets import Piece, first_with, snippet
from channel.storage import Tx

POST_CHARS = 80  # of the post that a comment stands under


@dataclass(frozen=True, slots=True)
class FoundView:
    """A post, a message or a comment, with the words around what was found in it.

    `view` is the post, or the one that the comment stands under.
    """

    view: views.PostView
    comment: CommentView | None
    reach: Reach
    room_name: str
    pieces: tuple[Piece, ...]

    @property
    def kind(self) -> Literal["post", "message", "comment"]:
        if self.comment is not None:
            return "comment"
        return "message" if self.view.topic else "post"

    @property
    def author(self) -> views.AuthorView:
        return (self.comment or self.view).author

    @property
    def created_at(self) -> int:
        return (self.comment or self.view).created_at

    @property
    def post_line(self) -> str:
        """The first words of the post that a comment stands under."""
        return views.line(self.view, POST_CHARS)

    @property
    def href(self) -> str:
        """Where it stands among the others."""
        view = self.view
        if self.comment is not None:
            return self.comment.place
        topic = f"/t/{view.topic.number}" if view.topic else ""
        return f"/@{view.community_handle}/{view.room_slug}{topic}?from={view.seq}#p{view.seq}"


async def found(tx: Tx, hits: Sequence[Hit], reach: Sequence[Reach], query: Query) -> list[FoundView]:
    """The hits in their order. What a view does not show openly is no hit, whatever the index says."""
    said = await comments.many(tx, [hit.id for hit in hits if hit.kind == "comment"])
    wanted = {hit.id for hit in hits if hit.kind == "post"} | {one.thread_id for one in said}
    loaded = await posts.many(tx, sorted(wanted))
    made: dict[str, FoundView] = {}
    for one in reach:
        made |= await _in_one(tx, one, loaded, said, query)
    return [made[hit.id] for hit in hits if hit.id in made]


async def _in_one(
    tx: Tx, reach: Reach, loaded: Sequence[Post], said: Sequence[Comment], query: Query
) -> dict[str, FoundView]:
    """Of one community, by id: its posts, and the comments under them."""
    rooms = {room.id: room for room in reach.rooms}
    here = {post.id: post for post in loaded if post.room_id in rooms}
    shown = await views.post_views(tx, [*here.values()], None, reach.community, reach.by)
    open_to = {view.id: view for view in shown if isinstance(view, views.PostView)}
    made = {}
    for id, view in open_to.items():
        texts = (text_of(here[id]), *words_to([(one.alt, one.name) for one in view.media]))
        pieces = snippet(first_with(texts, query.wanted), query.wanted)
        made[id] = FoundView(view, None, reach, rooms[view.room_id].name, pieces)
    below = [one for one in said if one.thread_id in open_to and one.state == "shown"]
    roles = await reading.roles(tx, reach.community, below) if below else {}
    people = await _named(tx, below, reach)
    for one in below:
        post = here[one.thread_id]
        room = rooms[post.room_id]
        facts = CommentFacts(
            one, post, room, reach.community.handle, roles.get(one.author.id), people.get(one.id, ())
        )
        comment = show(facts, reading.READER)
        if isinstance(comment, CommentView) and not room.is_group:
            pieces = snippet(text_of(one), query.wanted)
            made[one.id] = FoundView(open_to[post.id], comment, reach, room.name, pieces)
    return made


async def _named(tx: Tx, below: Sequence[Comment], reach: Reach) -> dict[str, tuple[Account, ...]]:
    """Who is named in these comments, thread by thread."""
    found: dict[str, tuple[Account, ...]] = {}
    for thread_id in {one.thread_id for one in below}:
        found |= await named.people(tx, [one for one in below if one.thread_id == thread_id], reach.community)
    return found
