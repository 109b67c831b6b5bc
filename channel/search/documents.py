"""What can be found, made ready for the index. Takes time, so it comes before the transaction."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NamedTuple

from channel import markdown
from channel.comments.model import Comment
from channel.posts.model import Post
from channel.search import facts
from channel.search.words import spelled

# As they are filed; to people a post with a topic is a message.
POST: Final = "post"
COMMENT: Final = "comment"
# As people ask for them.
KINDS: Final = ("post", "message", "comment")

_LINK = re.compile(r'<a href="(?:https?|mailto):')


class Key(NamedTuple):
    kind: str
    id: str


class Present(NamedTuple):
    """What a document is now and for whom: `rank` is what it asks for besides the room's own."""

    rev: int
    room_id: str
    rank: int


@dataclass(frozen=True, slots=True)
class Document:
    """`words` each with its second spelling."""

    key: Key
    present: Present
    author_id: str
    at: int
    words: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]


def text_of(source: Post | Comment) -> str:
    """What of it can be found: what everybody who may read it sees at once. Spoilers stay hidden."""
    return unicodedata.normalize("NFC", markdown.whole(source.text))


def of_post(post: Post, present: Present, *, polls: bool = False, asks: bool = False) -> Document:
    """`polls`: there is a poll below it; `asks`: it collects questions."""
    is_what = "message" if post.topic_id else "post"
    more = [facts.kind(is_what)]
    more += [facts.topic(post.topic_id)] if post.topic_id else []
    more += [facts.has("poll")] if polls else []
    more += [facts.has("question")] if asks else []
    more += [facts.has("comments")] if post.comments else []
    return _document(Key(POST, post.id), present, post, more)


def of_comment(comment: Comment, present: Present) -> Document:
    more = [facts.kind("comment"), facts.below(comment.thread_id)]
    return _document(Key(COMMENT, comment.id), present, comment, more)


def _document(key: Key, present: Present, source: Post | Comment, more: list[str]) -> Document:
    more += [facts.has("link")] if _LINK.search(source.html) else []
    told = (facts.author(source.author.id), *more)
    return Document(key, present, source.author.id, source.created_at, spelled(text_of(source)), told)
