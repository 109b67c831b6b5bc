"""Rooms of a community and how far each account has read in them."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from channel.storage import id_column, metadata, ref, when

rooms = Table(
    "rooms",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),  # channel | group
    Column(
        "min_rank", Integer, nullable=True
    ),  # None: everyone who may see the community; 0: members; n: tier rank >= n
    Column("position", Integer, nullable=False),
    when("created_at"),
    # The rules of a group; see model.Room.
    Column("write_rank", Integer, nullable=True),
    Column("topic_rank", Integer, nullable=True),
    Column("history", Integer, nullable=True),
    Column("slow_s", Integer, nullable=False, server_default="0"),
    Column("slow_free_rank", Integer, nullable=True),
    Column("quiet_from", Integer, nullable=True),
    Column("quiet_to", Integer, nullable=True),
    Column("close_days", Integer, nullable=True),
    UniqueConstraint("community_id", "slug"),
)
reads = Table(
    "reads",
    metadata,
    ref("account_id", "accounts.id"),
    ref("room_id", "rooms.id"),
    Column("seq", BigInteger, nullable=False),
    when("at"),
    PrimaryKeyConstraint("account_id", "room_id"),
    Index("ix_reads_room_id", "room_id"),
)
