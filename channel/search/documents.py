"""What can be found, made ready for the index. Takes time, so it comes before the transaction."""

import re
import unicodedata
from dataclasses import dataclass

from channel import markdown
from channel.members.model import needed
from channel.posts.model import Post
from channel.search import facts
from channel.search.words import spelled

_LINK = re.compile(r'<a href="(?:https?|mailto):')


@dataclass(frozen=True, slots=True)
class Document:
    """`rank` is what it asks for besides the room's own; `words` each with its second spelling."""

    kind: str
    id: str
    rev: int
    room_id: str
    rank: int
    author_id: str
    at: int
    words: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]


def text_of(post: Post) -> str:
    """What of a post can be found: what everybody who may read it sees at once. Spoilers stay hidden."""
    return unicodedata.normalize("NFC", markdown.whole(post.text))


def of_post(post: Post, *, asks: bool = False) -> Document:
    """`asks`: there is a poll below it."""
    more = [facts.has("link")] if _LINK.search(post.html) else []
    more += [facts.has("poll")] if asks else []
    more += [facts.topic(post.topic_id)] if post.topic_id else []
    return Document(
        "post",
        post.id,
        post.rev,
        post.room_id,
        needed(post.min_rank),
        post.author.id,
        post.created_at,
        spelled(text_of(post)),
        (facts.kind("post"), facts.author(post.author.id), *more),
    )
