"""What can be found, made ready for the index. Takes time, so it comes before the transaction."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from channel import markdown
from channel.comments.model import Comment
from channel.media.model import Kind
from channel.posts.model import Post
from channel.search import facts
from channel.search.words import spelled

# As they are filed; to people a post with a topic is a message.
POST: Final = "post"
COMMENT: Final = "comment"
# As people ask for them.
KINDS: Final = ("post", "message", "comment")

# Between the text and each description: no word of a text is this one, so no phrase reaches across.
_GAP: Final = (("\ue000", ""),)
_LINK = re.compile(r'<a href="(?:https?|mailto):')


class Key(NamedTuple):
    kind: str
    id: str


class Present(NamedTuple):
    """What a document is now and for whom: `rank` is what it asks for besides the room's own."""

    rev: int
    room_id: str
    rank: int


class Carried(NamedTuple):
    """A medium of a post, with the words to it: `alt` says what it shows."""

    kind: Kind
    alt: str
    name: str


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


def words_to(media: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What can be found of what a post carries, by (alt, name) of each: whoever reads the post gets these words."""
    return tuple(unicodedata.normalize("NFC", said) for each in media for said in each if said)


def of_post(
    post: Post,
    present: Present,
    *,
    polls: bool = False,
    asks: bool = False,
    carries: Sequence[Carried] = (),
) -> Document:
    """`polls`: there is a poll below it; `asks`: it collects questions."""
    is_what = "message" if post.topic_id else "post"
    more = [facts.kind(is_what)]
    more += [facts.topic(post.topic_id)] if post.topic_id else []
    more += [facts.has("poll")] if polls else []
    more += [facts.has("question")] if asks else []
    more += [facts.has("comments")] if post.comments else []
    kinds = sorted({one.kind for one in carries})
    more += [facts.has(kind) for kind in (*kinds, "media")] if kinds else []
    said = words_to([(one.alt, one.name) for one in carries])
    return _document(Key(POST, post.id), present, post, more, said)


def of_comment(comment: Comment, present: Present) -> Document:
    more = [facts.kind("comment"), facts.below(comment.thread_id)]
    return _document(Key(COMMENT, comment.id), present, comment, more)


def _document(
    key: Key, present: Present, source: Post | Comment, more: list[str], said: Sequence[str] = ()
) -> Document:
    more += [facts.has("link")] if _LINK.search(source.html) else []
    told = (facts.author(source.author.id), *more)
    found = spelled(text_of(source))
    for one in said:
        found += _GAP + spelled(one)
    return Document(key, present, source.author.id, source.created_at, found, told)
