"""Posts, what they said before, and what is not said yet."""

from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

from channel.posts.steps import Step, Wait
from channel.storage import id_column, metadata, ref, when

T = TypeVar("T")
NO_STEPS = "[]"


class Listed(TypeDecorator[tuple[Any, ...]], Generic[T]):
    """A tuple of dataclasses of one kind, as JSON. Equal tuples are equal texts, so that they can be compared."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[T]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: tuple[T, ...] | None, dialect: Any) -> str:
        return msgspec.json.encode(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Any) -> tuple[T, ...]:
        if value is None or value == NO_STEPS:  # nearly every post
            return ()
        return msgspec.json.decode(value, type=tuple[self.kind, ...])  # type: ignore[name-defined]


def _loose(name: str, target: str) -> Column[str]:
    """A reference that is forgotten when its target goes: a quoted room must not take the quoting posts with it."""
    return Column(name, Text, ForeignKey(target, ondelete="SET NULL"), nullable=True)


posts = Table(
    "posts",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id"),
    Column("seq", BigInteger, nullable=False),  # of the event that published it
    ref("author_id", "accounts.id"),
    Column("key", Text, nullable=False),  # from the form or the API client: a second try is not a second post
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("renderer", Integer, nullable=False),
    Column("min_rank", Integer, nullable=True),  # None: whoever may read the room. The one that holds now
    Column("opens", Listed(Step), nullable=False, server_default=NO_STEPS),  # the steps to come, the next one first
    Column("teaser", Text, nullable=False, server_default=""),
    Column("pin_position", Integer, nullable=True),
    Column("silent", Boolean, nullable=False),
    Column("ai", Text, nullable=False),  # none | assisted | generated
    _loose("quote_id", "posts.id"),
    Column("rev", Integer, nullable=False),
    Column("changed_rev", Integer, nullable=False, server_default="1"),  # of the last change that somebody meant
    Column("views", Integer, nullable=False, server_default="0"),
    Column("comments", Integer, nullable=False, server_default="0"),  # those that everybody sees
    Column("comments_off", Boolean, nullable=False, server_default=false()),
    when("created_at"),
    when("edited_at", null=True),
    Column("unlock_amount", Integer, nullable=True),  # what opening this one post costs; None: it is not sold alone
    Column("unlock_currency", Text, nullable=True),
    when("deleted_at", null=True),  # leaves a trace: text, html and teaser are emptied, the row stays
    Column("topic_id", Text, nullable=True),  # of a message in a group; topics go only with their room
    Column("media_count", Integer, nullable=False, server_default="0"),  # which it carries: see media.tables.post_media
    Column("important", Boolean, nullable=False, server_default=false()),  # told to those, too, who want nothing else
    Column("morning", Boolean, nullable=False, server_default=false()),  # told at nine where each reader lives
    UniqueConstraint("author_id", "key"),
    UniqueConstraint("room_id", "seq"),
    Index("ix_posts_room_id_created_at", "room_id", "created_at"),
    Index("ix_posts_community_id_created_at", "community_id", "created_at"),
    Index(
        "ix_posts_community_id_important", "community_id", "created_at",
        sqlite_where=text("important"), postgresql_where=text("important"),
    ),
    Index("ix_posts_quote_id", "quote_id"),
    Index("ix_posts_topic_id_seq", "topic_id", "seq"),
    Index(
        "ix_posts_room_id_pin_position", "room_id", "pin_position",
        sqlite_where=text("pin_position IS NOT NULL"), postgresql_where=text("pin_position IS NOT NULL"),
    ),
)  # fmt: skip
# What a post said before: row `rev` was replaced at `at` by `by_id`.
revisions = Table(
    "post_revisions",
    metadata,
    ref("post_id", "posts.id"),
    Column("rev", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column(
        "min_rank", Integer, nullable=True
    ),  # who could read it then: opening a post does not open its past
    when("at"),
    ref("by_id", "accounts.id"),
    PrimaryKeyConstraint("post_id", "rev"),
    Index("ix_post_revisions_by_id", "by_id"),
)
drafts = Table(
    "drafts",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    _loose("room_id", "rooms.id"),
    Column("text", Text, nullable=False),
    Column("teaser", Text, nullable=False, server_default=""),
    Column("min_rank", Integer, nullable=True),
    Column("opens", Listed(Wait), nullable=False, server_default=NO_STEPS),
    Column("unlock_amount", Integer, nullable=True),
    Column("unlock_currency", Text, nullable=True),
    Column("silent", Boolean, nullable=False),
    Column("ai", Text, nullable=False),
    _loose("quote_id", "posts.id"),
    Column("media", Text, nullable=False, server_default=""),  # ids, apart by spaces; some may be gone
    Column("teaser_picture", Text, nullable=False, server_default=""),  # id, then "blurred", "also_inside"
    Column("alts", Text, nullable=False, server_default=""),  # JSON: what is said of these media, by id
    when("updated_at"),
    Index("ix_drafts_account_id_community_id", "account_id", "community_id"),
    Index("ix_drafts_community_id", "community_id"),
    Index("ix_drafts_room_id", "room_id"),
    Index("ix_drafts_quote_id", "quote_id"),
)
