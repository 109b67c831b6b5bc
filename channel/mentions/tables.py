"""Who is named in which post or comment: one row for each word. Somebody or a group (`account_id` None)."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text, text

from channel.storage import metadata, ref, when

mentions = Table(
    "mentions",
    metadata,
    ref("post_id", "posts.id"),
    Column("word", Text, nullable=False),  # what stood after the @, or the id: an edit keeps whom it meant
    Column("kind", Text, nullable=False),  # person | role | tier | everyone
    ref("account_id", "accounts.id", null=True),
    ref("tier_id", "tiers.id", null=True),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id"),
    Column("seq", BigInteger, nullable=False),  # of the post
    when("created_at"),  # of the post
    PrimaryKeyConstraint("post_id", "word"),
    Index("ix_mentions_account_id_room_id_seq", "account_id", "room_id", "seq"),
    Index("ix_mentions_account_id_created_at", "account_id", "created_at"),
    Index("ix_mentions_room_id", "room_id"),
    Index("ix_mentions_tier_id", "tier_id"),
    Index(
        "ix_mentions_community_id_created_at", "community_id", "created_at",
        sqlite_where=text("account_id IS NULL"), postgresql_where=text("account_id IS NULL"),
    ),
    Index("ix_mentions_community_id", "community_id"),
)  # fmt: skip
# Whom a comment names, also one that waits: whether everybody sees it is asked of the comment.
comment_mentions = Table(
    "comment_mentions",
    metadata,
    ref("comment_id", "comments.id"),
    Column("word", Text, nullable=False),
    Column("kind", Text, nullable=False),
    ref("account_id", "accounts.id", null=True),
    ref("tier_id", "tiers.id", null=True),
    ref("community_id", "communities.id"),
    when("at"),  # when everybody could see the comment at first
    PrimaryKeyConstraint("comment_id", "word"),
    Index("ix_comment_mentions_account_id_at", "account_id", "at"),
    Index("ix_comment_mentions_tier_id", "tier_id"),
    Index("ix_comment_mentions_community_id", "community_id"),
    Index(
        "ix_comment_mentions_community_id_at", "community_id", "at",
        sqlite_where=text("account_id IS NULL"), postgresql_where=text("account_id IS NULL"),
    ),
)  # fmt: skip
# Who was told that a comment names them: nobody is told twice of one, however often it is changed.
comment_told = Table(
    "comment_told",
    metadata,
    ref("comment_id", "comments.id"),
    ref("account_id", "accounts.id"),
    PrimaryKeyConstraint("comment_id", "account_id"),
    Index("ix_comment_told_account_id", "account_id"),
)
