"""Who follows a community without an account, by mail or on a device, and what is due to them."""

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
)

from channel.storage import id_column, metadata, ref, when

# An address that was confirmed, with what its reader chose. Deleted when they stop; asking alone makes no row.
followers = Table(
    "followers",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("email", Text, nullable=False),  # proven, lower case
    Column("how", Text, nullable=False),  # instant | important | daily | weekly | none
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("quiet_from", Integer, nullable=True),
    Column("quiet_to", Integer, nullable=True),
    Column("refusals", Integer, nullable=False, server_default="0"),  # by a mail server, for good
    when("refused_at", null=True),  # the last one, while the address is left alone
    when("created_at"),
    when("turned_at", null=True),  # when they chose to be told nothing, or nothing for a while
    when("muted_until", null=True),
    Column("per_week", Integer, nullable=True),  # posts at once in seven days; null: all
    when("pictures_since", null=True),  # when they chose that letters show pictures; NULL: they load nothing
    Column("important_passes", Boolean, nullable=False, server_default=false()),  # in quiet hours, too
    UniqueConstraint("community_id", "email"),
    Index("ix_followers_community_id_id", "community_id", "id"),
    Index("ix_followers_email", "email"),
)
# A day on which mail to them came back for now: see incoming/bounces.
follow_troubles = Table(
    "follow_troubles",
    metadata,
    ref("follower_id", "followers.id"),
    Column("day", Integer, nullable=False),  # days since 1970, UTC
    PrimaryKeyConstraint("follower_id", "day"),
)
# What they chose for single rooms.
follow_rules = Table(
    "follow_rules",
    metadata,
    ref("follower_id", "followers.id"),
    ref("room_id", "rooms.id"),
    Column("how", Text, nullable=False),
    PrimaryKeyConstraint("follower_id", "room_id"),
    Index("ix_follow_rules_room_id", "room_id"),
)
# What they chose for all posts with a tag.
follow_tags = Table(
    "follow_tags",
    metadata,
    ref("follower_id", "followers.id"),
    Column("tag", Text, nullable=False),  # folded
    Column("how", Text, nullable=False),
    PrimaryKeyConstraint("follower_id", "tag"),
)
# One row for each post and follower: see notices/queue.
follow_letters = Table(
    "follow_letters",
    metadata,
    id_column(),
    ref("post_id", "posts.id"),
    ref("follower_id", "followers.id"),
    ref("community_id", "communities.id"),
    Column("way", Text, nullable=False),  # mail
    Column("how", Text, nullable=False),  # as it was when the post came
    Column("seq", BigInteger, nullable=False),  # of the post
    Column("state", Text, nullable=False),  # waiting | handed | sent | cancelled | failed
    Column("problem", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("claim", Text, nullable=False, server_default=""),
    when("due_at"),
    when("created_at"),
    when("settled_at", null=True),
    UniqueConstraint("post_id", "follower_id", "way"),
    Index("ix_follow_letters_state_due_at_id", "state", "due_at", "id"),  # all of a crowd are due at once
    Index(
        "ix_follow_letters_follower_id_community_id_state_due_at",
        "follower_id",
        "community_id",
        "state",
        "due_at",
    ),
    Index("ix_follow_letters_community_id", "community_id"),
)
# A browser that follows a community and belongs to nobody. One that follows several has a row for each.
follow_devices = Table(
    "follow_devices",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("endpoint", Text, nullable=False),
    Column("endpoint_hash", Text, nullable=False),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("how", Text, nullable=False),  # instant | important | none
    Column("language", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("quiet_from", Integer, nullable=True),
    Column("quiet_to", Integer, nullable=True),
    when("muted_until", null=True),
    Column("problem", Text, nullable=False, server_default=""),  # of the last try, until one succeeds
    when("created_at"),
    when("success_at", null=True),
    when("turned_at", null=True),  # when nothing, or quiet for a while, was chosen there
    Column("per_week", Integer, nullable=True),
    Column("important_passes", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("community_id", "endpoint_hash"),
    Index("ix_follow_devices_community_id_id", "community_id", "id"),
    Index("ix_follow_devices_endpoint_hash", "endpoint_hash"),
    Index("ix_follow_devices_created_at", "created_at"),
)
# What was chosen there for single rooms.
follow_device_rules = Table(
    "follow_device_rules",
    metadata,
    ref("device_id", "follow_devices.id"),
    ref("room_id", "rooms.id"),
    Column("how", Text, nullable=False),
    PrimaryKeyConstraint("device_id", "room_id"),
    Index("ix_follow_device_rules_room_id", "room_id"),
)
# And for all posts with a tag.
follow_device_tags = Table(
    "follow_device_tags",
    metadata,
    ref("device_id", "follow_devices.id"),
    Column("tag", Text, nullable=False),  # folded
    Column("how", Text, nullable=False),
    PrimaryKeyConstraint("device_id", "tag"),
)
# How many stopped following on a day (UTC, days since 1970), by their own will: who they were is gone with their row.
follow_ends = Table(
    "follow_ends",
    metadata,
    ref("community_id", "communities.id"),
    Column("day", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    PrimaryKeyConstraint("community_id", "day"),
)
# One row for each post and device: see push/queue.
follow_pushes = Table(
    "follow_pushes",
    metadata,
    id_column(),
    ref("post_id", "posts.id"),
    ref("device_id", "follow_devices.id"),
    ref("community_id", "communities.id"),
    Column("state", Text, nullable=False),  # waiting | sent | cancelled | failed
    Column("problem", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("claim", Text, nullable=False, server_default=""),
    when("due_at"),
    when("created_at"),
    when("settled_at", null=True),
    when("meant_at", null=True),
    when("good_until", null=True),
    UniqueConstraint("post_id", "device_id"),
    Index("ix_follow_pushes_state_due_at_id", "state", "due_at", "id"),  # all of a crowd are due at once
    Index("ix_follow_pushes_device_id", "device_id"),
    Index("ix_follow_pushes_community_id", "community_id"),
)
