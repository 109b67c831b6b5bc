"""Conversations of followers with a community's team, who may begin one, and texts kept to answer with.

`waits_from` and `waits_seq` of a conversation follow from its messages, and are written with them: see actions._settle.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, false, text

from channel.storage import id_column, metadata, ref, when

_WAITS = text("waits_from IS NOT NULL")

boxes = Table(
    "message_boxes",
    metadata,
    ref("community_id", "communities.id", key=True),
    Column("on", Boolean, nullable=False, server_default=false()),
    Column("min_rank", Integer, nullable=False, server_default="0"),
)
conversations = Table(
    "conversations",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    Column("last_seq", BigInteger, nullable=False),
    when("last_at"),
    Column("read_seq", BigInteger, nullable=False, server_default="0"),  # how far the follower has read
    when("waits_from", null=True),
    Column("waits_seq", BigInteger, nullable=True),
    when("created_at"),
    UniqueConstraint("account_id", "community_id"),
    Index("ix_conversations_community_id_last_at", "community_id", "last_at"),
    Index(
        "ix_conversations_community_id_waits_from", "community_id", "waits_from",
        sqlite_where=_WAITS, postgresql_where=_WAITS,
    ),
)  # fmt: skip
messages = Table(
    "messages",
    metadata,
    id_column(),
    ref("conversation_id", "conversations.id"),
    ref("community_id", "communities.id"),
    Column("seq", BigInteger, nullable=False),  # in the conversation: 1, 2, 3 …
    ref("author_id", "accounts.id"),
    Column("side", Text, nullable=False),  # follower | team
    Column("as_team", Boolean, nullable=False),
    Column("key", Text, nullable=False),  # from the form or the API client: a second try is no second message
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("renderer", Integer, nullable=False),
    when("created_at"),
    when("deleted_at", null=True),  # text and html are emptied then, the row stays
    UniqueConstraint("conversation_id", "seq"),
    UniqueConstraint("author_id", "key"),
    Index("ix_messages_community_id_side_created_at", "community_id", "side", "created_at"),
)
saved_answers = Table(
    "saved_answers",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    when("created_at"),
    UniqueConstraint("community_id", "name"),
)
