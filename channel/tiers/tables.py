"""Levels of membership. Rank 0 is free and every community has it."""

from sqlalchemy import Column, Integer, Table, Text, UniqueConstraint

from channel.storage import id_column, metadata, ref, when

tiers = Table(
    "tiers",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("benefits", Text, nullable=False, server_default="[]"),  # JSON list of sentences
    Column("colour", Integer, nullable=True),  # hue 0-359; None: the community's
    when("created_at"),
    UniqueConstraint("community_id", "rank"),
)
