"""Pictures that accounts and communities wear, each in a few sizes."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import metadata, ref, when

looks = Table(
    "looks",
    metadata,
    Column("id", Text, primary_key=True),  # 128 random bits in hex: who does not know it cannot guess it
    Column("purpose", Text, nullable=False),  # avatar | icon | cover
    ref("account_id", "accounts.id", null=True),  # of an avatar
    ref("community_id", "communities.id", null=True),  # of all others
    when("created_at"),
    Index("ix_looks_account_id", "account_id"),
    Index("ix_looks_community_id", "community_id"),
    Index("ix_looks_created_at", "created_at"),
)
look_files = Table(
    "look_files",
    metadata,
    ref("look_id", "looks.id"),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    PrimaryKeyConstraint("look_id", "width"),
    Index("ix_look_files_sha256", "sha256"),
)
