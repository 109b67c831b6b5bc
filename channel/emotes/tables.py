"""Emoji of communities' own.

One that reactions name stays as a row without a picture when it is removed: they keep their count, and show its name.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, UniqueConstraint, false

from channel.storage import id_column, metadata, ref, when

custom_emoji = Table(
    "custom_emoji",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False, server_default=""),  # 128 random bits in hex; empty: removed
    Column("sha256", Text, nullable=False, server_default=""),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("used", Boolean, nullable=False, server_default=false()),  # some reaction was one of these
    when("created_at"),
    UniqueConstraint("community_id", "name"),
    Index("ix_custom_emoji_key", "key"),
    Index("ix_custom_emoji_sha256", "sha256"),
)
