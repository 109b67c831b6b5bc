"""Rooms of a community and how far each account has read in them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from channel.rooms.model import FIRST_OFFERED
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
    Column("reactions", Text, nullable=False, server_default="any"),  # any | set | off
    Column("reaction_set", Text, nullable=False, server_default=FIRST_OFFERED),  # emoji, apart by spaces
    Column("reaction_default", Text, nullable=False, server_default="❤️"),  # of a double tap
    Column("reactors_shown", Boolean, nullable=False, server_default=false()),
    # Who may write under its posts, see channel.comments.rules.
    Column("comments", Boolean, nullable=False, server_default=true()),
    Column("comment_rank", Integer, nullable=True),
    Column("comment_age_days", Integer, nullable=False, server_default="0"),
    Column("comment_first_held", Boolean, nullable=False, server_default=false()),
    Column("comment_days", Integer, nullable=True),
    # The rules of a group; see model.Room.
    Column("write_rank", Integer, nullable=True),
    Column("topic_rank", Integer, nullable=True),
    Column("upload_rank", Integer, nullable=True),
    Column("history", Integer, nullable=True),
    Column("slow_s", Integer, nullable=False, server_default="0"),
    Column("slow_free_rank", Integer, nullable=True),
    Column("quiet_from", Integer, nullable=True),
    Column("quiet_to", Integer, nullable=True),
    Column("close_days", Integer, nullable=True),
    Column("mail_replies", Boolean, nullable=False, server_default=false()),  # letters may be answered
    Column(
        "mail_to", Text, nullable=False, server_default="comment"
    ),  # comment | inbox: what an answer becomes
    Column("podcast_category", Text, nullable=False, server_default=""),  # "": as its community says
    Column("podcast_email", Text, nullable=False, server_default=""),
    Column("previews", Boolean, nullable=False, server_default=true()),  # of links, under its new posts
    UniqueConstraint("community_id", "slug"),
)
# Addresses that a room had: what went out under one leads there until another room takes it.
former = Table(
    "room_slugs",
    metadata,
    ref("community_id", "communities.id"),
    Column("slug", Text, nullable=False),
    ref("room_id", "rooms.id"),
    when("at"),
    PrimaryKeyConstraint("community_id", "slug"),
    Index("ix_room_slugs_room_id", "room_id"),
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
